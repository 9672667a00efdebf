-- Takes the constraint away; no row changes.

ALTER TABLE listing_sales_daily DROP CONSTRAINT IF EXISTS listing_sales_daily_margin_check;
