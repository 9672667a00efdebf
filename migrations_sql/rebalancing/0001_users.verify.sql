-- check: users is not there yet
-- when: before
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.users');

-- check: users has a generated uuid key
-- when: always
-- expect: 1 rows
SELECT a.attname
FROM pg_attribute a
JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p' AND k.conkey = ARRAY[a.attnum]
WHERE a.attrelid = to_regclass('public.users')
  AND a.attname = 'id'
  AND format_type(a.atttypid, a.atttypmod) = 'uuid'
  AND pg_get_expr(d.adbin, d.adrelid) = 'gen_random_uuid()';

-- check: a user needs no value at all
-- expect: success
INSERT INTO users DEFAULT VALUES;

-- check: users is gone
-- when: after rollback
-- expect: value 0
SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.users');
