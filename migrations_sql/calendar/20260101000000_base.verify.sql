-- check: neither table is there yet
-- when: before
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('providers', 'bookings');

-- check: both tables exist
-- when: always
-- expect: 2 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('providers', 'bookings')
  AND relkind = 'r';

-- check: the lookup index exists and is valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_bookings_provider_start')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a booking names its provider and its time
-- expect: success
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 09:30+00');

-- check: a booking of an unknown provider is refused
-- expect: error foreign_key_violation on bookings_provider_id_fkey
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 09:30+00');

-- check: a booking ends after it starts
-- expect: error check_violation on bookings_times_check
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:30+00', '2026-01-05 09:00+00');

-- check: both tables are gone
-- when: after rollback
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('providers', 'bookings');
