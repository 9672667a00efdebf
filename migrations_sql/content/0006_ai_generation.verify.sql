-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('niches'), ('hashtags'), ('hashtag_suggestions'), ('ai_generation_tasks'),
    ('ai_usage_records')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
