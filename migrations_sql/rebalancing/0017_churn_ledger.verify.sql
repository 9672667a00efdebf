-- check: neither table is there yet
-- when: before
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('churn_ledger', 'churn_settings');

-- check: both tables exist
-- when: always
-- expect: 2 rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('churn_ledger', 'churn_settings')
  AND relkind = 'r';

-- check: the lookup index exists and is valid
-- when: always
-- expect: no rows
SELECT wanted.name
FROM (VALUES
    ('idx_churn_ledger_user')
) AS wanted (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('public.' || wanted.name)
WHERE i.indisvalid IS NOT TRUE;

-- check: a week allows no fewer moves than a day
-- expect: error check_violation on churn_settings_limits_check
INSERT INTO users (id) VALUES ('00000000-0000-4000-8000-000000001701');
INSERT INTO churn_settings (user_id, max_moves_per_day, max_moves_per_week)
VALUES ('00000000-0000-4000-8000-000000001701', 6, 5);

-- check: both tables are gone
-- when: after rollback
-- expect: no rows
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relname IN ('churn_ledger', 'churn_settings');
