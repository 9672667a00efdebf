-- What tells an earlier snapshot of the catalog apart from now, as named blocks. A unit is what is
-- read anew together, written `catalog:number`: a relation with all that hangs on it, a type, a
-- function. {recent} is true for rows that a transaction wrote which was not over at the earlier
-- moment (the age of xmin; PostgreSQL manual, 5.6 System Columns, 67.1 Transactions and
-- Identifiers). Objects that users make have numbers from 16384 on (manual, 67.1 and
-- src/include/access/transam.h, FirstNormalObjectId).

-- name: moment
SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
       (SELECT md5(string_agg(r.oid || ' ' || r.rolname, ',' ORDER BY r.oid)) FROM pg_roles AS r),
       (SELECT md5(string_agg(s.oid || ' ' || s.spcname, ',' ORDER BY s.oid))
        FROM pg_tablespace AS s);

-- name: counted
SELECT 'pg_class' AS catalog, count(*) AS total,
       array_agg(c.oid::text) FILTER (WHERE {recent c}) AS keys,
       array_agg(CASE WHEN c.relkind IN ('i', 'I')
                      THEN 'pg_class:' || (SELECT i.indrelid FROM pg_index AS i
                                           WHERE i.indexrelid = c.oid)
                      ELSE 'pg_class:' || c.oid END) FILTER (WHERE {recent c}) AS units
FROM pg_class AS c WHERE c.oid >= 16384 AND c.relkind <> 't'
UNION ALL
SELECT 'pg_constraint', count(*), array_agg(o.oid::text) FILTER (WHERE {recent o}),
       array_agg(CASE WHEN o.conrelid <> 0 THEN 'pg_class:' || o.conrelid
                      ELSE 'pg_type:' || o.contypid END) FILTER (WHERE {recent o})
FROM pg_constraint AS o WHERE o.oid >= 16384
UNION ALL
SELECT 'pg_trigger', count(*), array_agg(t.oid::text) FILTER (WHERE {recent t}),
       array_agg('pg_class:' || t.tgrelid) FILTER (WHERE {recent t})
FROM pg_trigger AS t
UNION ALL
SELECT 'pg_policy', count(*), array_agg(p.oid::text) FILTER (WHERE {recent p}),
       array_agg('pg_class:' || p.polrelid) FILTER (WHERE {recent p})
FROM pg_policy AS p
UNION ALL
SELECT 'pg_rewrite', count(*), array_agg(r.oid::text) FILTER (WHERE {recent r}),
       array_agg('pg_class:' || r.ev_class) FILTER (WHERE {recent r})
FROM pg_rewrite AS r WHERE r.oid >= 16384
UNION ALL
SELECT 'pg_statistic_ext', count(*), array_agg(s.oid::text) FILTER (WHERE {recent s}),
       array_agg('pg_class:' || s.stxrelid) FILTER (WHERE {recent s})
FROM pg_statistic_ext AS s
UNION ALL
SELECT 'pg_inherits', count(*),
       array_agg(i.inhrelid || ':' || i.inhparent) FILTER (WHERE {recent i}),
       array_agg('pg_class:' || i.inhrelid) FILTER (WHERE {recent i})
FROM pg_inherits AS i
UNION ALL
SELECT 'pg_proc', count(*), array_agg(p.oid::text) FILTER (WHERE {recent p}),
       array_agg('pg_proc:' || p.oid) FILTER (WHERE {recent p})
FROM pg_proc AS p WHERE p.oid >= 16384
UNION ALL
SELECT 'pg_type', count(*), array_agg(t.oid::text) FILTER (WHERE {recent t}),
       array_agg('pg_type:' || t.oid) FILTER (WHERE {recent t})
FROM pg_type AS t WHERE t.oid >= 16384
UNION ALL
SELECT 'pg_enum', count(*), array_agg(e.oid::text) FILTER (WHERE {recent e}),
       array_agg('pg_type:' || e.enumtypid) FILTER (WHERE {recent e})
FROM pg_enum AS e;

-- name: parts
SELECT DISTINCT 'pg_class:' || a.attrelid FROM pg_attribute AS a
WHERE a.attrelid >= 16384 AND {recent a}
UNION SELECT 'pg_class:' || d.adrelid FROM pg_attrdef AS d WHERE {recent d}
UNION SELECT 'pg_class:' || i.indrelid FROM pg_index AS i WHERE {recent i}
UNION SELECT 'pg_constraint:' || t.tgconstraint FROM pg_trigger AS t
WHERE t.tgconstraint <> 0 AND {recent t}
UNION SELECT 'pg_class:' || s.seqrelid FROM pg_sequence AS s WHERE {recent s}
UNION SELECT 'pg_class:' || f.ftrelid FROM pg_foreign_table AS f WHERE {recent f}
UNION SELECT 'pg_type:' || r.rngtypid FROM pg_range AS r WHERE {recent r}
UNION SELECT 'pg_proc:' || g.aggfnoid::oid FROM pg_aggregate AS g WHERE {recent g};

-- name: wide
SELECT 'pg_namespace' AS catalog, count(*) AS total, count(*) FILTER (WHERE {recent n}) AS recent
FROM pg_namespace AS n WHERE n.nspname !~ '^pg_(toast_)?temp_'
UNION ALL SELECT 'pg_extension', count(*), count(*) FILTER (WHERE {recent x}) FROM pg_extension AS x
UNION ALL SELECT 'members', count(*), count(*) FILTER (WHERE {recent d})
FROM pg_depend AS d WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
UNION ALL SELECT 'pg_collation', count(*), count(*) FILTER (WHERE {recent c})
FROM pg_collation AS c WHERE c.oid >= 16384
UNION ALL SELECT 'pg_opclass', count(*), count(*) FILTER (WHERE {recent o})
FROM pg_opclass AS o WHERE o.oid >= 16384
UNION ALL SELECT 'pg_operator', count(*), count(*) FILTER (WHERE {recent o})
FROM pg_operator AS o WHERE o.oid >= 16384
UNION ALL SELECT 'pg_am', count(*), count(*) FILTER (WHERE {recent m}) FROM pg_am AS m
UNION ALL SELECT 'pg_language', count(*), count(*) FILTER (WHERE {recent l}) FROM pg_language AS l
UNION ALL SELECT 'pg_foreign_server', count(*), count(*) FILTER (WHERE {recent v})
FROM pg_foreign_server AS v;

-- name: closure
WITH RECURSIVE hit (classid, objid, follow) AS (
    SELECT split_part(u, ':', 1)::regclass::oid, split_part(u, ':', 2)::oid, true
    FROM unnest($1::text[]) AS u
    UNION
    SELECT d.classid, d.objid,
           d.classid IN ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass)
    FROM hit AS h JOIN pg_depend AS d ON d.refclassid = h.classid AND d.refobjid = h.objid
    WHERE h.follow)
SELECT DISTINCT
    CASE h.classid
        WHEN 'pg_class'::regclass THEN
            (SELECT CASE WHEN c.relkind = 'c' THEN 'pg_type:' || c.reltype
                         ELSE 'pg_class:' || coalesce(i.indrelid, h.objid) END
             FROM (SELECT h.objid AS id) AS k
             LEFT JOIN pg_class AS c ON c.oid = k.id
             LEFT JOIN pg_index AS i ON i.indexrelid = k.id)
        WHEN 'pg_constraint'::regclass THEN
            (SELECT CASE WHEN o.conrelid <> 0 THEN 'pg_class:' || o.conrelid
                         ELSE 'pg_type:' || o.contypid END
             FROM pg_constraint AS o WHERE o.oid = h.objid)
        WHEN 'pg_attrdef'::regclass THEN
            (SELECT 'pg_class:' || a.adrelid FROM pg_attrdef AS a WHERE a.oid = h.objid)
        WHEN 'pg_trigger'::regclass THEN
            (SELECT 'pg_class:' || t.tgrelid FROM pg_trigger AS t WHERE t.oid = h.objid)
        WHEN 'pg_rewrite'::regclass THEN
            (SELECT 'pg_class:' || r.ev_class FROM pg_rewrite AS r WHERE r.oid = h.objid)
        WHEN 'pg_policy'::regclass THEN
            (SELECT 'pg_class:' || p.polrelid FROM pg_policy AS p WHERE p.oid = h.objid)
        WHEN 'pg_statistic_ext'::regclass THEN
            (SELECT 'pg_class:' || s.stxrelid FROM pg_statistic_ext AS s WHERE s.oid = h.objid)
        WHEN 'pg_proc'::regclass THEN 'pg_proc:' || h.objid
        WHEN 'pg_type'::regclass THEN 'pg_type:' || h.objid
    END
FROM hit AS h;
