-- Purpose: a bill of materials never costs less than nothing
-- Planned: recommended later; existing costs must be looked through first
-- Depends: 001_slice_a_schema (creates boms)
-- Risk: medium
-- Reversible: yes

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_cost_not_negative_check'
    ) THEN
        ALTER TABLE public.boms
            ADD CONSTRAINT boms_cost_not_negative_check CHECK (bom_cost_ex_vat >= 0) NOT VALID;
    END IF;
END
$$;

-- lint: allow lint-constraint-not-valid (few rows, in a maintenance window: one file may both add and validate)
ALTER TABLE boms VALIDATE CONSTRAINT boms_cost_not_negative_check;
