-- check: nothing of slice B is there yet
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('jobs', 'listing_events', 'listing_offer_current', 'fee_snapshots')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace
  AND typtype = 'e'
  AND typname IN ('job_type', 'job_status', 'listing_event_type', 'job_scope_type',
                  'buy_box_status_type')
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('status', 'fulfillment_channel', 'category')
  AND NOT attisdropped
UNION ALL
SELECT key FROM settings
WHERE key IN ('guardrails.max_publishes_per_hour', 'guardrails.require_price_change_reason');

-- check: the four tables exist
-- when: always
-- expect: 4 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('jobs', 'listing_events', 'listing_offer_current', 'fee_snapshots')
  AND relkind = 'r'
ORDER BY relname;

-- check: jobs has its columns
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('id'), ('job_type'), ('scope_type'), ('listing_id'), ('asin_entity_id'), ('status'),
    ('priority'), ('attempts'), ('max_attempts'), ('input_json'), ('result_json'), ('log_json'),
    ('error_message'), ('scheduled_for'), ('started_at'), ('finished_at'), ('created_by'),
    ('created_at'), ('updated_at')
) AS wanted (name)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = 'public.jobs'::regclass AND a.attname = wanted.name AND NOT a.attisdropped
);

-- check: the three new columns of listings exist
-- when: always
-- expect: 3 rows
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('status', 'fulfillment_channel', 'category')
  AND NOT attisdropped;

-- check: job_type has its labels in order
-- when: always
-- expect: value SYNC_AMAZON_OFFER,SYNC_AMAZON_SALES,SYNC_AMAZON_CATALOG,SYNC_KEEPA_ASIN,COMPUTE_FEATURES_LISTING,COMPUTE_FEATURES_ASIN,GENERATE_RECOMMENDATIONS_LISTING,GENERATE_RECOMMENDATIONS_ASIN,PUBLISH_PRICE_CHANGE,PUBLISH_STOCK_CHANGE
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.job_type');

-- check: job_status has its labels in order
-- when: always
-- expect: value PENDING,RUNNING,SUCCEEDED,FAILED,CANCELLED
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.job_status');

-- check: listing_event_type has its labels in order
-- when: always
-- expect: value PRICE_CHANGE_DRAFTED,PRICE_CHANGE_PUBLISHED,PRICE_CHANGE_SUCCEEDED,PRICE_CHANGE_FAILED,STOCK_CHANGE_DRAFTED,STOCK_CHANGE_PUBLISHED,STOCK_CHANGE_SUCCEEDED,STOCK_CHANGE_FAILED,BOM_UPDATED,COST_OVERRIDE_UPDATED,AMAZON_SYNC_COMPLETED,KEEPA_SYNC_COMPLETED,FEATURES_COMPUTED,LISTING_CREATED,LISTING_ARCHIVED
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.listing_event_type');

-- check: job_scope_type has its labels in order
-- when: always
-- expect: value LISTING,ASIN,GLOBAL
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.job_scope_type');

-- check: buy_box_status_type has its labels in order
-- when: always
-- expect: value WON,LOST,SUPPRESSED,UNKNOWN
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.buy_box_status_type');

-- check: the settings of slice B exist
-- when: always
-- expect: no rows
SELECT wanted.key
FROM (VALUES
    ('guardrails.max_publishes_per_hour'),
    ('guardrails.require_price_change_reason')
) AS wanted (key)
WHERE NOT EXISTS (SELECT FROM settings s WHERE s.key = wanted.key);

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_jobs_pending'),
    ('idx_jobs_listing'),
    ('idx_jobs_asin_entity'),
    ('idx_listing_events_listing'),
    ('idx_listing_events_job'),
    ('idx_fee_snapshots_listing'),
    ('idx_fee_snapshots_marketplace')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a job needs only its type
-- expect: value PENDING
INSERT INTO jobs (id, job_type) VALUES (-1, 'SYNC_AMAZON_OFFER') RETURNING status;

-- check: an unknown job type is refused
-- expect: error invalid_text_representation
INSERT INTO jobs (id, job_type) VALUES (-1, 'SYNC_EVERYTHING');

-- check: a listing with events cannot be deleted
-- expect: error foreign_key_violation on listing_events_listing_fk
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-002-1', 'Kettle');
INSERT INTO listing_events (id, listing_id, event_type) VALUES (-1, -1, 'LISTING_CREATED');
DELETE FROM listings WHERE id = -1;

-- check: tables, types, columns and settings of slice B are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('jobs', 'listing_events', 'listing_offer_current', 'fee_snapshots')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace
  AND typtype = 'e'
  AND typname IN ('job_type', 'job_status', 'listing_event_type', 'job_scope_type',
                  'buy_box_status_type')
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = 'public.listings'::regclass
  AND attname IN ('status', 'fulfillment_channel', 'category')
  AND NOT attisdropped
UNION ALL
SELECT key FROM settings
WHERE key IN ('guardrails.max_publishes_per_hour', 'guardrails.require_price_change_reason');
