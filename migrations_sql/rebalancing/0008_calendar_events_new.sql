-- Purpose: calendar events, each with the mark whether it may be moved
-- Depends: 0001_users (an event belongs to a user)
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops calendar_events_new)

CREATE TABLE IF NOT EXISTS calendar_events_new (
    id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid        NOT NULL,
    title       text        NOT NULL,
    event_type  text        NOT NULL,
    start_at    timestamptz NOT NULL,
    end_at      timestamptz NOT NULL,
    is_movable  boolean     NOT NULL DEFAULT true,
    metadata    jsonb       NOT NULL DEFAULT '{}'::jsonb,
    version     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT calendar_events_new_user_id_fkey
        FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT calendar_events_new_times_check CHECK (end_at > start_at)
);

CREATE INDEX IF NOT EXISTS idx_calendar_events_new_user_start
    ON calendar_events_new (user_id, start_at);
