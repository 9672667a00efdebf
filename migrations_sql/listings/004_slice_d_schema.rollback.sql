-- Drops slice D. Events refer to recommendations and go first.

DROP TABLE IF EXISTS recommendation_events;
DROP TABLE IF EXISTS recommendations;

DROP TYPE IF EXISTS confidence_band;
DROP TYPE IF EXISTS recommendation_type;
DROP TYPE IF EXISTS recommendation_status;
DROP TYPE IF EXISTS recommendation_event_type;
