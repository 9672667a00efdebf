"""The statements that make a ledger. Format 1.

It needs the right to create a table in its schema and nothing else. The triggers fire ALWAYS: a
script that sets ``session_replication_role`` does not get past them (manual, ALTER TABLE … ENABLE
ALWAYS TRIGGER).
"""

from ceremony.pg.names import literal, quoted

TABLE = "ceremony_ledger"
FORMAT = 1

COLUMNS = (
    "sequence",
    "series",
    "version",
    "name",
    "event",
    "bytes_digest",
    "meaning_digest",
    "checks_digest",
    "rollback_digest",
    "attempt",
    "manifest_digest",
    "statement",
    "detail",
    "recorded_by",
    "recorded_at",
    "tool_version",
    "audit_sequence",
    "audit_hash",
    "previous_hash",
    "hash",
)

_TABLE = """
CREATE TABLE {table} (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    series text NOT NULL,
    version text NOT NULL,
    name text NOT NULL,
    event text NOT NULL,
    bytes_digest text NOT NULL,
    meaning_digest text NOT NULL,
    checks_digest text NOT NULL,
    rollback_digest text NOT NULL,
    attempt uuid,
    manifest_digest text NOT NULL,
    statement integer NOT NULL,
    detail text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    tool_version text NOT NULL,
    audit_sequence bigint NOT NULL,
    audit_hash text NOT NULL,
    previous_hash text NOT NULL,
    hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{{64}}$')
)"""

GUARD = """
BEGIN
    RAISE EXCEPTION 'The ledger %.% is append-only: % is refused.', TG_TABLE_SCHEMA,
    TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
              HINT = 'A correction is a new row. Ask for it with the commands of ceremony.';
END
"""
"""The body of the function of both triggers: it refuses whatever calls it."""

_FUNCTION = f"""
CREATE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql AS $body${GUARD}$body$"""

_TRIGGERS = """
CREATE TRIGGER ceremony_ledger_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE TRIGGER ceremony_ledger_statements BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {function}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER ceremony_ledger_rows;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER ceremony_ledger_statements;
COMMENT ON TABLE {table} IS 'What happened to this database. Append-only, hash-chained. Format
1.'"""


_TO_THE_OWNER_ALONE = """
DO $body$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
               ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
        FROM pg_catalog.pg_class AS c, LATERAL pg_catalog.aclexplode(c.relacl) AS a
        WHERE c.oid = {literal}::pg_catalog.regclass AND a.grantee <> c.relowner
    LOOP
        EXECUTE pg_catalog.format(
            'REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {escaped} FROM %s',
            one.grantee);
    END LOOP;
END $body$"""
"""Default privileges (manual, ALTER DEFAULT PRIVILEGES) may have given others the right to write
rows; reading them may stay.
"""


def creation(schema: str, *, schema_missing: bool) -> tuple[str, ...]:
    """The statements, in order; they belong in one transaction with the ``opened`` row."""
    names = {"table": quoted(schema, TABLE), "function": quoted(schema, f"{TABLE}_refuse")}
    first = (f"CREATE SCHEMA {quoted(schema)}",) if schema_missing else ()
    triggers = tuple(part.strip().format(**names) for part in _TRIGGERS.split(";"))
    table = names["table"]
    owners = _TO_THE_OWNER_ALONE.format(
        literal=literal(table), escaped=table.replace("%", "%%").replace("'", "''")
    )
    made = (_TABLE.format(**names).strip(), owners.strip(), _FUNCTION.format(**names).strip())
    return (*first, *made, *triggers)


def insertion(schema: str) -> str:
    """One row, with numbered parameters; answers with the number of the transaction it is in."""
    places = ", ".join(f"${n}" for n in range(1, len(COLUMNS) + 1))
    return (
        f"INSERT INTO {quoted(schema, TABLE)} ({', '.join(COLUMNS)}) VALUES ({places}) "
        "RETURNING pg_catalog.pg_current_xact_id_if_assigned()::text"
    )
