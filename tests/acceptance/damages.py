"""Damage to the five series, one fact at a time, and the sentence that must name it.

``given`` is added to the series' database before the first snapshot, for what no series has.
"""

from typing import NamedTuple


class Damage(NamedTuple):
    series: str
    done: str
    told: str
    given: str = ""


READER = "CREATE TABLE guarded (id int); GRANT SELECT, INSERT ON guarded TO damage_reader"
EVENTS = (
    "CREATE TABLE events (id int, at date NOT NULL) PARTITION BY RANGE (at);"
    " CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    " CREATE TABLE events_rest PARTITION OF events DEFAULT"
)
DAYS = (
    "CREATE TABLE days (at date NOT NULL) PARTITION BY RANGE (at);"
    " CREATE TABLE days_20261120 PARTITION OF days FOR VALUES FROM ('2026-11-20')"
    " TO ('2026-11-21');"
    " CREATE TABLE days_20261121 PARTITION OF days FOR VALUES FROM ('2026-11-21')"
    " TO ('2026-11-22')"
)
VIEW = "CREATE VIEW names AS SELECT id, name FROM providers"
SUMS = (
    "CREATE MATERIALIZED VIEW sums AS SELECT provider_id, count(*) AS n FROM bookings"
    " GROUP BY provider_id; CREATE UNIQUE INDEX sums_key ON sums (provider_id)"
)
EMAIL = "CREATE DOMAIN email AS text CONSTRAINT email_at CHECK (VALUE LIKE '%@%')"
ADDRESS = "CREATE TYPE address AS (street text, zip text)"
COUNTER = "CREATE SEQUENCE counter"
WATCH = (
    "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
    " CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP TABLE')"
    " EXECUTE FUNCTION watch()"
)
FEED = "CREATE PUBLICATION feed FOR TABLE courses, organizations"
TOTAL = "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)"
PLAIN = "CREATE COLLATION plain (LC_COLLATE = 'C', LC_CTYPE = 'C')"
ALIKE = "CREATE OPERATOR ~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)"
RULE = "CREATE RULE quiet AS ON DELETE TO providers DO INSTEAD NOTHING"
POLICY = (
    "CREATE POLICY own ON courses FOR SELECT TO damage_reader USING (user_id IS NOT NULL);"
    " CREATE POLICY add ON courses FOR INSERT TO damage_reader WITH CHECK (title <> '')"
)
DOUBLE = (
    "CREATE FUNCTION double(n integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE"
    " PARALLEL SAFE AS 'SELECT n * 2'"
)
STATISTICS = "CREATE STATISTICS course_facts (ndistinct) ON user_id, organization_id FROM courses"
GENERATED = (
    "CREATE TABLE sizes (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED,"
    " c int GENERATED ALWAYS AS IDENTITY, d text)"
)
PRIVILEGES = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO damage_reader"

TABLES = (
    Damage("calendar", "DROP TABLE external_calendar_events",
           "Table public.external_calendar_events vanished."),
    Damage("outbox", "ALTER TABLE fsm_state DISABLE ROW LEVEL SECURITY",
           "Table public.fsm_state: row security was enabled, is now disabled."),
    Damage("outbox", "ALTER TABLE fsm_state FORCE ROW LEVEL SECURITY",
           "Table public.fsm_state: row security was enabled, "
           "is now enabled, forced on the owner."),
    Damage("calendar", "ALTER TABLE bookings SET (fillfactor = 80)",
           "Table public.bookings: options were none, are now fillfactor=80."),
    Damage("calendar", "ALTER TABLE bookings SET (toast.autovacuum_enabled = off)",
           "Table public.bookings: toast options were none, are now autovacuum_enabled=off.",
           "ALTER TABLE bookings ADD note text"),
    Damage("calendar", "ALTER TABLE bookings REPLICA IDENTITY FULL",
           "Table public.bookings: replica identity was none, is now full."),
    Damage("content", "ALTER TABLE sessions SET UNLOGGED",
           "Table public.sessions: persistence was none, is now unlogged."),
    Damage("calendar", "DROP TABLE events_old", "Table public.events_old vanished.", EVENTS),
    Damage("calendar", "ALTER TABLE events_old DISABLE TRIGGER ALL",
           "Constraint public.events_old.events_whose appeared.",
           EVENTS + "; ALTER TABLE events"
           " ADD CONSTRAINT events_whose FOREIGN KEY (id) REFERENCES providers"),
    Damage("calendar", "ALTER TABLE events DETACH PARTITION events_old",
           "Table public.events_old: bounds were FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'), "
           "are now none. Table public.events_old: inherits from was public.events, "
           "is now none.", EVENTS),
    Damage("calendar", "DROP TABLE days_20261121",
           "Table public.days_*: partition count was 2, is now 1.", DAYS),
    Damage("calendar", "ALTER TABLE days_20261121 ENABLE ROW LEVEL SECURITY",
           "Table public.days_*: row security was disabled, is now disabled "
           "(in public.days_20261120); enabled (in public.days_20261121).", DAYS),
    Damage("calendar", "ALTER TABLE child NO INHERIT providers",
           "Table public.child: inherits from was public.providers, is now none.",
           "CREATE TABLE child () INHERITS (providers)"),
    Damage("calendar", "CREATE SCHEMA stray", "Schema stray appeared."),
    Damage("outbox", "DROP SCHEMA auth CASCADE; ALTER TABLE courses ADD FOREIGN KEY (id)"
           " REFERENCES courses",
           "Constraint public.courses.courses_user_id_fkey vanished. "
           "Constraint public.fsm_events.fsm_events_user_id_fkey vanished. "
           "Schema auth vanished. "
           "Constraint public.courses.courses_id_fkey appeared."),
)  # fmt: skip

COLUMNS = (
    Damage("calendar", "ALTER TABLE bookings ALTER status SET DEFAULT 'PENDING'",
           "Column public.bookings.status: default was 'CONFIRMED'::text, "
           "is now 'PENDING'::text."),
    Damage("calendar", "ALTER TABLE bookings ALTER status DROP DEFAULT",
           "Column public.bookings.status: default was 'CONFIRMED'::text, is now none."),
    Damage("calendar", "ALTER TABLE providers ALTER name DROP NOT NULL",
           "Column public.providers.name: nullable was no, is now yes."),
    Damage("calendar", "ALTER TABLE external_calendar_events ALTER title SET NOT NULL",
           "Column public.external_calendar_events.title: nullable was yes, is now no."),
    Damage("listings", "ALTER TABLE bom_lines ALTER unit_cost_ex_vat TYPE numeric(10,4)",
           "Column public.bom_lines.unit_cost_ex_vat: type was numeric(12,4), "
           "is now numeric(10,4)."),
    Damage("calendar", "ALTER TABLE providers ALTER name TYPE varchar",
           "Column public.providers.name: type was text, is now character varying."),
    Damage("calendar", 'ALTER TABLE providers ALTER name TYPE text COLLATE "C"',
           'Column public.providers.name: collation was none, is now "C".'),
    Damage("calendar", "ALTER TABLE providers ALTER id SET GENERATED ALWAYS",
           "Column public.providers.id: identity was by default, is now always."),
    Damage("calendar", "ALTER TABLE sizes ALTER c DROP IDENTITY",
           "Sequence public.sizes_c_seq vanished. "
           "Column public.sizes.c: identity was always, is now none.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ALTER b DROP EXPRESSION",
           "Column public.sizes.b: generated was (a * 2) stored, is now none.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ALTER d SET STORAGE EXTERNAL",
           "Column public.sizes.d: storage was none, is now external.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ALTER d SET COMPRESSION pglz",
           "Column public.sizes.d: compression was none, is now pglz.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ALTER a SET STATISTICS 500",
           "Column public.sizes.a: statistics target was none, is now 500.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ALTER a SET (n_distinct = 7)",
           "Column public.sizes.a: options were none, are now n_distinct=7.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes DROP d",
           "Column public.sizes.d vanished.", GENERATED),
    Damage("calendar", "ALTER TABLE sizes ADD e int",
           "Column public.sizes.e appeared.", GENERATED),
)  # fmt: skip

CONSTRAINTS = (
    Damage("calendar", "ALTER TABLE bookings DROP CONSTRAINT bookings_times_check;"
           " ALTER TABLE bookings ADD CONSTRAINT bookings_times_check"
           " CHECK (end_time > start_time) NOT VALID",
           "Constraint public.bookings.bookings_times_check: validated was yes, is now no."),
    Damage("calendar", "ALTER TABLE bookings DROP CONSTRAINT bookings_times_check",
           "Constraint public.bookings.bookings_times_check vanished."),
    Damage("calendar", "ALTER TABLE bookings DROP CONSTRAINT bookings_times_check;"
           " ALTER TABLE bookings ADD CONSTRAINT bookings_times_check"
           " CHECK (end_time >= start_time)",
           "Constraint public.bookings.bookings_times_check: definition was "
           "CHECK ((end_time > start_time)), is now CHECK ((end_time >= start_time))."),
    Damage("calendar", "ALTER TABLE bookings DROP CONSTRAINT bookings_provider_id_fkey;"
           " ALTER TABLE bookings ADD CONSTRAINT bookings_provider_id_fkey"
           " FOREIGN KEY (provider_id) REFERENCES providers",
           "Constraint public.bookings.bookings_provider_id_fkey: definition was "
           "FOREIGN KEY (provider_id) REFERENCES public.providers(id) ON DELETE CASCADE, is now "
           "FOREIGN KEY (provider_id) REFERENCES public.providers(id)."),
    Damage("calendar", "ALTER TABLE bookings ALTER CONSTRAINT bookings_provider_id_fkey"
           " DEFERRABLE INITIALLY DEFERRED",
           "Constraint public.bookings.bookings_provider_id_fkey: deferrable was no, "
           "is now yes, initially deferred."),
    Damage("calendar", "ALTER TABLE bookings DISABLE TRIGGER ALL",
           "Constraint public.bookings.bookings_provider_id_fkey: disabled triggers were none, "
           "are now public.bookings. "
        "Constraint public.external_calendar_events.external_calendar_events_booking_id_fkey: "
        "disabled triggers were none, are now public.bookings."),
    Damage("listings", "ALTER TABLE boms DROP CONSTRAINT boms_version_unique",
           "Constraint public.boms.boms_version_unique vanished."),
    Damage("calendar", "ALTER DOMAIN email DROP CONSTRAINT email_at",
           "Constraint public.email.email_at vanished.", EMAIL),
    Damage("calendar", "ALTER DOMAIN email DROP CONSTRAINT email_at;"
           " ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (VALUE LIKE '%@%') NOT VALID",
           "Constraint public.email.email_at: validated was yes, is now no.", EMAIL),
)  # fmt: skip

INDEXES = (
    Damage("calendar", "DROP INDEX idx_bookings_provider_start",
           "Index public.idx_bookings_provider_start vanished."),
    Damage("outbox", "DROP INDEX idx_job_outbox_unprocessed;"
           " CREATE INDEX idx_job_outbox_unprocessed ON job_outbox (created_at)",
           "Index public.idx_job_outbox_unprocessed: predicate was (processed_at IS NULL), "
           "is now none."),
    Damage("outbox", "DROP INDEX idx_fsm_events_entity;"
           " CREATE INDEX idx_fsm_events_entity ON fsm_events (entity_id, created_at)",
           "Index public.idx_fsm_events_entity: definition was "
           "USING btree (entity_id, created_at DESC), is now USING btree (entity_id, created_at)."),
    Damage("outbox", "DROP INDEX idx_courses_user;"
           " CREATE INDEX idx_courses_user ON courses USING hash (user_id)",
           "Index public.idx_courses_user: definition was USING btree (user_id), "
           "is now USING hash (user_id)."),
    Damage("outbox", "DROP INDEX idx_courses_user;"
           " CREATE UNIQUE INDEX idx_courses_user ON courses (user_id)",
           "Index public.idx_courses_user: unique was no, is now yes."),
    Damage("outbox", "UPDATE pg_index SET indisvalid = false"
           " WHERE indexrelid = 'idx_courses_user'::regclass",
           "Index public.idx_courses_user: valid was yes, is now no."),
    Damage("outbox", "ALTER INDEX idx_courses_user RENAME TO courses_by_user",
           "Index public.idx_courses_user vanished. Index public.courses_by_user appeared."),
    Damage("outbox", "ALTER INDEX idx_courses_user SET (fillfactor = 60)",
           "Index public.idx_courses_user: definition was USING btree (user_id), "
           "is now USING btree (user_id) WITH (fillfactor='60')."),
    Damage("outbox", "ALTER TABLE courses CLUSTER ON courses_slug_unique",
           "Index public.courses_slug_unique: clustered on it was none, is now yes."),
    Damage("outbox", "ALTER STATISTICS course_facts SET STATISTICS 40",
           "Statistics public.course_facts: statistics target was none, is now 40.", STATISTICS),
    Damage("outbox", "DROP STATISTICS course_facts",
           "Statistics public.course_facts vanished.", STATISTICS),
)  # fmt: skip

CODE = (
    Damage("rebalancing", "ALTER TABLE calendar_events_new DISABLE TRIGGER"
           " trg_prevent_move_immovable",
           "Trigger public.calendar_events_new.trg_prevent_move_immovable: enabled was yes, "
           "is now no."),
    Damage("rebalancing", "DROP TRIGGER trg_prevent_move_immovable ON calendar_events_new",
           "Trigger public.calendar_events_new.trg_prevent_move_immovable vanished."),
    Damage("calendar", "CREATE OR REPLACE TRIGGER external_calendar_events_set_updated_at"
           " AFTER UPDATE ON external_calendar_events FOR EACH ROW"
           " EXECUTE FUNCTION external_calendar_set_updated_at()",
           "Trigger public.external_calendar_events.external_calendar_events_set_updated_at: "
           "definition was CREATE TRIGGER external_calendar_events_set_updated_at BEFORE UPDATE ON "
           "public.external_calendar_events FOR EACH ROW EXECUTE FUNCTION "
           "public.external_calendar_set_updated_at(), is now CREATE TRIGGER "
           "external_calendar_events_set_updated_at AFTER UPDATE ON "
           "public.external_calendar_events FOR EACH ROW EXECUTE FUNCTION "
           "public.external_calendar_set_updated_at()."),
    Damage("calendar", "CREATE OR REPLACE FUNCTION external_calendar_set_updated_at()"
           " RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS"
           " $$\nBEGIN\n    RETURN NEW;\nEND;\n$$",
           "Function public.external_calendar_set_updated_at(): body changed: line 3 was "
           '"NEW.updated_at := now();", is now "RETURN NEW;".'),
    Damage("calendar", "CREATE OR REPLACE FUNCTION double(n integer DEFAULT 1) RETURNS integer"
           " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT n * 3'",
           "Function public.double(integer): body was SELECT n * 2, is now SELECT n * 3.", DOUBLE),
    Damage("calendar", "CREATE OR REPLACE FUNCTION double(n integer DEFAULT 2) RETURNS integer"
           " LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT n * 2'",
           "Function public.double(integer): arguments were n integer DEFAULT 1, "
           "are now n integer DEFAULT 2.", DOUBLE),
    Damage("calendar", "ALTER FUNCTION double VOLATILE",
           "Function public.double(integer): volatility was immutable, is now volatile.", DOUBLE),
    Damage("calendar", "ALTER FUNCTION double STRICT",
           "Function public.double(integer): strict was no, is now yes.", DOUBLE),
    Damage("calendar", "ALTER FUNCTION double PARALLEL UNSAFE",
           "Function public.double(integer): parallel was safe, is now unsafe.", DOUBLE),
    Damage("calendar", "ALTER FUNCTION double COST 5",
           "Function public.double(integer): cost was 100, is now 5.", DOUBLE),
    Damage("outbox", "ALTER FUNCTION initialize_fsm_with_outbox SECURITY INVOKER",
           "Function public.initialize_fsm_with_outbox"
           "(uuid,uuid,uuid,text,text,text,jsonb,jsonb): security was definer, is now invoker."),
    Damage("outbox", "ALTER FUNCTION cleanup_old_outbox_entries RESET search_path",
           "Function public.cleanup_old_outbox_entries(): settings were "
           "search_path=public, pg_temp, are now none."),
    Damage("outbox", "DROP FUNCTION cleanup_old_outbox_entries",
           "Function public.cleanup_old_outbox_entries() vanished."),
    Damage("calendar", "CREATE OR REPLACE VIEW names AS SELECT id, name FROM providers"
           " LIMIT 5",
           "View public.names: definition changed: line 4 was not there, "
           'is now "LIMIT 5".', VIEW),
    Damage("calendar", "ALTER VIEW names ALTER name SET DEFAULT 'nobody'",
           "View public.names: default of name was none, is now 'nobody'::text.", VIEW),
    Damage("calendar", "ALTER MATERIALIZED VIEW sums ALTER n SET STATISTICS 7",
           "Materialized view public.sums: statistics target of n was none, is now 7.", SUMS),
    Damage("calendar", "DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (SFUNC = int4pl,"
           " STYPE = int, SSPACE = 64)",
           "Aggregate public.total(integer): state size was none, is now 64.", TOTAL),
    Damage("calendar", "ALTER OPERATOR ~~~ (int, int) SET (RESTRICT = eqsel)",
           "Operator public.~~~(integer,integer): restriction estimator was none, "
           "is now eqsel.", ALIKE),
    Damage("calendar", "DROP COLLATION plain; CREATE COLLATION plain (LC_COLLATE = 'C',"
           " LC_CTYPE = 'C.UTF-8')",
           "Collation public.plain: character classes were none, are now C.UTF-8.", PLAIN),
    Damage("calendar", "ALTER VIEW names SET (security_barrier = true)",
           "View public.names: options were none, are now security_barrier=true.", VIEW),
    Damage("calendar", "DROP MATERIALIZED VIEW sums",
           "Materialized view public.sums vanished.", SUMS),
    Damage("calendar", "REFRESH MATERIALIZED VIEW sums WITH NO DATA",
           "Materialized view public.sums: populated was yes, is now no.", SUMS),
    Damage("calendar", "DROP RULE quiet ON providers",
           "Rule public.providers.quiet vanished.", RULE),
    Damage("calendar", "ALTER TABLE providers DISABLE RULE quiet",
           "Rule public.providers.quiet: enabled was yes, is now no.", RULE),
    Damage("calendar", "ALTER EVENT TRIGGER watch DISABLE",
           "Event trigger watch: enabled was yes, is now no.", WATCH),
    Damage("calendar", "DROP EVENT TRIGGER watch", "Event trigger watch vanished.", WATCH),
)  # fmt: skip

TYPES = (
    Damage("listings", "ALTER TYPE job_scope_type ADD VALUE 'SHOP' AFTER 'LISTING'",
           "Enum public.job_scope_type: labels were 'LISTING', 'ASIN', 'GLOBAL', "
           "are now 'LISTING', 'SHOP', 'ASIN', 'GLOBAL'."),
    Damage("listings", "ALTER TYPE job_scope_type RENAME VALUE 'GLOBAL' TO 'ALL'",
           "Enum public.job_scope_type: labels were 'LISTING', 'ASIN', 'GLOBAL', "
           "are now 'LISTING', 'ASIN', 'ALL'."),
    Damage("listings", "UPDATE pg_enum SET enumsortorder = enumsortorder - 10"
           " WHERE enumtypid = 'job_scope_type'::regtype AND enumlabel = 'GLOBAL'",
           "Enum public.job_scope_type: labels were 'LISTING', 'ASIN', 'GLOBAL', "
           "are now 'GLOBAL', 'LISTING', 'ASIN'."),
    Damage("calendar", "ALTER DOMAIN email SET DEFAULT 'a@b'",
           "Domain public.email: default was none, is now 'a@b'::text.", EMAIL),
    Damage("calendar", "ALTER DOMAIN email SET NOT NULL",
           "Domain public.email: nullable was yes, is now no.", EMAIL),
    Damage("calendar", "ALTER TYPE address ADD ATTRIBUTE city text",
           "Type public.address: attributes were street text, zip text, "
           "are now street text, zip text, city text.", ADDRESS),
    Damage("calendar", "ALTER TYPE address ALTER ATTRIBUTE zip TYPE varchar(10)",
           "Type public.address: attributes were street text, zip text, "
           "are now street text, zip character varying(10).", ADDRESS),
    Damage("calendar", "ALTER SEQUENCE counter INCREMENT 10",
           "Sequence public.counter: increment was 1, is now 10.", COUNTER),
    Damage("calendar", "ALTER SEQUENCE counter CYCLE",
           "Sequence public.counter: cycle was no, is now yes.", COUNTER),
    Damage("calendar", "ALTER SEQUENCE counter MAXVALUE 99",
           "Sequence public.counter: maximum was 9223372036854775807, is now 99.", COUNTER),
    Damage("calendar", "ALTER SEQUENCE counter OWNED BY providers.id",
           "Sequence public.counter: owned by was none, is now public.providers.id.", COUNTER),
    Damage("calendar", "DROP SEQUENCE counter", "Sequence public.counter vanished.", COUNTER),
    Damage("calendar", "UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql'",
           "Extension plpgsql: version was 1.0, is now 0.9."),
    Damage("outbox", "ALTER PUBLICATION feed DROP TABLE organizations",
           "Publication feed: tables were public.courses, public.organizations, "
           "are now public.courses.", FEED),
    Damage("outbox", "ALTER PUBLICATION feed SET (publish = 'insert')",
           "Publication feed: operations were insert, update, delete, truncate, "
           "are now insert.", FEED),
)  # fmt: skip

RIGHTS = (
    Damage("calendar", "GRANT SELECT (name) ON names TO damage_reader",
           "View public.names: SELECT (name) is now granted to damage_reader.", VIEW),
    Damage("outbox", "DROP POLICY job_outbox_system_only ON job_outbox",
           "Policy public.job_outbox.job_outbox_system_only vanished."),
    Damage("outbox", "ALTER POLICY job_outbox_system_only ON job_outbox USING (true)",
           "Policy public.job_outbox.job_outbox_system_only: using was false, is now true."),
    Damage("outbox", "ALTER POLICY job_outbox_system_only ON job_outbox WITH CHECK (true)",
           "Policy public.job_outbox.job_outbox_system_only: with check was false, is now true."),
    Damage("outbox", "ALTER POLICY own ON courses TO PUBLIC",
           "Policy public.courses.own: roles were damage_reader, are now PUBLIC.", POLICY),
    Damage("outbox", "DROP POLICY own ON courses; CREATE POLICY own ON courses FOR UPDATE"
           " TO damage_reader USING (user_id IS NOT NULL)",
           "Policy public.courses.own: command was SELECT, is now UPDATE.", POLICY),
    Damage("outbox", "DROP POLICY own ON courses; CREATE POLICY own ON courses AS RESTRICTIVE"
           " FOR SELECT TO damage_reader USING (user_id IS NOT NULL)",
           "Policy public.courses.own: permissive was yes, is now no.", POLICY),
    Damage("calendar", "REVOKE INSERT ON guarded FROM damage_reader",
           "Table public.guarded: INSERT is no longer granted to damage_reader.", READER),
    Damage("calendar", "GRANT SELECT ON guarded TO damage_reader WITH GRANT OPTION",
           "Table public.guarded: SELECT to damage_reader was granted, "
           "is now granted with grant option.", READER),
    Damage("calendar", "GRANT SELECT ON guarded TO PUBLIC",
           "Table public.guarded: SELECT is now granted to PUBLIC.", READER),
    Damage("calendar", "REVOKE DELETE ON guarded FROM CURRENT_USER",
           "Table public.guarded: DELETE is no longer granted to its owner.", READER),
    Damage("calendar", "GRANT UPDATE (name) ON providers TO damage_reader",
           "Column public.providers.name: UPDATE is now granted to damage_reader."),
    Damage("calendar", "REVOKE EXECUTE ON FUNCTION double FROM PUBLIC",
           "Function public.double(integer): EXECUTE is no longer granted to PUBLIC.", DOUBLE),
    Damage("calendar", "GRANT CREATE ON SCHEMA public TO damage_reader",
           "Schema public: CREATE is now granted to damage_reader."),
    Damage("calendar", "REVOKE USAGE ON TYPE address FROM PUBLIC",
           "Type public.address: USAGE is no longer granted to PUBLIC.", ADDRESS),
    Damage("calendar", "GRANT USAGE ON SEQUENCE counter TO damage_reader",
           "Sequence public.counter: USAGE is now granted to damage_reader.", COUNTER),
    Damage("calendar", "ALTER TABLE providers OWNER TO damage_owner",
           "Sequence public.providers_id_seq: owner was postgres, is now damage_owner. "
           "Table public.providers: owner was postgres, is now damage_owner."),
    Damage("calendar", "ALTER FUNCTION double OWNER TO damage_owner",
           "Function public.double(integer): owner was postgres, is now damage_owner.", DOUBLE),
    Damage("calendar", "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES"
           " FROM damage_reader; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES"
           " TO damage_reader",
           "Default privileges of postgres in schema public on tables: "
           "INSERT is now granted to damage_reader. "
           "Default privileges of postgres in schema public on tables: "
           "SELECT is no longer granted to damage_reader.", PRIVILEGES),
    Damage("calendar", "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
           "Default privileges of postgres on functions appeared."),
)  # fmt: skip

COSMETIC = (
    Damage("outbox", "COMMENT ON TABLE organizations IS 'who teaches'",
           "Table public.organizations: comment was none, is now who teaches."),
    Damage("calendar", "COMMENT ON COLUMN providers.name IS 'as shown'",
           "Column public.providers.name: comment was none, is now as shown."),
    Damage("calendar", "COMMENT ON INDEX idx_bookings_provider_start IS 'for the calendar'",
           "Index public.idx_bookings_provider_start: comment was none, "
           "is now for the calendar."),
    Damage("calendar", "ALTER TABLE sizes ADD x int; UPDATE sizes SET x = a;"
           " ALTER TABLE sizes DROP a CASCADE; ALTER TABLE sizes RENAME x TO a;"
           " ALTER TABLE sizes ALTER a SET NOT NULL;"
           " ALTER TABLE sizes ADD b int GENERATED ALWAYS AS (a * 2) STORED",
           "Table public.sizes: column order was a, b, c, d, is now c, d, a, b.", GENERATED),
)  # fmt: skip

DAMAGES = (*TABLES, *COLUMNS, *CONSTRAINTS, *INDEXES, *CODE, *TYPES, *RIGHTS)
