-- check: nothing of slice D is there yet
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('recommendations', 'recommendation_events')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace
  AND typtype = 'e'
  AND typname IN ('recommendation_event_type', 'recommendation_status', 'recommendation_type',
                  'confidence_band');

-- check: recommendation_event_type has its labels in order
-- when: always
-- expect: value GENERATED,VIEWED,ACCEPTED,REJECTED,SNOOZED,EXPIRED,SUPERSEDED,ACTION_STARTED,ACTION_COMPLETED,ACTION_FAILED
SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
FROM pg_enum
WHERE enumtypid = to_regtype('public.recommendation_event_type');

-- check: all tables of the tool exist
-- when: always
-- expect: 19 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind = 'r'
  AND relname IN (
    'listings', 'settings',
    'marketplaces', 'suppliers', 'components', 'boms', 'bom_lines', 'listing_cost_overrides',
    'jobs', 'listing_events', 'listing_offer_current', 'fee_snapshots',
    'asin_entities', 'keepa_snapshots', 'amazon_catalog_snapshots', 'listing_sales_daily',
    'feature_store',
    'recommendations', 'recommendation_events'
  )
ORDER BY relname;

-- check: all enum types of the tool exist
-- when: always
-- expect: 11 rows
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace
  AND typtype = 'e'
  AND typname IN (
    'bom_scope_type',
    'job_type', 'job_status', 'listing_event_type', 'job_scope_type', 'buy_box_status_type',
    'feature_entity_type',
    'recommendation_event_type', 'recommendation_status', 'recommendation_type', 'confidence_band'
  )
ORDER BY typname;

-- check: the foreign keys on boms, jobs and recommendations exist
-- when: always
-- expect: no rows
SELECT wanted.relation, wanted.name
FROM (VALUES
    ('boms', 'boms_listing_fk'),
    ('boms', 'boms_asin_entity_fk'),
    ('jobs', 'jobs_listing_fk'),
    ('jobs', 'jobs_asin_entity_fk'),
    ('recommendations', 'recommendations_listing_fk'),
    ('recommendations', 'recommendations_asin_entity_fk'),
    ('recommendations', 'recommendations_job_fk'),
    ('recommendation_events', 'recommendation_events_recommendation_fk'),
    ('recommendation_events', 'recommendation_events_job_fk')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = to_regclass('public.' || wanted.relation)
      AND k.conname = wanted.name
      AND k.contype = 'f'
      AND k.convalidated
);

-- check: no listing has more than one active LISTING BOM
-- when: always
-- expect: no rows
SELECT listing_id, count(*) AS active_boms
FROM boms
WHERE is_active = true AND scope_type = 'LISTING'
GROUP BY listing_id
HAVING count(*) > 1;

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_recommendations_listing'),
    ('idx_recommendations_asin_entity'),
    ('idx_recommendations_job'),
    ('idx_recommendation_events_recommendation'),
    ('idx_recommendation_events_job')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a recommendation of an unknown job is refused
-- expect: error foreign_key_violation on recommendations_job_fk
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-004-1', 'Kettle');
INSERT INTO recommendations (id, entity_type, listing_id, recommendation_type, generated_by_job_id)
VALUES (-1, 'LISTING', -1, 'PRICE_INCREASE', -1);

-- check: a recommendation for nothing is refused
-- expect: error check_violation on recommendations_entity_check
INSERT INTO recommendations (id, entity_type, recommendation_type)
VALUES (-1, 'LISTING', 'PRICE_INCREASE');

-- check: a listing with recommendations cannot be deleted
-- expect: error foreign_key_violation on recommendations_listing_fk
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-004-2', 'Kettle');
INSERT INTO recommendations (id, entity_type, listing_id, recommendation_type)
VALUES (-1, 'LISTING', -1, 'PRICE_INCREASE');
DELETE FROM listings WHERE id = -1;

-- check: tables and types of slice D are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('recommendations', 'recommendation_events')
UNION ALL
SELECT typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace
  AND typtype = 'e'
  AND typname IN ('recommendation_event_type', 'recommendation_status', 'recommendation_type',
                  'confidence_band');
