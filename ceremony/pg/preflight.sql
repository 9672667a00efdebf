-- What pre-flight and verification ask of a target: one question for all automatic items. Names are
-- looked up in the catalog, which needs no right on what they name.

-- name: preflight
SELECT pg_catalog.json_build_object(
    'objects', (
        SELECT coalesce(pg_catalog.json_agg(w.number), '[]')
        FROM pg_catalog.json_to_recordset(%s::json) AS w(number int, schema text, name text)
        WHERE EXISTS (
            SELECT FROM pg_catalog.pg_namespace AS n
            WHERE n.nspname = w.schema AND (
                EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = w.name)
                OR EXISTS (SELECT FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = n.oid AND p.proname = w.name)
                OR EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.typnamespace = n.oid AND t.typname = w.name)
            )
        )
    ),
    'tables', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'number', w.number,
            'name', pg_catalog.format('%%I.%%I', n.nspname, c.relname),
            'readable', pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                AND NOT pg_catalog.row_security_active(c.oid)
        )), '[]')
        FROM pg_catalog.json_to_recordset(%s::json) AS w(number int, schema text, name text)
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    ),
    'extensions', (
        SELECT coalesce(pg_catalog.json_object_agg(extname, extversion), '{}') FROM pg_catalog.pg_extension
    ),
    'available', (
        SELECT coalesce(pg_catalog.json_agg(name), '[]') FROM pg_catalog.pg_available_extensions
        WHERE name = ANY (%s::text[])
    ),
    'unseen', (
        SELECT count(*) FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
          AND a.backend_type IS NULL
    ),
    'long', (
        SELECT coalesce(pg_catalog.json_agg(s ORDER BY s.seconds DESC), '[]') FROM (
            SELECT a.pid, a.usename::text AS role, a.application_name AS application, a.state,
                   extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::int8 AS seconds
            FROM pg_catalog.pg_stat_activity AS a
            WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
              AND a.backend_type = 'client backend'
              AND a.xact_start < pg_catalog.clock_timestamp() - %s::int8 * interval '1 millisecond'
            ORDER BY a.xact_start LIMIT 20
        ) AS s
    ),
    'in_the_way', (
        SELECT coalesce(pg_catalog.json_agg(s ORDER BY s.pid, s.table_name), '[]') FROM (
            SELECT DISTINCT a.pid, a.usename::text AS role, a.application_name AS application, a.state,
                   n.nspname || '.' || c.relname AS table_name
            FROM pg_catalog.json_to_recordset(%s::json) AS w(schema text, name text)
            JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
            JOIN pg_catalog.pg_locks AS l ON l.relation = c.oid AND l.locktype = 'relation' AND l.granted
                AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
            JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
            WHERE a.pid <> pg_catalog.pg_backend_pid()
              AND a.backend_type = 'client backend'
              AND a.xact_start < pg_catalog.clock_timestamp() - %s::int8 * interval '1 millisecond'
            LIMIT 20
        ) AS s
    ),
    'prepared', (
        SELECT coalesce(pg_catalog.json_agg(gid ORDER BY prepared), '[]') FROM pg_catalog.pg_prepared_xacts
        WHERE database = pg_catalog.current_database()
    ),
    'invalid', (
        SELECT coalesce(pg_catalog.json_agg(i.indexrelid::regclass::text ORDER BY i.indexrelid::regclass::text), '[]')
        FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
        WHERE NOT i.indisvalid AND c.relkind = 'i' AND t.relpersistence <> 't'
    ),
    'replicas', (
        SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', r.application_name,
            'state', r.state,
            'milliseconds', CASE
                WHEN r.replay_lag IS NOT NULL THEN (extract(epoch FROM r.replay_lag) * 1000)::int8
                WHEN r.state = 'streaming' AND r.replay_lsn = r.sent_lsn THEN 0
            END
        )), '[]') FROM pg_catalog.pg_stat_replication AS r
        -- What only keeps the log or copies the files (pg_receivewal, pg_basebackup) replays nothing.
        WHERE r.state IS NULL OR NOT (r.state = 'backup' OR (r.state = 'streaming' AND r.replay_lsn IS NULL))
    ),
    'data_directory', (
        SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory'
    )
)::text;

-- name: tables-with-rows
SELECT n.nspname || '.' || c.relname, pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.oid::int8,
       CASE WHEN NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                      AND pg_catalog.has_table_privilege(c.oid, 'SELECT')) THEN 'the role may not read it'
            WHEN pg_catalog.row_security_active(c.oid) THEN 'row-level security hides rows of it' ELSE '' END,
       coalesce((SELECT sum(pg_catalog.pg_relation_size(t.relid)) FROM pg_catalog.pg_partition_tree(c.oid) AS t),
                pg_catalog.pg_relation_size(c.oid))::int8
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (NOT c.relispartition OR c.oid = ANY (%s::oid[])) AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%%'
  AND NOT (n.nspname = %s AND c.relname = %s)
ORDER BY 1;

-- name: invalid-indexes
SELECT i.indexrelid::regclass::text
FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE NOT i.indisvalid AND c.relkind = 'i' AND t.relpersistence <> 't'
ORDER BY 1;
