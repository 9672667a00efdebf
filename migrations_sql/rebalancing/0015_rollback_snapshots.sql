-- Purpose: snapshots that a proposal is rolled back to, and the missing foreign key to them
-- Planned: waits for the design of what a snapshot holds
-- Depends: 0001_users (a snapshot belongs to a user)
-- Depends: 0013_5_rebalancing_base_tables (rebalancing_proposals.snapshot_id gets its foreign key)
-- Risk: medium
-- Reversible: yes
-- Data loss: rollback (drops rollback_snapshots)

CREATE TABLE IF NOT EXISTS rollback_snapshots (
    id        uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id   uuid        NOT NULL,
    events    jsonb       NOT NULL,
    taken_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rollback_snapshots_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS idx_rollback_snapshots_user ON rollback_snapshots (user_id, taken_at);

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.rebalancing_proposals'::regclass
          AND conname = 'rebalancing_proposals_snapshot_id_fkey'
    ) THEN
        ALTER TABLE public.rebalancing_proposals
            ADD CONSTRAINT rebalancing_proposals_snapshot_id_fkey
            FOREIGN KEY (snapshot_id) REFERENCES public.rollback_snapshots (id)
            ON DELETE SET NULL NOT VALID;
    END IF;
END
$$;

-- lint: allow lint-constraint-not-valid (no proposal has a snapshot yet: there is nothing to look up)
ALTER TABLE rebalancing_proposals VALIDATE CONSTRAINT rebalancing_proposals_snapshot_id_fkey;
