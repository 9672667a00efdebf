"""Automatic items of pre-flight, judged from what was seen; and the rows before and after a run."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from ceremony.actions.preflight_judges import Seen, judge
from ceremony.actions.verification_judges import (
    Before,
    _fewer,
    _lost_from_sight,
    counted_before,
    counts_of,
)
from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.checklist import ids
from ceremony.core.checklist.judging import judged_by_checks, listed
from ceremony.core.checklist.preflight import Preflight
from ceremony.core.history import History
from ceremony.core.item import Item, ItemKind, ItemResult, Phase
from ceremony.core.plan import plan_apply
from ceremony.pg.preflight import Looked, Other, Replica
from ceremony.pg.row_counts import Counts
from tests.commands.values import checked
from tests.core.folders import complete, series_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASS, FAIL, NOT_RUN = ItemResult.PASS, ItemResult.FAIL, ItemResult.NOT_RUN
NOTHING = {
    "required": frozenset(),
    "filled": frozenset(),
    "unreadable": frozenset(),
    "extensions": {},
    "available": frozenset(),
    "unseen": 0,
    "long": (),
    "in_the_way": (),
    "prepared": (),
    "invalid": (),
    "replicas": (),
    "free": None,
}
ACCESS = SimpleNamespace(session=SimpleNamespace(identity=SimpleNamespace(server_version=150004)))
PLAN = plan_apply(series_of(complete("0001_a")), History(()))
BLOCKER = Other(4711, "report", "nightly", "idle in transaction", 90)
REPLICAS = (Replica("near", 200), Replica("far", 90_000))


def item(name, kind=ItemKind.AUTOMATIC):
    return Item(name, "It holds.", kind, Phase.PREFLIGHT)


def judged(name, asked=None, **looked):
    seen = Seen(ACCESS, PLAN, Preflight(**(asked or {})), Looked(**{**NOTHING, **looked}), "", NOON)
    found = judge(item(name), seen)
    assert (found.item.id, found.at, found.by) == (name, NOON, "")
    return found.result, found.explanation


CASES = {
    "old": (
        ids.SERVER_VERSION,
        {"min_version": 160000},
        {},
        (FAIL, "The server is PostgreSQL 15.4."),
    ),
    "new enough": (
        ids.SERVER_VERSION,
        {"min_version": 150004},
        {},
        (PASS, "The server is PostgreSQL 15.4."),
    ),
    "extension": (
        ids.EXTENSIONS,
        {"extensions": ("btree_gist", "pg_cron", "hstore")},
        {"extensions": {"hstore": "1.8"}, "available": frozenset({"btree_gist"})},
        (FAIL, "Missing: btree_gist (CREATE EXTENSION), pg_cron (not on the server)."),
    ),
    "extensions": (
        ids.EXTENSIONS,
        {"extensions": ("hstore",)},
        {"extensions": {"hstore": "1.8", "plpgsql": "1.0"}},
        (PASS, "Installed: hstore."),
    ),
    "missing": (
        ids.REQUIRED_OBJECTS,
        {"requires_objects": ("a", "b", "c")},
        {"required": frozenset({1})},
        (FAIL, "Not there: a, c."),
    ),
    "there": (
        ids.REQUIRED_OBJECTS,
        {"requires_objects": ("a", "b")},
        {"required": frozenset({0, 1})},
        (PASS, "There: a, b."),
    ),
    "rows": (
        ids.CLEAN_STATE,
        {"absent_or_empty": ("t_0001_a",)},
        {"filled": frozenset({0})},
        (FAIL, "Rows stand in t_0001_a."),
    ),
    "unreadable": (
        ids.CLEAN_STATE,
        {"absent_or_empty": ("t_0001_a",)},
        {"unreadable": frozenset({0})},
        (NOT_RUN, "The role may not read all of t_0001_a."),
    ),
    "held by another": (
        ids.CLEAN_STATE,
        {"absent_or_empty": ("t_0001_a",)},
        {"unasked": "A lock was not had. [lock-timeout]"},
        (NOT_RUN, "They could not be asked: A lock was not had. [lock-timeout]"),
    ),
    "clean": (
        ids.CLEAN_STATE,
        {"absent_or_empty": ("t_0001_a",)},
        {},
        (PASS, "Absent or empty: t_0001_a."),
    ),
    "long": (
        ids.LONG_TRANSACTIONS,
        {},
        {"long": (BLOCKER,), "unseen": 3},
        (FAIL, "Wait for, or end: process 4711 (nightly, role report, for 90 s)."),
    ),
    "in the way": (
        ids.OTHER_SESSIONS,
        {},
        {"in_the_way": (Other(4712, "", "", "active", 0, "public.t"),)},
        (FAIL, "Wait for, or end: process 4712 (locks public.t)."),
    ),
    "unseen": (
        ids.LONG_TRANSACTIONS,
        {},
        {"unseen": 2},
        (
            NOT_RUN,
            "Of 2 sessions of other roles nothing can be seen. "
            "GRANT pg_read_all_stats to the role of the target lets it see them.",
        ),
    ),
    "nobody": (ids.OTHER_SESSIONS, {}, {}, (PASS, "None was found.")),
    "prepared": (
        ids.PREPARED,
        {},
        {"prepared": ("gid-1",)},
        (FAIL, "COMMIT PREPARED or ROLLBACK PREPARED: gid-1."),
    ),
    "none prepared": (ids.PREPARED, {}, {}, (PASS, "None was found.")),
    "invalid": (
        ids.INVALID_INDEXES,
        {},
        {"invalid": ("a", "b")},
        (FAIL, "REINDEX INDEX CONCURRENTLY or DROP INDEX: a, b."),
    ),
    "behind": (
        ids.REPLICA_LAG,
        {"replica_lag": 30_000},
        {"replicas": REPLICAS},
        (FAIL, "Behind: far (90000 ms)."),
    ),
    "near enough": (
        ids.REPLICA_LAG,
        {"replica_lag": 90_000},
        {"replicas": REPLICAS},
        (PASS, "2 are near enough."),
    ),
    "no replica": (
        ids.REPLICA_LAG,
        {"replica_lag": 1},
        {},
        (PASS, "No replica is connected."),
    ),
    "hidden": (
        ids.REPLICA_LAG,
        {"replica_lag": 1},
        {"replicas": (Replica("far", None),)},
        (
            NOT_RUN,
            "The lag of far cannot be seen. "
            "GRANT pg_read_all_stats to the role of the target lets it see them.",
        ),
    ),
    "says nothing yet": (
        ids.REPLICA_LAG,
        {"replica_lag": 1},
        {"replicas": (Replica("far", None, "catchup"),)},
        (NOT_RUN, "The lag of far (catchup) cannot be seen."),
    ),
    "disk": (
        ids.DISK_FREE,
        {"disk_free": 2 * 2**30},
        {"free": 2**30},
        (FAIL, "1024 MB are free."),
    ),
    "enough": (ids.DISK_FREE, {"disk_free": 2**20}, {"free": 2**20}, (PASS, "1 MB are free.")),
    "not seen": (
        ids.DISK_FREE,
        {"disk_free": 1},
        {},
        (
            NOT_RUN,
            "SQL cannot tell the free disk, and the data directory is not on this machine or not "
            "to be seen by the role.",
        ),
    ),
    "files": (ids.FILES, {}, {}, (PASS, "1 migration is there and understood.")),
}


@pytest.mark.parametrize("name", CASES)
def test_an_automatic_item(name):
    identity, asked, looked, expected = CASES[name]
    assert judged(identity, asked, **looked) == expected


def test_what_nobody_looked_at_is_no_pass():
    seen = Seen(ACCESS, PLAN, Preflight(), None, "The server is away.", NOON)
    for name in (ids.PREPARED, ids.DISK_FREE, ids.CHECKS_BEFORE, ids.CLEAN_STATE):
        found = judge(item(name), seen)
        assert (found.result, found.explanation) == (NOT_RUN, "The server is away.")
    human = judge(item("backup", ItemKind.HUMAN), seen)
    assert (human.result, human.explanation) == (NOT_RUN, "Nobody has answered it yet.")


@pytest.mark.parametrize(
    ("checks", "result", "told"),
    [
        ([checked("a", CheckResult.PASS)], PASS, "1 of 1 checks hold."),
        (
            [checked("a", CheckResult.PASS), checked("b", CheckResult.NOT_APPLICABLE)],
            PASS,
            "1 of 2 checks hold; “b” NOT APPLICABLE.",
        ),
        (
            [checked("b", CheckResult.FAIL, severity=CheckSeverity.WARN)],
            PASS,
            "0 of 1 checks hold; “b” FAIL.",
        ),
        (
            [checked("b", CheckResult.NOT_APPLICABLE)],
            NOT_RUN,
            "No check ran: “b” NOT APPLICABLE.",
        ),
    ],
)
def test_an_item_that_stands_for_checks(checks, result, told):
    found = judged_by_checks(item("checks"), NOON, checks)
    assert (found.result, found.explanation) == (result, told)


def test_a_check_that_did_not_hold_goes_before_one_that_did_not_run():
    broken, missing = (
        checked("a", CheckResult.FAIL, "1 row"),
        checked("b", CheckResult.NOT_RUN, "gone"),
    )
    found = judged_by_checks(item("checks"), NOON, [missing, broken])
    assert found.result is FAIL
    assert found.explanation == f"1 check did not hold. “a”: {broken.explanation}"
    found = judged_by_checks(item("checks"), NOON, [missing, missing])
    assert found.result is NOT_RUN
    assert found.explanation.startswith("2 checks did not run. “b”: ")


def test_many_names_are_counted():
    assert listed("abcde") == "a, b, c, d, e"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


BEFORE = Counts({"1": 5, "2": 3, "3": 0, "4": 7}, {"1": "a", "2": "b", "3": "c", "4": "d"}, {})


def test_fewer_rows():
    """a lost some, b is gone, c was empty and is gone, d cannot be counted any more."""
    after = Counts({"1": 4}, {"1": "renamed"}, {"d": "it has 300 MB"}, frozenset({"4"}))
    assert _fewer(BEFORE, after) == {"a": (5, 4), "b": (3, 0)}
    assert _fewer(BEFORE, BEFORE) == {}


def test_a_table_that_was_made_anew_under_its_name_has_its_rows():
    after = Counts({"1": 5, "9": 3, "8": 6, "3": 0}, {"1": "a", "9": "b", "8": "d", "3": "c"}, {})
    assert _fewer(BEFORE, after) == {"d": (7, 6)}
    """Two that swap their names are still themselves."""
    swapped = Counts({**BEFORE.rows, "2": 2}, {"1": "b", "2": "a", "3": "c", "4": "d"}, {})
    assert _fewer(BEFORE, swapped) == {"b": (3, 2)}


def test_what_cannot_be_counted_any_more_is_told_by_its_name_before():
    renamed = Counts({"1": 5}, {"1": "a"}, {"x": "it has 300 MB"}, frozenset({"4"}))
    assert _lost_from_sight(BEFORE, renamed) == {"d": "it could be counted before the run"}
    replaced = Counts({"1": 5}, {"1": "a"}, {"b": "the role may not read it"}, frozenset({"9"}))
    assert _lost_from_sight(BEFORE, replaced) == {"b": "the role may not read it"}
    assert _fewer(BEFORE, replaced) == {"d": (7, 0)}


def test_counts_are_kept_as_evidence():
    kept = counted_before(Before(Counts(BEFORE.rows, BEFORE.names, {"e": "it has 300 MB"})))
    assert counts_of(kept) == Counts(BEFORE.rows, BEFORE.names, {"e": "it has 300 MB"})
    assert counted_before(Before()) == {}
    assert counts_of({}) is None
