"""Evidence takes no UPDATE, DELETE or TRUNCATE, and the head of the audit trail moves forward only.

ENABLE ALWAYS triggers fire for ``session_replication_role = replica`` too. They are made for statements, so that a
statement that matches no row is refused as well and TRUNCATE is caught, and for rows, because logical replication
applies changes without statement triggers
(https://www.postgresql.org/docs/current/logical-replication-architecture.html). The owner of a table can still drop
them: that is found by the hash chain and its anchors.
"""

from django.db import migrations

EVIDENCE = (
    "ceremony_run",
    "ceremony_runoutcome",
    "ceremony_attempt",
    "ceremony_outcome",
    "ceremony_checkrecord",
    "ceremony_auditevent",
)

REFUSE_CHANGE = """
CREATE FUNCTION ceremony_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Evidence is never overwritten. A correction is a new row.';
END
$$;
"""

APPEND_ONLY = """
CREATE TRIGGER append_only_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_statement;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only_row;
"""

# The function names its table through the trigger's own schema: search_path may be anything.
HEAD_FORWARD = """
CREATE FUNCTION ceremony_audithead_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    follows boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.sequence <> 0 OR NEW.hash <> repeat('0', 64) THEN
            RAISE EXCEPTION 'ceremony_audithead begins at 0' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.ceremony_auditevent WHERE sequence = $1 AND hash = $2)',
                   TG_TABLE_SCHEMA) INTO follows USING NEW.sequence, NEW.hash;
    IF NEW.sequence <= OLD.sequence OR NEW.control <> OLD.control OR NOT follows THEN
        RAISE EXCEPTION 'ceremony_audithead moves forward only, to an event that exists'
            USING ERRCODE = 'restrict_violation',
                  HINT = 'Events are written by the application, in the same transaction.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER forward_only BEFORE INSERT OR UPDATE ON ceremony_audithead
    FOR EACH ROW EXECUTE FUNCTION ceremony_audithead_forward();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON ceremony_audithead
    FOR EACH STATEMENT EXECUTE FUNCTION ceremony_refuse_change();
ALTER TABLE ceremony_audithead ENABLE ALWAYS TRIGGER forward_only;
ALTER TABLE ceremony_audithead ENABLE ALWAYS TRIGGER kept;
"""

DROP_APPEND_ONLY = """
DROP TRIGGER append_only_statement ON {table};
DROP TRIGGER append_only_row ON {table};
"""

DROP_HEAD_FORWARD = """
DROP TRIGGER forward_only ON ceremony_audithead;
DROP TRIGGER kept ON ceremony_audithead;
DROP FUNCTION ceremony_audithead_forward();
"""


class Migration(migrations.Migration):
    dependencies = [("ceremony", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION ceremony_refuse_change();"),
        *(
            migrations.RunSQL(
                APPEND_ONLY.format(table=table), DROP_APPEND_ONLY.format(table=table)
            )
            for table in EVIDENCE
        ),
        migrations.RunSQL(HEAD_FORWARD, DROP_HEAD_FORWARD),
    ]
