"""Access control lists in words."""

import psycopg
import pytest

from ceremony.pg.acl import rights

LISTS = [
    ("table", None, {}),
    ("table", "own=arwdDxt/own", {}),
    ("table", "own=arwdDxtm/own", {}),
    ("table", "own=arwdDxt/own\nbob=r/own", {"SELECT to bob": "granted"}),
    ("table", "own=arwdDxt/own\n=r/own", {"SELECT to PUBLIC": "granted"}),
    ("table", "own=arwdDxt/own\nbob=r*w/own",
     {"SELECT to bob": "granted with grant option", "UPDATE to bob": "granted"}),
    ("table", "own=arwdDxt/own\nbob=r*/own\neve=r/bob",
     {"SELECT to bob": "granted with grant option", "SELECT to eve": "granted by bob"}),
    ("table", "own=arwdDxt/own\neve=r/own\neve=r*/bob",
     {"SELECT to eve": "granted; granted with grant option by bob"}),
    ("table", "own=arwDxt/own", {"DELETE to its owner": "withheld"}),
    ("table", 'own=arwdDxt/own\n"o=d/d ""x"""=a/own', {'INSERT to o=d/d "x"': "granted"}),
    ("pg_proc", "own=X/own", {"EXECUTE to PUBLIC": "withheld"}),
    ("pg_proc", "=X/own\nown=X/own", {}),
    ("pg_proc", "=X/own\nown=X/own\nbob=X/own", {"EXECUTE to bob": "granted"}),
    ("pg_type", "own=U/own", {"USAGE to PUBLIC": "withheld"}),
    ("sequence", "own=rwU/own\nbob=U/own", {"USAGE to bob": "granted"}),
    ("pg_namespace", "own=UC/own\n=U/own", {"USAGE to PUBLIC": "granted"}),
    ("column", "bob=w/own", {"UPDATE to bob": "granted"}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acl", "expected"), LISTS)
def test_a_list_in_words(what, acl, expected):
    assert rights(what, "own", acl) == {"owner": "own", **expected}


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "Has Blank",
        "a=b",
        "a/b",
        'quo"te',
        "*",
        "Größe",
        "1st",
        "a,b",
        "{x}",
        "two\nlines",
        "form\x0cfeed",
    ],
)
def test_every_name_of_a_role_is_read_back(target, name):
    quoted = '"' + name.replace('"', '""') + '"'
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {quoted}")
        connection.execute(f"CREATE ROLE {quoted}")
        connection.execute("CREATE TABLE t (a int)")
        connection.execute(f"GRANT SELECT ON t TO {quoted}")
        owner, acl = connection.execute(
            "SELECT relowner::regrole::text, array_to_string(relacl, E'\\n') FROM pg_class"
            " WHERE relname = 't'"
        ).fetchone()
        assert rights("table", owner, acl) == {
            "owner": owner, f"SELECT to {name}": "granted"
        }  # fmt: skip
        connection.execute("DROP TABLE t")
        connection.execute(f"DROP ROLE {quoted}")
