-- Purpose: how much a user's calendar was moved, and the limits a user sets on it
-- Planned: waits for the definition of churn
-- Depends: 0001_users (churn is counted for a user)
-- Depends: 0013_5_rebalancing_base_tables (churn comes from a proposal)
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops churn_ledger and churn_settings)

CREATE TABLE IF NOT EXISTS churn_settings (
    user_id             uuid        PRIMARY KEY,
    max_moves_per_day   integer     NOT NULL DEFAULT 5,
    max_moves_per_week  integer     NOT NULL DEFAULT 20,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT churn_settings_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT churn_settings_limits_check
        CHECK (max_moves_per_day >= 0 AND max_moves_per_week >= max_moves_per_day)
);

CREATE TABLE IF NOT EXISTS churn_ledger (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id        uuid        NOT NULL,
    proposal_id    uuid,
    moved_minutes  integer     NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT churn_ledger_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT churn_ledger_proposal_id_fkey
        FOREIGN KEY (proposal_id) REFERENCES rebalancing_proposals (id) ON DELETE SET NULL,
    CONSTRAINT churn_ledger_moved_minutes_check CHECK (moved_minutes >= 0)
);

CREATE INDEX IF NOT EXISTS idx_churn_ledger_user ON churn_ledger (user_id, recorded_at);
