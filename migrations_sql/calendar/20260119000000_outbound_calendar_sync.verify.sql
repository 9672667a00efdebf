-- check: no column or index of this migration is there yet
-- when: before
-- expect: no rows
SELECT attname AS name FROM pg_attribute
WHERE attrelid = 'public.external_calendar_events'::regclass
  AND attname IN ('booking_id', 'sync_status', 'last_error')
  AND NOT attisdropped
UNION ALL
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('external_calendar_events_booking_calendar_unique',
                  'idx_external_calendar_events_booking',
                  'idx_external_calendar_events_sync_status');

-- check: no sync operation is active
-- when: before
-- expect: no rows
SELECT l.pid, l.relation::regclass AS relation, l.mode
FROM pg_locks l
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = 'public.external_calendar_events'::regclass
  AND l.mode = 'RowExclusiveLock'
  AND l.pid <> pg_backend_pid();

-- check: the three columns have their types and may be null
-- when: always
-- expect: no rows
SELECT wanted.name, wanted.type, format_type(a.atttypid, a.atttypmod) AS found
FROM (VALUES
    ('booking_id', 'bigint'),
    ('sync_status', 'text'),
    ('last_error', 'text')
) AS wanted (name, type)
LEFT JOIN pg_attribute a
    ON a.attrelid = 'public.external_calendar_events'::regclass
    AND a.attname = wanted.name
    AND NOT a.attisdropped
    AND NOT a.attnotnull
WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM wanted.type;

-- check: a booking is mapped once per calendar, by index
-- when: always
-- expect: value CREATE UNIQUE INDEX external_calendar_events_booking_calendar_unique ON external_calendar_events USING btree (booking_id, calendar_provider) WHERE (booking_id IS NOT NULL)
SELECT replace(indexdef, 'public.', '')
FROM pg_indexes
WHERE schemaname = 'public'
  AND indexname = 'external_calendar_events_booking_calendar_unique';

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_external_calendar_events_booking'),
    ('idx_external_calendar_events_sync_status')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: booking_id points to bookings
-- when: always
-- expect: value FOREIGN KEY (booking_id) REFERENCES bookings(id) ON DELETE SET NULL
SELECT replace(pg_get_constraintdef(oid), 'public.', '')
FROM pg_constraint
WHERE conrelid = 'public.external_calendar_events'::regclass
  AND conname = 'external_calendar_events_booking_id_fkey';

-- check: no booking is mapped twice in one calendar
-- when: always
-- expect: no rows
SELECT booking_id, calendar_provider, count(*)
FROM external_calendar_events
WHERE booking_id IS NOT NULL
GROUP BY booking_id, calendar_provider
HAVING count(*) > 1;

-- check: no event is mapped to an unknown booking
-- when: always
-- expect: no rows
SELECT e.id, e.booking_id
FROM external_calendar_events e
LEFT JOIN bookings b ON b.id = e.booking_id
WHERE e.booking_id IS NOT NULL AND b.id IS NULL;

-- check: every sync_status is valid
-- when: always
-- expect: no rows
SELECT id, sync_status FROM external_calendar_events
WHERE sync_status NOT IN ('CREATED', 'UPDATED', 'CANCELLED', 'FAILED');

-- check: failed events are few
-- when: monitor
-- severity: warn
-- expect: value <= 10
SELECT count(*) FROM external_calendar_events WHERE sync_status = 'FAILED';

-- check: no connection has been failing for long
-- when: monitor
-- severity: warn
-- expect: no rows
SELECT provider_id, provider, error_count, last_error, backoff_until
FROM external_calendar_connections
WHERE error_count >= 5;

-- check: a second event for one booking in one calendar is refused
-- expect: error unique_violation on external_calendar_events_booking_calendar_unique
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id)
VALUES (-1, -1, 'google', 'check-19-1', '2026-01-05 09:00+00', '2026-01-05 10:00+00', -1);
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id)
VALUES (-2, -1, 'google', 'check-19-2', '2026-01-05 09:00+00', '2026-01-05 10:00+00', -1);

-- check: a duplicate event is still refused on the named constraint
-- expect: error unique_violation on external_calendar_events_provider_source_external_id_key
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-1, -1, 'google', 'check-19-3', '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-2, -1, 'google', 'check-19-3', '2026-01-05 09:00+00', '2026-01-05 10:00+00');

-- check: an unknown sync_status is refused
-- expect: error check_violation on external_calendar_events_sync_status_check
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, sync_status)
VALUES (-1, -1, 'google', 'check-19-4', '2026-01-05 09:00+00', '2026-01-05 10:00+00', 'PERHAPS');

-- check: an event of an unknown booking is refused
-- expect: error foreign_key_violation on external_calendar_events_booking_id_fkey
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id)
VALUES (-1, -1, 'google', 'check-19-5', '2026-01-05 09:00+00', '2026-01-05 10:00+00', -1);

-- check: one booking in two calendars, and events without booking, are allowed
-- expect: value 4
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO bookings (id, provider_id, start_time, end_time)
VALUES (-1, -1, '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, booking_id, sync_status)
VALUES
    (-1, -1, 'google', 'check-19-6', '2026-01-05 09:00+00', '2026-01-05 10:00+00', -1, 'CREATED'),
    (-2, -1, 'outlook', 'check-19-6', '2026-01-05 09:00+00', '2026-01-05 10:00+00', -1, 'CREATED'),
    (-3, -1, 'google', 'check-19-7', '2026-01-05 11:00+00', '2026-01-05 12:00+00', NULL, NULL),
    (-4, -1, 'google', 'check-19-8', '2026-01-05 11:00+00', '2026-01-05 12:00+00', NULL, NULL);
SELECT count(*) FROM external_calendar_events WHERE provider_id = -1;

-- check: no session writes to the events
-- when: before rollback
-- expect: no rows
SELECT l.pid, l.relation::regclass AS relation, l.mode
FROM pg_locks l
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = 'public.external_calendar_events'::regclass
  AND l.mode = 'RowExclusiveLock'
  AND l.pid <> pg_backend_pid();

-- check: columns and indexes are gone, the events stay
-- when: after rollback
-- expect: value external_calendar_events
SELECT string_agg(name, ',' ORDER BY name)
FROM (
    SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
      AND relname IN ('external_calendar_events',
                      'external_calendar_events_booking_calendar_unique',
                      'idx_external_calendar_events_booking',
                      'idx_external_calendar_events_sync_status')
    UNION ALL
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = 'public.external_calendar_events'::regclass
      AND attname IN ('booking_id', 'sync_status', 'last_error')
      AND NOT attisdropped
) AS found;
