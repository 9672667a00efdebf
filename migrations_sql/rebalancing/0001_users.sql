-- Purpose: the users whose calendars are rebalanced
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops users)

CREATE TABLE IF NOT EXISTS users (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at  timestamptz NOT NULL DEFAULT now()
);
