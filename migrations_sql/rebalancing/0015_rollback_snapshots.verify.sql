-- check: rollback_snapshots is not there yet
-- when: before
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rollback_snapshots');

-- check: no proposal names a snapshot that cannot exist yet
-- when: before
-- expect: value 0
SELECT count(*) FROM rebalancing_proposals WHERE snapshot_id IS NOT NULL;

-- check: the foreign key exists and is validated
-- when: always
-- expect: 1 rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.rebalancing_proposals'::regclass
  AND conname = 'rebalancing_proposals_snapshot_id_fkey'
  AND contype = 'f'
  AND convalidated;

-- check: the lookup index exists and is valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_rollback_snapshots_user')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: an unknown snapshot is refused
-- expect: error foreign_key_violation on rebalancing_proposals_snapshot_id_fkey
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001501');
INSERT INTO rebalancing_proposals (user_id, trigger, status, snapshot_id)
VALUES ('00000000-0000-4000-8000-000000001501', 'manual', 'proposed',
        '00000000-0000-4000-8000-000000001502');

-- check: the table is gone
-- when: after rollback
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rollback_snapshots');
