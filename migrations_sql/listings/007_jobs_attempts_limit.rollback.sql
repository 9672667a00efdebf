-- Takes the constraint away; no row changes.

ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_attempts_check;
