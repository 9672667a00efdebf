-- check: rebalancing_reason_codes is not there yet
-- when: before
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rebalancing_reason_codes');

-- check: the first four reasons are in the catalogue
-- expect: value 4
SELECT count(*) FROM rebalancing_reason_codes
WHERE code IN ('overlap', 'deadline', 'overload', 'user_request');

-- check: a code with a space is refused
-- expect: error check_violation on rebalancing_reason_codes_code_check
INSERT INTO rebalancing_reason_codes (code, description) VALUES ('no code', 'Refused.');

-- check: the catalogue is gone
-- when: after rollback
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.rebalancing_reason_codes');
