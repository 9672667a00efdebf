-- Drops slice C. The two foreign keys that point to asin_entities go before it.

DROP TABLE IF EXISTS feature_store;
DROP TABLE IF EXISTS listing_sales_daily;
DROP TABLE IF EXISTS amazon_catalog_snapshots;
DROP TABLE IF EXISTS keepa_snapshots;

DROP INDEX IF EXISTS boms_asin_active_unique;
ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_asin_entity_fk;
ALTER TABLE boms DROP CONSTRAINT IF EXISTS boms_asin_entity_fk;
DROP TABLE IF EXISTS asin_entities;

ALTER TABLE listings DROP COLUMN IF EXISTS asin;

DROP TYPE IF EXISTS feature_entity_type;
