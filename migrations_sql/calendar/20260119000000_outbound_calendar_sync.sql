-- Purpose: which external event a booking was sent to, and how that went
-- Depends: 20260101000000_base (owns bookings)
-- Depends: 20260117000000_calendar_sync_foundations (creates external_calendar_events)
-- Risk: medium
-- Reversible: yes
-- Data loss: rollback (drops booking_id, sync_status and last_error of external_calendar_events)

-- lint: allow lint-constraint-not-valid (nothing writes events while the flags are off: the table is empty)
ALTER TABLE external_calendar_events
    ADD COLUMN IF NOT EXISTS booking_id bigint
        CONSTRAINT external_calendar_events_booking_id_fkey
        REFERENCES bookings (id) ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS sync_status text
        CONSTRAINT external_calendar_events_sync_status_check
        CHECK (sync_status IN ('CREATED', 'UPDATED', 'CANCELLED', 'FAILED')),
    ADD COLUMN IF NOT EXISTS last_error text;

-- lint: allow lint-index-not-concurrent (nothing writes events while the flags are off)
CREATE UNIQUE INDEX IF NOT EXISTS external_calendar_events_booking_calendar_unique
    ON external_calendar_events (booking_id, calendar_provider)
    WHERE booking_id IS NOT NULL;

-- lint: allow lint-index-not-concurrent (nothing writes events while the flags are off)
CREATE INDEX IF NOT EXISTS idx_external_calendar_events_booking
    ON external_calendar_events (booking_id);
-- lint: allow lint-index-not-concurrent (nothing writes events while the flags are off)
CREATE INDEX IF NOT EXISTS idx_external_calendar_events_sync_status
    ON external_calendar_events (sync_status);
