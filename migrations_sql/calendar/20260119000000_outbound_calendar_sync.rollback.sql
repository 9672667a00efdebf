-- Deletes the mapping of bookings to external events. The events themselves stay.

DROP INDEX IF EXISTS idx_external_calendar_events_sync_status;
DROP INDEX IF EXISTS idx_external_calendar_events_booking;
DROP INDEX IF EXISTS external_calendar_events_booking_calendar_unique;

ALTER TABLE external_calendar_events
    DROP COLUMN IF EXISTS last_error,
    DROP COLUMN IF EXISTS sync_status,
    DROP COLUMN IF EXISTS booking_id;
