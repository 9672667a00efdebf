-- check: neither table is there yet
-- when: before
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('rebalancing_proposals', 'proposal_moves');

-- check: both tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES ('rebalancing_proposals'), ('proposal_moves')) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;

-- check: both tables are empty
-- expect: value 0
SELECT (SELECT count(*) FROM rebalancing_proposals) + (SELECT count(*) FROM proposal_moves);

-- check: the foreign keys exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('rebalancing_proposals', 'rebalancing_proposals_user_id_fkey'),
    ('proposal_moves', 'proposal_moves_proposal_id_fkey'),
    ('proposal_moves', 'proposal_moves_user_id_fkey'),
    ('proposal_moves', 'proposal_moves_source_event_id_fkey')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = to_regclass('public.' || wanted.relation)
      AND k.conname = wanted.name
      AND k.contype = 'f'
      AND k.convalidated
);

-- check: the CHECK constraints exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('rebalancing_proposals', 'rebalancing_proposals_status_check'),
    ('proposal_moves', 'proposal_moves_move_type_check')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint k
    WHERE k.conrelid = to_regclass('public.' || wanted.relation)
      AND k.conname = wanted.name
      AND k.contype = 'c'
      AND k.convalidated
);

-- check: the core indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_rebalancing_proposals_user'),
    ('idx_proposal_moves_proposal'),
    ('idx_proposal_moves_user')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: snapshot_id has no foreign key until its table comes
-- expect: no rows
SELECT k.conname
FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.conrelid = 'public.rebalancing_proposals'::regclass
  AND k.contype = 'f'
  AND a.attname = 'snapshot_id';

-- check: a proposal and an insert move need nothing else
-- expect: success
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001351');
INSERT INTO rebalancing_proposals (user_id, trigger, status)
VALUES ('00000000-0000-4000-8000-000000001351', 'manual', 'proposed');
INSERT INTO proposal_moves (proposal_id, user_id, move_type)
SELECT id, user_id, 'insert'
FROM rebalancing_proposals
WHERE user_id = '00000000-0000-4000-8000-000000001351';

-- check: an unknown status is refused
-- expect: error check_violation on rebalancing_proposals_status_check
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001352');
INSERT INTO rebalancing_proposals (user_id, trigger, status)
VALUES ('00000000-0000-4000-8000-000000001352', 'manual', 'perhaps');

-- check: an unknown kind of move is refused
-- expect: error check_violation on proposal_moves_move_type_check
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001353');
INSERT INTO rebalancing_proposals (id, user_id, trigger, status)
VALUES ('00000000-0000-4000-8000-000000001354', '00000000-0000-4000-8000-000000001353',
        'manual', 'proposed');
INSERT INTO proposal_moves (proposal_id, user_id, move_type)
VALUES ('00000000-0000-4000-8000-000000001354', '00000000-0000-4000-8000-000000001353', 'teleport');

-- check: a move without its proposal is refused
-- expect: error foreign_key_violation on proposal_moves_proposal_id_fkey
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001355');
INSERT INTO proposal_moves (proposal_id, user_id, move_type)
VALUES ('00000000-0000-4000-8000-000000001356', '00000000-0000-4000-8000-000000001355', 'insert');

-- check: both tables are gone
-- when: after rollback
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('rebalancing_proposals', 'proposal_moves');
