-- check: calendar_events_new is not there yet
-- when: before
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.calendar_events_new');

-- check: the columns have their types
-- when: always
-- expect: no rows
SELECT wanted.name, wanted.type, format_type(a.atttypid, a.atttypmod) AS found
FROM (VALUES
    ('id', 'uuid'),
    ('user_id', 'uuid'),
    ('title', 'text'),
    ('event_type', 'text'),
    ('start_at', 'timestamp with time zone'),
    ('end_at', 'timestamp with time zone'),
    ('is_movable', 'boolean'),
    ('metadata', 'jsonb')
) AS wanted (name, type)
LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass('public.calendar_events_new')
    AND a.attname = wanted.name
    AND NOT a.attisdropped
WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM wanted.type;

-- check: an event belongs to a user
-- when: always
-- expect: value FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
SELECT replace(pg_get_constraintdef(oid), 'public.', '')
FROM pg_constraint
WHERE conrelid = to_regclass('public.calendar_events_new')
  AND conname = 'calendar_events_new_user_id_fkey';

-- check: the lookup index exists and is valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_calendar_events_new_user_start')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: user, title, type and two times are enough for an event
-- expect: success
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000000801');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at)
VALUES ('00000000-0000-4000-8000-000000000801', 'Stand-up', 'meeting',
        '2026-01-05 09:00+00', '2026-01-05 09:15+00');

-- check: an event ends after it starts
-- expect: error check_violation on calendar_events_new_times_check
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000000802');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at)
VALUES ('00000000-0000-4000-8000-000000000802', 'Backwards', 'meeting',
        '2026-01-05 09:15+00', '2026-01-05 09:00+00');

-- check: an event of nobody is refused
-- expect: error foreign_key_violation on calendar_events_new_user_id_fkey
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at)
VALUES ('00000000-0000-4000-8000-000000000803', 'Nobody', 'meeting',
        '2026-01-05 09:00+00', '2026-01-05 09:15+00');

-- check: calendar_events_new is gone
-- when: after rollback
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.calendar_events_new');
