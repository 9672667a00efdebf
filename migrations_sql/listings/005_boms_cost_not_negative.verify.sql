-- check: the constraint is not there yet
-- when: before
-- expect: no rows
SELECT pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_cost_not_negative_check';

-- check: no row breaks the new constraint
-- when: before
-- expect: value 0
SELECT count(*) FROM boms WHERE NOT (bom_cost_ex_vat >= 0);

-- check: the constraint exists and is validated
-- when: always
-- expect: 1 rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_cost_not_negative_check' AND contype = 'c' AND convalidated;

-- check: a row outside the range is refused
-- expect: error check_violation on boms_cost_not_negative_check
INSERT INTO boms (id, bom_cost_ex_vat) VALUES (-1, -0.01);

-- check: the constraint is gone
-- when: after rollback
-- expect: no rows
SELECT conname FROM pg_constraint
WHERE conrelid = 'public.boms'::regclass AND conname = 'boms_cost_not_negative_check';
