-- Drops the events with their index.

DROP TABLE IF EXISTS calendar_events_new;
