-- check: no foreign guard or index has taken the names
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('idx_proposal_moves_source', 'idx_proposal_moves_metadata_gin',
                  'idx_moves_assignment', 'idx_events_user_assignment')
UNION ALL
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = 'prevent_move_immovable';

-- check: the three baseline columns exist
-- when: always
-- only if: SELECT to_regclass('public.proposal_moves') IS NOT NULL
-- expect: no rows
SELECT wanted.name, wanted.type, format_type(a.atttypid, a.atttypmod) AS found
FROM (VALUES
    ('baseline_updated_at', 'timestamp with time zone'),
    ('baseline_version', 'integer'),
    ('metadata', 'jsonb')
) AS wanted (name, type)
LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass('public.proposal_moves')
    AND a.attname = wanted.name
    AND NOT a.attisdropped
WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM wanted.type;

-- check: the three indexes on proposal_moves exist and are valid
-- when: always
-- only if: SELECT to_regclass('public.proposal_moves') IS NOT NULL
-- expect: no rows
SELECT wanted.name, wanted.definition, replace(pg_get_indexdef(i.indexrelid), 'public.', '') AS found
FROM (VALUES
    ('idx_proposal_moves_source', 'USING btree (source_event_id)'),
    ('idx_proposal_moves_metadata_gin', 'USING gin (metadata)'),
    ('idx_moves_assignment', 'USING btree (((metadata ->> ''assignment_id''::text)))')
) AS wanted (name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name) AND i.indisvalid
WHERE replace(pg_get_indexdef(i.indexrelid), 'public.', '')
    IS DISTINCT FROM 'CREATE INDEX ' || wanted.name || ' ON proposal_moves ' || wanted.definition;

-- check: the tables of 0013_5 are still empty
-- only if: SELECT to_regclass('public.proposal_moves') IS NOT NULL
-- severity: warn
-- expect: value 0
SELECT count(*) FROM proposal_moves;

-- check: a move still needs nothing but proposal, user and kind
-- only if: SELECT to_regclass('public.proposal_moves') IS NOT NULL
-- expect: success
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001401');
INSERT INTO rebalancing_proposals (id, user_id, trigger, status)
VALUES ('00000000-0000-4000-8000-000000001402', '00000000-0000-4000-8000-000000001401',
        'manual', 'proposed');
INSERT INTO proposal_moves (proposal_id, user_id, move_type)
VALUES ('00000000-0000-4000-8000-000000001402', '00000000-0000-4000-8000-000000001401', 'insert');

-- check: the assignment index of events exists and is valid
-- when: always
-- expect: value CREATE INDEX idx_events_user_assignment ON calendar_events_new USING btree (user_id, ((metadata ->> 'assignment_id'::text)))
SELECT replace(pg_get_indexdef(indexrelid), 'public.', '')
FROM pg_index
WHERE indexrelid = to_regclass('public.idx_events_user_assignment') AND indisvalid;

-- check: the guard exists and is enabled
-- when: always
-- expect: 1 rows
SELECT tgname, tgenabled
FROM pg_trigger
WHERE tgrelid = 'public.calendar_events_new'::regclass
  AND tgname = 'trg_prevent_move_immovable'
  AND tgfoid = to_regproc('public.prevent_move_immovable')
  AND tgenabled IN ('O', 'A');

-- check: moving the start of an immovable event is refused
-- expect: error raise_exception message "Cannot move or resize an immovable event"
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001411');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at, is_movable)
VALUES ('00000000-0000-4000-8000-000000001411', 'Exam', 'exam',
        '2026-01-05 09:00+00', '2026-01-05 11:00+00', false);
UPDATE calendar_events_new SET start_at = '2026-01-05 08:00+00'
WHERE user_id = '00000000-0000-4000-8000-000000001411';

-- check: moving the end of an immovable event is refused
-- expect: error raise_exception message "Cannot move or resize an immovable event"
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001412');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at, is_movable)
VALUES ('00000000-0000-4000-8000-000000001412', 'Exam', 'exam',
        '2026-01-05 09:00+00', '2026-01-05 11:00+00', false);
UPDATE calendar_events_new SET end_at = '2026-01-05 12:00+00'
WHERE user_id = '00000000-0000-4000-8000-000000001412';

-- check: freeing and moving an immovable event in one statement is refused
-- expect: error raise_exception message "Cannot move or resize an immovable event"
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001413');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at, is_movable)
VALUES ('00000000-0000-4000-8000-000000001413', 'Exam', 'exam',
        '2026-01-05 09:00+00', '2026-01-05 11:00+00', false);
UPDATE calendar_events_new SET is_movable = true, start_at = '2026-01-05 08:00+00'
WHERE user_id = '00000000-0000-4000-8000-000000001413';

-- check: an immovable event may change its title
-- expect: value Final exam
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001414');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at, is_movable)
VALUES ('00000000-0000-4000-8000-000000001414', 'Exam', 'exam',
        '2026-01-05 09:00+00', '2026-01-05 11:00+00', false);
UPDATE calendar_events_new SET title = 'Final exam'
WHERE user_id = '00000000-0000-4000-8000-000000001414'
RETURNING title;

-- check: a movable event may be moved
-- expect: 1 rows
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001415');
INSERT INTO calendar_events_new (user_id, title, event_type, start_at, end_at)
VALUES ('00000000-0000-4000-8000-000000001415', 'Reading', 'study',
        '2026-01-05 09:00+00', '2026-01-05 11:00+00');
UPDATE calendar_events_new SET start_at = '2026-01-05 08:00+00', end_at = '2026-01-05 10:00+00'
WHERE user_id = '00000000-0000-4000-8000-000000001415'
RETURNING start_at, end_at;

-- check: guard, indexes and columns are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('idx_proposal_moves_source', 'idx_proposal_moves_metadata_gin',
                  'idx_moves_assignment', 'idx_events_user_assignment')
UNION ALL
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proname = 'prevent_move_immovable'
UNION ALL
SELECT tgname FROM pg_trigger
WHERE tgrelid = 'public.calendar_events_new'::regclass AND tgname = 'trg_prevent_move_immovable'
UNION ALL
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass('public.proposal_moves')
  AND attname IN ('baseline_updated_at', 'baseline_version', 'metadata')
  AND NOT attisdropped;
