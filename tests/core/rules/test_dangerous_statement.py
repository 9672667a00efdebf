import pytest

from ceremony.core.rules.dangerous_statement import RULE
from tests.core.rules.looking import found, lines

_ALONE = "-- Transaction: none\n"


@pytest.mark.parametrize(
    "sql",
    [
        "LOAD 'auto_explain';",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
        "DROP ROLE r;",
        "DROP OWNED BY r;",
        "CREATE ROLE r SUPERUSER;",
        "ALTER ROLE r WITH BYPASSRLS;",
        "ALTER ROLE r REPLICATION;",
        "GRANT pg_execute_server_program TO r;",
        "GRANT app_reader, pg_write_all_data TO r;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1';",
        "CREATE EXTENSION IF NOT EXISTS file_fdw;",
        "DO $$ BEGIN CREATE ROLE r SUPERUSER; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "role",
    [
        "pg_execute_server_program",
        "pg_read_all_data",
        "pg_read_server_files",
        "pg_write_all_data",
        "pg_write_server_files",
    ],
)
def test_fires_for_every_role_of_the_server(role):
    assert lines(RULE, f"GRANT {role} TO r;") == [1]


@pytest.mark.parametrize("language", ["c", "internal", "plperlu", "plpython3u", "pltclu", "C"])
def test_fires_for_every_untrusted_language(language):
    assert lines(RULE, f"CREATE FUNCTION f() RETURNS int LANGUAGE {language} AS 'x', 'y';") == [1]


@pytest.mark.parametrize("name", ["adminpack", "file_fdw", "plperlu", "plpython3u", "pltclu"])
def test_fires_for_every_extension_that_reaches_out(name):
    assert lines(RULE, f"CREATE EXTENSION {name};") == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER SYSTEM SET work_mem = '1MB';",
        "DROP DATABASE d;",
        "DROP TABLESPACE t;",
    ],
)
def test_fires_outside_a_transaction(sql):
    assert lines(RULE, _ALONE + sql) == [2]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE ROLE r NOLOGIN;",
        "CREATE ROLE r NOSUPERUSER NOBYPASSRLS NOREPLICATION;",
        "ALTER ROLE r NOSUPERUSER;",
        "ALTER ROLE r SET search_path = app;",
        "GRANT app_reader TO r;",
        "REVOKE pg_execute_server_program FROM r;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO r;",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plperl AS 'return 1';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;",
        "CREATE EXTENSION IF NOT EXISTS pgcrypto;",
        "SET LOCAL work_mem = '1MB';",
        "ALTER DATABASE d SET work_mem = '1MB';",
        "REASSIGN OWNED BY r TO s;",
        "SELECT 'DROP ROLE r';",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_says_what_the_statement_reaches():
    assert [message for _, _, message in found(RULE, "CREATE ROLE r SUPERUSER BYPASSRLS;")] == [
        "SUPERUSER, BYPASSRLS lets a role pass every right."
    ]
