"""``make demo`` whole: from nothing, again, twice at once, and on a server of one's own."""

import re

import psycopg
import pytest
from psycopg import sql

SERIES = ["rebalancing", "content", "listings", "outbox", "calendar"]
TITLE = re.compile(
    r"^(\w+) on (\w+): (\d+ applied now|nothing to do), (PASS|PARTIAL)$", re.MULTILINE
)
SUMMARY = re.compile(r"^5 series, (\d+) migrations applied now: ", re.MULTILINE)


def titles(text):
    return [(name, database) for name, database, _, _ in TITLE.findall(text)]


def applied(text):
    found = SUMMARY.search(text)
    assert found, text
    return int(found[1])


def test_from_nothing_and_again(checkout):
    first = checkout.run("manage.py", "demo")
    assert (first.returncode, first.stderr) == (0, "")
    assert titles(first.stdout) == [(name, f"ceremony_{name}") for name in SERIES]
    assert applied(first.stdout) > len(SERIES)
    assert "\nWhere to look next:\n  " in first.stdout
    assert "\n  docs/tutorial/first-ceremony.md " in first.stdout
    assert checkout.postmaster is None

    second = checkout.run("manage.py", "demo")
    assert (second.returncode, second.stderr) == (0, "")
    assert applied(second.stdout) == 0
    assert {what for _, _, what, _ in TITLE.findall(second.stdout)} == {"nothing to do"}
    assert rows(second.stdout) == rows(first.stdout)
    assert len(rows(first.stdout)) > applied(first.stdout)
    assert checkout.postmaster is None


def rows(text):
    """The tables' rows: migration, state, checks, time."""
    return [line for line in text.splitlines() if re.match(r"  \d\S+ +[✓·⊘] ", line)]


def test_twice_at_once(checkout):
    both = [checkout.start("manage.py", "demo") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(applied(text) for text in said) == said[0].count(" ✓ applied ")
    assert checkout.postmaster is None


@pytest.fixture
def own_server(checkout, server):
    """DATABASE_URL names a server of one's own, on which nothing exists yet."""
    checkout.environment = {"DATABASE_URL": server.conninfo("own")}
    yield
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        for name in ["own", *(f"own_{series}" for series in SERIES)]:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


@pytest.mark.usefixtures("own_server")
def test_on_a_server_of_ones_own_nothing_embedded_starts(checkout):
    done = checkout.run("manage.py", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert titles(done.stdout) == [(name, f"own_{name}") for name in SERIES]
    assert list(checkout.area.iterdir()) == []
