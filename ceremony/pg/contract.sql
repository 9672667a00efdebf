-- What the catalog says of the objects that a contract names. Each block is one branch of one query;
-- its rows in wanted have its name as their branch. Names are always qualified with pg_catalog: a
-- migration may have left any search_path behind.

-- name: contract
WITH wanted AS MATERIALIZED (
    SELECT * FROM pg_catalog.jsonb_to_recordset($1::jsonb)
        AS w (number int, branch text, schema name, table_name name, name name)
)
SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(f.number, f.fact)), '[]')::text
FROM (
{branches}
) AS f (number, fact)

-- name: relation
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', n.nspname, 'kind', c.relkind, 'table', t.relname,
    'valid', i.indisvalid AND i.indisready)
FROM wanted AS w
JOIN pg_catalog.pg_class AS c ON c.relname = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE w.branch = 'relation' AND (n.nspname = w.schema OR n.nspname !~ '^pg_|^information_schema$')

-- name: column
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', w.schema, 'name', a.attname,
    'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'type_schema', tn.nspname, 'type_name', coalesce(e.typname, t.typname),
    'array', e.oid IS NOT NULL)
FROM wanted AS w
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
LEFT JOIN pg_catalog.pg_attribute AS a
       ON a.attrelid = c.oid AND a.attname = w.name AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid
LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = coalesce(e.typnamespace, t.typnamespace)
WHERE w.branch = 'column'

-- name: constraint
-- conenforced is there since PostgreSQL 18: before, the fact is null.
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', w.schema, 'name', o.conname, 'enforced', pg_catalog.to_jsonb(o) -> 'conenforced')
FROM wanted AS w
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
LEFT JOIN pg_catalog.pg_constraint AS o ON o.conrelid = c.oid AND o.conname = w.name
WHERE w.branch = 'constraint'

-- name: trigger
-- A row trigger on a partition counts as internal before PostgreSQL 15, so tgisinternal is not asked.
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', w.schema, 'name', o.tgname, 'enabled', o.tgenabled)
FROM wanted AS w
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
LEFT JOIN pg_catalog.pg_trigger AS o ON o.tgrelid = c.oid AND o.tgname = w.name
WHERE w.branch = 'trigger'

-- name: policy
SELECT w.number, pg_catalog.jsonb_build_object('schema', w.schema, 'name', o.polname)
FROM wanted AS w
JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
LEFT JOIN pg_catalog.pg_policy AS o ON o.polrelid = c.oid AND o.polname = w.name
WHERE w.branch = 'policy'

-- name: routine
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', n.nspname, 'kind', p.prokind, 'shown', pg_catalog.oidvectortypes(p.proargtypes),
    'arguments', coalesce((
        SELECT pg_catalog.jsonb_agg(
                   pg_catalog.jsonb_build_array(
                       tn.nspname, coalesce(e.typname, t.typname), e.oid IS NOT NULL)
                   ORDER BY x.place)
        FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY AS x (type, place)
        JOIN pg_catalog.pg_type AS t ON t.oid = x.type
        LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem AND e.typarray = t.oid
        JOIN pg_catalog.pg_namespace AS tn ON tn.oid = coalesce(e.typnamespace, t.typnamespace)
    ), '[]'))
FROM wanted AS w
JOIN pg_catalog.pg_proc AS p ON p.proname = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE w.branch = 'routine' AND (n.nspname = w.schema OR n.nspname !~ '^pg_|^information_schema$')

-- name: type
SELECT w.number, pg_catalog.jsonb_build_object(
    'schema', n.nspname, 'kind', t.typtype,
    'labels', (SELECT pg_catalog.jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
               FROM pg_catalog.pg_enum AS l WHERE l.enumtypid = t.oid),
    'type', pg_catalog.format_type(t.typbasetype, t.typtypmod),
    'type_schema', bn.nspname, 'type_name', coalesce(e.typname, b.typname),
    'array', e.oid IS NOT NULL)
FROM wanted AS w
JOIN pg_catalog.pg_type AS t ON t.typname = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = b.typelem AND e.typarray = b.oid
LEFT JOIN pg_catalog.pg_namespace AS bn ON bn.oid = coalesce(e.typnamespace, b.typnamespace)
WHERE w.branch = 'type' AND (n.nspname = w.schema OR n.nspname !~ '^pg_|^information_schema$')

-- name: extension
SELECT w.number, pg_catalog.jsonb_build_object('version', o.extversion)
FROM wanted AS w JOIN pg_catalog.pg_extension AS o ON o.extname = w.name
WHERE w.branch = 'extension'

-- name: schema
SELECT w.number, pg_catalog.jsonb_build_object('name', o.nspname)
FROM wanted AS w JOIN pg_catalog.pg_namespace AS o ON o.nspname = w.name
WHERE w.branch = 'schema'

-- name: role
SELECT w.number, pg_catalog.jsonb_build_object('name', o.rolname)
FROM wanted AS w JOIN pg_catalog.pg_roles AS o ON o.rolname = w.name
WHERE w.branch = 'role'
