-- When catalog objects were last changed: the newest commit among the rows that make up each.

-- name: commit-timestamps-on
SELECT pg_catalog.current_setting('track_commit_timestamp') = 'on';

-- name: last-changed
WITH wanted AS (
    SELECT n, kind, name,
           CASE WHEN kind NOT IN ('function', 'procedure', 'aggregate', 'operator', 'cast',
                                  'default privileges')
                THEN pg_catalog.parse_ident(name) END AS parts,
           kind IN ('table', 'foreign table', 'index', 'sequence', 'view', 'materialized view')
                AS relates,
           kind IN ('column', 'constraint', 'trigger', 'policy', 'rule') AS hangs
    FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[]))
         WITH ORDINALITY AS w (kind, name, n)
), placed AS (
    -- Looked up by their names: a cast to regclass needs the right to use the schema.
    SELECT n, kind, relates, parts[1] AS place, parts[pg_catalog.array_upper(parts, 1)] AS own,
           CASE WHEN relates OR hangs THEN
               (SELECT r.oid FROM pg_catalog.pg_class AS r
                JOIN pg_catalog.pg_namespace AS s ON s.oid = r.relnamespace
                WHERE s.nspname = parts[1] AND r.relname = parts[2]) END AS relation,
           CASE WHEN kind IN ('constraint', 'type', 'domain', 'enum', 'range type') THEN
               (SELECT r.oid FROM pg_catalog.pg_type AS r
                JOIN pg_catalog.pg_namespace AS s ON s.oid = r.typnamespace
                WHERE s.nspname = parts[1] AND r.typname = parts[2]) END AS type,
           CASE WHEN kind IN ('function', 'procedure', 'aggregate') AND may_use
                THEN pg_catalog.to_regprocedure(name) END::oid AS routine,
           CASE WHEN kind = 'operator' AND may_use
                THEN pg_catalog.to_regoperator(name) END::oid AS operator
    FROM wanted
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS s
                       WHERE pg_catalog.starts_with(name, pg_catalog.quote_ident(s.nspname) || '.')
                         AND pg_catalog.has_schema_privilege(s.oid, 'USAGE')) AS may_use) AS u
), made AS (
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_class AS r ON r.oid = p.relation
    WHERE p.relates
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
    JOIN pg_catalog.pg_constraint AS r ON r.contypid = p.type AND r.conname = p.own
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
    WHERE p.kind <> 'constraint'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_enum AS r ON r.enumtypid = p.type
    WHERE p.kind = 'enum'
    UNION ALL
    SELECT n, r.xmin FROM placed AS p JOIN pg_catalog.pg_namespace AS r ON r.nspname = p.own
    WHERE p.kind = 'schema'
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
