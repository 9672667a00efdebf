-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('post_schedules'), ('notifications'), ('user_activity_logs')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
