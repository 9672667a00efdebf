-- Purpose: no two slots of one provider overlap
-- Depends: 20260101000000_base (creates bookings)
-- Risk: medium
-- Reversible: yes

-- GiST compares ranges without any extension, so the provider is written as a range of one number.
-- The times are timestamptz and therefore a tstzrange. Its end is open, so slots may touch.
-- lint: allow lint-index-not-concurrent (no exclusion constraint can be built concurrently; lock_timeout bounds the wait)
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.bookings'::regclass AND conname = 'bookings_no_overlapping_slots'
    ) THEN
        ALTER TABLE public.bookings
            ADD CONSTRAINT bookings_no_overlapping_slots
            EXCLUDE USING gist (
                int8range(provider_id, provider_id, '[]') WITH &&,
                tstzrange(start_time, end_time) WITH &&
            )
            WHERE (status <> 'CANCELLED');
    END IF;
END
$$;
