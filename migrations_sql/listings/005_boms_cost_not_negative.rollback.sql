-- Takes the constraint away; no row changes.

ALTER TABLE boms DROP CONSTRAINT IF EXISTS boms_cost_not_negative_check;
