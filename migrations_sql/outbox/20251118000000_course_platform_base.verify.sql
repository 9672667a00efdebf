-- check: nothing of the base is there yet
-- when: before
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('organizations', 'courses', 'fsm_state')
UNION ALL
SELECT nspname FROM pg_namespace WHERE nspname = 'auth';

-- check: the base tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES ('auth.users'), ('public.organizations'), ('public.courses'), ('public.fsm_state'))
    AS wanted (name)
WHERE to_regclass(wanted.name) IS NULL;

-- check: the columns that others rely on exist
-- when: always
-- expect: no rows
SELECT wanted.relation, wanted.name
FROM (VALUES
    ('public.courses', 'id'),
    ('public.courses', 'title'),
    ('public.courses', 'slug'),
    ('public.courses', 'user_id'),
    ('public.courses', 'organization_id'),
    ('public.fsm_state', 'entity_id'),
    ('public.fsm_state', 'state'),
    ('public.fsm_state', 'version'),
    ('public.fsm_state', 'created_by'),
    ('public.fsm_state', 'created_at')
) AS wanted (relation, name)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass(wanted.relation) AND a.attname = wanted.name
      AND NOT a.attisdropped
);

-- check: authenticated cannot log in
-- when: always
-- expect: 1 rows
SELECT rolname FROM pg_roles WHERE rolname = 'authenticated' AND NOT rolcanlogin;

-- check: row-level security is on
-- when: always
-- expect: no rows
SELECT oid::regclass AS relation FROM pg_class
WHERE oid IN ('auth.users'::regclass, 'public.organizations'::regclass,
              'public.courses'::regclass, 'public.fsm_state'::regclass)
  AND NOT relrowsecurity;

-- check: the lookup indexes exist and are valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_courses_user'),
    ('idx_courses_organization')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: the id of a course may be given
-- expect: value 00000000-0000-4000-8000-000000000001
INSERT INTO courses (id, title, slug)
VALUES ('00000000-0000-4000-8000-000000000001', 'Algebra', 'check-base-1')
RETURNING id;

-- check: a repeated slug is refused
-- expect: error unique_violation on courses_slug_unique
INSERT INTO courses (title, slug) VALUES ('Algebra', 'check-base-2');
INSERT INTO courses (title, slug) VALUES ('More algebra', 'check-base-2');

-- check: tables and schema are gone
-- when: after rollback
-- expect: no rows
SELECT relname AS name FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('organizations', 'courses', 'fsm_state')
UNION ALL
SELECT nspname FROM pg_namespace WHERE nspname = 'auth';

-- check: the role stays
-- when: after rollback
-- expect: 1 rows
SELECT rolname FROM pg_roles WHERE rolname = 'authenticated';
