-- Purpose: proposals to rebalance a calendar, and the moves each proposal consists of
-- Depends: 0001_users (a proposal and a move belong to a user)
-- Depends: 0008_calendar_events_new (a move may start from an event)
-- Risk: medium
-- Reversible: yes
-- Data loss: rollback (drops rebalancing_proposals and proposal_moves; take a backup first)

CREATE TABLE IF NOT EXISTS rebalancing_proposals (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id      uuid        NOT NULL,
    trigger      text        NOT NULL,
    status       text        NOT NULL,
    -- No foreign key yet, since rollback_snapshots is only planned (0015).
    snapshot_id  uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rebalancing_proposals_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT rebalancing_proposals_status_check
        CHECK (status IN ('proposed', 'accepted', 'applied', 'rejected', 'rolled_back', 'expired'))
);

CREATE INDEX IF NOT EXISTS idx_rebalancing_proposals_user
    ON rebalancing_proposals (user_id, created_at);

CREATE TABLE IF NOT EXISTS proposal_moves (
    id               uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    proposal_id      uuid        NOT NULL,
    user_id          uuid        NOT NULL,
    move_type        text        NOT NULL,
    -- Null for an insert, and after the event itself has been deleted.
    source_event_id  uuid,
    target_start_at  timestamptz,
    target_end_at    timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT proposal_moves_proposal_id_fkey
        FOREIGN KEY (proposal_id) REFERENCES rebalancing_proposals (id) ON DELETE CASCADE,
    CONSTRAINT proposal_moves_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT proposal_moves_source_event_id_fkey
        FOREIGN KEY (source_event_id) REFERENCES calendar_events_new (id) ON DELETE SET NULL,
    CONSTRAINT proposal_moves_move_type_check
        CHECK (move_type IN ('insert', 'move', 'resize', 'delete'))
);

CREATE INDEX IF NOT EXISTS idx_proposal_moves_proposal ON proposal_moves (proposal_id);
CREATE INDEX IF NOT EXISTS idx_proposal_moves_user ON proposal_moves (user_id);
