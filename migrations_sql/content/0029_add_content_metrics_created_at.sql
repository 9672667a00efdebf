-- Purpose: when a metric was measured
-- DEPENDS: 0004_content_metrics.sql (creates content_metrics)
-- Risk: low
-- Reversible: no (history of the live database)

ALTER TABLE content_metrics
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now();
