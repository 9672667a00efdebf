"""What goes wrong on the server: one clear error each, and the target as it was before."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from project.cluster import Cluster
from tests.acceptance.proxy import Proxy, Rule, proxied
from tests.acceptance.world import TABLE, WHOLE, World, point

NONE = "-- Transaction: none\n"
MORE = "CREATE TABLE more (id int);\n"


@pytest.fixture
def begun(world: World) -> World:
    """A target with one migration applied, and a record that knows it."""
    world.write(WHOLE)
    world.target()
    world.applied()
    return world


@pytest.fixture
def proxy(begun: World, server: Cluster) -> Iterator[Proxy]:
    """The target ``shop``, reached over a wire that fails on request."""
    with proxied(server.socket_dir) as wire:
        point("shop", HOST=str(wire.folder))
        yield wire


@dataclass(frozen=True)
class Case:
    row: str
    code: str
    change: str
    status: int = 1


LATER = "CREATE TABLE parents (id int PRIMARY KEY);\n"
CASES = (
    Case(
        "37-commit-in-procedure",
        "tx-ended-by-script",
        "CREATE PROCEDURE ends() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nCALL ends();\n",
    ),
    Case("37-commit-in-do", "tx-ended-by-script", f"{MORE}DO $$\nBEGIN\n  COMMIT;\nEND $$;\n"),
    Case(
        "50-role-in-do",
        "session-drift",
        f"{MORE}DO $$ BEGIN EXECUTE 'SET ROLE pg_monitor'; END $$;\n",
    ),
    Case(
        "62-statement-3-of-5",
        "statement-failed",
        f"{MORE}INSERT INTO more VALUES (1);\n"
        "INSERT INTO more\n  VALUES (1 / 0);\nSELECT 4;\nSELECT 5;\n",
    ),
    Case("62-missing-table", "statement-failed", f"{MORE}SELECT *\n  FROM nowhere;\n"),
    Case("62-exists-already", "statement-failed", f"{MORE}{TABLE}"),
    Case(
        "63-deferred-constraint",
        "statement-failed",
        "CREATE TABLE parents (id int PRIMARY KEY);\n"
        "CREATE TABLE children (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO children VALUES (7);\n",
    ),
    Case(
        "67-statement-timeout",
        "statement-timeout",
        f"-- Timeout: statement 200ms\n{MORE}SELECT pg_sleep(30);\n",
    ),
    Case(
        "70-disk-full",
        "server-resources",
        f"{MORE}DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;\n",
    ),
    Case(
        "70-out-of-locks",
        "server-resources",
        f"{MORE}SELECT count(pg_advisory_xact_lock(n)) FROM generate_series(1, 200000) n;\n",
    ),
    Case(
        "71-own-backend-terminated",
        "connection-lost",
        f"{MORE}SELECT pg_terminate_backend(pg_backend_pid());\n",
    ),
    Case("check-fails", "check-failed", f"{MORE}INSERT INTO more VALUES (1);\n"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_nothing_stays(case: Case, begun: World, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_bad.sql": case.change})
    if case.row == "check-fails":
        check = "-- check: more is empty\n-- expect: no rows\nSELECT * FROM more;\n"
        begun.write({"0002_bad.verify.sql": check})

    answer = begun.apply()

    golden(f"bad_runs/{case.row}", answer.told())
    assert answer.status == case.status
    assert f"[{case.code}]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before


def test_next_migration_is_fine_after_a_failure(begun: World) -> None:
    begun.write({"0002_bad.sql": "SELECT 1 / 0;\n"})
    assert begun.apply().status == 1
    begun.write({"0002_bad.sql": MORE})

    begun.applied()

    assert begun.applied_versions() == ["0001", "0002"]


def test_38_transaction_replaced(begun: World, proxy: Proxy, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_bad.sql": f"{MORE}SELECT 'swapped'"})
    proxy.rule = Rule("SELECT 'swapped'", instead="ROLLBACK AND CHAIN")

    answer = begun.apply()

    golden("bad_runs/38-transaction-replaced", answer.told())
    assert (answer.status, proxy.rule.used) == (1, True)
    assert "[tx-broken]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before


def test_64_lock_timeout_with_a_blocker(begun: World, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_bad.sql": "-- Timeout: lock 200ms\nALTER TABLE things ADD note text;\n"})
    with begun.target().connect(application_name="reports") as blocker, blocker.transaction():
        blocker.execute("SELECT * FROM things")

        answer = begun.apply()

    golden("bad_runs/64-lock-timeout", answer.told())
    assert answer.status == 1
    assert "[lock-timeout]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before


def test_68_cancelled_by_an_operator(begun: World, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_bad.sql": f"{MORE}SELECT pg_sleep(30);\n"})
    operator = threading.Thread(target=_cancel_sleeper, args=(begun,))
    operator.start()

    answer = begun.apply()

    operator.join()
    golden("bad_runs/68-cancelled", answer.told())
    assert answer.status == 1
    assert "[cancelled]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before


def _cancel_sleeper(world: World) -> None:
    question = (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event = 'PgSleep'"
    )
    until(lambda: world.ask(question) != [])


def until(done: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something another session does."""
    give_up = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def test_71_link_cut_before_commit(begun: World, proxy: Proxy, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_bad.sql": f"{MORE}SELECT 'cut here'"})
    proxy.rule = Rule("SELECT 'cut here'", cut_before=True)

    answer = begun.apply()

    golden("bad_runs/71-link-cut", answer.told())
    assert (answer.status, proxy.rule.used) == (1, True)
    assert "[connection-lost]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before


def test_72_link_cut_behind_commit_is_settled_as_applied(
    begun: World, proxy: Proxy, golden
) -> None:
    begun.write({"0002_more.sql": MORE})
    proxy.rule = Rule("COMMIT", behind=MORE.strip("\n;"), cut_after=True)

    answer = begun.apply()

    golden("bad_runs/72-applied-after-all", answer.told())
    assert proxy.rule.used
    assert begun.applied_versions() == ["0001", "0002"]
    assert begun.applied().told().count("0002_more") == 0


def test_72_link_cut_in_front_of_commit_is_settled_as_aborted(
    begun: World, proxy: Proxy, golden
) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_more.sql": MORE})
    proxy.rule = Rule("COMMIT", behind=MORE.strip("\n;"), cut_before=True)

    answer = begun.apply()

    golden("bad_runs/72-aborted", answer.told())
    assert proxy.rule.used
    assert (begun.catalog(), begun.ledger()) == before
    begun.applied()
    assert begun.applied_versions() == ["0001", "0002"]


def test_72_link_gone_for_good_is_settled_by_the_next_command(
    begun: World, proxy: Proxy, server: Cluster, golden
) -> None:
    begun.write({"0002_more.sql": MORE})
    proxy.rule = Rule("COMMIT", behind=MORE.strip("\n;"), cut_after=True, for_good=True)

    lost = begun.apply()
    point("shop", HOST=str(server.socket_dir))
    again = begun.applied()

    golden("bad_runs/72-settled-later", lost.told() + again.told())
    assert (lost.status, proxy.rule.used) == (6, True)
    assert "[outcome-unknown]" in lost.err
    assert begun.applied_versions() == ["0001", "0002"]


@pytest.mark.parametrize(
    ("row", "code", "instead"),
    [
        ("73-commit-answered-rollback", "commit-rolled-back", "ROLLBACK"),
        (
            "70-disk-full-at-commit",
            "server-resources",
            "DO $$ BEGIN RAISE 'No space left on device' USING ERRCODE = 'disk_full'; END $$",
        ),
    ],
)
def test_commit_fails(row, code, instead, begun: World, proxy: Proxy, golden) -> None:
    before = begun.catalog(), begun.ledger()
    begun.write({"0002_more.sql": MORE, "0003_never.sql": "CREATE TABLE never (id int);\n"})
    proxy.rule = Rule("COMMIT", behind=MORE.strip("\n;"), instead=instead)

    answer = begun.apply()

    golden(f"bad_runs/{row}", answer.told())
    assert (answer.status, proxy.rule.used) == (1, True)
    assert f"[{code}]" in answer.err
    assert (begun.catalog(), begun.ledger()) == before
    begun.applied()
    assert begun.applied_versions() == ["0001", "0002", "0003"]


def test_86_invalid_index_left_behind(begun: World, golden) -> None:
    begun.ask("INSERT INTO things VALUES (1, 'twice'), (2, 'twice')")
    begun.write(
        {"0002_unique.sql": f"{NONE}CREATE UNIQUE INDEX CONCURRENTLY things_name ON things (name);"}
    )

    failed, again = begun.apply(), begun.apply()

    golden("bad_runs/86-invalid-index", failed.told() + again.told())
    assert (failed.status, again.status) == (6, 6)
    assert "[index-invalid]" in failed.err
    assert begun.applied_versions() == ["0001"]
    begun.ask("DELETE FROM things WHERE id = 2")
    begun.ask("DROP INDEX CONCURRENTLY things_name")
    begun.applied()
    assert begun.applied_versions() == ["0001", "0002"]
    assert begun.ask(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_name'::regclass"
    ) == [(True,)]
