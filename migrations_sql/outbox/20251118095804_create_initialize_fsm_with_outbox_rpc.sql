-- Purpose: one call that starts a course's state machine and hands over its jobs, all or nothing
-- Depends: 20251118000000_course_platform_base (owns courses, fsm_state and the role authenticated)
-- Depends: 20251118094238_create_transactional_outbox_tables (creates the three tables it writes)
-- Risk: medium
-- Reversible: yes

CREATE OR REPLACE FUNCTION initialize_fsm_with_outbox(
    p_entity_id        uuid,
    p_user_id          uuid,
    p_organization_id  uuid,
    p_idempotency_key  text,
    p_initiated_by     text,
    p_initial_state    text,
    p_job_data         jsonb,
    p_metadata         jsonb DEFAULT '{}'::jsonb
) RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
    v_course_organization  uuid;
    v_stored               idempotency_keys%ROWTYPE;
    v_created_by           varchar(20);
    v_state                jsonb;
    v_entries              jsonb;
    v_result               jsonb;
BEGIN
    IF p_idempotency_key IS NULL THEN
        RAISE EXCEPTION 'p_idempotency_key must not be null'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF btrim(p_idempotency_key) = '' OR length(p_idempotency_key) > 255 THEN
        RAISE EXCEPTION 'p_idempotency_key must have 1 to 255 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_entity_id IS NULL THEN
        RAISE EXCEPTION 'p_entity_id must not be null'
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF coalesce(btrim(p_initial_state), '') = '' OR length(p_initial_state) > 50 THEN
        RAISE EXCEPTION 'p_initial_state must have 1 to 50 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF p_job_data IS NULL OR jsonb_typeof(p_job_data) <> 'array' THEN
        RAISE EXCEPTION 'p_job_data must be a JSON array'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_array_elements(p_job_data) AS job
        WHERE jsonb_typeof(job) <> 'object'
           OR coalesce(btrim(job->>'queue'), '') = ''
           OR length(job->>'queue') > 100
    ) THEN
        RAISE EXCEPTION 'every job in p_job_data must name its queue, in 1 to 100 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT organization_id INTO v_course_organization FROM courses WHERE id = p_entity_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'course % does not exist', p_entity_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- The function writes with its owner's rights, so a caller that names an organization must
    -- name the course's own.
    IF v_course_organization <> p_organization_id THEN
        RAISE EXCEPTION 'course % belongs to another organization', p_entity_id
            USING ERRCODE = 'insufficient_privilege';
    END IF;

    -- The key is taken first: a second call with it waits here until the first has committed.
    INSERT INTO idempotency_keys (key, entity_id)
    VALUES (p_idempotency_key, p_entity_id)
    ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO v_stored FROM idempotency_keys WHERE key = p_idempotency_key;
        IF v_stored.entity_id IS DISTINCT FROM p_entity_id THEN
            RAISE EXCEPTION 'the idempotency key was used for another course'
                USING ERRCODE = 'unique_violation';
        END IF;
        RETURN v_stored.result;
    END IF;

    -- Callers may name themselves as they like; the tables know three makers.
    v_created_by := CASE
        WHEN upper(btrim(p_initiated_by)) IN ('API', 'QUEUE', 'WORKER') THEN upper(btrim(p_initiated_by))
        ELSE 'API'
    END;

    INSERT INTO fsm_state AS s (entity_id, state, version, created_by)
    VALUES (p_entity_id, p_initial_state, 1, v_created_by)
    ON CONFLICT (entity_id) DO UPDATE
        SET state = EXCLUDED.state,
            version = s.version + 1,
            created_by = EXCLUDED.created_by,
            created_at = EXCLUDED.created_at
    RETURNING jsonb_build_object(
        'entity_id', s.entity_id,
        'state', s.state,
        'version', s.version,
        'created_by', s.created_by,
        'created_at', s.created_at
    ) INTO v_state;

    WITH written AS (
        INSERT INTO job_outbox (entity_id, queue_name, job_data, job_options)
        SELECT p_entity_id,
               job->>'queue',
               coalesce(nullif(job->'data', 'null'::jsonb), '{}'::jsonb),
               coalesce(nullif(job->'options', 'null'::jsonb), '{}'::jsonb)
        FROM jsonb_array_elements(p_job_data) WITH ORDINALITY AS jobs (job, place)
        ORDER BY place
        RETURNING outbox_id, queue_name, job_data, job_options, created_at
    )
    SELECT coalesce(jsonb_agg(to_jsonb(written)), '[]'::jsonb) INTO v_entries FROM written;

    INSERT INTO fsm_events (entity_id, event_type, event_data, created_by, user_id)
    VALUES (
        p_entity_id,
        'FSM_INITIALIZED',
        jsonb_build_object(
            'initial_state', p_initial_state,
            'initiated_by', p_initiated_by,
            'organization_id', p_organization_id,
            'job_count', jsonb_array_length(p_job_data),
            'metadata', coalesce(p_metadata, '{}'::jsonb)
        ),
        v_created_by,
        p_user_id
    );

    v_result := jsonb_build_object('fsmState', v_state, 'outboxEntries', v_entries);
    UPDATE idempotency_keys SET result = v_result WHERE key = p_idempotency_key;
    RETURN v_result;
END
$$;

COMMENT ON FUNCTION initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb) IS
    'Writes state, outbox rows, an event and the idempotency key. The same key returns the stored result.';

-- A new function may be called by everybody until that is taken back.
REVOKE ALL ON FUNCTION initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION initialize_fsm_with_outbox(uuid, uuid, uuid, text, text, text, jsonb, jsonb)
    TO authenticated;
