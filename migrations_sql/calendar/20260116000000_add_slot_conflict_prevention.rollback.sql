-- Takes the constraint away with its index; no row changes.

ALTER TABLE bookings DROP CONSTRAINT IF EXISTS bookings_no_overlapping_slots;
