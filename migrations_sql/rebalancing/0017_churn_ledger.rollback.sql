-- Deletes the counted churn and the limits.

DROP TABLE IF EXISTS churn_ledger;
DROP TABLE IF EXISTS churn_settings;
