-- Drops slice B. Events refer to jobs and go first; the types go when no column uses them.

DELETE FROM settings
WHERE key IN ('guardrails.max_publishes_per_hour', 'guardrails.require_price_change_reason');

DROP TABLE IF EXISTS fee_snapshots;
DROP TABLE IF EXISTS listing_offer_current;
DROP TABLE IF EXISTS listing_events;
DROP TABLE IF EXISTS jobs;

ALTER TABLE listings
    DROP COLUMN IF EXISTS category,
    DROP COLUMN IF EXISTS fulfillment_channel,
    DROP COLUMN IF EXISTS status;

DROP TYPE IF EXISTS buy_box_status_type;
DROP TYPE IF EXISTS job_scope_type;
DROP TYPE IF EXISTS listing_event_type;
DROP TYPE IF EXISTS job_status;
DROP TYPE IF EXISTS job_type;
