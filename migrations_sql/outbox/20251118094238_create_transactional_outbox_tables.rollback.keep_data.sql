-- Data loss: none (tables and rows stay)

-- The partial way back keeps tables, rows, policies and functions. It only stops the use: no schedules.
-- The comments tell everybody, and the checks, that the tables were kept on purpose.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        PERFORM cron.unschedule(jobid)
        FROM cron.job
        WHERE jobname IN ('cleanup-expired-idempotency-keys', 'cleanup-old-outbox-entries');
    END IF;
END
$$;

COMMENT ON TABLE job_outbox IS 'Out of use: kept by a rollback that keeps data.';
COMMENT ON TABLE idempotency_keys IS 'Out of use: kept by a rollback that keeps data.';
COMMENT ON TABLE fsm_events IS 'Out of use: kept by a rollback that keeps data.';
