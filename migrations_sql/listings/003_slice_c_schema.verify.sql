-- check: nothing of slice C is there yet
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('asin_entities', 'keepa_snapshots', 'amazon_catalog_snapshots',
                  'listing_sales_daily', 'feature_store', 'boms_asin_active_unique')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typname = 'feature_entity_type'
UNION ALL
SELECT conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
  AND conname IN ('boms_asin_entity_fk', 'jobs_asin_entity_fk')
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass AND attname = 'asin' AND NOT attisdropped;

-- check: no BOM or job names an ASIN that cannot exist yet
-- when: before
-- expect: value 0
SELECT (SELECT count(*) FROM boms WHERE asin_entity_id IS NOT NULL)
     + (SELECT count(*) FROM jobs WHERE asin_entity_id IS NOT NULL);

-- check: the five tables exist
-- when: always
-- expect: 5 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('asin_entities', 'keepa_snapshots', 'amazon_catalog_snapshots',
                  'listing_sales_daily', 'feature_store')
  AND relkind = 'r'
ORDER BY relname;

-- check: feature_entity_type has its labels in order
-- when: always
-- expect: value LISTING,ASIN
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.feature_entity_type');

-- check: listings has an asin
-- when: always
-- expect: value text
SELECT format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass AND attname = 'asin' AND NOT attisdropped;

-- check: feature_store has its columns
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('id'), ('entity_type'), ('entity_id'), ('feature_version'), ('features_json'),
    ('computed_at'), ('created_at')
) AS wanted (name)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = 'public.feature_store'::regclass
      AND a.attname = wanted.name
      AND NOT a.attisdropped
);

-- check: boms and jobs point to asin_entities
-- when: always
-- expect: 2 rows
SELECT conrelid::regclass AS relation, conname
FROM pg_constraint
WHERE contype = 'f'
  AND convalidated
  AND confrelid = 'public.asin_entities'::regclass
  AND ((conrelid = 'public.boms'::regclass AND conname = 'boms_asin_entity_fk')
    OR (conrelid = 'public.jobs'::regclass AND conname = 'jobs_asin_entity_fk'));

-- check: the index of the active ASIN BOM has its exact predicate
-- when: always
-- expect: value CREATE UNIQUE INDEX boms_asin_active_unique ON boms USING btree (asin_entity_id) WHERE ((is_active = true) AND (scope_type = 'ASIN_SCENARIO'::bom_scope_type) AND (asin_entity_id IS NOT NULL))
SELECT replace(indexdef, 'public.', '')
FROM pg_indexes
WHERE schemaname = 'public' AND indexname = 'boms_asin_active_unique';

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_listings_asin'),
    ('idx_asin_entities_marketplace'),
    ('idx_keepa_snapshots_captured'),
    ('idx_amazon_catalog_snapshots_captured')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: idx_feature_store_computed is over entity and time
-- when: always
-- expect: value CREATE INDEX idx_feature_store_computed ON feature_store USING btree (entity_type, entity_id, computed_at DESC)
SELECT replace(indexdef, 'public.', '')
FROM pg_indexes
WHERE schemaname = 'public' AND indexname = 'idx_feature_store_computed';

-- check: the latest features of an entity come from idx_feature_store_computed
-- expect: plan uses index idx_feature_store_computed
INSERT INTO feature_store (id, entity_type, entity_id, computed_at)
SELECT -n,
       CASE WHEN n % 2 = 0 THEN 'LISTING' ELSE 'ASIN' END::feature_entity_type,
       n % 200,
       '2026-01-01 00:00+00'::timestamptz + n * interval '1 minute'
FROM generate_series(1, 10000) AS n;
ANALYZE feature_store;
SELECT features_json
FROM feature_store
WHERE entity_type = 'LISTING' AND entity_id = 42
ORDER BY computed_at DESC
LIMIT 1;

-- check: a second active scenario BOM for one ASIN is refused
-- expect: error unique_violation on boms_asin_active_unique
INSERT INTO asin_entities (id, asin) VALUES (-1, 'CHECK00301');
INSERT INTO boms (id, asin_entity_id, scope_type, is_active) VALUES (-1, -1, 'ASIN_SCENARIO', true);
INSERT INTO boms (id, asin_entity_id, scope_type, is_active) VALUES (-2, -1, 'ASIN_SCENARIO', true);

-- check: a BOM of an unknown ASIN is refused
-- expect: error foreign_key_violation on boms_asin_entity_fk
INSERT INTO boms (id, asin_entity_id, scope_type) VALUES (-1, -1, 'ASIN_SCENARIO');

-- check: a job of an unknown ASIN is refused
-- expect: error foreign_key_violation on jobs_asin_entity_fk
INSERT INTO jobs (id, job_type, asin_entity_id) VALUES (-1, 'SYNC_KEEPA_ASIN', -1);

-- check: no active scenario BOM has lost its ASIN
-- when: monitor
-- severity: warn
-- expect: no rows
SELECT id, version, updated_at FROM boms
WHERE is_active = true AND scope_type = 'ASIN_SCENARIO' AND asin_entity_id IS NULL;

-- check: features are no older than 30 days
-- when: monitor
-- severity: info
-- expect: no rows
SELECT entity_type, entity_id, max(computed_at) AS last_computed
FROM feature_store
GROUP BY entity_type, entity_id
HAVING max(computed_at) < now() - interval '30 days';

-- check: tables, type, column, index and foreign keys of slice C are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('asin_entities', 'keepa_snapshots', 'amazon_catalog_snapshots',
                  'listing_sales_daily', 'feature_store', 'boms_asin_active_unique')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typname = 'feature_entity_type'
UNION ALL
SELECT conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
  AND conname IN ('boms_asin_entity_fk', 'jobs_asin_entity_fk')
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass AND attname = 'asin' AND NOT attisdropped;
