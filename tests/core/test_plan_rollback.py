import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.finding import errors
from ceremony.core.history import Event, History
from ceremony.core.plan import Direction, plan_apply, plan_rollback
from tests.core.folders import Book, complete, said, series_of


def shop(*stems: str, **header: str):
    return series_of(complete(*stems, header={k.lstrip("_"): v for k, v in header.items()}))


def labels(plan) -> list[str]:
    return [step.migration.label for step in plan.steps]


THREE = shop("0001_a", "0002_b", "0003_c")


def test_without_a_version_the_newest_one_goes():
    plan = plan_rollback(THREE, Book(THREE).applied("0001", "0002").history)
    [step] = plan.steps
    assert (plan.direction, plan.findings, labels(plan)) == (Direction.ROLL_BACK, (), ["0002_b"])
    assert (step.number, step.event, step.direction) == (1, Event.ROLLED_BACK, Direction.ROLL_BACK)
    assert step.script is step.migration.rollbacks[""]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"to": "0001"}, ["0003_c", "0002_b"]),
        ({"to": "0002_b"}, ["0003_c"]),
        ({"to": "0003"}, []),
        ({"to": "zero"}, ["0003_c", "0002_b", "0001_a"]),
        ({"to": "nothing"}, ["0003_c", "0002_b", "0001_a"]),
        ({"steps": 2}, ["0003_c", "0002_b"]),
        ({"steps": 9}, ["0003_c", "0002_b", "0001_a"]),
    ],
)
def test_how_far_to_go(options, expected):
    plan = plan_rollback(THREE, Book(THREE).applied("0001", "0002", "0003").history, **options)
    assert (labels(plan), plan.findings) == (expected, ())


def test_the_newest_is_the_one_that_came_in_last():
    book = Book(THREE).applied("0001", "0003", "0002")
    assert labels(plan_rollback(THREE, book.history)) == ["0002_b"]
    assert labels(plan_rollback(THREE, book.history, to="0001")) == ["0002_b", "0003_c"]


def test_nothing_applied_is_nothing_to_do():
    plan = plan_rollback(THREE, History([]))
    assert (plan.steps, plan.findings) == ((), ())


def test_what_a_step_carries():
    files = complete("0001_a", header={"0001_a": "-- Data loss: rollback (drops a)\n"})
    files["0001_a.rollback.sql"] = (
        "-- Transaction: none\n-- Timeout: lock 7s\nDROP INDEX CONCURRENTLY i;\n"
    )
    files["0001_a.verify.sql"] = "".join(
        f"-- check: {when}\n-- when: {when}\n-- expect: rows\nSELECT 1;\n"
        for when in ("before", "after", "always", "before rollback", "after rollback")
    )
    series = series_of(files)
    [step] = plan_rollback(series, Book(series).applied("0001").history).steps
    assert [check.name for check in step.checks_before] == ["before rollback"]
    assert [check.name for check in step.checks_after] == ["after rollback"]
    assert (step.transactional, step.header.lock_timeout) == (False, 7000)
    assert (step.data_loss, step.loses_data) == ("rollback (drops a)", True)


@pytest.mark.parametrize(
    ("to", "code", "message", "hint"),
    [
        (
            "0009",
            "version-unknown",
            "There is no version '0009' in 'shop'.",
            "Near it: 0003_c, 0002_b, 0001_a.",
        ),
        (
            "0003",
            "version-not-applied",
            "0003_c is not applied here, so nothing can be rolled back to it.",
            "Applied here, newest first: 0002_b, 0001_a.",
        ),
    ],
)
def test_a_version_that_cannot_be_returned_to(to, code, message, hint):
    plan = plan_rollback(THREE, Book(THREE).applied("0001", "0002").history, to=to)
    [finding] = plan.findings
    assert (plan.steps, finding.code) == ((), code)
    assert (finding.message, finding.hint) == (message, hint)


def test_an_applied_dependent_blocks():
    series = shop("0001_a", "0002_b", _0002_b="-- Depends: 0001_a\n")
    book = Book(series).applied("0002", "0001")
    [finding] = plan_rollback(series, book.history).findings
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "rollback-blocked-by")
    assert finding.message == "0001_a cannot be taken back: 0002_b depends on it and is applied."
    assert finding.hint == "Take both back: manage.py rollback_sql shop --to VERSION"
    assert plan_rollback(series, book.history, to="zero").findings == ()


@pytest.mark.parametrize(
    ("why", "message"),
    [
        (" (drops a column)", "0001_a cannot be taken back: drops a column."),
        ("", "0001_a cannot be taken back."),
    ],
)
def test_an_irreversible_migration_is_refused(why, message):
    series = series_of({"0001_a.sql": f"-- Reversible: no{why}\nSELECT 1;"})
    [finding] = plan_rollback(series, Book(series).applied("0001").history).findings
    assert (finding.code, finding.message) == ("rollback-irreversible", message)
    assert finding.hint == "Undo it in a new migration, or restore a backup."


def test_a_missing_rollback_file_is_refused():
    series = series_of({"0001_a.sql": "SELECT 1;"})
    [finding] = plan_rollback(series, Book(series).applied("0001").history).findings
    assert (finding.code, finding.message) == ("rollback-missing", "0001_a has no rollback file.")
    assert finding.hint == "Write 0001_a.rollback.sql, or undo the change in a new migration."


def test_a_retired_migration_has_no_way_back():
    before = shop("0001_a")
    after = series_of({"0001_a.sql.retired": "-- Retired: old\n"})
    plan = plan_rollback(after, Book(before).applied("0001").history)
    [finding] = errors(plan.findings)
    assert finding.message == "0001_a has no rollback file (the file is retired)."


def test_a_variant_is_chosen_by_name():
    files = complete("0001_a") | {
        "0001_a.rollback.keep_data.sql": "-- Data loss: none\nSELECT 2;\n"
    }
    series = series_of(files)
    book = Book(series).applied("0001")
    [step] = plan_rollback(series, book.history, variant="keep_data").steps
    assert (step.variant, step.script.statements[0].text) == ("keep_data", "SELECT 2")
    [finding] = plan_rollback(series, book.history, variant="keep").findings
    assert (finding.code, finding.message) == (
        "rollback-variant-unknown",
        "0001_a has no rollback 'keep'.",
    )
    assert finding.hint == "Its variants: keep_data."
    [finding] = plan_rollback(THREE, Book(THREE).applied("0001").history, variant="keep").findings
    assert finding.hint == "It has no variants; leave out --variant."


def test_a_baseline_is_never_taken_back():
    plan = plan_rollback(THREE, Book(THREE).write(Event.BASELINED, "0001").history)
    [finding] = plan.findings
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "rollback-baselined")
    assert finding.message == (
        "0001_a was baselined here: it was there before, and its rollback would drop it."
    )
    assert (
        finding.hint == "Return to a version behind it, or undo single objects in a new migration."
    )


def test_a_changed_file_is_not_taken_back():
    after = series_of(complete("0001_a") | {"0001_a.sql": "CREATE TABLE other ();"})
    plan = plan_rollback(after, Book(THREE).applied("0001").history)
    assert said(plan.findings) == [("shop/0001_a.sql", "ledger-digest-mismatch")]


BASE = series_of(
    complete(
        "0000_a",
        "0002_b",
        "0030_base",
        "0031_d",
        "0040_new",
        header={
            "0030_base": "-- Supersedes: 0000-0029\n",
            "0040_new": "-- Supersedes: 0030-0031\n",
        },
    )
)


def test_superseded_files_go_with_the_one_that_stands_for_them():
    book = (
        Book(BASE)
        .write(Event.SUPERSEDED, "0000")
        .write(Event.SUPERSEDED, "0002")
        .applied("0030", "0031")
    )
    assert labels(plan_rollback(BASE, book.history)) == ["0031_d"]
    plan = plan_rollback(BASE, book.history, to="zero")
    assert [(s.number, s.migration.label, s.script is None) for s in plan.steps] == [
        (1, "0031_d", False),
        (2, "0030_base", False),
        (3, "0002_b", True),
        (4, "0000_a", True),
    ]
    assert {step.event for step in plan.steps} == {Event.ROLLED_BACK}
    assert plan.findings == ()


def test_no_state_of_a_superseded_file_can_be_returned_to():
    book = Book(BASE).write(Event.SUPERSEDED, "0000").applied("0030")
    plan = plan_rollback(BASE, book.history, to="0000")
    [finding] = plan.findings
    assert (plan.steps, finding.code) == ((), "version-superseded")
    assert finding.message == (
        "0000_a never ran here: a later file stands for it, so there is no state of it to "
        "return to."
    )
    assert finding.hint == "Take everything back: manage.py rollback_sql shop --to zero"


def test_what_a_superseded_file_stood_for_goes_too():
    book = Book(BASE)
    for version in ("0000", "0002", "0030", "0031"):
        book.write(Event.SUPERSEDED, version)
    plan = plan_rollback(BASE, book.applied("0040").history)
    assert labels(plan) == ["0040_new", "0031_d", "0030_base", "0002_b", "0000_a"]


def test_what_another_file_still_stands_for_stays_superseded():
    book = Book(BASE).write(Event.SUPERSEDED, "0000").write(Event.SUPERSEDED, "0002")
    book.applied("0030", "0031", "0040")
    assert labels(plan_rollback(BASE, book.history)) == ["0040_new"]
    assert labels(plan_rollback(BASE, book.history, to="0030")) == ["0040_new", "0031_d"]


OUTSIDE_FILES = {
    "0001_a.sql": "-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON t (a);\n"
    "CREATE INDEX CONCURRENTLY j ON t (a);\n",
    "0001_a.rollback.sql": "-- Transaction: none\nDROP INDEX CONCURRENTLY i;\nDROP INDEX "
    "CONCURRENTLY j;\n",
}
OUTSIDE = series_of(OUTSIDE_FILES)
KEEPS = {
    "0001_a.rollback.keep.sql": "-- Transaction: none\nCREATE TABLE kept AS TABLE t;\n"
    "DROP INDEX CONCURRENTLY i;\n"
}


def test_what_is_partly_applied_can_be_taken_back_from_the_first_statement():
    book = Book(OUTSIDE).write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=1)
    [step] = plan_rollback(OUTSIDE, book.history).steps
    assert (step.migration.label, step.resume_after, step.transactional) == ("0001_a", 0, False)


def test_an_unfinished_rollback_is_taken_up_again():
    book = Book(OUTSIDE).applied("0001").write(Event.STARTED, "0001")
    book.write(Event.STATEMENT, "0001", statement=1)
    plan = plan_rollback(OUTSIDE, book.history)
    [step] = plan.steps
    assert (step.resume_after, said(plan.findings)) == (
        1,
        [("shop/0001_a.sql", "ledger-partly-applied")],
    )
    assert plan.findings[0].message == (
        "0001_a is partly rolled back since 2026-01-17 09:32:00 UTC: statement 1 of 2 is in."
    )
    assert plan.findings[0].hint == "Go on where it stopped: manage.py rollback_sql shop"


SWAPPED = {
    "0001_a.rollback.sql": "-- Transaction: none\nDROP INDEX CONCURRENTLY j;\nDROP INDEX "
    "CONCURRENTLY i;\n",
}


@pytest.mark.parametrize("files", [SWAPPED, {}])
def test_another_way_back_than_was_begun_starts_at_its_first_statement(files):
    """Statement 1 of what was begun is not statement 1 of what runs now."""
    other = series_of({**OUTSIDE_FILES, **files, **KEEPS})
    book = Book(OUTSIDE).applied("0001").write(Event.STARTED, "0001")
    book.write(Event.STATEMENT, "0001", statement=1)
    [step] = plan_rollback(other, book.history, variant="" if files else "keep").steps
    assert step.resume_after == 0


@given(st.lists(st.integers(0, 12), unique=True, max_size=8), st.booleans())
def test_apply_and_roll_back_returns(numbers, supersede):
    stems = [f"{n:04d}_m" for n in sorted(numbers)]
    header = {}
    if supersede and len(stems) > 1:
        header[stems[-1]] = f"-- Supersedes: {stems[0][:4]}-{stems[-2][:4]}\n"
    series = series_of(complete(*stems, header=header))
    book = Book(series)
    there = plan_apply(series, book.history)
    for step in there.steps:
        book.write(step.event, str(step.migration.version))
    assert plan_apply(series, book.history).steps == ()
    back = plan_rollback(series, book.history, to="zero")
    assert back.findings == ()
    for step in back.steps:
        book.write(step.event, str(step.migration.version))
    assert book.history.applied("shop") == {}
    assert [s.migration.version for s in back.steps] == [
        s.migration.version for s in reversed(there.steps)
    ]
    assert plan_apply(series, book.history).steps == there.steps


@given(st.permutations(range(6)), st.integers(0, 6))
def test_the_reverse_of_the_ledger_is_the_order(order, steps):
    series = shop(*(f"{n:04d}_m" for n in range(6)))
    book = Book(series).applied(*(f"{n:04d}" for n in order))
    plan = plan_rollback(series, book.history, steps=steps)
    assert [s.migration.version.key[0] for s in plan.steps] == list(reversed(order))[:steps]


@pytest.mark.parametrize("depends", ["shop:0001", "shop:0001_a (reads a)"])
def test_what_another_series_in_the_same_ledger_depends_on_stays(depends):
    files = complete("0001_x", header={"0001_x": f"-- Depends: {depends}\n"})
    other = series_of(files, "bill")
    book = Book(THREE).applied("0001")
    book.series = other
    plan = plan_rollback(THREE, book.applied("0001").history, neighbours={"bill": other})
    [finding] = plan.findings
    assert (finding.path, finding.code, finding.message, finding.hint) == (
        "shop/0001_a.sql",
        "rollback-blocked-by",
        "0001_a cannot be taken back: bill 0001_x depends on it and is applied to the same "
        "database.",
        "Take that back first: manage.py rollback_sql bill --database ALIAS",
    )


def test_another_series_that_is_not_applied_or_depends_elsewhere_blocks_nothing():
    files = complete("0001_x", header={"0001_x": "-- Depends: shop:0001\n"})
    book = Book(THREE).applied("0001", "0002")
    plan = plan_rollback(THREE, book.history, neighbours={"bill": series_of(files, "bill")})
    assert (labels(plan), plan.findings) == (["0002_b"], ())
