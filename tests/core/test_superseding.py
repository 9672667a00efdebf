import pytest

from ceremony.core.history import Event, History
from ceremony.core.plan import Plan, plan_apply
from tests.core.folders import Book, complete, series_of

EMPTY = History([])


def events(plan: Plan) -> list[tuple[str, Event]]:
    return [(str(step.migration.version), step.event) for step in plan.steps]


def baseline(**more: str):
    return series_of(
        complete(
            "0000_a",
            "0002_b",
            "0029_c",
            "0030_base",
            *more,
            header={"0030_base": "-- Supersedes: 0000-0029\n"} | more,
        )
        | {"0001_r.sql.retired": "-- Retired: never ran\n"}
    )


OLD = ["0000", "0002", "0029"]
FRESH = [*((version, Event.SUPERSEDED) for version in OLD), ("0030", Event.APPLIED)]


def test_on_a_fresh_target_a_superseding_file_builds_everything():
    plan = plan_apply(baseline(), EMPTY)
    assert (events(plan), plan.findings) == (FRESH, ())
    assert [step.script is None for step in plan.steps] == [True, True, True, False]
    assert plan.steps[0].checks_after == ()


def test_where_the_old_files_ran_they_are_history():
    series = baseline()
    plan = plan_apply(series, Book(series).applied(*OLD).history)
    assert (events(plan), plan.findings) == ([("0030", Event.APPLIED)], ())


def test_where_only_some_of_the_old_files_ran_it_is_refused():
    series = baseline()
    plan = plan_apply(series, Book(series).applied("0000", "0002").history)
    [finding] = plan.findings
    assert (finding.path, finding.code) == ("shop/0030_base.sql", "supersedes-partly-recorded")
    assert finding.message == (
        "0030_base supersedes 3 files, of which 0000_a, 0002_b are recorded here and 0029_c is not."
    )
    assert finding.hint == (
        "Apply the others first: manage.py apply_sql shop --to 0029; "
        "or, if they must not run here, retire them (rename them to .sql.retired with a reason)."
    )
    onward = plan_apply(series, Book(series).applied("0000", "0002").history, to="0029")
    assert (events(onward), onward.findings) == ([("0029", Event.APPLIED)], ())


def test_before_the_superseding_file_the_old_ones_run():
    plan = plan_apply(baseline(), EMPTY, to="0002")
    assert events(plan) == [("0000", Event.APPLIED), ("0002", Event.APPLIED)]


def test_a_superseding_file_that_failed_is_taken_up_again():
    series = baseline()
    book = Book(series)
    for version in OLD:
        book.write(Event.SUPERSEDED, version)
    assert events(plan_apply(series, book.history)) == [("0030", Event.APPLIED)]
    assert events(plan_apply(series, book.history, to="0002")) == [
        ("0000", Event.APPLIED),
        ("0002", Event.APPLIED),
    ]


@pytest.mark.parametrize("event", [Event.APPLIED, Event.BASELINED])
def test_what_a_superseding_file_in_place_stands_for_is_recorded_and_not_late(event):
    series = baseline()
    plan = plan_apply(series, Book(series).write(event, "0030").history)
    assert (events(plan), plan.findings) == ([(version, Event.SUPERSEDED) for version in OLD], ())


def test_a_superseding_file_may_be_superseded():
    series = baseline(**{"0031_d": "", "0040_new": "-- Supersedes: 0030-0031\n"})
    assert events(plan_apply(series, EMPTY)) == [
        *((version, Event.SUPERSEDED) for version in [*OLD, "0030", "0031"]),
        ("0040", Event.APPLIED),
    ]


def test_a_file_behind_may_depend_on_a_superseded_one():
    series = baseline(**{"0031_d": "-- Depends: 0002_b\n"})
    assert plan_apply(series, EMPTY).findings == ()
