-- check: the three tables exist (which dependency is missing?)
-- when: before
-- expect: no rows
SELECT wanted.name, 'created by 20251118094238_create_transactional_outbox_tables' AS where_from
FROM (VALUES ('job_outbox'), ('idempotency_keys'), ('fsm_events')) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;

-- check: nobody calls another function of this name
-- when: before
-- expect: no rows
SELECT oid::regprocedure AS function
FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
  AND proname = 'initialize_fsm_with_outbox'
  AND has_function_privilege('authenticated', oid, 'EXECUTE');

-- check: the function runs with its owner's rights and a pinned search_path
-- when: always
-- expect: 1 rows
SELECT proname, prosecdef, proconfig
FROM pg_proc
WHERE oid = to_regprocedure(
        'public.initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)')
  AND prosecdef
  AND proconfig = ARRAY['search_path=public, pg_temp']
  AND prorettype = 'jsonb'::regtype;

-- check: the arguments have their names
-- when: always
-- expect: value p_entity_id uuid, p_user_id uuid, p_organization_id uuid, p_idempotency_key text, p_initiated_by text, p_initial_state text, p_job_data jsonb, p_metadata jsonb DEFAULT '{}'::jsonb
SELECT pg_get_function_arguments(to_regprocedure(
    'public.initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)'));

-- check: authenticated may call it
-- when: always
-- expect: 1 rows
SELECT proname FROM pg_proc
WHERE oid = to_regprocedure(
        'public.initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)')
  AND has_function_privilege('authenticated', oid, 'EXECUTE');

-- check: nobody else may call it
-- when: always
-- expect: no rows
SELECT entry.grantee::regrole::text AS grantee
FROM pg_proc p,
     aclexplode(p.proacl) AS entry
WHERE p.oid = to_regprocedure(
        'public.initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)')
  AND entry.grantee NOT IN (p.proowner, 'authenticated'::regrole);

-- check: TEST may initialize without jobs
-- expect: value 0
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000201', 'Algebra', 'check-rpc-1');
SELECT jsonb_array_length(initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000201', NULL, NULL, 'check-rpc-1', 'TEST', 'pending', '[]'
)->'outboxEntries');

-- check: TEST may initialize with one job
-- expect: 1 rows
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000202', 'Algebra', 'check-rpc-2');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000202', NULL, NULL, 'check-rpc-2', 'TEST', 'pending',
    '[{"queue": "generation", "data": {"step": 1}, "options": {"priority": 2}}]'
);
SELECT outbox_id FROM job_outbox
WHERE entity_id = '00000000-0000-4000-8000-000000000202'
  AND queue_name = 'generation'
  AND job_data = '{"step": 1}'
  AND job_options = '{"priority": 2}'
  AND processed_at IS NULL
  AND attempts = 0;

-- check: the result tells the state and the entries
-- expect: value created_at,created_by,entity_id,state,version
INSERT INTO auth.users (id) VALUES ('00000000-0000-4000-8000-000000000203');
INSERT INTO organizations (id, name) VALUES ('00000000-0000-4000-8000-000000000204', 'School');
INSERT INTO courses (id, title, slug, user_id, organization_id)
VALUES ('00000000-0000-4000-8000-000000000205', 'Algebra', 'check-rpc-3',
        '00000000-0000-4000-8000-000000000203', '00000000-0000-4000-8000-000000000204');
SELECT string_agg(field, ',' ORDER BY field)
FROM jsonb_object_keys(initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000205', '00000000-0000-4000-8000-000000000203',
    '00000000-0000-4000-8000-000000000204', 'check-rpc-3', 'API', 'pending', '[]',
    '{"source": "check"}'
)->'fsmState') AS field;

-- check: state, event and key are written together
-- expect: value 1 1 1
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000206', 'Algebra', 'check-rpc-4');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000206', NULL, NULL, 'check-rpc-4', 'TEST', 'pending', '[]'
);
SELECT concat_ws(' ',
    (SELECT count(*) FROM fsm_state
     WHERE entity_id = '00000000-0000-4000-8000-000000000206' AND state = 'pending' AND version = 1),
    (SELECT count(*) FROM fsm_events
     WHERE entity_id = '00000000-0000-4000-8000-000000000206' AND created_by = 'API'),
    (SELECT count(*) FROM idempotency_keys
     WHERE key = 'check-rpc-4' AND entity_id = '00000000-0000-4000-8000-000000000206'));

-- check: calling twice with one key leaves one outbox row
-- expect: value 1
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000207', 'Algebra', 'check-rpc-5');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000207', NULL, NULL, 'check-rpc-5', 'TEST', 'pending',
    '[{"queue": "generation", "data": {}, "options": {}}]'
);
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000207', NULL, NULL, 'check-rpc-5', 'TEST', 'pending',
    '[{"queue": "generation", "data": {}, "options": {}}]'
);
SELECT count(*) FROM job_outbox WHERE entity_id = '00000000-0000-4000-8000-000000000207';

-- check: the second call returns the stored result
-- expect: value 1
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000208', 'Algebra', 'check-rpc-6');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000208', NULL, NULL, 'check-rpc-6', 'TEST', 'pending',
    '[{"queue": "generation"}]'
);
SELECT count(*) FROM idempotency_keys
WHERE key = 'check-rpc-6'
  AND result->'fsmState'->>'state' = 'pending'
  AND result = initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000208', NULL, NULL, 'check-rpc-6', 'WORKER', 'other', '[]'
  );

-- check: the second call writes nothing, whatever it asks for
-- expect: value pending 1 1 1
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000219', 'Algebra', 'check-rpc-15');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000219', NULL, NULL, 'check-rpc-15', 'TEST', 'pending',
    '[{"queue": "generation"}]'
);
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000219', NULL, NULL, 'check-rpc-15', 'TEST', 'other',
    '[{"queue": "generation"}, {"queue": "generation"}]'
);
SELECT concat_ws(' ', s.state, s.version,
    (SELECT count(*) FROM job_outbox o WHERE o.entity_id = s.entity_id),
    (SELECT count(*) FROM fsm_events e WHERE e.entity_id = s.entity_id))
FROM fsm_state s
WHERE s.entity_id = '00000000-0000-4000-8000-000000000219';

-- check: deleting the course empties all three tables for it
-- expect: value 0
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000209', 'Algebra', 'check-rpc-7');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000209', NULL, NULL, 'check-rpc-7', 'TEST', 'pending',
    '[{"queue": "generation"}]'
);
DELETE FROM courses WHERE id = '00000000-0000-4000-8000-000000000209';
SELECT (SELECT count(*) FROM job_outbox WHERE entity_id = '00000000-0000-4000-8000-000000000209')
     + (SELECT count(*) FROM idempotency_keys WHERE key = 'check-rpc-7')
     + (SELECT count(*) FROM fsm_events WHERE entity_id = '00000000-0000-4000-8000-000000000209');

-- check: a null idempotency key is refused
-- expect: error null_value_not_allowed message "p_idempotency_key must not be null"
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000210', 'Algebra', 'check-rpc-8');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000210', NULL, NULL, NULL, 'TEST', 'pending', '[]'
);

-- check: an unknown course is refused
-- expect: error foreign_key_violation message "course 00000000-0000-4000-8000-000000000211 does not exist"
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000211', NULL, NULL, 'check-rpc-9', 'TEST', 'pending', '[]'
);

-- check: jobs that are no array are refused
-- expect: error invalid_parameter_value message "p_job_data must be a JSON array"
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000212', 'Algebra', 'check-rpc-10');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000212', NULL, NULL, 'check-rpc-10', 'TEST', 'pending', '{}'
);

-- check: a job without a queue is refused
-- expect: error invalid_parameter_value message "every job in p_job_data must name its queue, in 1 to 100 characters"
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000213', 'Algebra', 'check-rpc-11');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000213', NULL, NULL, 'check-rpc-11', 'TEST', 'pending',
    '[{"data": {}}]'
);

-- check: another organization's course is refused
-- expect: error insufficient_privilege message "course 00000000-0000-4000-8000-000000000215 belongs to another organization"
INSERT INTO organizations (id, name) VALUES ('00000000-0000-4000-8000-000000000214', 'School');
INSERT INTO courses (id, title, slug, organization_id)
VALUES ('00000000-0000-4000-8000-000000000215', 'Algebra', 'check-rpc-12',
        '00000000-0000-4000-8000-000000000214');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000215', NULL, '00000000-0000-4000-8000-000000000216',
    'check-rpc-12', 'TEST', 'pending', '[]'
);

-- check: one key for two courses is refused
-- expect: error unique_violation message "the idempotency key was used for another course"
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000217', 'Algebra', 'check-rpc-13'),
       ('00000000-0000-4000-8000-000000000218', 'Botany', 'check-rpc-14');
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000217', NULL, NULL, 'check-rpc-13', 'TEST', 'pending', '[]'
);
SELECT initialize_fsm_with_outbox(
    '00000000-0000-4000-8000-000000000218', NULL, NULL, 'check-rpc-13', 'TEST', 'pending', '[]'
);

-- check: no outbox row is unprocessed
-- when: before rollback
-- expect: no rows
SELECT outbox_id, entity_id, queue_name, created_at, attempts
FROM job_outbox
WHERE processed_at IS NULL
ORDER BY created_at;

-- check: nobody but the owner can call the function any more
-- when: after rollback
-- expect: no rows
SELECT p.oid::regprocedure AS function, entry.grantee
FROM pg_proc p,
     aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS entry
WHERE p.pronamespace = 'public'::regnamespace
  AND p.proname = 'initialize_fsm_with_outbox'
  AND entry.grantee <> p.proowner;
