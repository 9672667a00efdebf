-- When catalog objects were last changed: the newest commit among the rows that make up each.

-- name: commit-timestamps-on
SELECT pg_catalog.current_setting('track_commit_timestamp') = 'on';

-- name: last-changed
WITH wanted AS (
    SELECT n, kind, name,
           CASE WHEN kind IN ('column', 'constraint', 'trigger', 'policy', 'rule', 'extension',
                              'event trigger', 'publication', 'foreign server', 'statistics',
                              'collation')
                THEN pg_catalog.parse_ident(name) END AS parts
    FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[]))
         WITH ORDINALITY AS w (kind, name, n)
), placed AS (
    SELECT n, kind, parts[1] AS place, parts[pg_catalog.array_upper(parts, 1)] AS own,
           CASE WHEN kind IN ('table', 'foreign table', 'index', 'sequence', 'view', 'materialized view')
                THEN pg_catalog.to_regclass(name)
                WHEN kind IN ('column', 'constraint', 'trigger', 'policy', 'rule')
                THEN pg_catalog.to_regclass(
                    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(part), '.' ORDER BY place)
                     FROM pg_catalog.unnest(parts) WITH ORDINALITY AS p (part, place)
                     WHERE place < pg_catalog.array_upper(parts, 1)))
           END::oid AS relation,
           CASE WHEN kind = 'constraint'
                THEN pg_catalog.to_regtype(
                    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(part), '.' ORDER BY place)
                     FROM pg_catalog.unnest(parts) WITH ORDINALITY AS p (part, place)
                     WHERE place < pg_catalog.array_upper(parts, 1)))
           END::oid AS domain,
           CASE WHEN kind IN ('function', 'procedure', 'aggregate')
                THEN pg_catalog.to_regprocedure(name) END::oid AS routine,
           CASE WHEN kind IN ('type', 'domain', 'enum', 'range type')
                THEN pg_catalog.to_regtype(name) END::oid AS type,
           CASE WHEN kind = 'operator' THEN pg_catalog.to_regoperator(name) END::oid AS operator,
           CASE WHEN kind = 'schema' THEN pg_catalog.to_regnamespace(name) END::oid AS schema
    FROM wanted
), made AS (
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_class AS r ON r.oid = p.relation
    WHERE p.own IS NULL
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = p.relation
    WHERE p.kind IN ('view', 'materialized view') OR (p.kind = 'rule' AND r.rulename = p.own)
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_sequence AS r ON r.seqrelid = p.relation
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_index AS r ON r.indexrelid = p.relation
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_attribute AS r ON r.attrelid = p.relation AND r.attname = p.own
    WHERE p.kind = 'column'
    UNION ALL
    SELECT n, d.xmin FROM placed AS p
    JOIN pg_catalog.pg_attribute AS r ON r.attrelid = p.relation AND r.attname = p.own
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = r.attrelid AND d.adnum = r.attnum
    WHERE p.kind = 'column'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_constraint AS r ON r.conrelid = p.relation AND r.conname = p.own
    WHERE p.kind = 'constraint'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_constraint AS r ON r.contypid = p.domain AND r.conname = p.own
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_trigger AS r ON r.tgrelid = p.relation AND r.tgname = p.own
    WHERE p.kind = 'trigger'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_policy AS r ON r.polrelid = p.relation AND r.polname = p.own
    WHERE p.kind = 'policy'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_proc AS r ON r.oid = p.routine
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_type AS r ON r.oid = p.type
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_enum AS r ON r.enumtypid = p.type
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_namespace AS r ON r.oid = p.schema
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_operator AS r ON r.oid = p.operator
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_namespace AS s ON s.nspname = p.place
    JOIN pg_catalog.pg_statistic_ext AS r ON r.stxnamespace = s.oid AND r.stxname = p.own
    WHERE p.kind = 'statistics'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p
    JOIN pg_catalog.pg_namespace AS s ON s.nspname = p.place
    JOIN pg_catalog.pg_collation AS r ON r.collnamespace = s.oid AND r.collname = p.own
    WHERE p.kind = 'collation'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_extension AS r ON r.extname = p.own
    WHERE p.kind = 'extension'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_event_trigger AS r ON r.evtname = p.own
    WHERE p.kind = 'event trigger'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_publication AS r ON r.pubname = p.own
    WHERE p.kind = 'publication'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_foreign_server AS r ON r.srvname = p.own
    WHERE p.kind = 'foreign server'
)
SELECT n::int4, max(pg_catalog.pg_xact_commit_timestamp(xmin)) FROM made GROUP BY n;
