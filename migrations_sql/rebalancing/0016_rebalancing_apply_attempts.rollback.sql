-- Deletes the audit trail of attempts.

DROP TABLE IF EXISTS rebalancing_apply_attempts;
