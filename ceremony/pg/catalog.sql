-- What a snapshot of the catalog reads, as named blocks, one per kind of object.
--
-- Columns with a meaning of their own: `class` and `id` (number of the catalog's row), `of` (number
-- of the object it hangs on) in the catalog `of_class`, `kind`, `name` (complete, or what stands
-- behind the name of `of`), `owner`, `acl`, and a few more that `catalog_rows` lists. Every other
-- column is a fact of the structure and named like it; NULL means that there is none. A line that
-- ends in `--@ N+` or `--@ N-` is for servers from, or up to, PostgreSQL N. {user schemas} leaves
-- out what belongs to PostgreSQL itself; {only x} makes the same question for a few of them alone.

-- name: comments
SELECT d.classoid::regclass::text AS class, d.objoid AS id, d.objsubid, d.description
FROM pg_description AS d
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass;

-- name: members
SELECT d.classid::regclass::text AS class, d.objid AS id
FROM pg_depend AS d WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass;

-- name: schemas
SELECT 'pg_namespace' AS class, n.oid AS id, 'schema' AS kind, quote_ident(n.nspname) AS name,
       pg_get_userbyid(n.nspowner) AS owner, array_to_string(n.nspacl, E'\n') AS acl
FROM pg_namespace AS n
WHERE {user schemas};

-- name: extensions
SELECT 'pg_extension' AS class, e.oid AS id, 'extension' AS kind, quote_ident(e.extname) AS name,
       pg_get_userbyid(e.extowner) AS owner,
       e.extversion AS version, quote_ident(n.nspname) AS schema
FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace;

-- name: types
SELECT 'pg_type' AS class, t.oid AS id, 'pg_namespace' AS of_class, t.typnamespace AS of,
       CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range type'
            ELSE 'type' END AS kind,
       quote_ident(t.typname) AS name,
       pg_get_userbyid(t.typowner) AS owner, array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS type,
       CASE WHEN t.typtype = 'd'
            THEN coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) END
            AS default,
       CASE WHEN t.typtype = 'd' THEN CASE WHEN t.typnotnull THEN 'no' ELSE 'yes' END END
            AS nullable,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
            THEN t.typcollation::regcollation::text END AS collation,
       CASE WHEN t.typtype = 'e'
            THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                  FROM pg_enum AS e WHERE e.enumtypid = t.oid) END AS labels,
       CASE WHEN t.typtype = 'c'
            THEN (SELECT string_agg(
                      quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                      || CASE WHEN a.attcollation <> y.typcollation
                              THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END,
                      ', ' ORDER BY a.attnum)
                  FROM pg_attribute AS a JOIN pg_type AS y ON y.oid = a.atttypid
                  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END
            AS attributes,
       CASE WHEN t.typtype = 'r' THEN format_type(r.rngsubtype, NULL) END AS subtype,
       CASE WHEN t.typtype = 'r' AND NOT o.opcdefault
            THEN (SELECT quote_ident(n.nspname) FROM pg_namespace AS n WHERE n.oid = o.opcnamespace)
                 || '.' || quote_ident(o.opcname) END AS "operator class",
       CASE WHEN r.rngcollation <> 0 THEN r.rngcollation::regcollation::text END
            AS "range collation",
       CASE WHEN r.rngcanonical <> 0 THEN r.rngcanonical::regprocedure::text END
            AS "canonical function",
       CASE WHEN r.rngsubdiff <> 0 THEN r.rngsubdiff::regprocedure::text END AS "subtype difference",
       CASE WHEN t.typtype = 'r' THEN format_type(r.rngmultitypid, NULL) END AS multirange,
       CASE WHEN t.typtype = 'b' THEN t.typinput::regprocedure::text END AS input,
       CASE WHEN t.typtype = 'b' THEN t.typoutput::regprocedure::text END AS output,
       CASE WHEN t.typtype = 'b' THEN t.typlen::text END AS length
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_opclass AS o ON o.oid = r.rngsubopc
WHERE {user schemas} AND t.typisdefined
  AND (t.typtype IN ('d', 'e', 'r')
       OR (t.typtype = 'b'
           AND NOT EXISTS (SELECT FROM pg_type AS y WHERE y.typarray = t.oid))
       OR (t.typtype = 'c'
           AND EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c')))
  {only t.oid};

-- name: domain constraints
SELECT 'pg_constraint' AS class, o.oid AS id, 'pg_type' AS of_class, o.contypid AS of,
       'constraint' AS kind, quote_ident(o.conname) AS name,
       CASE WHEN o.convalidated THEN d.def ELSE regexp_replace(d.def, ' NOT VALID$', '') END
            AS definition,
       CASE WHEN o.convalidated THEN 'yes' ELSE 'no' END AS validated
FROM pg_constraint AS o
JOIN pg_namespace AS n ON n.oid = o.connamespace
CROSS JOIN LATERAL (SELECT pg_get_constraintdef(o.oid) AS def) AS d
WHERE {user schemas} AND o.contypid <> 0 AND o.contype <> 'n' {only o.contypid};

-- name: tables
SELECT 'pg_class' AS class, c.oid AS id, 'pg_namespace' AS of_class, c.relnamespace AS of,
       CASE c.relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
       quote_ident(c.relname) AS name,
       pg_get_userbyid(c.relowner) AS owner, array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partitioned by",
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bounds,
       h.parents AS "inherits from",
       CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END
       || CASE WHEN c.relforcerowsecurity THEN ', forced on the owner' ELSE '' END
            AS "row security",
       CASE WHEN c.relkind = 'f' THEN NULL WHEN c.relreplident = 'n' THEN 'nothing'
            WHEN c.relreplident = 'f' THEN 'full' WHEN c.relreplident = 'i' THEN 'an index'
            END AS "replica identity",
       CASE WHEN c.relpersistence = 'u' THEN 'unlogged' END AS persistence,
       nullif(m.amname, 'heap') AS "access method",
       p.spcname AS tablespace,
       CASE WHEN c.reloptions IS NOT NULL
            THEN (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) AS o) END
            AS options,
       CASE WHEN s.reloptions IS NOT NULL
            THEN (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(s.reloptions) AS o) END
            AS "toast options",
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS "of type",
       CASE WHEN f.ftrelid IS NOT NULL
            THEN (SELECT quote_ident(v.srvname) FROM pg_foreign_server AS v
                  WHERE v.oid = f.ftserver) END AS server,
       CASE WHEN f.ftoptions IS NOT NULL
            THEN (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(f.ftoptions) AS o) END
            AS "foreign options"
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN (SELECT i.inhrelid,
                  string_agg(i.inhparent::regclass::text
                             || CASE WHEN i.inhdetachpending THEN ' (being detached)' ELSE '' END,
                             ', ' ORDER BY i.inhseqno) AS parents
           FROM pg_inherits AS i GROUP BY i.inhrelid) AS h ON h.inhrelid = c.oid
LEFT JOIN pg_class AS s ON s.oid = c.reltoastrelid AND s.reloptions IS NOT NULL
LEFT JOIN pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_tablespace AS p ON p.oid = c.reltablespace
LEFT JOIN pg_foreign_table AS f ON f.ftrelid = c.oid
WHERE {user schemas} AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
  {only c.oid};

-- name: views
SELECT 'pg_class' AS class, c.oid AS id, 'pg_namespace' AS of_class, c.relnamespace AS of,
       CASE c.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END AS kind,
       quote_ident(c.relname) AS name,
       pg_get_userbyid(c.relowner) AS owner, array_to_string(c.relacl, E'\n') AS acl,
       btrim(pg_get_viewdef(c.oid), E' \n;') AS definition,
       CASE WHEN c.reloptions IS NOT NULL
            THEN (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(c.reloptions) AS o) END
            AS options,
       CASE WHEN c.relkind = 'm' THEN CASE WHEN c.relispopulated THEN 'yes' ELSE 'no' END END
            AS populated,
       nullif(m.amname, 'heap') AS "access method",
       p.spcname AS tablespace
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_tablespace AS p ON p.oid = c.reltablespace
WHERE {user schemas} AND c.relkind IN ('v', 'm') AND c.relpersistence <> 't'
  {only c.oid};

-- name: columns
WITH k AS MATERIALIZED ( --@ 18+
    SELECT o.conrelid, o.conkey[1] AS attnum, --@ 18+
           CASE WHEN o.convalidated THEN '' ELSE ', not validated' END --@ 18+
           || CASE WHEN o.connoinherit THEN ', not inherited' ELSE '' END AS how --@ 18+
    FROM pg_constraint AS o --@ 18+
    WHERE o.contype = 'n' AND (o.connoinherit OR NOT o.convalidated) --@ 18+
      {only o.conrelid}) --@ 18+
SELECT a.attrelid AS of, a.attnum AS number, quote_ident(a.attname) AS name,
       array_to_string(a.attacl, E'\n') AS acl,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN NOT a.attnotnull THEN 'yes'
            WHEN k.conrelid IS NOT NULL THEN 'no' || k.how --@ 18+
            ELSE 'no' END AS nullable,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS default,
       CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' OR a.attcollation <> t.typcollation
                 OR a.attstorage <> t.typstorage OR a.attcompression <> ''
                 OR a.attstattarget >= 0 OR a.attoptions IS NOT NULL
                 OR a.attfdwoptions IS NOT NULL
            THEN jsonb_strip_nulls(jsonb_build_object(
                'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
                'generated', CASE a.attgenerated
                    WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid) || ' stored'
                    WHEN 'v' THEN pg_get_expr(d.adbin, d.adrelid) || ' virtual' END,
                'collation', CASE WHEN a.attcollation <> t.typcollation
                    THEN a.attcollation::regcollation::text END,
                'storage', CASE WHEN a.attstorage <> t.typstorage
                    THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
                              WHEN 'm' THEN 'main' ELSE 'extended' END END,
                'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
                'statistics target', CASE WHEN a.attstattarget >= 0
                    THEN a.attstattarget::text END,
                'options', array_to_string(a.attoptions, ', '),
                'foreign options', array_to_string(a.attfdwoptions, ', '))) END AS more
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN k ON k.conrelid = a.attrelid AND k.attnum = a.attnum --@ 18+
WHERE {user schemas} AND a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
  AND (c.relkind IN ('r', 'p', 'f')
       -- A view's definition tells its columns, but not these.
       OR (c.relkind IN ('v', 'm')
           AND (a.attacl IS NOT NULL OR d.adrelid IS NOT NULL OR a.attstorage <> t.typstorage
                OR a.attcompression <> '' OR a.attstattarget >= 0 OR a.attoptions IS NOT NULL)))
  {only c.oid};

-- name: sequences
SELECT 'pg_class' AS class, c.oid AS id, 'pg_namespace' AS of_class, c.relnamespace AS of,
       'sequence' AS kind, quote_ident(c.relname) AS name,
       w.oid::regclass::text AS owning_table, quote_ident(a.attname) AS owning_column,
       pg_get_userbyid(c.relowner) AS owner, array_to_string(c.relacl, E'\n') AS acl,
       format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start,
       s.seqincrement::text AS increment, s.seqmin::text AS minimum, s.seqmax::text AS maximum,
       s.seqcache::text AS cache, CASE WHEN s.seqcycle THEN 'yes' ELSE 'no' END AS cycle,
       CASE WHEN c.relpersistence = 'u' THEN 'unlogged' END AS persistence
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_depend AS o
       ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
      AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i') AND o.refobjsubid > 0
LEFT JOIN pg_class AS w ON w.oid = o.refobjid
LEFT JOIN pg_attribute AS a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
WHERE {user schemas} AND c.relpersistence <> 't'
  {only c.oid};

-- name: constraints
SELECT 'pg_constraint' AS class, o.oid AS id, 'pg_class' AS of_class, o.conrelid AS of,
       'constraint' AS kind, quote_ident(o.conname) AS name,
       CASE WHEN o.contype IN ('p', 'u', 'x') THEN o.conindid END AS index_id,
       CASE WHEN o.convalidated AND NOT o.condeferrable THEN d.def
            ELSE regexp_replace(d.def, '( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED)?'
                                       '( NOT VALID)?$', '') END AS definition,
       CASE WHEN NOT o.conenforced THEN 'not enforced' ELSE --@ 18+
       CASE WHEN o.convalidated THEN 'yes' ELSE 'no' END
       END --@ 18+
            AS validated,
       CASE WHEN NOT o.condeferrable THEN 'no' WHEN o.condeferred THEN 'yes, initially deferred'
            ELSE 'yes' END AS deferrable,
       g.disabled AS "disabled triggers"
FROM pg_constraint AS o
JOIN pg_class AS c ON c.oid = o.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_get_constraintdef(o.oid) AS def) AS d
LEFT JOIN (SELECT t.tgconstraint,
                  string_agg(DISTINCT t.tgrelid::regclass::text
                             || CASE t.tgenabled WHEN 'R' THEN ' (replica only)'
                                     WHEN 'A' THEN ' (always)' ELSE '' END, ', ') AS disabled
           FROM pg_trigger AS t WHERE t.tgisinternal AND t.tgenabled <> 'O'
           GROUP BY t.tgconstraint) AS g ON g.tgconstraint = o.oid
WHERE {user schemas} AND o.contype IN ('c', 'f', 'p', 'u', 'x') AND c.relpersistence <> 't'
  -- What only repeats the parent's constraint is left out.
  AND (g.disabled IS NOT NULL
       OR (o.conparentid = 0 AND (o.conislocal OR o.coninhcount = 0 OR NOT o.convalidated)))
  {only c.oid};

-- name: indexes
SELECT 'pg_class' AS class, i.indexrelid AS id, 'pg_class' AS of_class, i.indrelid AS of,
       'index' AS kind, quote_ident(n.nspname) || '.' || quote_ident(x.relname) AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
       CASE WHEN i.indisunique THEN 'yes' ELSE 'no' END AS unique,
       -- A primary key says it all in its constraint, but for the storage parameters.
       CASE WHEN i.indisprimary THEN NULL WHEN i.indpred IS NULL THEN d.def
            ELSE left(d.def, -length(' WHERE ' || d.predicate)) END AS definition,
       CASE WHEN i.indisprimary AND x.reloptions IS NOT NULL
            THEN (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(x.reloptions) AS o) END
            AS options,
       d.predicate AS predicate,
       CASE WHEN NOT i.indisready OR NOT i.indislive THEN 'no, not ready'
            WHEN i.indisvalid THEN 'yes' ELSE 'no' END AS valid,
       CASE WHEN i.indisclustered THEN 'yes' END AS "clustered on it",
       CASE WHEN i.indisreplident THEN 'yes' END AS "replica identity",
       p.spcname AS tablespace,
       CASE WHEN i.indexprs IS NOT NULL
            THEN (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum)
                  FROM pg_attribute AS a
                  WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) END
            AS "statistics targets"
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = x.relnamespace
LEFT JOIN pg_tablespace AS p ON p.oid = x.reltablespace
CROSS JOIN LATERAL (
    SELECT substr(pg_get_indexdef(i.indexrelid),
                  length('CREATE INDEX  ON . ') + length(quote_ident(x.relname))
                  + length(quote_ident(n.nspname)) + length(quote_ident(c.relname)) + 1
                  + CASE WHEN i.indisunique THEN length('UNIQUE ') ELSE 0 END
                  + CASE WHEN x.relkind = 'I' THEN length('ONLY ') ELSE 0 END) AS def,
           pg_get_expr(i.indpred, i.indrelid) AS predicate) AS d
WHERE {user schemas} AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'm')
  AND NOT x.relispartition {only c.oid};

-- name: statistics
SELECT 'pg_statistic_ext' AS class, s.oid AS id, 'pg_class' AS of_class, s.stxrelid AS of,
       'statistics' AS kind, quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS name,
       pg_get_userbyid(s.stxowner) AS owner,
       pg_get_statisticsobjdef(s.oid) AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END AS "statistics target"
FROM pg_statistic_ext AS s
JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE {user schemas} {only s.stxrelid};

-- name: functions
SELECT 'pg_proc' AS class, p.oid AS id, 'pg_namespace' AS of_class, p.pronamespace AS of,
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END
            AS kind,
       p.oid::regprocedure::text AS name,
       pg_get_userbyid(p.proowner) AS owner, array_to_string(p.proacl, E'\n') AS acl,
       pg_get_function_arguments(p.oid) AS arguments,
       pg_get_function_result(p.oid) AS returns,
       l.lanname AS language,
       CASE WHEN p.prokind <> 'a' THEN coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) END
            AS body,
       p.probin AS library,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END
            AS volatility,
       CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS security,
       CASE WHEN p.proisstrict THEN 'yes' ELSE 'no' END AS strict,
       CASE WHEN p.proleakproof THEN 'yes' END AS leakproof,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END
            AS parallel,
       p.procost::text AS cost,
       CASE WHEN p.proretset THEN p.prorows::text END AS rows,
       CASE WHEN p.prokind = 'w' THEN 'yes' END AS window,
       array_to_string(p.proconfig, ', ') AS settings,
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::regprocedure::text END AS "support function",
       g.aggtransfn::regprocedure::text AS "transition function",
       CASE WHEN g.aggfnoid IS NOT NULL THEN format_type(g.aggtranstype, NULL) END AS "state type",
       g.agginitval AS "initial value",
       CASE WHEN g.aggfinalfn <> 0 THEN g.aggfinalfn::regprocedure::text END AS "final function",
       CASE WHEN g.aggcombinefn <> 0 THEN g.aggcombinefn::regprocedure::text END
            AS "combine function",
       CASE WHEN g.aggfinalextra THEN 'yes' END AS "final function takes arguments",
       CASE WHEN g.aggfinalfn = 0 OR g.aggfinalmodify = 'r' THEN NULL
            WHEN g.aggfinalmodify = 's' THEN 'shareable' ELSE 'read write' END
            AS "final function modifies",
       CASE WHEN g.aggserialfn <> 0 THEN g.aggserialfn::regprocedure::text END
            AS "serialization function",
       CASE WHEN g.aggdeserialfn <> 0 THEN g.aggdeserialfn::regprocedure::text END
            AS "deserialization function",
       nullif(g.aggtransspace, 0)::text AS "state size",
       CASE WHEN g.aggmtransfn <> 0 THEN g.aggmtransfn::regprocedure::text END
            AS "moving transition function",
       CASE WHEN g.aggminvtransfn <> 0 THEN g.aggminvtransfn::regprocedure::text END
            AS "moving inverse function",
       CASE WHEN g.aggmtranstype <> 0 THEN format_type(g.aggmtranstype, NULL) END
            AS "moving state type",
       CASE WHEN g.aggmfinalfn <> 0 THEN g.aggmfinalfn::regprocedure::text END
            AS "moving final function",
       g.aggminitval AS "moving initial value",
       CASE WHEN g.aggsortop <> 0 THEN g.aggsortop::regoperator::text END AS "sort operator"
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_aggregate AS g ON g.aggfnoid = p.oid
WHERE {user schemas}
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i'
                    AND d.refclassid = 'pg_type'::regclass) {only p.oid};

-- name: operators
SELECT 'pg_operator' AS class, o.oid AS id, 'pg_namespace' AS of_class, o.oprnamespace AS of,
       'operator' AS kind, o.oid::regoperator::text AS name,
       pg_get_userbyid(o.oprowner) AS owner,
       o.oprcode::regprocedure::text AS function, format_type(o.oprresult, NULL) AS returns,
       CASE WHEN o.oprcom <> 0 THEN o.oprcom::regoperator::text END AS commutator,
       CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::regoperator::text END AS negator,
       CASE WHEN o.oprrest <> 0 THEN o.oprrest::regproc::text END AS "restriction estimator",
       CASE WHEN o.oprjoin <> 0 THEN o.oprjoin::regproc::text END AS "join estimator",
       CASE WHEN o.oprcanmerge THEN 'yes' END AS merges,
       CASE WHEN o.oprcanhash THEN 'yes' END AS hashes
FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace
WHERE {user schemas} AND o.oprcode <> 0;

-- name: casts
SELECT 'pg_cast' AS class, c.oid AS id, 'cast' AS kind,
       'from ' || format_type(c.castsource, NULL) || ' to ' || format_type(c.casttarget, NULL)
            AS name,
       CASE WHEN c.castfunc <> 0 THEN c.castfunc::regprocedure::text
            WHEN c.castmethod = 'i' THEN 'by text' ELSE 'binary' END AS function,
       CASE c.castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'on assignment'
            ELSE 'explicit' END AS context
FROM pg_cast AS c
WHERE c.oid >= 16384
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i');

-- name: collations
SELECT 'pg_collation' AS class, c.oid AS id, 'pg_namespace' AS of_class, c.collnamespace AS of,
       'collation' AS kind, quote_ident(c.collname) AS name,
       pg_get_userbyid(c.collowner) AS owner,
       CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin'
            ELSE 'default' END AS provider,
       coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale',
                to_jsonb(c) ->> 'collcollate') AS locale,
       CASE WHEN c.collctype <> c.collcollate THEN c.collctype END AS "character classes",
       to_jsonb(c) ->> 'collicurules' AS rules,
       CASE WHEN c.collisdeterministic THEN 'yes' ELSE 'no' END AS deterministic
FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
WHERE {user schemas};

-- name: triggers
SELECT 'pg_trigger' AS class, t.oid AS id, 'pg_class' AS of_class, t.tgrelid AS of,
       'trigger' AS kind, quote_ident(t.tgname) AS name,
       pg_get_triggerdef(t.oid) AS definition,
       CASE t.tgenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'on a replica only'
            ELSE 'always' END AS enabled
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_trigger AS u ON u.oid = t.tgparentid
WHERE {user schemas} AND NOT t.tgisinternal AND c.relpersistence <> 't'
  AND (u.oid IS NULL OR u.tgenabled <> t.tgenabled) {only t.tgrelid};

-- name: rules
SELECT 'pg_rewrite' AS class, r.oid AS id, 'pg_class' AS of_class, r.ev_class AS of,
       'rule' AS kind, quote_ident(r.rulename) AS name,
       pg_get_ruledef(r.oid) AS definition,
       CASE r.ev_enabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'on a replica only'
            ELSE 'always' END AS enabled
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE {user schemas} AND r.rulename <> '_RETURN' AND c.relpersistence <> 't'
  {only r.ev_class};

-- name: policies
SELECT 'pg_policy' AS class, y.oid AS id, 'pg_class' AS of_class, y.polrelid AS of,
       'policy' AS kind, quote_ident(y.polname) AS name,
       CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
       CASE WHEN y.polpermissive THEN 'yes' ELSE 'no' END AS permissive,
       (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END, ', '
                          ORDER BY CASE WHEN r = 0 THEN '' ELSE pg_get_userbyid(r)::text END)
        FROM unnest(y.polroles) AS r) AS roles,
       pg_get_expr(y.polqual, y.polrelid) AS using,
       pg_get_expr(y.polwithcheck, y.polrelid) AS "with check"
FROM pg_policy AS y
WHERE true {only y.polrelid};

-- name: event triggers
SELECT 'pg_event_trigger' AS class, e.oid AS id, 'event trigger' AS kind,
       quote_ident(e.evtname) AS name,
       pg_get_userbyid(e.evtowner) AS owner,
       e.evtevent AS event, array_to_string(e.evttags, ', ') AS tags,
       e.evtfoid::regprocedure::text AS function,
       CASE e.evtenabled WHEN 'O' THEN 'yes' WHEN 'D' THEN 'no' WHEN 'R' THEN 'on a replica only'
            ELSE 'always' END AS enabled
FROM pg_event_trigger AS e;

-- name: publications
SELECT 'pg_publication' AS class, p.oid AS id, 'publication' AS kind,
       quote_ident(p.pubname) AS name,
       pg_get_userbyid(p.pubowner) AS owner,
       CASE WHEN p.puballtables THEN 'all' ELSE
           (SELECT string_agg(r.prrelid::regclass::text
               || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' --@ 15+
                                                      ORDER BY a.attnum) || ')' --@ 15+
                            FROM pg_attribute AS a --@ 15+
                            WHERE a.attrelid = r.prrelid --@ 15+
                              AND a.attnum = ANY (r.prattrs::int2[])), '') --@ 15+
               || coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), '') --@ 15+
               , ', ' ORDER BY r.prrelid::regclass::text)
            FROM pg_publication_rel AS r WHERE r.prpubid = p.oid) END AS tables,
       (SELECT string_agg(s.pnnspid::regnamespace::text, ', ' --@ 15+
                          ORDER BY s.pnnspid::regnamespace::text) --@ 15+
        FROM pg_publication_namespace AS s WHERE s.pnpubid = p.oid) AS schemas, --@ 15+
       concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END,
                 CASE WHEN p.pubupdate THEN 'update' END,
                 CASE WHEN p.pubdelete THEN 'delete' END,
                 CASE WHEN p.pubtruncate THEN 'truncate' END) AS operations,
       CASE p.pubgencols WHEN 's' THEN 'stored' END AS "generated columns", --@ 18+
       CASE WHEN p.pubviaroot THEN 'yes' ELSE 'no' END AS "by way of the root"
FROM pg_publication AS p;

-- name: foreign servers
SELECT 'pg_foreign_server' AS class, s.oid AS id, 'foreign server' AS kind,
       quote_ident(s.srvname) AS name,
       pg_get_userbyid(s.srvowner) AS owner, array_to_string(s.srvacl, E'\n') AS acl,
       (SELECT quote_ident(w.fdwname) FROM pg_foreign_data_wrapper AS w WHERE w.oid = s.srvfdw)
            AS wrapper,
       s.srvtype AS type, s.srvversion AS version,
       (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(s.srvoptions) AS o) AS options
FROM pg_foreign_server AS s;

-- name: default privileges
SELECT 'pg_default_acl' AS class, d.oid AS id, 'default privileges' AS kind,
       'of ' || quote_ident(pg_get_userbyid(d.defaclrole))
       || coalesce(' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace, '')
       || CASE d.defaclobjtype WHEN 'r' THEN ' on tables' WHEN 'S' THEN ' on sequences'
               WHEN 'f' THEN ' on functions' WHEN 'T' THEN ' on types' WHEN 'n' THEN ' on schemas'
               ELSE ' on large objects' END AS name,
       pg_get_userbyid(d.defaclrole) AS grantor, d.defaclnamespace = 0 AS complete,
       d.defaclobjtype AS letter, array_to_string(d.defaclacl, E'\n') AS acl
FROM pg_default_acl AS d;
