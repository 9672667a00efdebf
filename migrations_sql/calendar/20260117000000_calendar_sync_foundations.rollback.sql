-- Deletes all external events and connections. The triggers go with their tables, the function after them.

DROP TABLE IF EXISTS external_calendar_events;
DROP TABLE IF EXISTS external_calendar_connections;
DROP FUNCTION IF EXISTS external_calendar_set_updated_at();
