-- check: the constraint is not there yet
-- when: before
-- expect: no rows
SELECT pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE conrelid = 'public.bookings'::regclass AND conname = 'bookings_no_overlapping_slots';

-- check: no slots overlap yet
-- when: before
-- expect: no rows
SELECT a.id AS first_booking, b.id AS second_booking, a.provider_id
FROM bookings a
JOIN bookings b
    ON b.provider_id = a.provider_id
    AND b.id > a.id
    AND tstzrange(b.start_time, b.end_time) && tstzrange(a.start_time, a.end_time)
WHERE a.status <> 'CANCELLED' AND b.status <> 'CANCELLED';

-- check: the constraint exists
-- when: always
-- expect: 1 rows
SELECT pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = 'public.bookings'::regclass
  AND conname = 'bookings_no_overlapping_slots'
  AND contype = 'x'
  AND pg_get_constraintdef(oid) LIKE '%tstzrange(start_time, end_time) WITH &&%';

-- check: no slots of one provider overlap
-- when: always
-- expect: no rows
SELECT a.id AS first_booking, b.id AS second_booking, a.provider_id
FROM bookings a
JOIN bookings b
    ON b.provider_id = a.provider_id
    AND b.id > a.id
    AND tstzrange(b.start_time, b.end_time) && tstzrange(a.start_time, a.end_time)
WHERE a.status <> 'CANCELLED' AND b.status <> 'CANCELLED';

-- check: overlapping slots of one provider are refused
-- expect: error exclusion_violation on bookings_no_overlapping_slots
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-2, -1, '2026-01-05 09:30+00', '2026-01-05 10:30+00');

-- check: the same instant in two time zones is one slot
-- expect: error exclusion_violation on bookings_no_overlapping_slots
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-2, -1, '2026-01-05 18:15+09', '2026-01-05 18:45+09');

-- check: touching slots, cancelled slots and other providers are allowed
-- expect: value 4
INSERT INTO providers (id, name) VALUES (-1, 'Practice'), (-2, 'Other practice');
INSERT INTO bookings (id, provider_id, start_time, end_time, status)
VALUES
    (-1, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00', 'CONFIRMED'),
    (-2, -1, '2026-01-05 10:00+00', '2026-01-05 11:00+00', 'CONFIRMED'),
    (-3, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00', 'CANCELLED'),
    (-4, -2, '2026-01-05 09:00+00', '2026-01-05 10:00+00', 'CONFIRMED');
SELECT count(*) FROM bookings WHERE provider_id IN (-1, -2);

-- check: the constraint is gone
-- when: after rollback
-- expect: no rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.bookings'::regclass AND conname = 'bookings_no_overlapping_slots';
