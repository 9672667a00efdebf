-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('content_metrics'), ('thumbnails'), ('media_assets'), ('content_ideas')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
