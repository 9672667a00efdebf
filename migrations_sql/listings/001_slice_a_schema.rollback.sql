-- Drops slice A and gives three columns of listings their old names back.

DELETE FROM settings
WHERE key IN ('default_vat_rate', 'guardrails.min_margin',
              'guardrails.max_price_change_percent_per_day', 'guardrails.min_stock_threshold');

DROP TABLE IF EXISTS listing_cost_overrides;
DROP TABLE IF EXISTS bom_lines;
DROP TABLE IF EXISTS boms;
DROP TABLE IF EXISTS components;
DROP TABLE IF EXISTS suppliers;

ALTER TABLE listings DROP CONSTRAINT IF EXISTS listings_marketplace_fk;
ALTER TABLE listings DROP COLUMN IF EXISTS marketplace_id;
DROP TABLE IF EXISTS marketplaces;

ALTER TABLE listings RENAME COLUMN seller_sku TO sku;
ALTER TABLE listings RENAME COLUMN price_inc_vat TO price;
ALTER TABLE listings RENAME COLUMN available_quantity TO quantity;

DROP TYPE IF EXISTS bom_scope_type;
