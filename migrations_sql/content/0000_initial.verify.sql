-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('users'), ('sessions'), ('password_reset_tokens'), ('user_settings')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
