"""Plans that record a baseline: what gets a row, and what refuses them."""

import pytest

from ceremony.core.baselining import plan_baseline, span_before
from ceremony.core.history import Event, History
from ceremony.core.plan import Plan, plan_apply, plan_rollback
from tests.core.folders import Book, complete, series_of

EMPTY = History([])
OLD = ["0000", "0002"]


def shop(supersedes: str = "0000-0002", **headers: str):
    names = ["0000_a", "0002_b", "0030_base", "0031_next"]
    base = {"0030_base": f"-- Supersedes: {supersedes}\n"}
    return series_of(
        complete(*names, header=base | headers) | {"0001_r.sql.retired": "-- Retired: never ran\n"}
    )


def planned(series, history: History, named: str = "0030") -> Plan:
    return plan_baseline(series, history, series.find(named))


def versions(plan: Plan) -> list[str]:
    assert {step.event for step in plan.steps} <= {Event.BASELINED}
    assert all(step.script is None for step in plan.steps)
    return [str(step.migration.version) for step in plan.steps]


def codes(plan: Plan) -> list[str]:
    return [one.code for one in plan.findings]


def test_the_history_without_a_word_is_recorded_too():
    plan = planned(shop(), EMPTY)
    assert (versions(plan), plan.findings) == ([*OLD, "0030"], ())


def test_what_the_ledger_knows_keeps_its_word():
    series = shop()
    assert versions(planned(series, Book(series).applied("0000").history)) == ["0002", "0030"]
    assert versions(planned(series, Book(series).applied(*OLD).history)) == ["0030"]


def test_nothing_is_left_to_do_where_it_is_recorded():
    series = shop()
    plan = planned(series, Book(series).write(Event.BASELINED, "0030").history)
    assert (plan.steps, plan.findings) == ((), ())


def test_afterwards_only_what_comes_behind_is_pending_and_nothing_goes_back():
    series = shop()
    book = Book(series)
    for version in (*OLD, "0030"):
        book.write(Event.BASELINED, version)
    pending = plan_apply(series, book.history)
    assert [str(step.migration.version) for step in pending.steps] == ["0031"]
    assert codes(plan_rollback(series, book.history)) == ["rollback-baselined"]


@pytest.mark.parametrize(
    ("supersedes", "applied", "named", "code"),
    [
        ("0000-0002", ["0030"], "0030", "baseline-applied"),
        ("0000-0002", ["0031"], "0030", "baseline-not-last"),
        ("0002-0002", [], "0030", "baseline-leaves-files"),
        ("0000-0002", [], "0001", "version-retired"),
    ],
)
def test_what_stands_against_it(supersedes, applied, named, code):
    series = shop(supersedes)
    history = Book(series).applied(*applied).history if applied else EMPTY
    assert code in codes(planned(series, history, named))


def test_a_planned_file_is_never_recorded():
    series = shop(**{"0031_next": "-- Planned: later\n"})
    assert "version-planned" in codes(planned(series, EMPTY, "0031"))


def test_a_half_done_file_must_be_decided_first():
    series = shop(**{"0002_b": "-- Transaction: none\n"})
    history = Book(series).applied("0000").write(Event.STARTED, "0002").history
    assert "baseline-partly" in codes(planned(series, history))


def test_a_new_baseline_stands_for_all_that_can_run():
    assert span_before(shop()) == "0000-0031"
    assert span_before(series_of({})) == ""
