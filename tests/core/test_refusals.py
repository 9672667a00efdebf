"""What a file may not contain: each refusal with its whole message, and what is accepted."""

import pytest

from ceremony.core.finding import Finding, Severity
from ceremony.core.sql import parse_script, parser_version, refusals

PATH = "listings/0007_prices.sql"

CONTROLS = ": a file must not control its transaction."
ONE_TRANSACTION = (
    "Remove it: the file runs in one transaction. Only a BEGIN as the first and a COMMIT as the "
    "last statement are understood."
)
OUTLIVES = "Remove it: a prepared transaction outlives the session, with all its locks."
MODES = "Remove it: the modes of the transaction are the runner's."
ALONE = "Put it into a file of its own with the header line: -- Transaction: none"
LIMIT = "Remove it. A longer limit is declared in the header: -- Timeout: lock 3s, statement 10min"
ROLE = ": a file must not change who it runs as."
RIGHTS = "Remove it, and give the rights to the role that runs migrations."
LEXER = ": it changes how the rest of the file is read."
UTF8 = "Remove it: files are UTF-8, with standard_conforming_strings = on."
TRIGGERS = (
    "Remove it. To load in any order, use DEFERRABLE constraints or ALTER TABLE … DISABLE TRIGGER "
    "on one table."
)
SECRET = (
    "Take it out and change it. Set secrets by hand or from a secret store, never in a migration."
)
INLINE = "Put the data into the migration: COPY … FROM STDIN; with its lines and a closing \\."
LEDGER = ": it touches the ledger (ceremony_ledger)."
ONLY_RUNNER = "Remove it. The ledger takes new rows only, and only the runner writes them."
CORRECT = (
    "Correct the statement. If the server accepts it, its syntax is newer than that of the parser "
    f"(PostgreSQL {parser_version()})."
)
IN_SQL = (
    "Write it in SQL. Of psql's commands only \\restrict and \\unrestrict of a dump are "
    "understood, each on a line of its own."
)
VALUE = "Write the value into the file: what is approved is what runs."


def read(text: str, *, transactional: bool = True) -> tuple[Finding, ...]:
    return parse_script(PATH, text, text.encode(), transactional=transactional)[1]


def first(text: str, *, transactional: bool = True) -> tuple[str, int, int, str, str]:
    finding = read(text, transactional=transactional)[0]
    assert finding.path == PATH
    assert finding.severity is Severity.ERROR
    return finding.code, finding.line, finding.column, finding.message, finding.hint


BEHIND = "select 1;\n  "

STATEMENTS = [
    ("BEGIN", "tx-control", "BEGIN" + CONTROLS, ONE_TRANSACTION),
    ("start transaction", "tx-control", "start transaction" + CONTROLS, ONE_TRANSACTION),
    ("COMMIT", "tx-control", "COMMIT" + CONTROLS, ONE_TRANSACTION),
    ("END", "tx-control", "END" + CONTROLS, ONE_TRANSACTION),
    ("ROLLBACK", "tx-control", "ROLLBACK" + CONTROLS, ONE_TRANSACTION),
    ("ABORT", "tx-control", "ABORT" + CONTROLS, ONE_TRANSACTION),
    ("COMMIT AND CHAIN", "tx-control", "COMMIT AND CHAIN" + CONTROLS, ONE_TRANSACTION),
    ("PREPARE TRANSACTION 'x'", "tx-control", "PREPARE TRANSACTION 'x'" + CONTROLS, OUTLIVES),
    ("COMMIT PREPARED 'x'", "tx-control", "COMMIT PREPARED 'x'" + CONTROLS, OUTLIVES),
    ("ROLLBACK PREPARED 'x'", "tx-control", "ROLLBACK PREPARED 'x'" + CONTROLS, OUTLIVES),
    ("SET TRANSACTION READ ONLY", "tx-control", "SET TRANSACTION READ ONLY" + CONTROLS, MODES),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "tx-control",
     "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY" + CONTROLS, MODES),
    ("SET ROLE boss", "role-change", "SET ROLE boss" + ROLE, RIGHTS),
    ("SET LOCAL ROLE boss", "role-change", "SET LOCAL ROLE boss" + ROLE, RIGHTS),
    ("RESET ROLE", "role-change", "RESET ROLE" + ROLE, RIGHTS),
    ("SET SESSION AUTHORIZATION boss", "role-change", "SET SESSION AUTHORIZATION boss" + ROLE,
     RIGHTS),
    ("RESET SESSION AUTHORIZATION", "role-change", "RESET SESSION AUTHORIZATION" + ROLE, RIGHTS),
    ("SELECT pg_catalog.set_config('role', 'boss', true)", "role-change",
     "set_config('role', …)" + ROLE, RIGHTS),
    ("INSERT INTO t SELECT set_config('Role', b, false) FROM a", "role-change",
     "set_config('role', …)" + ROLE, RIGHTS),
    ("SELECT U&\"set\\005fconfig\"('role', 'x', false)", "role-change",
     "set_config('role', …)" + ROLE, RIGHTS),
    ("SET standard_conforming_strings = off", "lexer-setting",
     "SET standard_conforming_strings = off" + LEXER, UTF8),
    ("SET client_encoding TO latin1", "lexer-setting", "SET client_encoding TO latin1" + LEXER,
     UTF8),
    ("SET NAMES 'latin1'", "lexer-setting", "SET NAMES 'latin1'" + LEXER, UTF8),
    ("SET backslash_quote = on", "lexer-setting", "SET backslash_quote = on" + LEXER, UTF8),
    ("SELECT set_config('client_encoding', current_user, false)", "lexer-setting",
     "set_config('client_encoding', …)" + LEXER, UTF8),
    ("SET session_replication_role = replica", "trigger-bypass",
     "SET session_replication_role = replica: it turns triggers and foreign keys off.", TRIGGERS),
    ("SET LOCAL lock_timeout = 0", "timeout-override",
     "SET LOCAL lock_timeout = 0: it takes a time limit of the run away.", LIMIT),
    ("SET statement_timeout = '0s'", "timeout-override",
     "SET statement_timeout = '0s': it takes a time limit of the run away.", LIMIT),
    ("SET statement_timeout = '100us'", "timeout-override",
     "SET statement_timeout = '100us': it takes a time limit of the run away.", LIMIT),
    ("RESET lock_timeout", "timeout-override",
     "RESET lock_timeout: it takes a time limit of the run away.", LIMIT),
    ("SET lock_timeout TO DEFAULT", "timeout-override",
     "SET lock_timeout TO DEFAULT: it takes a time limit of the run away.", LIMIT),
    ("SET transaction_timeout = 0", "timeout-override",
     "SET transaction_timeout = 0: it takes a time limit of the run away.", LIMIT),
    ("SELECT set_config('lock_timeout', '0', true)", "timeout-override",
     "set_config('lock_timeout', …): it takes a time limit of the run away.", LIMIT),
    ("RESET ALL", "timeout-override", "RESET ALL: it undoes the time limits of the run.", LIMIT),
    ("DISCARD ALL", "timeout-override",
     "DISCARD ALL: it undoes the time limits of the run and drops its lock.", LIMIT),
    ("SELECT pg_advisory_unlock_all()", "runner-lock-lost",
     "pg_advisory_unlock_all() would release the lock that keeps other runs out.",
     "Unlock by key: pg_advisory_unlock(KEY)."),
    ("COPY t FROM '/etc/passwd'", "server-file-access", "COPY FROM a file of the server.", INLINE),
    ("COPY t TO '/tmp/x'", "server-file-access", "COPY TO a file of the server.", INLINE),
    ("COPY t FROM PROGRAM 'id'", "server-file-access", "COPY FROM a program of the server.",
     INLINE),
    ("COPY t TO PROGRAM 'cat'", "server-file-access", "COPY TO a program of the server.", INLINE),
    ("COPY t TO STDOUT", "copy-stdin", "COPY … TO STDOUT: nobody would receive the data.",
     "Remove it. To look at rows, write a check."),
    ("COPY (SELECT 1) TO STDOUT", "copy-stdin", "COPY … TO STDOUT: nobody would receive the data.",
     "Remove it. To look at rows, write a check."),
    ("COPY t FROM STDIN", "copy-stdin", "COPY … FROM STDIN without data.",
     "End the statement with a semicolon; then the data, line by line, and a line \\."),
    ("ALTER ROLE r PASSWORD 'hunter2'", "secret-in-file", "The file holds a role's password.",
     SECRET),
    ("CREATE USER u PASSWORD 'hunter2'", "secret-in-file", "The file holds a role's password.",
     SECRET),
    ("CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'hunter2')", "secret-in-file",
     "The file holds a user mapping's password.", SECRET),
    ("ALTER USER MAPPING FOR u SERVER s OPTIONS (SET password 'hunter2')", "secret-in-file",
     "The file holds a user mapping's password.", SECRET),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=a password=hunter2' PUBLICATION p "
     "WITH (connect = false)", "secret-in-file", "The file holds a subscription's password.",
     SECRET),
    ("ALTER SUBSCRIPTION s CONNECTION 'postgresql://u:hunter2@h/d'", "secret-in-file",
     "The file holds a subscription's password.", SECRET),
    ("DROP TABLE a, ops.ceremony_ledger", "ledger-touched",
     "DROP TABLE a, ops.ceremony_ledger" + LEDGER, ONLY_RUNNER),
    ('DELETE FROM "ceremony_ledger"', "ledger-touched", 'DELETE FROM "ceremony_ledger"' + LEDGER,
     ONLY_RUNNER),
    ("WITH x AS (UPDATE ceremony_ledger SET a = 1 RETURNING 1) SELECT 1", "ledger-touched",
     "WITH x AS (UPDATE ceremony_ledger SET a = 1 RETURNING 1) SELECT 1" + LEDGER, ONLY_RUNNER),
    ("CREATE TRIGGER t BEFORE INSERT ON ceremony_ledger EXECUTE FUNCTION f()", "ledger-touched",
     "CREATE TRIGGER t BEFORE INSERT ON ceremony_ledger EXECUTE FUNCTION f()" + LEDGER,
     ONLY_RUNNER),
    ("ALTER TABLE ceremony_ledger RENAME TO x", "ledger-touched",
     "ALTER TABLE ceremony_ledger RENAME TO x" + LEDGER, ONLY_RUNNER),
    ("GRANT ALL ON ceremony_ledger TO u", "ledger-touched",
     "GRANT ALL ON ceremony_ledger TO u" + LEDGER, ONLY_RUNNER),
    ("DROP FUNCTION ops.ceremony_ledger_refuse()", "ledger-touched",
     "DROP FUNCTION ops.ceremony_ledger_refuse()" + LEDGER, ONLY_RUNNER),
    ("ALTER FUNCTION ceremony_ledger_refuse() RENAME TO x", "ledger-touched",
     "ALTER FUNCTION ceremony_ledger_refuse() RENAME TO x" + LEDGER, ONLY_RUNNER),
    ("CREATE FUNCTION ceremony_ledger_refuse() RETURNS int RETURN 1", "ledger-touched",
     "CREATE FUNCTION ceremony_ledger_refuse() RETURNS int RETURN 1" + LEDGER, ONLY_RUNNER),
    ("CREATE TEMP TABLE ceremony_ledger (a int)", "ledger-touched",
     "CREATE TEMP TABLE ceremony_ledger (a int)" + LEDGER, ONLY_RUNNER),
    ("DELETE FROM U&\"ceremony!005fledger\" UESCAPE '!'", "ledger-touched",
     "DELETE FROM U&\"ceremony!005fledger\" UESCAPE '!'" + LEDGER, ONLY_RUNNER),
    ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", "concurrently-if-not-exists",
     "CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid index.",
     "Remove IF NOT EXISTS: whether the index is there, and valid, is looked up."),
    ("CREATE INDEX CONCURRENTLY ON t (a)", "index-unnamed",
     "CREATE INDEX CONCURRENTLY without a name: an interrupted build could not be found.",
     "Name the index."),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "message", "hint"), STATEMENTS)
def test_refused(sql, code, message, hint):
    assert first(BEHIND + sql) == (code, 2, 3, message, hint)
    assert "hunter2" not in repr(read(BEHIND + sql))


NOT_IN_A_TRANSACTION = [
    ("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY"),
    ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"),
    ("REINDEX TABLE CONCURRENTLY t", "REINDEX CONCURRENTLY"),
    ("REINDEX (CONCURRENTLY) INDEX i", "REINDEX CONCURRENTLY"),
    ("REINDEX DATABASE d", "REINDEX DATABASE"),
    ("REINDEX SYSTEM d", "REINDEX SYSTEM"),
    ("REINDEX SCHEMA s", "REINDEX SCHEMA"),
    ("VACUUM t", "VACUUM"),
    ("VACUUM (ANALYZE) t", "VACUUM"),
    ("CREATE DATABASE d", "CREATE DATABASE"),
    ("DROP DATABASE d", "DROP DATABASE"),
    ("CREATE TABLESPACE s LOCATION '/x'", "CREATE TABLESPACE"),
    ("DROP TABLESPACE s", "DROP TABLESPACE"),
    ("ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM"),
    ("ALTER DATABASE d SET TABLESPACE s", "ALTER DATABASE SET TABLESPACE"),
    ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "DETACH PARTITION CONCURRENTLY"),
    ("CLUSTER", "CLUSTER without a table"),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p",
     "CREATE SUBSCRIPTION with a replication slot"),
    ("DROP SUBSCRIPTION s", "DROP SUBSCRIPTION"),
    ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION REFRESH PUBLICATION"),
    ("ALTER SUBSCRIPTION s SET PUBLICATION p", "ALTER SUBSCRIPTION that refreshes"),
    ("ALTER SUBSCRIPTION s SET (failover = true)",
     "ALTER SUBSCRIPTION that changes its replication slot"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "words"), NOT_IN_A_TRANSACTION)
def test_needs_no_transaction(sql, words):
    expected = ("needs-no-transaction", 2, 3, f"{words} cannot run inside a transaction.", ALONE)
    assert first(BEHIND + sql) == expected
    assert read(sql, transactional=False) == ()
    script, _ = parse_script(PATH, sql, sql.encode(), transactional=False)
    assert script is not None
    assert not script.statements[0].in_transaction


ACCEPTED = [
    "SAVEPOINT a; ROLLBACK TO a; RELEASE a",
    "DROP INDEX i; CREATE INDEX i ON t (a); REINDEX TABLE t; REINDEX (CONCURRENTLY false) TABLE t",
    "ANALYZE t; CLUSTER t USING i; ALTER TABLE t DETACH PARTITION p",
    "ALTER TABLE t DETACH PARTITION p FINALIZE",
    "ALTER DATABASE d SET work_mem = '1MB'; ALTER ROLE r SET lock_timeout = 0",
    "CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p WITH (connect = false)",
    "CREATE SUBSCRIPTION s CONNECTION 'host=a' PUBLICATION p WITH (create_slot = off)",
    "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
    "ALTER SUBSCRIPTION s SET (slot_name = NONE); ALTER SUBSCRIPTION s DISABLE",
    "SET standard_conforming_strings = on; SET client_encoding = 'UTF8'; SET NAMES 'utf-8'",
    "RESET client_encoding; SET session_replication_role = origin",
    "SET LOCAL search_path = a; RESET search_path; SET TIME ZONE 'UTC'; DISCARD TEMP",
    "SELECT set_config('search_path', '', true); SELECT set_config('my.setting', 'role', false)",
    "SELECT * FROM ops.ceremony_ledger; SELECT 'ceremony_ledger'; EXPLAIN TABLE ceremony_ledger",
    "COMMENT ON TABLE t IS 'like ceremony_ledger'; INSERT INTO t VALUES ('ceremony_ledger')",
    "ALTER ROLE r PASSWORD NULL; CREATE ROLE r LOGIN",
    "CREATE SUBSCRIPTION s CONNECTION 'host=a passfile=p' PUBLICATION p WITH (connect = false)",
    "SELECT pg_advisory_unlock(1); SELECT 'pg_advisory_unlock_all()'",
    "DO $$ BEGIN COMMIT; END $$; CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
    "SELECT a[1:2], b[lo:hi], c::text, f(x := 1), ':x', $$ :y $$ /* :z */ -- :w",
    "SELECT json_object('a':b)",
]  # fmt: skip


@pytest.mark.parametrize("sql", ACCEPTED)
def test_not_refused(sql):
    assert read(sql) == ()


WARNINGS = [
    ("SET search_path = app, public", "search-path-change",
     "SET search_path = app, public: unqualified names mean other objects from here to the end of "
     "the file.",
     "Qualify names with their schema, or use SET LOCAL. The setting is undone afterwards."),
    ("SELECT pg_catalog.set_config('search_path', '', false)", "search-path-change",
     "set_config('search_path', …): unqualified names mean other objects from here to the end of "
     "the file.",
     "Qualify names with their schema, or use SET LOCAL. The setting is undone afterwards."),
    ("SET lock_timeout = '10s'", "timeout-override",
     "SET lock_timeout = '10s': it replaces a time limit of the run.",
     "Declare it in the header instead: -- Timeout: lock 3s, statement 10min"),
    ("DROP TABLE us\u0435rs", "ident-mixed-script",
     "The name us\u0435rs mixes scripts: U+0435 is not a Latin letter.",
     "Write the name in one script."),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "message", "hint"), WARNINGS)
def test_warned_of(sql, code, message, hint):
    (finding,) = read(sql)
    assert (finding.code, finding.message, finding.hint) == (code, message, hint)
    assert finding.severity is Severity.WARNING
    assert finding.line == 1


@pytest.mark.parametrize(
    "sql", ["SELECT E'\u0435 a', U&'\u0435 b', 'a\u0435' -- a\u0435", 'SELECT "\u043f\u0440"']
)
def test_other_scripts_in_literals_and_names_of_one_script(sql):
    assert read(sql) == ()


def test_transaction_none_where_nothing_needs_it():
    assert read("\nCREATE TABLE t (a int);", transactional=False) == (
        Finding(
            PATH, 2, 1, "no-transaction-unneeded",
            "`-- Transaction: none`, but no statement here needs it.",
            "Remove the line: in a transaction a failure leaves nothing behind.",
            Severity.WARNING,
        ),
    )  # fmt: skip


def test_transaction_none_may_mix():
    assert (
        read("SET work_mem = '1GB'; CREATE INDEX CONCURRENTLY i ON t (a)", transactional=False)
        == ()
    )


def test_own_transaction_outside_a_transaction():
    codes = [(f.code, f.hint) for f in read("BEGIN; VACUUM; COMMIT", transactional=False)]
    hint = "Remove it: with `-- Transaction: none` every statement commits by itself."
    assert codes == [("tx-control", hint), ("tx-control", hint)]


def test_begin_with_modes_is_refused():
    assert first("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT") == (
        "tx-control", 1, 1, "BEGIN ISOLATION LEVEL SERIALIZABLE" + CONTROLS,
        "Remove it, or write a plain BEGIN: the modes of the transaction are the runner's.",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "\n", "-- only a comment\n/* and another */", ";;;", "BEGIN; COMMIT;"]
)
def test_no_statements(text):
    assert read(text) == (
        Finding(
            PATH, 0, 0, "file-no-statements", "The file has no statement that would be run.",
            "Write the change, or delete the file.",
        ),
    )  # fmt: skip


def test_too_many_statements():
    assert read("select 1;" * 20_001) == (
        Finding(
            PATH, 0, 0, "file-too-many-statements",
            "The file has 20,001 statements; the limit is 20,000.",
            "Load rows with COPY … FROM STDIN, or split the file.",
        ),
    )  # fmt: skip


SYNTAX = [
    ("select 1;\nselec 2;", 2, 1, 'syntax error at or near "selec".'),
    ("é 'ü';\nselect (;", 1, 1, 'syntax error at or near "é".'),
    ("select 1;\n  select 'é", 2, 10, 'unterminated quoted string at or near "\'é".'),
    ("select /* a", 1, 8, 'unterminated /* comment at or near "/* a".'),
    ("select $x$ a", 1, 8, 'unterminated dollar-quoted string at or near "$x$ a".'),
    ('select "a', 1, 8, 'unterminated quoted identifier at or near ""a".'),
    ("select 1 from", 1, 14, "syntax error at end of input."),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "line", "column", "message"), SYNTAX)
def test_syntax_error(sql, line, column, message):
    assert first(sql) == ("sql-syntax", line, column, message, CORRECT)
    assert parse_script(PATH, sql, sql.encode(), transactional=True)[0] is None


def test_unterminated_literal_does_not_quote_the_rest_of_the_file():
    finding = read("select 'a\n" + "b" * 5000)[0]
    assert finding.message == 'unterminated quoted string at or near "\'a…".'


def test_literal_that_goes_on_behind_a_comment():
    assert first("select 'a' -- why\n  'b'") == (
        "sql-unparsed", 2, 3,
        "A literal that goes on behind a comment: the server joins the two parts, the parser "
        f"(PostgreSQL {parser_version()}) cannot read them.",
        "Move the comment away, or join the parts with ||.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "line", "column", "name"),
    [
        ("select 1;\n\\i other.sql\n", 2, 1, "\\i"),
        ("\\connect other", 1, 1, "\\connect"),
        ("\\copy t from 'f'", 1, 1, "\\copy"),
        ("select 1 \\gexec", 1, 10, "\\gexec"),
        ("select 1; \\restrict abc", 1, 11, "\\restrict"),
        ("select 1\n\\restrict abc\n;", 2, 1, "\\restrict"),
        ("\\set x 1", 1, 1, "\\set"),
        ("\\! rm x", 1, 1, "\\!"),
        ("select 1;\n\\.\n", 2, 1, "\\."),
    ],
)
def test_psql_command(sql, line, column, name):
    assert first(sql) == (
        "psql-meta-command", line, column, f"{name} is a command of psql, not SQL.", IN_SQL
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "column", "name"),
    [
        ("select :limit", 8, "limit"),
        ("select :'name'", 8, "name"),
        ('select * from :"table"', 15, "table"),
        ("select array[:x]", 14, "x"),
    ],
)
def test_psql_variable(sql, column, name):
    assert first(sql) == (
        "psql-variable", 1, column, f":{name} is a variable of psql, not SQL.", VALUE
    )  # fmt: skip


def test_everything_is_reported_at_once():
    text = (
        "select 1;\ncommit and chain;\nselec 2;\nvacuum;\ninsert into t values (:x, :'y');\n"
        "\\i other\nset role boss;\ncopy t to stdout;\nselect from from;\n"
    )
    assert sorted((f.line, f.column, f.code) for f in read(text)) == [
        (2, 1, "tx-control"),
        (3, 1, "sql-syntax"),
        (4, 1, "needs-no-transaction"),
        (5, 23, "psql-variable"),
        (5, 27, "psql-variable"),
        (6, 1, "psql-meta-command"),
        (7, 1, "role-change"),
        (8, 1, "copy-stdin"),
        (9, 13, "sql-syntax"),
    ]


def test_one_syntax_error_in_a_function_body_is_one_finding():
    text = "create function f() returns int begin atomic selec 1; select 2; end;\nvacuum;"
    assert [f.code for f in read(text)] == ["sql-syntax"]


def test_a_check_file_is_refused_the_same_but_its_transactions_are_judged_elsewhere():
    text = "begin;\nvacuum;\nset role boss;\n\\i x\nselec 1;"
    assert [(f.code, f.line) for f in refusals(PATH, text)] == [
        ("psql-meta-command", 4), ("sql-syntax", 5), ("role-change", 3),
    ]  # fmt: skip


def test_deep_expressions_are_read_to_the_bottom():
    chain = " || ".join(["'a'"] * 3000)
    assert read(f"select {chain}; select 2") == ()
    deep = f"select {'(' * 3000}set_config('role', 'x', false){')' * 3000} || {chain}"
    assert first(deep)[0] == "role-change"
    assert first(f"create index concurrently i on t (a) where b = {chain}")[0] == (
        "needs-no-transaction"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select " + " || ".join(["'a'"] * 20_000),
        "select 1" + "::int" * 20_000,
        " union ".join(["select 1, 2"] * 10_000),
        "select 1 from a" + " cross join b" * 10_000,
        "select " + "/*" * 20_000,
    ],
    ids=["operators", "casts", "unions", "joins", "comments"],
)
def test_what_would_crash_the_parser_is_refused_before(sql):
    code, line, column, message, hint = first("\n" + sql)
    assert (code, line) == ("sql-too-deep", 2)
    assert 1 < column < len(sql)
    assert message == "The statement nests too deeply: PostgreSQL would refuse it as too complex."
    assert hint == "Split it, or replace a long chain of operators by a list or a function."


def test_long_lists_are_not_deep():
    rows = ", ".join(f"({n}, now() - interval '1 day', array[{n}])" for n in range(3_000))
    conditions = " or ".join(f"a = {n} and b = {n} + 1" for n in range(3_000))
    assert read(f"insert into t values {rows}; select 1 from t where {conditions}") == ()
    assert read("select f(a, b);\n" * 4_000) == ()
    assert read("create table t (" + ", ".join(f"c{n} int" for n in range(1500)) + ")") == ()


def test_deep_unions_are_read_to_the_bottom():
    sql = " union ".join(["select set_config('role', 'x', false)", *["select 'a'"] * 1_000])
    assert first(sql)[0] == "role-change"
