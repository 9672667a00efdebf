-- The longer queries of ceremony.pg, as named blocks. Names are always qualified with pg_catalog: a
-- migration may have left any search_path behind.

-- name: identity
SELECT
    (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
    pg_catalog.current_database(),
    (SELECT oid::int8 FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()),
    pg_catalog.current_setting('server_version_num')::int,
    current_user::text,
    session_user::text,
    (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
    pg_catalog.pg_is_in_recovery(),
    pg_catalog.current_setting('transaction_read_only') = 'on',
    pg_catalog.pg_postmaster_start_time(),
    pg_catalog.pg_backend_pid();

-- name: lock-holder
SELECT l.pid, a.application_name, a.usename::text, a.client_addr::text, a.backend_start, a.state, a.xact_start
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.classid = %s::int8::oid AND l.objid = %s::int8::oid;

-- name: at-work
SELECT l.pid, a.state, a.query_start
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND l.classid = %s::int8::oid AND l.objid = %s::int8::oid;

-- name: lock-held
SELECT count(*) = 1 FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_catalog.pg_backend_pid()
  AND classid = %s::int8::oid AND objid = %s::int8::oid;

-- name: prepared-transactions
SELECT gid FROM pg_catalog.pg_prepared_xacts
WHERE database = pg_catalog.current_database() ORDER BY prepared;

-- name: ledger-facts
SELECT c.oid::int8, c.relkind::text,
       (SELECT count(*)
        FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
        WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' AND p.prosrc = %s) = 2
       AND NOT c.relhasrules AND NOT c.relrowsecurity
FROM pg_catalog.pg_namespace AS n
LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = %s
WHERE n.nspname = %s;

-- name: settings-now
SELECT
    current_user::text,
    session_user::text,
    pg_catalog.current_setting('role'),
    pg_catalog.current_setting('search_path'),
    pg_catalog.current_setting('client_encoding'),
    pg_catalog.current_setting('standard_conforming_strings'),
    pg_catalog.current_setting('session_replication_role'),
    pg_catalog.current_setting('lock_timeout'),
    pg_catalog.current_setting('statement_timeout'),
    pg_catalog.current_setting('default_transaction_read_only');

-- name: index-facts
SELECT i.indisvalid, i.indisready, pg_catalog.pg_get_indexdef(i.indexrelid),
       n.nspname::text, c.relname::text, i.indexrelid,
       i.indrelid IS NOT DISTINCT FROM pg_catalog.to_regclass(%s)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = %s AND (n.nspname = %s OR (%s AND n.nspname = ANY (pg_catalog.current_schemas(false))));

-- name: index-definition
SELECT am.amname::text, i.indisunique, i.indnkeyatts, i.indclass::text, i.indcollation::text,
       i.indoption::text, pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct',
       ARRAY(SELECT a.attname::text
             FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
             LEFT JOIN pg_catalog.pg_attribute AS a
                    ON a.attrelid = i.indrelid AND a.attnum = k.attnum
             ORDER BY k.n),
       ARRAY(SELECT a.attoptions::text FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = i.indexrelid ORDER BY a.attnum),
       pg_catalog.pg_get_expr(i.indexprs, i.indrelid), pg_catalog.pg_get_expr(i.indpred, i.indrelid),
       ARRAY(SELECT o FROM pg_catalog.unnest(c.reloptions) AS o ORDER BY o)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
WHERE i.indexrelid = %s OR i.indrelid = pg_catalog.to_regclass(%s);

-- name: relation-exists
SELECT pg_catalog.to_regclass(%s) IS NOT NULL;

-- name: inheritance
SELECT h.inhdetachpending
FROM pg_catalog.pg_inherits AS h
WHERE h.inhrelid = pg_catalog.to_regclass(%s) AND h.inhparent = pg_catalog.to_regclass(%s);

-- name: index-progress
SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total, lockers_done, lockers_total
FROM pg_catalog.pg_stat_progress_create_index WHERE pid = %s;

-- name: copy-progress
SELECT bytes_processed, bytes_total, tuples_processed
FROM pg_catalog.pg_stat_progress_copy WHERE pid = %s;

-- name: vacuum-progress
SELECT phase, heap_blks_scanned, heap_blks_vacuumed, heap_blks_total
FROM pg_catalog.pg_stat_progress_vacuum WHERE pid = %s;

-- name: session-probes
SELECT
    pg_catalog.pg_current_xact_id_if_assigned()::text,
    pg_catalog.pg_backend_pid()::text,
    current_user::text,
    session_user::text,
    pg_catalog.current_setting('role'),
    pg_catalog.current_setting('client_encoding'),
    pg_catalog.current_setting('standard_conforming_strings'),
    pg_catalog.current_setting('session_replication_role'),
    (count(*) FILTER (WHERE locktype = 'advisory' AND granted AND objsubid = 1
                        AND classid = $1::int8::oid AND objid = $2::int8::oid))::text,
    (count(*) FILTER (WHERE relation = $3::int8::oid AND mode NOT IN
                        ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')))::text,
    pg_catalog.set_config('synchronous_commit', 'on', true)
FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid();

-- name: prepared-now
SELECT name, extract(epoch FROM prepare_time)::text FROM pg_catalog.pg_prepared_statement();

-- name: ledger-probes
SELECT count(*)::text, min(hash), min(previous_hash)
FROM {ledger} WHERE sequence >= $1::int8;

-- name: may-create-databases
SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user;

-- name: scratch-stamp
SELECT pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISS');

-- name: scratch-databases
SELECT d.datname::text
FROM pg_catalog.pg_database AS d
WHERE pg_catalog.starts_with(d.datname::text, %s)
  AND pg_catalog.pg_has_role(d.datdba, 'USAGE')
  AND d.datname ~ '_[0-9]{14}_[0-9]+_[0-9a-f]{8}$'
  AND pg_catalog.to_timestamp(substring(d.datname FROM '_([0-9]{14})_'), 'YYYYMMDDHH24MISS')::timestamp
      <= pg_catalog.now() AT TIME ZONE 'UTC' - %s
ORDER BY d.datname;

-- name: advisory-holders
SELECT pid FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND classid = %s::int8::oid AND objid = %s::int8::oid;

-- name: subscriptions
SELECT pg_catalog.quote_ident(subname) FROM pg_catalog.pg_subscription
WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database());

-- name: database-locale
SELECT pg_catalog.pg_encoding_to_char(encoding), datcollate::text, datctype::text,
       pg_catalog.to_jsonb(d) ->> 'datlocprovider',
       coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale')
FROM pg_catalog.pg_database AS d WHERE datname = pg_catalog.current_database();

-- name: xray-before
SELECT 0::int8, '', 0::int8, (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::text,
       pg_catalog.set_config('{mark}', (SELECT max(oid)::text FROM pg_catalog.pg_class), true)
UNION ALL
SELECT c.oid::int8, '', pg_catalog.pg_stat_get_xact_numscans(c.oid), NULL, NULL
FROM pg_catalog.pg_class AS c
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm', 'i')
  AND pg_catalog.pg_stat_get_xact_numscans(c.oid) > 0
UNION ALL
SELECT relation::int8, mode, 0, NULL, NULL
FROM pg_catalog.pg_locks
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted AND relation >= 16384;

-- name: xray
SELECT l.relation::int8, l.modes, c.relkind::text,
       c.relnamespace::pg_catalog.regnamespace::text || '.' || pg_catalog.quote_ident(c.relname),
       c.relfilenode::int8,
       CASE WHEN c.oid IS NULL
            THEN (pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, l.relation, 0)).identity
            END,
       pg_catalog.pg_table_is_visible(l.relation) IS NOT NULL,
       pg_catalog.pg_relation_filenode(l.relation)::int8,
       CASE WHEN c.oid IS NULL THEN pg_catalog.pg_partition_root(l.relation)::int8
            WHEN c.relispartition THEN (
                SELECT i.inhparent::int8 FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid) END,
       CASE WHEN c.relkind IN ('i', 'I') THEN (
                SELECT x.indrelid::int8 FROM pg_catalog.pg_index AS x WHERE x.indexrelid = c.oid) END,
       CASE WHEN c.relkind IN ('r', 'm', 'i') THEN pg_catalog.pg_stat_get_xact_numscans(l.relation) END,
       (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::text
FROM (SELECT 0::oid AS relation, '' AS modes
      UNION ALL
      SELECT relation, pg_catalog.string_agg(mode, ' ')
      FROM pg_catalog.pg_lock_status()
      WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted
        AND relation >= 16384
      GROUP BY relation) AS l
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
WHERE l.relation = 0
   OR CASE WHEN c.oid IS NULL THEN pg_catalog.pg_table_is_visible(l.relation) IS NOT NULL
           ELSE l.relation <= coalesce(
                    nullif(pg_catalog.current_setting('{mark}', true), ''), '4294967295')::oid
                OR pg_catalog.pg_table_is_visible(l.relation) IS NULL END;

-- name: xray-storage
SELECT c.oid::int8, c.relkind::text, c.relfilenode::int8,
       pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
       (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::int8
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relpersistence <> 't' AND n.nspname <> 'pg_toast'
UNION ALL
SELECT 0, '', 0, '', (pg_catalog.pg_current_wal_insert_lsn() - '0/0')::int8;
