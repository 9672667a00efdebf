-- The full way back, which is not recommended: it deletes the outbox, the keys and the events.
-- Schedules go first, so that none runs against missing functions.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.unschedule(jobid)
        FROM cron.job
        WHERE jobname IN ('cleanup-expired-idempotency-keys', 'cleanup-old-outbox-entries');
    END IF;
END
$$;

DROP FUNCTION IF EXISTS cleanup_old_outbox_entries();
DROP FUNCTION IF EXISTS cleanup_expired_idempotency_keys();

DROP TABLE IF EXISTS fsm_events;
DROP TABLE IF EXISTS idempotency_keys;
DROP TABLE IF EXISTS job_outbox;
