-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('social_accounts'), ('social_posts'), ('social_post_metrics')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
