"""What a database holds, as a text that can be compared: catalog, rows of chosen tables, ledger.

The query is the test's own: it asks the system catalogs and knows nothing of the product.
"""

from collections.abc import Sequence

import psycopg

_OUTSIDE = "NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname !~ '^pg_temp'"
_OURS = "NOT LIKE 'ceremony\\_ledger%'"

_QUESTIONS = (
    f"SELECT 'schema', nspname, nspowner::regrole, nspacl::text FROM pg_namespace"
    f" WHERE nspname {_OUTSIDE}",
    f"""SELECT 'relation', c.oid::regclass, relkind, relowner::regrole, relacl::text,
               relrowsecurity, relforcerowsecurity, reloptions::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname {_OUTSIDE} AND relname {_OURS}""",
    f"""SELECT 'column', c.oid::regclass,
               row_number() OVER (PARTITION BY c.oid ORDER BY attnum), attname,
               format_type(atttypid, atttypmod),
               attnotnull, attidentity, attgenerated, attacl::text, attstattarget,
               pg_get_expr(adbin, adrelid), col_description(c.oid, attnum)
        FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
        JOIN pg_namespace n ON n.oid = relnamespace
        LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
        WHERE nspname {_OUTSIDE} AND relname {_OURS} AND attnum > 0 AND NOT attisdropped
        AND relkind IN ('r', 'p', 'v', 'm', 'f')""",
    f"""SELECT 'index', pg_get_indexdef(indexrelid), indisvalid, indisready
        FROM pg_index JOIN pg_class c ON c.oid = indrelid
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname {_OUTSIDE} AND relname {_OURS}""",
    f"""SELECT 'constraint', conname, conrelid::regclass, convalidated, pg_get_constraintdef(o.oid)
        FROM pg_constraint o JOIN pg_namespace n ON n.oid = connamespace
        WHERE nspname {_OUTSIDE} AND conrelid::regclass::text {_OURS}""",
    f"""SELECT 'trigger', pg_get_triggerdef(t.oid), tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname {_OUTSIDE} AND relname {_OURS} AND NOT tgisinternal""",
    f"""SELECT 'function', p.oid::regprocedure, proowner::regrole, proacl::text,
               pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc')
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
        WHERE nspname {_OUTSIDE} AND proname {_OURS} AND prokind IN ('f', 'p')""",
    f"""SELECT 'type', t.oid::regtype, typtype, typowner::regrole, typacl::text,
               array(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
        FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
        WHERE nspname {_OUTSIDE} AND typtype IN ('e', 'd') AND typname {_OURS}""",
    "SELECT 'policy', polname, polrelid::regclass, polcmd, polpermissive,"
    " polroles::regrole[]::text, pg_get_expr(polqual, polrelid),"
    " pg_get_expr(polwithcheck, polrelid) FROM pg_policy",
    f"""SELECT 'comment', c.oid::regclass, obj_description(c.oid, 'pg_class')
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname {_OUTSIDE} AND relname {_OURS}
        AND obj_description(c.oid, 'pg_class') <> ''""",
    "SELECT 'extension', extname, extversion FROM pg_extension",
    "SELECT 'event trigger', evtname, evtevent FROM pg_event_trigger",
)

Facts = tuple[str, ...]


def catalog(connection: psycopg.Connection, tables: Sequence[str] = ()) -> Facts:
    """Everything but the ledger's own objects, sorted; with the rows of ``tables`` that exist."""
    facts = [
        " | ".join(map(str, row)) for question in _QUESTIONS for row in connection.execute(question)
    ]
    for table in tables:
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
            facts += [
                f"row of {table} | {row[0]}"
                for row in connection.execute(f"SELECT t FROM {table} t")
            ]
    return tuple(sorted(facts))


def ledger(connection: psycopg.Connection) -> Facts:
    """Every row of the ledger as text; empty where there is none."""
    if connection.execute("SELECT to_regclass('ceremony_ledger')").fetchone() == (None,):
        return ()
    rows = connection.execute("SELECT l::text FROM ceremony_ledger l ORDER BY sequence")
    return tuple(row[0] for row in rows)
