-- check: no table of this name is in use (was it applied under another name?)
-- when: before
-- expect: no rows
SELECT relname, obj_description(oid, 'pg_class') AS comment
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('job_outbox', 'idempotency_keys', 'fsm_events')
  AND coalesce(obj_description(oid, 'pg_class'), '') NOT LIKE 'Out of use:%';

-- check: courses and auth.users exist (which dependency is missing?)
-- when: before
-- expect: no rows
SELECT wanted.name, 'created by 20251118000000_course_platform_base' AS where_from
FROM (VALUES ('public.courses'), ('auth.users')) AS wanted (name)
WHERE to_regclass(wanted.name) IS NULL;

-- check: the three tables exist
-- when: always
-- expect: 3 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('job_outbox', 'idempotency_keys', 'fsm_events')
  AND relkind = 'r';

-- check: columns, types and nullability are as declared
-- when: always
-- expect: no rows
SELECT wanted.*, format_type(a.atttypid, a.atttypmod) AS found_type, a.attnotnull AS found_not_null
FROM (VALUES
    ('job_outbox', 'outbox_id', 'uuid', true),
    ('job_outbox', 'entity_id', 'uuid', true),
    ('job_outbox', 'queue_name', 'character varying(100)', true),
    ('job_outbox', 'job_data', 'jsonb', true),
    ('job_outbox', 'job_options', 'jsonb', true),
    ('job_outbox', 'created_at', 'timestamp with time zone', true),
    ('job_outbox', 'processed_at', 'timestamp with time zone', false),
    ('job_outbox', 'attempts', 'integer', true),
    ('job_outbox', 'last_error', 'text', false),
    ('job_outbox', 'last_attempt_at', 'timestamp with time zone', false),
    ('idempotency_keys', 'key', 'character varying(255)', true),
    ('idempotency_keys', 'result', 'jsonb', true),
    ('idempotency_keys', 'created_at', 'timestamp with time zone', true),
    ('idempotency_keys', 'expires_at', 'timestamp with time zone', true),
    ('idempotency_keys', 'entity_id', 'uuid', false),
    ('fsm_events', 'event_id', 'uuid', true),
    ('fsm_events', 'entity_id', 'uuid', true),
    ('fsm_events', 'event_type', 'character varying(50)', true),
    ('fsm_events', 'event_data', 'jsonb', true),
    ('fsm_events', 'created_at', 'timestamp with time zone', true),
    ('fsm_events', 'created_by', 'character varying(20)', true),
    ('fsm_events', 'user_id', 'uuid', false)
) AS wanted (relation, name, type, not_null)
LEFT JOIN pg_attribute a
    ON a.attrelid = to_regclass('public.' || wanted.relation)
    AND a.attname = wanted.name
    AND NOT a.attisdropped
WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM wanted.type
   OR a.attnotnull IS DISTINCT FROM wanted.not_null;

-- check: the eight indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_job_outbox_unprocessed'),
    ('idx_job_outbox_entity'),
    ('idx_job_outbox_processed'),
    ('idx_idempotency_expires'),
    ('idx_idempotency_entity'),
    ('idx_fsm_events_entity'),
    ('idx_fsm_events_type'),
    ('idx_fsm_events_user')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: every foreign key states what happens on delete
-- when: always
-- expect: no rows
SELECT wanted.name, wanted.on_delete, k.confdeltype AS found
FROM (VALUES
    ('job_outbox', 'job_outbox_entity_id_fkey', 'c'),
    ('idempotency_keys', 'idempotency_keys_entity_id_fkey', 'c'),
    ('fsm_events', 'fsm_events_entity_id_fkey', 'c'),
    ('fsm_events', 'fsm_events_user_id_fkey', 'n')
) AS wanted (relation, name, on_delete)
LEFT JOIN pg_constraint k
    ON k.conrelid = to_regclass('public.' || wanted.relation) AND k.conname = wanted.name
WHERE k.confdeltype::text IS DISTINCT FROM wanted.on_delete;

-- check: row-level security is on for all three
-- when: always
-- expect: 3 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('job_outbox', 'idempotency_keys', 'fsm_events')
  AND relrowsecurity;

-- check: each table has its system-only policy and no other
-- when: always
-- expect: no rows
SELECT coalesce(p.tablename, wanted.relation) AS relation, p.policyname, p.qual, p.with_check
FROM (VALUES
    ('job_outbox', 'job_outbox_system_only'),
    ('idempotency_keys', 'idempotency_keys_system_only'),
    ('fsm_events', 'fsm_events_system_only')
) AS wanted (relation, name)
FULL JOIN (
    SELECT * FROM pg_policies
    WHERE schemaname = 'public'
      AND tablename IN ('job_outbox', 'idempotency_keys', 'fsm_events')
) p ON p.tablename = wanted.relation AND p.policyname = wanted.name
WHERE wanted.relation IS NULL
   OR (p.qual, p.with_check, p.cmd) IS DISTINCT FROM ('false', 'false', 'ALL');

-- check: authenticated has no right on the tables
-- when: always
-- expect: no rows
SELECT oid::regclass AS relation
FROM pg_class
WHERE oid IN ('public.job_outbox'::regclass, 'public.idempotency_keys'::regclass,
              'public.fsm_events'::regclass)
  AND has_table_privilege('authenticated', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');

-- check: both cleanup functions exist, with a pinned search_path and not for everybody
-- when: always
-- expect: 2 rows
SELECT proname FROM pg_proc
WHERE oid IN (to_regprocedure('public.cleanup_expired_idempotency_keys()'),
              to_regprocedure('public.cleanup_old_outbox_entries()'))
  AND proconfig = ARRAY['search_path=public, pg_temp']
  AND NOT has_function_privilege('authenticated', oid, 'EXECUTE');

-- check: both cleanups are scheduled where pg_cron is installed
-- when: always
-- expect: success
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        IF (
            SELECT count(*) FROM cron.job
            WHERE jobname IN ('cleanup-expired-idempotency-keys', 'cleanup-old-outbox-entries')
        ) <> 2 THEN
            RAISE EXCEPTION 'a cleanup is not scheduled';
        END IF;
    END IF;
END
$$;

-- check: a key expires after a day
-- expect: value 24
INSERT INTO idempotency_keys (key) VALUES ('check-outbox-1');
SELECT round(extract(epoch FROM expires_at - created_at)::numeric / 3600, 3) AS hours
FROM idempotency_keys
WHERE key = 'check-outbox-1';

-- check: an event made by nobody known is refused
-- expect: error check_violation on fsm_events_created_by_check
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000102', 'Algebra', 'check-outbox-2');
INSERT INTO fsm_events (entity_id, event_type, created_by)
VALUES ('00000000-0000-4000-8000-000000000102', 'FSM_INITIALIZED', 'TEST');

-- check: API, QUEUE and WORKER may make events
-- expect: success
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000103', 'Algebra', 'check-outbox-3');
INSERT INTO fsm_events (entity_id, event_type, created_by)
SELECT '00000000-0000-4000-8000-000000000103', 'FSM_INITIALIZED', maker
FROM unnest(ARRAY['API', 'QUEUE', 'WORKER']) AS maker;

-- check: an event without a maker is refused
-- expect: error not_null_violation
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000104', 'Algebra', 'check-outbox-4');
INSERT INTO fsm_events (entity_id, event_type)
VALUES ('00000000-0000-4000-8000-000000000104', 'FSM_INITIALIZED');

-- check: a null idempotency key is refused
-- expect: error not_null_violation
INSERT INTO idempotency_keys (key) VALUES (NULL);

-- check: an outbox row of an unknown course is refused
-- expect: error foreign_key_violation on job_outbox_entity_id_fkey
INSERT INTO job_outbox (entity_id, queue_name)
VALUES ('00000000-0000-4000-8000-000000000105', 'check');

-- check: deleting the course empties all three tables for it
-- expect: value 0
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000106', 'Algebra', 'check-outbox-6');
INSERT INTO job_outbox (entity_id, queue_name)
VALUES ('00000000-0000-4000-8000-000000000106', 'check');
INSERT INTO idempotency_keys (key, entity_id)
VALUES ('check-outbox-6', '00000000-0000-4000-8000-000000000106');
INSERT INTO fsm_events (entity_id, event_type, created_by)
VALUES ('00000000-0000-4000-8000-000000000106', 'FSM_INITIALIZED', 'API');
DELETE FROM courses WHERE id = '00000000-0000-4000-8000-000000000106';
SELECT (SELECT count(*) FROM job_outbox WHERE entity_id = '00000000-0000-4000-8000-000000000106')
     + (SELECT count(*) FROM idempotency_keys WHERE key = 'check-outbox-6')
     + (SELECT count(*) FROM fsm_events WHERE entity_id = '00000000-0000-4000-8000-000000000106');

-- check: deleting a user keeps the event and forgets the user
-- expect: 1 rows
INSERT INTO auth.users (id) VALUES ('00000000-0000-4000-8000-000000000107');
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000108', 'Algebra', 'check-outbox-7');
INSERT INTO fsm_events (entity_id, event_type, created_by, user_id)
VALUES ('00000000-0000-4000-8000-000000000108', 'FSM_INITIALIZED', 'API',
        '00000000-0000-4000-8000-000000000107');
DELETE FROM auth.users WHERE id = '00000000-0000-4000-8000-000000000107';
SELECT event_id FROM fsm_events
WHERE entity_id = '00000000-0000-4000-8000-000000000108' AND user_id IS NULL;

-- check: the cleanup of keys takes expired ones only
-- expect: value check-outbox-9
INSERT INTO idempotency_keys (key, expires_at) VALUES ('check-outbox-8', now() - interval '1 second');
INSERT INTO idempotency_keys (key) VALUES ('check-outbox-9');
SELECT cleanup_expired_idempotency_keys();
SELECT string_agg(key, ',') FROM idempotency_keys WHERE key IN ('check-outbox-8', 'check-outbox-9');

-- check: the cleanup of the outbox keeps 30 days, and unprocessed rows for ever
-- expect: value kept,never processed
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000110', 'Algebra', 'check-outbox-10');
INSERT INTO job_outbox (entity_id, queue_name, created_at, processed_at)
VALUES
    ('00000000-0000-4000-8000-000000000110', 'deleted', now() - interval '40 days', now() - interval '31 days'),
    ('00000000-0000-4000-8000-000000000110', 'kept', now() - interval '40 days', now() - interval '29 days'),
    ('00000000-0000-4000-8000-000000000110', 'never processed', now() - interval '40 days', NULL);
SELECT cleanup_old_outbox_entries();
SELECT string_agg(queue_name, ',' ORDER BY queue_name)
FROM job_outbox
WHERE entity_id = '00000000-0000-4000-8000-000000000110';

-- check: pending outbox rows are few
-- when: monitor
-- severity: warn
-- expect: value <= 100
SELECT count(*) FROM job_outbox WHERE processed_at IS NULL;

-- check: no outbox row waits longer than 15 minutes
-- when: monitor
-- expect: no rows
SELECT outbox_id, queue_name, created_at, attempts, last_error
FROM job_outbox
WHERE processed_at IS NULL AND created_at < now() - interval '15 minutes'
ORDER BY created_at;

-- check: the average processing time of the last hour is below 30 seconds
-- when: monitor
-- severity: warn
-- expect: value < 30
SELECT coalesce(round(extract(epoch FROM avg(processed_at - created_at))::numeric, 3), 0) AS seconds
FROM job_outbox
WHERE processed_at > now() - interval '1 hour';

-- check: events per type in the last hour are within the expected rate
-- when: monitor
-- severity: warn
-- expect: no rows
SELECT event_type, count(*) AS events
FROM fsm_events
WHERE created_at > now() - interval '1 hour'
GROUP BY event_type
HAVING count(*) > 10000;

-- check: the idempotency cache is small
-- when: monitor
-- severity: warn
-- expect: value <= 100000
SELECT count(*) FROM idempotency_keys;

-- check: expired idempotency keys are cleaned up
-- when: monitor
-- severity: warn
-- expect: value <= 1000
SELECT count(*) FROM idempotency_keys WHERE expires_at < now() - interval '2 hours';

-- check: no outbox row is unprocessed
-- when: before rollback
-- expect: no rows
SELECT outbox_id, entity_id, queue_name, created_at, attempts
FROM job_outbox
WHERE processed_at IS NULL
ORDER BY created_at;

-- check: the tables are gone, or kept on purpose
-- when: after rollback
-- expect: no rows
SELECT relname, obj_description(oid, 'pg_class') AS comment
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('job_outbox', 'idempotency_keys', 'fsm_events')
  AND coalesce(obj_description(oid, 'pg_class'), '') NOT LIKE 'Out of use:%';

-- check: the cleanup functions go with their tables
-- when: after rollback
-- expect: no rows
SELECT proname FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
  AND proname IN ('cleanup_expired_idempotency_keys', 'cleanup_old_outbox_entries')
  AND to_regclass('public.job_outbox') IS NULL;

-- check: nothing is scheduled any more
-- when: after rollback
-- expect: success
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        IF EXISTS (
            SELECT FROM cron.job
            WHERE jobname IN ('cleanup-expired-idempotency-keys', 'cleanup-old-outbox-entries')
        ) THEN
            RAISE EXCEPTION 'a cleanup is still scheduled';
        END IF;
    END IF;
END
$$;
