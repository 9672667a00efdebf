-- check: clean state, neither table is there yet
-- when: before
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('external_calendar_connections', 'external_calendar_events');

-- check: no object has taken a name of this migration
-- when: before
-- expect: no rows
SELECT conname AS name FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
  AND conname IN ('external_calendar_connections_provider_id_provider_key',
                  'external_calendar_events_provider_source_external_id_key')
UNION ALL
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('idx_external_calendar_events_times', 'idx_external_calendar_connections_backoff')
UNION ALL
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = 'external_calendar_set_updated_at';

-- check: no sync operation is active
-- when: before
-- expect: no rows
SELECT pid, application_name, state
FROM pg_stat_activity
WHERE datname = current_database()
  AND pid <> pg_backend_pid()
  AND application_name IN ('calendar_sync', 'calendar_jobs', 'calendar_webhook');

-- check: columns and types are as declared
-- when: always
-- expect: no rows
SELECT wanted.relation, wanted.name, wanted.type, format_type(a.atttypid, a.atttypmod) AS found
FROM (VALUES
    ('external_calendar_connections', 'provider_id', 'bigint'),
    ('external_calendar_connections', 'provider', 'text'),
    ('external_calendar_connections', 'sync_cursor', 'text'),
    ('external_calendar_connections', 'sync_token', 'text'),
    ('external_calendar_connections', 'last_synced_at', 'timestamp with time zone'),
    ('external_calendar_connections', 'error_count', 'integer'),
    ('external_calendar_connections', 'last_error', 'text'),
    ('external_calendar_connections', 'backoff_until', 'timestamp with time zone'),
    ('external_calendar_connections', 'updated_at', 'timestamp with time zone'),
    ('external_calendar_events', 'provider_id', 'bigint'),
    ('external_calendar_events', 'calendar_provider', 'text'),
    ('external_calendar_events', 'external_event_id', 'text'),
    ('external_calendar_events', 'start_time', 'timestamp with time zone'),
    ('external_calendar_events', 'end_time', 'timestamp with time zone'),
    ('external_calendar_events', 'updated_at', 'timestamp with time zone')
) AS wanted (relation, name, type)
LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass('public.' || wanted.relation)
    AND a.attname = wanted.name
    AND NOT a.attisdropped
WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM wanted.type;

-- check: both tables are empty
-- expect: value 0
SELECT (SELECT count(*) FROM external_calendar_connections)
     + (SELECT count(*) FROM external_calendar_events);

-- check: a provider has one connection per calendar provider
-- when: always
-- expect: value UNIQUE (provider_id, provider)
SELECT pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = 'public.external_calendar_connections'::regclass
  AND conname = 'external_calendar_connections_provider_id_provider_key';

-- check: the indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_external_calendar_events_times'),
    ('idx_external_calendar_connections_backoff')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: the range index is over tstzrange
-- when: always
-- expect: value tstzrange(start_time, end_time)
SELECT pg_get_indexdef(to_regclass('public.idx_external_calendar_events_times'), 1, true);

-- check: both updated_at triggers exist and are enabled
-- when: always
-- expect: 2 rows
SELECT tgname FROM pg_trigger
WHERE tgfoid = to_regproc('public.external_calendar_set_updated_at')
  AND tgname IN ('external_calendar_connections_set_updated_at',
                 'external_calendar_events_set_updated_at')
  AND tgenabled IN ('O', 'A');

-- check: no event is there twice for one provider and calendar
-- when: always
-- expect: no rows
SELECT provider_id, calendar_provider, external_event_id, count(*)
FROM external_calendar_events
GROUP BY provider_id, calendar_provider, external_event_id
HAVING count(*) > 1;

-- check: no event belongs to an unknown provider
-- when: always
-- expect: no rows
SELECT e.id, e.provider_id
FROM external_calendar_events e
LEFT JOIN providers p ON p.id = e.provider_id
WHERE p.id IS NULL;

-- check: every event has a connection
-- when: always
-- severity: info
-- expect: no rows
SELECT e.provider_id, e.calendar_provider, count(*) AS events
FROM external_calendar_events e
LEFT JOIN external_calendar_connections c
    ON c.provider_id = e.provider_id AND c.provider = e.calendar_provider
WHERE c.id IS NULL
GROUP BY e.provider_id, e.calendar_provider;

-- check: every event ends after it starts
-- when: always
-- expect: no rows
SELECT id, start_time, end_time FROM external_calendar_events WHERE end_time <= start_time;

-- check: a duplicate event is refused on the named constraint
-- expect: error unique_violation on external_calendar_events_provider_source_external_id_key
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-1, -1, 'google', 'check-17-1', '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-2, -1, 'google', 'check-17-1', '2026-01-05 11:00+00', '2026-01-05 12:00+00');

-- check: a second connection to one calendar is refused
-- expect: error unique_violation on external_calendar_connections_provider_id_provider_key
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_connections (id, provider_id, provider) VALUES (-1, -1, 'google');
INSERT INTO external_calendar_connections (id, provider_id, provider) VALUES (-2, -1, 'google');

-- check: an event that ends as it starts is refused
-- expect: error check_violation on external_calendar_events_times_check
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-1, -1, 'google', 'check-17-2', '2026-01-05 09:00+00', '2026-01-05 09:00+00');

-- check: an event of an unknown provider is refused
-- expect: error foreign_key_violation on external_calendar_events_provider_id_fkey
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-1, -1, 'google', 'check-17-3', '2026-01-05 09:00+00', '2026-01-05 10:00+00');

-- check: an update of a connection sets updated_at
-- expect: value 1
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_connections (id, provider_id, provider, updated_at)
VALUES (-1, -1, 'google', '2026-01-01 00:00+00');
UPDATE external_calendar_connections SET error_count = 1 WHERE id = -1;
SELECT count(*) FROM external_calendar_connections WHERE id = -1 AND updated_at = now();

-- check: an update of an event sets updated_at
-- expect: value 1
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time, updated_at)
VALUES (-1, -1, 'google', 'check-17-4', '2026-01-05 09:00+00', '2026-01-05 10:00+00',
        '2026-01-01 00:00+00');
UPDATE external_calendar_events SET title = 'Moved' WHERE id = -1;
SELECT count(*) FROM external_calendar_events WHERE id = -1 AND updated_at = now();

-- check: no session writes to the tables
-- when: before rollback
-- expect: no rows
SELECT l.pid, l.relation::regclass AS relation, l.mode
FROM pg_locks l
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN ('public.external_calendar_connections'::regclass,
                     'public.external_calendar_events'::regclass)
  AND l.mode = 'RowExclusiveLock'
  AND l.pid <> pg_backend_pid();

-- check: tables and function are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('external_calendar_connections', 'external_calendar_events')
UNION ALL
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = 'external_calendar_set_updated_at';

-- check: providers and bookings are untouched
-- when: after rollback
-- expect: 2 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('providers', 'bookings')
  AND relkind = 'r';
