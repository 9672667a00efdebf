"""What changes no fact of the schema, on the five series: nothing may be told of it."""

from typing import NamedTuple


class Harmless(NamedTuple):
    series: str
    done: str
    given: str = ""


ROWS = "INSERT INTO providers (name) SELECT 'p' || n FROM generate_series(1, 50) AS n"
PARTED = "CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at)"

HARMLESS = (
    Harmless("calendar", "VACUUM"),
    Harmless("listings", "VACUUM FULL"),
    Harmless("content", "ANALYZE"),
    Harmless("calendar", ROWS),
    Harmless("calendar", "UPDATE providers SET name = name || '!'", ROWS),
    Harmless("calendar", "DELETE FROM providers", ROWS),
    Harmless("calendar", "TRUNCATE providers CASCADE", ROWS),
    Harmless("calendar", "SELECT nextval('providers_id_seq')"),
    Harmless("calendar", "ALTER SEQUENCE providers_id_seq RESTART WITH 500;"
             " SELECT setval('providers_id_seq', 7);"
             " ALTER SEQUENCE providers_id_seq START WITH 1"),
    Harmless("outbox", "REINDEX TABLE job_outbox"),
    Harmless("outbox", "CLUSTER job_outbox USING job_outbox_pkey;"
             " ALTER TABLE job_outbox SET WITHOUT CLUSTER"),
    Harmless("listings", "ALTER TABLE boms ALTER version TYPE integer USING version + 0"),
    Harmless("outbox", "DROP INDEX idx_courses_user;"
             " CREATE INDEX idx_courses_user ON courses USING btree (user_id)"),
    Harmless("outbox", "DROP POLICY job_outbox_system_only ON job_outbox;"
             " CREATE POLICY job_outbox_system_only ON job_outbox FOR ALL TO PUBLIC USING (false)"
             " WITH CHECK (false)"),
    Harmless("calendar", "GRANT SELECT ON providers TO damage_reader;"
             " REVOKE SELECT ON providers FROM damage_reader"),
    Harmless("calendar", "GRANT ALL ON providers TO CURRENT_USER"),
    Harmless("calendar", "ALTER TABLE bookings ADD passing int; ALTER TABLE bookings DROP passing"),
    Harmless("calendar", "ALTER TABLE bookings DISABLE TRIGGER ALL;"
             " ALTER TABLE bookings ENABLE TRIGGER ALL"),
    Harmless("calendar", "CREATE TEMP TABLE passing (id int)"),
    Harmless("rebalancing", "CREATE OR REPLACE VIEW v AS SELECT id FROM users",
             "CREATE VIEW v AS SELECT users.id FROM public.users"),
    Harmless("rebalancing", "SELECT pg_stat_reset()"),
    Harmless("content", "CREATE TABLE passing (id int); DROP TABLE passing"),
    Harmless("calendar", "ALTER TABLE bookings DROP CONSTRAINT bookings_times_check;"
             " ALTER TABLE bookings ADD CONSTRAINT bookings_times_check"
             " CHECK (end_time > start_time) NOT VALID;"
             " ALTER TABLE bookings VALIDATE CONSTRAINT bookings_times_check"),
    Harmless("listings", "ALTER TYPE job_status RENAME TO passing; ALTER TYPE passing RENAME TO"
             " job_status"),
    Harmless("calendar", "CREATE INDEX ON parted (at);"
             " DROP INDEX parted_at_idx", PARTED),
)  # fmt: skip
