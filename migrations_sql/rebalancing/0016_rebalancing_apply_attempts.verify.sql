-- check: rebalancing_apply_attempts is not there yet
-- when: before
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rebalancing_apply_attempts');

-- check: the table exists
-- when: always
-- expect: value 1
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rebalancing_apply_attempts');

-- check: the lookup index exists and is valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_rebalancing_apply_attempts_proposal')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: an unknown outcome is refused
-- expect: error check_violation on rebalancing_apply_attempts_outcome_check
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001601');
INSERT INTO rebalancing_proposals (id, user_id, trigger, status)
VALUES ('00000000-0000-4000-8000-000000001602', '00000000-0000-4000-8000-000000001601',
        'manual', 'proposed');
INSERT INTO rebalancing_apply_attempts (proposal_id, user_id, outcome)
VALUES ('00000000-0000-4000-8000-000000001602', '00000000-0000-4000-8000-000000001601', 'perhaps');

-- check: the table is gone
-- when: after rollback
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rebalancing_apply_attempts');
