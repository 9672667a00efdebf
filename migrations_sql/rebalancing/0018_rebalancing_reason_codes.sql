-- Purpose: catalogue of the reasons a move can have
-- Planned: waits for the wording of the reasons
-- Risk: low
-- Reversible: yes
-- Data loss: rollback (drops rebalancing_reason_codes)

CREATE TABLE IF NOT EXISTS rebalancing_reason_codes (
    code         text    PRIMARY KEY,
    description  text    NOT NULL,
    is_active    boolean NOT NULL DEFAULT true,
    CONSTRAINT rebalancing_reason_codes_code_check CHECK (code ~ '^[a-z][a-z0-9_]*$')
);

INSERT INTO rebalancing_reason_codes (code, description)
VALUES
    ('overlap', 'Two events take the same time.'),
    ('deadline', 'The work would end after its deadline.'),
    ('overload', 'The day holds more work than the user wants.'),
    ('user_request', 'The user asked for it.')
ON CONFLICT (code) DO NOTHING;
