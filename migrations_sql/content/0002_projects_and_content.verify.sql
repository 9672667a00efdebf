-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('projects'), ('project_members'), ('project_templates'), ('content'), ('content_versions')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
