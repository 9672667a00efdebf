-- Purpose: a job is not tried more often than it may be
-- Planned: recommended later; waits until the worker counts attempts before it starts one
-- Depends: 002_slice_b_schema (creates jobs)
-- Risk: medium
-- Reversible: yes

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.jobs'::regclass AND conname = 'jobs_attempts_check'
    ) THEN
        ALTER TABLE public.jobs
            ADD CONSTRAINT jobs_attempts_check CHECK (attempts <= max_attempts) NOT VALID;
    END IF;
END
$$;

-- lint: allow lint-constraint-not-valid (in a maintenance window: one file may both add and validate)
ALTER TABLE jobs VALIDATE CONSTRAINT jobs_attempts_check;
