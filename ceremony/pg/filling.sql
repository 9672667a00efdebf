-- name: fillable-tables
-- Tables with everything that decides which rows they take, one JSON value per table.
-- Parameters: the ledger's table, the names of tables (null: all).
WITH RECURSIVE
tables AS (
    SELECT c.oid, c.relkind,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND c.oid >= 16384 AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
      AND c.oid IS DISTINCT FROM pg_catalog.to_regclass(%s)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
      AND (%s::text[] IS NULL
           OR pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) = ANY (%s))
),
columns AS (
    SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,
           a.attgenerated, pg_catalog.quote_ident(a.attname) AS name,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.attrelid IN (SELECT oid FROM tables
                         UNION SELECT f.confrelid FROM pg_catalog.pg_constraint AS f
                         WHERE f.contype = 'f' AND f.conrelid IN (SELECT oid FROM tables))
),
partitions AS (
    SELECT t.oid, p.relid, pg_catalog.pg_get_partition_constraintdef(p.relid) AS expression
    FROM tables AS t CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid) AS p
    WHERE t.relkind = 'p' AND p.isleaf AND p.level > 0
)
SELECT pg_catalog.jsonb_build_object(
    'name', t.name,
    'columns', (
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', a.name, 'type', a.atttypid::int8, 'modifier', a.atttypmod,
            'shown', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'required', a.attnotnull, 'made', a.attidentity <> '' OR a.attgenerated <> '',
            'default', CASE WHEN a.attgenerated = '' THEN a.expression END) ORDER BY a.attnum)
        FROM columns AS a WHERE a.attrelid = t.oid),
    'foreign_keys', (
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'columns', (SELECT pg_catalog.jsonb_agg(a.name ORDER BY k.number)
                        FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k (attnum, number)
                        JOIN columns AS a ON a.attrelid = f.conrelid AND a.attnum = k.attnum),
            'keys', (SELECT pg_catalog.jsonb_agg(a.name ORDER BY k.number)
                     FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k (attnum, number)
                     JOIN columns AS a ON a.attrelid = f.confrelid AND a.attnum = k.attnum),
            'parent', (SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                       FROM pg_catalog.pg_class AS c
                       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                       WHERE c.oid = f.confrelid)) ORDER BY f.conname)
        FROM pg_catalog.pg_constraint AS f
        WHERE f.conrelid = t.oid AND f.contype = 'f' AND f.conparentid = 0),
    'conditions', (
        SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid),
            'columns', (SELECT pg_catalog.jsonb_agg(a.name) FROM columns AS a
                        WHERE a.attrelid = t.oid AND a.attnum = ANY (k.conkey))) ORDER BY k.conname)
        FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = t.oid AND k.contype = 'c'),
    'partitions', (
        SELECT pg_catalog.jsonb_build_object(
            'expression', pg_catalog.string_agg(coalesce(p.expression, 'true'), ' OR '
                                                ORDER BY p.relid),
            'columns', (SELECT pg_catalog.jsonb_agg(a.name) FROM columns AS a
                        WHERE a.attrelid = t.oid AND EXISTS (
                            SELECT FROM pg_catalog.pg_partition_tree(t.oid) AS x
                            JOIN pg_catalog.pg_partitioned_table AS y ON y.partrelid = x.relid
                            JOIN pg_catalog.pg_attribute AS b
                              ON b.attrelid = x.relid AND b.attnum = ANY (y.partattrs)
                            WHERE pg_catalog.quote_ident(b.attname) = a.name)))
        FROM partitions AS p WHERE p.oid = t.oid HAVING count(*) > 0),
    'unique', (
        SELECT pg_catalog.jsonb_agg((
            SELECT coalesce(pg_catalog.jsonb_agg(a.name), '[]') FROM columns AS a
            WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey::int2[])))
        FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = t.oid AND (i.indisunique OR i.indisexclusion)),
    'deferrable', EXISTS (SELECT FROM pg_catalog.pg_index AS i
                          WHERE i.indrelid = t.oid AND NOT i.indimmediate)
)
FROM tables AS t;

-- name: types-of-columns
-- The types with these oids, and the types that they are made of.
WITH RECURSIVE used (oid) AS (
    SELECT o::oid FROM pg_catalog.unnest(%s::int8[]) AS o
    UNION
    SELECT x.oid
    FROM used AS u JOIN pg_catalog.pg_type AS t ON t.oid = u.oid
    CROSS JOIN LATERAL (
        SELECT t.typelem WHERE t.typcategory = 'A'
        UNION ALL SELECT t.typbasetype
        UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range AS r WHERE r.rngtypid = t.oid
        UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range AS r WHERE r.rngmultitypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute AS a
                  WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS x (oid)
    WHERE x.oid <> 0
)
SELECT t.oid::int8, pg_catalog.format_type(t.oid, NULL), t.typname::text, t.typtype::text,
       t.typcategory::text, t.typtypmod, pg_catalog.format_type(t.typbasetype, t.typtypmod),
       CASE WHEN t.typcategory = 'A' THEN ARRAY[t.typelem::int8]
            WHEN t.typtype = 'd' THEN ARRAY[t.typbasetype::int8]
            WHEN t.typtype = 'r' THEN ARRAY(SELECT r.rngsubtype::int8 FROM pg_catalog.pg_range AS r
                                            WHERE r.rngtypid = t.oid)
            WHEN t.typtype = 'm' THEN ARRAY(SELECT r.rngtypid::int8 FROM pg_catalog.pg_range AS r
                                            WHERE r.rngmultitypid = t.oid)
            WHEN t.typtype = 'c' THEN ARRAY(SELECT a.atttypid::int8 FROM pg_catalog.pg_attribute AS a
                                            WHERE a.attrelid = t.typrelid AND a.attnum > 0
                                              AND NOT a.attisdropped ORDER BY a.attnum)
            ELSE '{}' END,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       ARRAY(SELECT pg_catalog.pg_get_expr(k.conbin, 0) FROM pg_catalog.pg_constraint AS k
             WHERE k.contypid = t.oid AND k.contype = 'c')
FROM used JOIN pg_catalog.pg_type AS t USING (oid);
