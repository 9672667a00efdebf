-- Purpose: audit trail of every try to apply a proposal
-- Planned: waits for the retention period of the audit trail
-- Depends: 0001_users (an attempt is made for a user)
-- Depends: 0013_5_rebalancing_base_tables (an attempt applies a proposal)
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops rebalancing_apply_attempts)

CREATE TABLE IF NOT EXISTS rebalancing_apply_attempts (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    proposal_id  uuid        NOT NULL,
    user_id      uuid        NOT NULL,
    outcome      text        NOT NULL,
    detail       jsonb       NOT NULL DEFAULT '{}'::jsonb,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    -- An audit trail outlives nobody silently, so neither parent may go while it is kept.
    CONSTRAINT rebalancing_apply_attempts_proposal_id_fkey
        FOREIGN KEY (proposal_id) REFERENCES rebalancing_proposals (id) ON DELETE RESTRICT,
    CONSTRAINT rebalancing_apply_attempts_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
    CONSTRAINT rebalancing_apply_attempts_outcome_check
        CHECK (outcome IN ('applied', 'conflict', 'failed'))
);

CREATE INDEX IF NOT EXISTS idx_rebalancing_apply_attempts_proposal
    ON rebalancing_apply_attempts (proposal_id, started_at);
