-- check: no event is there twice for one provider and calendar
-- when: before
-- expect: no rows
SELECT provider_id, calendar_provider, external_event_id, count(*)
FROM external_calendar_events
GROUP BY provider_id, calendar_provider, external_event_id
HAVING count(*) > 1;

-- check: no other table has taken the name of the constraint
-- when: before
-- expect: no rows
SELECT c.relname, c.relkind
FROM pg_class c
LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
  AND c.relname = 'external_calendar_events_provider_source_external_id_key'
  AND i.indrelid IS DISTINCT FROM 'public.external_calendar_events'::regclass;

-- check: no sync operation is active
-- when: before
-- expect: no rows
SELECT l.pid, l.relation::regclass AS relation, l.mode
FROM pg_locks l
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = 'public.external_calendar_events'::regclass
  AND l.mode = 'RowExclusiveLock'
  AND l.pid <> pg_backend_pid();

-- check: the uniqueness constraint is the right one
-- when: always
-- expect: value UNIQUE (provider_id, calendar_provider, external_event_id)
SELECT pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = 'public.external_calendar_events'::regclass
  AND conname = 'external_calendar_events_provider_source_external_id_key';

-- check: no other uniqueness covers the external event
-- when: always
-- expect: no rows
SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_attribute a
    ON a.attrelid = i.indrelid
    AND a.attnum = ANY (i.indkey)
    AND a.attname = 'external_event_id'
WHERE i.indrelid = 'public.external_calendar_events'::regclass
  AND i.indisunique
  AND c.relname <> 'external_calendar_events_provider_source_external_id_key';

-- check: no event is there twice afterwards
-- when: always
-- expect: no rows
SELECT provider_id, calendar_provider, external_event_id, count(*)
FROM external_calendar_events
GROUP BY provider_id, calendar_provider, external_event_id
HAVING count(*) > 1;

-- check: a duplicate event is refused on the named constraint
-- expect: error unique_violation on external_calendar_events_provider_source_external_id_key
INSERT INTO providers (id, name) VALUES (-1, 'Practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-1, -1, 'google', 'check-18-1', '2026-01-05 09:00+00', '2026-01-05 10:00+00');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES (-2, -1, 'google', 'check-18-1', '2026-01-05 09:00+00', '2026-01-05 10:00+00');

-- check: one event id in two calendars, or of two providers, is allowed
-- expect: value 3
INSERT INTO providers (id, name) VALUES (-1, 'Practice'), (-2, 'Other practice');
INSERT INTO external_calendar_events
    (id, provider_id, calendar_provider, external_event_id, start_time, end_time)
VALUES
    (-1, -1, 'google', 'check-18-2', '2026-01-05 09:00+00', '2026-01-05 10:00+00'),
    (-2, -1, 'outlook', 'check-18-2', '2026-01-05 09:00+00', '2026-01-05 10:00+00'),
    (-3, -2, 'google', 'check-18-2', '2026-01-05 09:00+00', '2026-01-05 10:00+00');
SELECT count(*) FROM external_calendar_events WHERE external_event_id = 'check-18-2';

-- check: nothing of the fix is noted any more
-- when: after rollback
-- expect: no rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.external_calendar_events'::regclass
  AND obj_description(oid, 'pg_constraint') LIKE '{%"fixed_by": "20260118000000"%}';
