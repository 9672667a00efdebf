"""What the lint says about rewritten tables is what a server does."""

import psycopg
import pytest

from tests.core.rules.test_type_change_rewrites import DOMAINS, KEEPS, REWRITES


@pytest.fixture
def connection(target):
    with psycopg.connect(target, autocommit=True) as made:
        made.execute("SET timezone = 'Europe/Berlin'")
        made.execute(DOMAINS)
        yield made


def _file(connection):
    return connection.execute("SELECT pg_relation_filenode('a')").fetchone()


def _rewritten(connection, column, alteration):
    connection.execute(f"CREATE TABLE a (c int, {column})")
    connection.execute("INSERT INTO a (c) VALUES (1), (2)")
    before = _file(connection)
    connection.execute(f"ALTER TABLE a {alteration}")
    after = _file(connection)
    connection.execute("DROP TABLE a")
    return before != after


def _type_change(connection, old, new, using):
    said = f"ALTER COLUMN b TYPE {new}" + (f" USING {using}" if using else "")
    return _rewritten(connection, f"b {old}", said)


def test_changes_of_types_rewrite_as_the_rule_says(connection):
    wrong = [(pair, True) for pair in KEEPS if _type_change(connection, *pair)]
    wrong += [(pair, False) for pair in REWRITES if not _type_change(connection, *pair)]
    assert wrong == []


@pytest.mark.parametrize(
    ("column", "rewrites"),
    [
        ("b uuid DEFAULT gen_random_uuid()", True),
        ("b timestamptz DEFAULT clock_timestamp()", True),
        ("b serial", True),
        ("b int GENERATED ALWAYS AS IDENTITY", True),
        ("b int GENERATED ALWAYS AS (c + 1) STORED", True),
        ("b positive", True),
        ("b int NOT NULL DEFAULT 0", False),
        ("b timestamptz DEFAULT now()", False),
        ("b plain", False),
        ("b jsonb NOT NULL DEFAULT '{}'", False),
    ],
)
def test_added_columns_rewrite_as_the_rule_says(connection, column, rewrites):
    assert _rewritten(connection, "d int", f"ADD COLUMN {column}") is rewrites
