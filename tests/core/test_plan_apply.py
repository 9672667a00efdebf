import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.check import When
from ceremony.core.finding import Severity, errors
from ceremony.core.history import Event, History
from ceremony.core.plan import Direction, plan_apply, plan_digest
from tests.core.folders import Book, complete, said, series_of

EMPTY = History([])


def shop(*stems: str, **header: str):
    lines = {key.lstrip("_"): value for key, value in header.items()}
    return series_of(complete(*stems, header=lines))


def labels(plan) -> list[str]:
    return [step.migration.label for step in plan.steps]


def test_everything_pending_in_order():
    plan = plan_apply(shop("0002_b", "0001_a", "0003_c"), EMPTY)
    assert (plan.series, plan.direction, plan.findings) == ("shop", Direction.APPLY, ())
    assert labels(plan) == ["0001_a", "0002_b", "0003_c"]
    assert [step.number for step in plan.steps] == [1, 2, 3]


def test_what_a_step_carries():
    files = complete(
        "0001_a", header={"0001_a": "-- Data loss: apply (drops x)\n-- Timeout: lock 3s\n"}
    )
    files["0001_a.verify.sql"] = "".join(
        f"-- check: {when}\n-- when: {when}\n-- expect: rows\nSELECT 1;\n" for when in When
    )
    series = series_of(files)
    [step] = plan_apply(series, EMPTY).steps
    [migration] = series.migrations
    assert (step.migration, step.script, step.event) == (migration, migration.script, Event.APPLIED)
    assert [check.name for check in step.checks_before] == ["before"]
    assert [check.name for check in step.checks_after] == ["after", "always"]
    assert (step.transactional, step.variant, step.resume_after) == (True, "", 0)
    assert (step.data_loss, step.loses_data) == ("apply (drops x)", True)
    assert step.header.lock_timeout == 3000


def test_nothing_is_left_when_all_is_applied():
    series = shop("0001_a", "0002_b")
    plan = plan_apply(series, Book(series).applied("0001", "0002").history)
    assert (plan.steps, plan.findings) == ((), ())


def test_planned_and_retired_files_are_never_in_a_plan():
    files = complete("0001_a") | {
        "0002_p.sql": "-- Planned: later\nSELECT 1;",
        "0003_r.sql.retired": "-- Retired: no\n",
    }
    assert labels(plan_apply(series_of(files), EMPTY)) == ["0001_a"]


@pytest.mark.parametrize("to", ["0002", "0002_b", "0002_b.sql"])
def test_up_to_a_version_with_it(to):
    plan = plan_apply(shop("0001_a", "0002_b", "0003_c"), EMPTY, to=to)
    assert (labels(plan), plan.findings) == (["0001_a", "0002_b"], ())


@pytest.mark.parametrize(
    ("to", "hint"),
    [("002", "Near it: 0002_b, 0001_a."), ("zzzz", "Near it: 0001_a, 0002_b.")],
)
def test_an_unknown_version_is_refused_with_the_near_ones(to, hint):
    plan = plan_apply(shop("0001_a", "0002_b"), EMPTY, to=to)
    [finding] = plan.findings
    assert (plan.steps, finding.code, finding.path) == ((), "version-unknown", "shop")
    assert finding.message == f"There is no version {to!r} in 'shop'."
    assert finding.hint == hint


@pytest.mark.parametrize(
    ("to", "code", "message"),
    [
        ("0002", "version-planned", "0002_p is planned and never in a plan."),
        ("0003_r", "version-retired", "0003_r is retired and never in a plan."),
    ],
)
def test_a_version_that_never_runs_cannot_be_gone_to(to, code, message):
    files = complete("0001_a") | {
        "0002_p.sql": "-- Planned: later\nSELECT 1;",
        "0003_r.sql.retired": "-- Retired: no\n",
    }
    plan = plan_apply(series_of(files), EMPTY, to=to)
    [finding] = plan.findings
    assert (plan.steps, finding.code, finding.message) == ((), code, message)
    assert finding.hint == "Name a version that can run; manage.py status_sql lists them."


def test_a_version_behind_the_target_is_said_to_be_there_already():
    series = shop("0001_a", "0002_b")
    plan = plan_apply(series, Book(series).applied("0001", "0002").history, to="0001")
    [finding] = plan.findings
    assert (plan.steps, finding.code, finding.severity) == ((), "version-behind", Severity.NOTICE)
    assert finding.message == (
        "0001_a is applied already, and 0002_b behind it; apply_sql takes nothing back."
    )
    assert finding.hint == "To go back: manage.py rollback_sql shop --to 0001"


def test_a_late_file_is_refused_with_its_choices():
    series = shop("0001_a", "0002_b", "0003_c")
    plan = plan_apply(series, Book(series).applied("0001", "0003").history)
    [finding] = plan.findings
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "order-inserted-before-applied")
    assert finding.message == "0002_b is not applied here, but 0003_c, which comes after it, is."
    assert finding.hint == (
        "Give it a number behind that one, or take it in out of order: "
        "manage.py apply_sql shop --include-late; or retire it (.sql.retired)."
    )


def test_a_late_file_can_be_taken_in():
    series = shop("0001_a", "0002_b", "0003_c", "0004_d")
    plan = plan_apply(series, Book(series).applied("0001", "0003").history, include_late=True)
    assert labels(plan) == ["0002_b", "0004_d"]
    [finding] = plan.findings
    assert (finding.code, finding.severity) == ("order-late", Severity.NOTICE)
    assert finding.message == (
        "0002_b is taken in late: files that come after it are applied here already."
    )


def test_only_late_files_up_to_the_version_matter():
    series = shop("0001_a", "0002_b", "0003_c")
    plan = plan_apply(series, Book(series).applied("0003").history, to="0001")
    assert said(plan.findings) == [("shop/0001_a.sql", "order-inserted-before-applied")]


def test_what_was_rolled_back_is_pending_again():
    series = shop("0001_a", "0002_b")
    book = Book(series).applied("0001", "0002").write(Event.ROLLED_BACK, "0002")
    assert labels(plan_apply(series, book.history)) == ["0002_b"]


def test_a_dependency_outside_is_asked_for():
    series = shop(
        "0001_a", _0001_a="-- Depends: none\n-- Depends: other:0003, django:auth.0001_initial\n"
    )
    asked = []

    def satisfied(dependency) -> bool:
        asked.append(str(dependency))
        return bool(dependency.series == "django")

    [finding] = plan_apply(series, EMPTY, satisfied=satisfied).findings
    assert asked == ["other:0003", "django:auth.0001_initial"]
    assert (finding.path, finding.line, finding.code) == ("shop/0001_a.sql", 2, "dependency-unmet")
    assert finding.message == "0001_a depends on other:0003, which is not applied."
    assert finding.hint == "Apply it first: manage.py apply_sql other --to 0003"
    assert plan_apply(series, EMPTY, satisfied=lambda _: True).findings == ()


def test_a_dependency_on_django_names_its_command():
    series = shop("0001_a", _0001_a="-- Depends: django:auth.0001_initial\n")
    [finding] = plan_apply(series, EMPTY).findings
    assert finding.message == "0001_a depends on django:auth.0001_initial, which is not applied."
    assert finding.hint == ("Apply it first: manage.py migrate auth 0001_initial --database ALIAS")


def test_a_dependency_in_the_plan_is_met():
    series = shop("0001_a", "0002_b", _0002_b="-- Depends: 0001_a\n")
    assert plan_apply(series, EMPTY).findings == ()
    assert plan_apply(series, Book(series).applied("0001").history).findings == ()


def test_a_dependency_that_was_applied_and_then_retired_is_met():
    before = shop("0001_a", "0002_b")
    files = complete("0002_b", header={"0002_b": "-- Depends: 0001_a\n"})
    after = series_of(files | {"0001_a.sql.retired": "-- Retired: old\n"})
    plan = plan_apply(after, Book(before).applied("0001").history)
    assert errors(plan.findings) == ()
    assert errors(plan_apply(after, EMPTY).findings)[0].code == "dependency-unmet"


CONCURRENT = (
    "-- Transaction: none\n"
    "CREATE INDEX CONCURRENTLY i ON t (a);\n"
    "CREATE INDEX CONCURRENTLY j ON t (b);\n"
    "CREATE INDEX CONCURRENTLY k ON t (c);\n"
)


def outside():
    return series_of(
        complete("0001_a", "0003_c")
        | {"0002_b.sql": CONCURRENT}
        | {
            "0002_b.verify.sql": "-- check: x\n-- expect: rows\nSELECT 1;",
            "0002_b.rollback.sql": "-- Transaction: none\nDROP INDEX CONCURRENTLY i;\nDROP "
            "INDEX CONCURRENTLY j;\n",
        }
    )


@pytest.mark.parametrize(
    ("done", "resume", "words"),
    [
        ([], 0, "none of its 3 statements is known to be in"),
        ([1], 1, "statement 1 of 3 is in"),
        ([1, 2], 2, "statements 1, 2 of 3 are in"),
        ([2], 0, "statement 2 of 3 is in"),
    ],
)
def test_what_is_partly_in_is_taken_up_again(done, resume, words):
    series = outside()
    book = Book(series).applied("0001").write(Event.STARTED, "0002")
    for number in done:
        book.write(Event.STATEMENT, "0002", statement=number)
    plan = plan_apply(series, book.write(Event.FAILED, "0002").history)
    assert labels(plan) == ["0002_b", "0003_c"]
    assert (plan.steps[0].transactional, plan.steps[0].resume_after) == (False, resume)
    [finding] = plan.findings
    assert (finding.code, finding.severity) == ("ledger-partly-applied", Severity.NOTICE)
    assert finding.message == (f"0002_b is partly applied since 2026-01-17 09:32:00 UTC: {words}.")
    assert finding.hint == "Go on where it stopped: manage.py apply_sql shop"


def test_a_file_that_was_edited_while_it_is_partly_in_is_refused():
    before = outside()
    book = (
        Book(before)
        .applied("0001")
        .write(Event.STARTED, "0002")
        .write(Event.STATEMENT, "0002", statement=1)
    )
    after = series_of(
        complete("0001_a", "0003_c") | {"0002_b.sql": CONCURRENT.replace(" k ", " l ")}
    )
    plan = plan_apply(after, book.history)
    finding = errors(plan.findings)[0]
    assert finding.code == "partial-file-changed"
    begun, now = (s.by_version["0002"].script.meaning_digest for s in (before, after))
    assert finding.message == (
        f"0002_b was changed while it is partly applied: begun was {begun}, the file is {now}."
    )
    assert finding.hint == (
        "Put the file back as it was; then apply_sql goes on where it stopped, or rollback_sql "
        "undoes it."
    )


def test_an_unfinished_rollback_is_finished_first():
    series = outside()
    book = Book(series).applied("0001", "0002").write(Event.STARTED, "0002")
    plan = plan_apply(series, book.history)
    finding = errors(plan.findings)[0]
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "partial-rollback")
    assert finding.message == "The rollback of 0002_b was begun and not finished."
    assert finding.hint == "Finish it first: manage.py rollback_sql shop"


def test_a_file_that_ended_its_own_transaction_is_looked_at_first():
    series = shop("0001_a")
    book = Book(series).applied("0001").write(Event.FAILED, "0001", detail='{"code":"tx-broken"}')
    finding = errors(plan_apply(series, book.history).findings)[0]
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "partial-unknown")
    assert finding.message == "0001_a ended its own transaction and failed: part of it may be in."
    assert finding.hint == ("Look what is there, then take it back: manage.py rollback_sql shop")


def test_a_file_whose_first_statement_failed_may_be_edited():
    before = outside()
    book = Book(before).applied("0001").write(Event.STARTED, "0002")
    book.write(Event.FAILED, "0002", detail='{"code":"statement-failed","done":[]}')
    after = series_of(
        complete("0001_a") | {"0002_b.sql": CONCURRENT.replace(" i ", " other_name ")}
    )
    plan = plan_apply(after, book.history)
    assert (labels(plan), errors(plan.findings)) == (["0002_b"], ())


def test_the_fingerprint_is_that_of_what_runs():
    files = complete("0001_a", "0002_b")
    plan = plan_apply(series_of(files), EMPTY)
    assert plan_digest(plan) == plan_digest(plan_apply(series_of(files), EMPTY))
    assert plan_digest(plan).startswith("plan1:")
    for changed in files:
        other = plan_apply(series_of(files | {changed: files[changed] + "-- x\n"}), EMPTY)
        rolled_back = changed.endswith(".rollback.sql")
        assert (plan_digest(other) == plan_digest(plan)) is rolled_back


def test_the_fingerprint_has_one_canonical_form():
    series = series_of({"0001_a.sql": "SELECT 1;\n"})
    assert plan_digest(plan_apply(series, EMPTY)) == (
        "plan1:ffcf7ba8a29a1dbf327adc4dccc3d766255da1b94f7d4b4a58bef26d03880523"
    )


NUMBERS = st.lists(st.integers(0, 30), unique=True, max_size=8)


@given(there=NUMBERS, ran=NUMBERS)
def test_the_pending_set_is_a_difference_of_sets(there, ran):
    series = shop(*(f"{n:04d}_m" for n in there))
    book = Book(series).applied(*(f"{n:04d}" for n in ran if n in there))
    plan = plan_apply(series, book.history)
    pending = sorted(set(there) - set(ran))
    assert [step.migration.version.key[0] for step in plan.steps] == pending
    done = set(there) & set(ran)
    late = {n for n in pending if done and n < max(done)}
    assert {f.path for f in plan.findings} == {f"shop/{n:04d}_m.sql" for n in late}


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] > p[1]), max_size=12
    ),
    st.sets(st.integers(0, 9)),
)
def test_a_plan_without_refusals_respects_dependencies(pairs, ran):
    header = {
        f"{n:04d}_m": "".join(f"-- Depends: {b:04d}\n" for a, b in pairs if a == n)
        for n in range(10)
    }
    series = series_of(complete(*header, header=header))
    book = Book(series).applied(*(f"{n:04d}" for n in sorted(ran)))
    plan = plan_apply(series, book.history, include_late=True)
    assert errors(plan.findings) == ()
    met = {f"{n:04d}" for n in ran}
    for step in plan.steps:
        assert {d.version for d in step.migration.header.depends} <= met
        met.add(str(step.migration.version))
