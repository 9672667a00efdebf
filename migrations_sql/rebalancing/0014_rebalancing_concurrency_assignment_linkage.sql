-- Purpose: what a move was based on, links to assignments, and the guard on immovable events
-- Depends: 0008_calendar_events_new (carries the trigger and the assignment index)
-- Depends: 0013_5_rebalancing_base_tables (creates proposal_moves)
-- Risk: medium
-- Reversible: yes
-- Data loss: rollback (drops baseline_updated_at, baseline_version and metadata of proposal_moves)

-- The guard protects people's calendars and must come even where proposal_moves was lost.
-- lint: allow lint-depends-on-table-existence (the guard must come either way; what is skipped is said in a WARNING)
-- lint: allow lint-index-not-concurrent (the tables are small; lock_timeout bounds the wait)
DO $$
BEGIN
    IF to_regclass('public.proposal_moves') IS NULL THEN
        RAISE WARNING 'proposal_moves is missing: its columns and indexes are skipped'
            USING HINT = 'Find out why 0013_5_rebalancing_base_tables left no table, '
                         'then roll 0014 back and apply it again.';
        RETURN;
    END IF;

    ALTER TABLE public.proposal_moves
        ADD COLUMN IF NOT EXISTS baseline_updated_at timestamptz,
        ADD COLUMN IF NOT EXISTS baseline_version integer,
        ADD COLUMN IF NOT EXISTS metadata jsonb NOT NULL DEFAULT '{}'::jsonb;

    CREATE INDEX IF NOT EXISTS idx_proposal_moves_source
        ON public.proposal_moves (source_event_id);
    CREATE INDEX IF NOT EXISTS idx_proposal_moves_metadata_gin
        ON public.proposal_moves USING gin (metadata);
    CREATE INDEX IF NOT EXISTS idx_moves_assignment
        ON public.proposal_moves ((metadata->>'assignment_id'));
END
$$;

-- lint: allow lint-index-not-concurrent (the table is small; lock_timeout bounds the wait)
CREATE INDEX IF NOT EXISTS idx_events_user_assignment
    ON calendar_events_new (user_id, (metadata->>'assignment_id'));

-- The old row decides, so that one UPDATE cannot make an event movable and move it as well.
CREATE OR REPLACE FUNCTION prevent_move_immovable() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT OLD.is_movable
       AND (NEW.start_at IS DISTINCT FROM OLD.start_at OR NEW.end_at IS DISTINCT FROM OLD.end_at)
    THEN
        RAISE EXCEPTION 'Cannot move or resize an immovable event'
            USING DETAIL = format('Event %s has is_movable = false.', OLD.id);
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER trg_prevent_move_immovable
    BEFORE UPDATE ON calendar_events_new
    FOR EACH ROW
    EXECUTE FUNCTION prevent_move_immovable();
