-- Purpose: a margin is a fraction between -1 and 1
-- Planned: recommended later; waits until margins are no longer stored as percentages
-- Depends: 003_slice_c_schema (creates listing_sales_daily)
-- Risk: medium
-- Reversible: yes

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.listing_sales_daily'::regclass AND conname = 'listing_sales_daily_margin_check'
    ) THEN
        ALTER TABLE public.listing_sales_daily
            ADD CONSTRAINT listing_sales_daily_margin_check CHECK (margin BETWEEN -1 AND 1) NOT VALID;
    END IF;
END
$$;

-- lint: allow lint-constraint-not-valid (in a maintenance window: one file may both add and validate)
ALTER TABLE listing_sales_daily VALIDATE CONSTRAINT listing_sales_daily_margin_check;
