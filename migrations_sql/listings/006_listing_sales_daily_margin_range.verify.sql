-- check: the constraint is not there yet
-- when: before
-- expect: no rows
SELECT pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE conrelid = 'public.listing_sales_daily'::regclass AND conname = 'listing_sales_daily_margin_check';

-- check: no row breaks the new constraint
-- when: before
-- expect: value 0
SELECT count(*) FROM listing_sales_daily WHERE NOT (margin BETWEEN -1 AND 1);

-- check: the constraint exists and is validated
-- when: always
-- expect: 1 rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.listing_sales_daily'::regclass AND conname = 'listing_sales_daily_margin_check' AND contype = 'c' AND convalidated;

-- check: a row outside the range is refused
-- expect: error check_violation on listing_sales_daily_margin_check
INSERT INTO listings (id, seller_sku, title) VALUES (-1, 'check-006-1', 'Kettle');
INSERT INTO listing_sales_daily (listing_id, sales_date, margin) VALUES (-1, '2026-01-05', 1.5);

-- check: the constraint is gone
-- when: after rollback
-- expect: no rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.listing_sales_daily'::regclass AND conname = 'listing_sales_daily_margin_check';
