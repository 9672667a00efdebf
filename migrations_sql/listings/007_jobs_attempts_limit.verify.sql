-- check: the constraint is not there yet
-- when: before
-- expect: no rows
SELECT pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE conrelid = 'public.jobs'::regclass AND conname = 'jobs_attempts_check';

-- check: no row breaks the new constraint
-- when: before
-- expect: value 0
SELECT count(*) FROM jobs WHERE NOT (attempts <= max_attempts);

-- check: the constraint exists and is validated
-- when: always
-- expect: 1 rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.jobs'::regclass AND conname = 'jobs_attempts_check' AND contype = 'c' AND convalidated;

-- check: a row outside the range is refused
-- expect: error check_violation on jobs_attempts_check
INSERT INTO jobs (id, job_type, attempts, max_attempts) VALUES (-1, 'SYNC_AMAZON_OFFER', 4, 3);

-- check: the constraint is gone
-- when: after rollback
-- expect: no rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.jobs'::regclass AND conname = 'jobs_attempts_check';
