-- Takes away the guard, the indexes and the three columns; IF EXISTS, since the forward file may have skipped proposal_moves.

DROP TRIGGER IF EXISTS trg_prevent_move_immovable ON calendar_events_new;
DROP FUNCTION IF EXISTS prevent_move_immovable();

DROP INDEX IF EXISTS idx_events_user_assignment;
DROP INDEX IF EXISTS idx_moves_assignment;
DROP INDEX IF EXISTS idx_proposal_moves_metadata_gin;
DROP INDEX IF EXISTS idx_proposal_moves_source;

ALTER TABLE IF EXISTS proposal_moves
    DROP COLUMN IF EXISTS metadata,
    DROP COLUMN IF EXISTS baseline_version,
    DROP COLUMN IF EXISTS baseline_updated_at;
