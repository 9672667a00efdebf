-- The foreign key goes before the table it points to.

ALTER TABLE rebalancing_proposals DROP CONSTRAINT IF EXISTS rebalancing_proposals_snapshot_id_fkey;
DROP TABLE IF EXISTS rollback_snapshots;
