-- check: listings and settings exist
-- when: before
-- expect: no rows
SELECT wanted.name
FROM (VALUES ('listings'), ('settings')) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;

-- check: nothing of slice A is there yet
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('marketplaces', 'suppliers', 'components', 'boms', 'bom_lines',
                  'listing_cost_overrides')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typname = 'bom_scope_type'
UNION ALL
SELECT key FROM settings
WHERE key IN ('default_vat_rate', 'guardrails.min_margin',
              'guardrails.max_price_change_percent_per_day', 'guardrails.min_stock_threshold');

-- check: the six tables exist
-- when: always
-- expect: 6 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('marketplaces', 'suppliers', 'components', 'boms', 'bom_lines',
                  'listing_cost_overrides')
  AND relkind = 'r'
ORDER BY relname;

-- check: bom_scope_type has its labels in order
-- when: always
-- expect: value LISTING,ASIN_SCENARIO
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.bom_scope_type');

-- check: the columns of listings have their new names
-- when: always
-- expect: 4 rows
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('seller_sku', 'price_inc_vat', 'available_quantity', 'marketplace_id')
  AND NOT attisdropped;

-- check: no old column name is left on listings
-- when: always
-- expect: no rows
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('sku', 'price', 'quantity')
  AND NOT attisdropped;

-- check: the index of the active BOM has its exact predicate
-- when: always
-- expect: value CREATE UNIQUE INDEX boms_listing_active_unique ON boms USING btree (listing_id) WHERE ((is_active = true) AND (scope_type = 'LISTING'::bom_scope_type))
SELECT replace(indexdef, 'public.', '')
FROM pg_indexes
WHERE schemaname = 'public' AND indexname = 'boms_listing_active_unique';

-- check: the version of a BOM is unique within its listing
-- when: always
-- expect: value UNIQUE (listing_id, version)
SELECT pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_version_unique';

-- check: a BOM goes with its listing
-- when: always
-- expect: value FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
SELECT replace(pg_get_constraintdef(oid), 'public.', '')
FROM pg_constraint
WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_listing_fk';

-- check: no listing has more than one active LISTING BOM
-- when: always
-- expect: no rows
SELECT listing_id, count(*) AS active_boms
FROM boms
WHERE is_active = true AND scope_type = 'LISTING'
GROUP BY listing_id
HAVING count(*) > 1;

-- check: the settings of slice A exist
-- when: always
-- expect: no rows
SELECT wanted.key
FROM (VALUES
    ('default_vat_rate'),
    ('guardrails.min_margin'),
    ('guardrails.max_price_change_percent_per_day'),
    ('guardrails.min_stock_threshold')
) AS wanted (key)
WHERE NOT EXISTS (SELECT FROM settings s WHERE s.key = wanted.key);

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_listings_marketplace'),
    ('idx_components_supplier'),
    ('idx_bom_lines_component')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a second active BOM for one listing is refused
-- expect: error unique_violation on boms_listing_active_unique
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-001-1', 'Kettle');
INSERT INTO boms (id, listing_id, scope_type, version, is_active) VALUES (-1, -1, 'LISTING', 1, true);
INSERT INTO boms (id, listing_id, scope_type, version, is_active) VALUES (-2, -1, 'LISTING', 2, true);

-- check: a repeated version for one listing is refused
-- expect: error unique_violation on boms_version_unique
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-001-2', 'Kettle');
INSERT INTO boms (id, listing_id, scope_type, version, is_active) VALUES (-1, -1, 'LISTING', 1, false);
INSERT INTO boms (id, listing_id, scope_type, version, is_active) VALUES (-2, -1, 'LISTING', 1, false);

-- check: inactive BOMs beside the active one are allowed
-- expect: value 3
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-001-3', 'Kettle');
INSERT INTO boms (id, listing_id, scope_type, version, is_active)
VALUES (-1, -1, 'LISTING', 1, false), (-2, -1, 'LISTING', 2, false), (-3, -1, 'LISTING', 3, true);
SELECT count(*) FROM boms WHERE listing_id = -1;

-- check: deleting a listing deletes its BOMs with their lines
-- expect: value 0
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-001-4', 'Kettle');
INSERT INTO components (id, component_sku, name) VALUES (-1, 'check-001-4', 'Lid');
INSERT INTO boms (id, listing_id, version) VALUES (-1, -1, 1);
INSERT INTO bom_lines (id, bom_id, component_id, quantity) VALUES (-1, -1, -1, 1);
DELETE FROM listings WHERE id = -1;
SELECT (SELECT count(*) FROM boms WHERE id = -1) + (SELECT count(*) FROM bom_lines WHERE id = -1);

-- check: the old column names are back
-- when: after rollback
-- expect: 3 rows
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('sku', 'price', 'quantity')
  AND NOT attisdropped;

-- check: tables, type, column and settings of slice A are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('marketplaces', 'suppliers', 'components', 'boms', 'bom_lines',
                  'listing_cost_overrides')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typname = 'bom_scope_type'
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('seller_sku', 'price_inc_vat', 'available_quantity', 'marketplace_id')
  AND NOT attisdropped
UNION ALL
SELECT key FROM settings
WHERE key IN ('default_vat_rate', 'guardrails.min_margin',
              'guardrails.max_price_change_percent_per_day', 'guardrails.min_stock_threshold');
