-- Purpose: outbox, idempotency keys and events, written in the transaction of the state they belong to
-- Depends: 20251118000000_course_platform_base (owns courses, auth.users and the role authenticated)
-- Risk: medium
-- Reversible: yes
-- Data loss: rollback (drops job_outbox, idempotency_keys and fsm_events; the variant keep_data keeps them)

CREATE TABLE IF NOT EXISTS job_outbox (
    outbox_id        uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    entity_id        uuid         NOT NULL,
    queue_name       varchar(100) NOT NULL,
    job_data         jsonb        NOT NULL DEFAULT '{}'::jsonb,
    job_options      jsonb        NOT NULL DEFAULT '{}'::jsonb,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    processed_at     timestamptz,
    attempts         integer      NOT NULL DEFAULT 0,
    last_error       text,
    last_attempt_at  timestamptz,
    CONSTRAINT job_outbox_entity_id_fkey
        FOREIGN KEY (entity_id) REFERENCES courses (id) ON DELETE CASCADE
);

COMMENT ON TABLE job_outbox IS
    'Jobs to hand to a queue. A row is written with the state change it belongs to.';

-- The tables are new in this file, so their indexes need no CONCURRENTLY.
CREATE INDEX IF NOT EXISTS idx_job_outbox_unprocessed
    ON job_outbox (created_at)
    WHERE processed_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_job_outbox_entity ON job_outbox (entity_id);
CREATE INDEX IF NOT EXISTS idx_job_outbox_processed
    ON job_outbox (processed_at)
    WHERE processed_at IS NOT NULL;

ALTER TABLE job_outbox ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS job_outbox_system_only ON job_outbox;
CREATE POLICY job_outbox_system_only ON job_outbox
    FOR ALL TO PUBLIC USING (false) WITH CHECK (false);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key         varchar(255) PRIMARY KEY,
    result      jsonb        NOT NULL DEFAULT '{}'::jsonb,
    created_at  timestamptz  NOT NULL DEFAULT now(),
    expires_at  timestamptz  NOT NULL DEFAULT now() + interval '24 hours',
    entity_id   uuid,
    CONSTRAINT idempotency_keys_entity_id_fkey
        FOREIGN KEY (entity_id) REFERENCES courses (id) ON DELETE CASCADE
);

COMMENT ON TABLE idempotency_keys IS
    'The stored result of each call, so that a repeated call writes nothing.';

CREATE INDEX IF NOT EXISTS idx_idempotency_expires ON idempotency_keys (expires_at);
CREATE INDEX IF NOT EXISTS idx_idempotency_entity
    ON idempotency_keys (entity_id)
    WHERE entity_id IS NOT NULL;

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS idempotency_keys_system_only ON idempotency_keys;
CREATE POLICY idempotency_keys_system_only ON idempotency_keys
    FOR ALL TO PUBLIC USING (false) WITH CHECK (false);

CREATE TABLE IF NOT EXISTS fsm_events (
    event_id    uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    entity_id   uuid        NOT NULL,
    event_type  varchar(50) NOT NULL,
    event_data  jsonb       NOT NULL DEFAULT '{}'::jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  varchar(20) NOT NULL,
    user_id     uuid,
    CONSTRAINT fsm_events_entity_id_fkey
        FOREIGN KEY (entity_id) REFERENCES courses (id) ON DELETE CASCADE,
    CONSTRAINT fsm_events_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES auth.users (id) ON DELETE SET NULL,
    CONSTRAINT fsm_events_created_by_check CHECK (created_by IN ('API', 'QUEUE', 'WORKER'))
);

COMMENT ON TABLE fsm_events IS 'What happened to the state of a course, in order of time.';

CREATE INDEX IF NOT EXISTS idx_fsm_events_entity ON fsm_events (entity_id, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_fsm_events_type ON fsm_events (event_type, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_fsm_events_user
    ON fsm_events (user_id)
    WHERE user_id IS NOT NULL;

ALTER TABLE fsm_events ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS fsm_events_system_only ON fsm_events;
CREATE POLICY fsm_events_system_only ON fsm_events
    FOR ALL TO PUBLIC USING (false) WITH CHECK (false);

CREATE OR REPLACE FUNCTION cleanup_expired_idempotency_keys() RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    deleted integer;
BEGIN
    DELETE FROM idempotency_keys WHERE expires_at < now();
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;

CREATE OR REPLACE FUNCTION cleanup_old_outbox_entries() RETURNS integer
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    deleted integer;
BEGIN
    -- A row that was never processed is kept, however old it is.
    DELETE FROM job_outbox WHERE processed_at < now() - interval '30 days';
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;

REVOKE ALL ON FUNCTION cleanup_expired_idempotency_keys() FROM PUBLIC;
REVOKE ALL ON FUNCTION cleanup_old_outbox_entries() FROM PUBLIC;

-- cron.schedule() with a name replaces the job of that name, so running this twice leaves one job.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.schedule('cleanup-expired-idempotency-keys', '15 * * * *',
                              'SELECT public.cleanup_expired_idempotency_keys()');
        PERFORM cron.schedule('cleanup-old-outbox-entries', '30 3 * * *',
                              'SELECT public.cleanup_old_outbox_entries()');
    ELSE
        RAISE WARNING 'pg_cron is not installed: the cleanup functions are not scheduled'
            USING HINT = 'Call cleanup_expired_idempotency_keys() every hour and '
                         'cleanup_old_outbox_entries() every day from another scheduler.';
    END IF;
END
$$;
