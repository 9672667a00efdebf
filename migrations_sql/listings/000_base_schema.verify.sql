-- check: neither table is there yet
-- when: before
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('listings', 'settings');

-- check: both tables exist
-- when: always
-- expect: 2 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('listings', 'settings')
  AND relkind = 'r';

-- check: a listing needs only sku and title
-- expect: success
INSERT INTO listings (id, sku, title) VALUES (-1, 'check-000-1', 'Kettle');

-- check: a repeated sku is refused
-- expect: error unique_violation on listings_sku_unique
INSERT INTO listings (id, sku, title) VALUES (-1, 'check-000-2', 'Kettle');
INSERT INTO listings (id, sku, title) VALUES (-2, 'check-000-2', 'Other kettle');

-- check: a setting takes a key and a value
-- expect: success
INSERT INTO settings (key, value) VALUES ('check.000', 'on');

-- check: both tables are gone
-- when: after rollback
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('listings', 'settings');
