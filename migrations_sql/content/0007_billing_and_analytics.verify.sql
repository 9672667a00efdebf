-- check: the tables exist
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('subscriptions'), ('payment_events'), ('analytics_events'), ('feature_flags')
) AS wanted (name)
WHERE to_regclass('public.' || wanted.name) IS NULL;
