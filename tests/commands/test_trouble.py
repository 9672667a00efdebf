from dataclasses import replace

import pytest

from ceremony.core.check import CheckResult
from ceremony.core.finding import Finding, Severity, note
from ceremony.core.outcome import ServerError, StepState
from ceremony.core.plan import Direction, Plan
from ceremony.core.report import (
    MigrationState,
    PlanReport,
    ReconcileReport,
    StatusLine,
    StatusReport,
    Verdict,
    VerifiedMigration,
    VerifyReport,
)
from ceremony.errors import ExitCode, LockedByOther, PartlyApplied, Refused, Tampered, UsageError
from ceremony.management.trouble import (
    CommandStopped,
    Trouble,
    of_error,
    of_plan,
    of_reconciliation,
    of_run,
    of_status,
    of_verification,
    of_work,
    trouble_page,
)
from tests.commands.values import (
    FAILED,
    INDEX,
    ORDERS,
    TARGET,
    UNKNOWN_COLUMN,
    checked,
    outcome,
    report,
    step,
)

CHANGED = Finding("shop/0001.sql", 0, 0, "ledger-digest-mismatch", "It was changed.", "Restore it.")
LATE = Finding("shop/0002.sql", 0, 0, "order-inserted-before-applied", "Late.", "Renumber it.")
NOTICE = Finding("shop/0003.sql", 0, 0, "ledger-reworded", "Reworded.", "", Severity.NOTICE)


def _failed(state):
    failed = outcome(step(INDEX, 2), state, problem=FAILED)
    return report([outcome(step(ORDERS, 1)), failed], problem=FAILED, verdict=Verdict.FAIL)


@pytest.mark.parametrize(
    ("kind", "status"),
    [(UsageError, 2), (Refused, 3), (LockedByOther, 4), (Tampered, 5), (PartlyApplied, 6)],
)
def test_an_error_keeps_its_words_and_exit_status(kind, status):
    trouble = of_error(kind("area-reason", "It happened.", state="As it was.", next_step="Type."))
    stopped = CommandStopped(trouble)
    assert (stopped.returncode, stopped.code) == (status, "area-reason")
    assert str(stopped) == "✕ It happened.  [area-reason]\nState  As it was.\nNext   Type."


@pytest.mark.parametrize(
    ("state", "status"), [(StepState.FAILED, 1), (StepState.PARTLY, 6), (StepState.UNKNOWN, 6)]
)
def test_a_run_ends_with_the_exit_status_of_what_it_left(state, status):
    trouble = of_run(_failed(state), "sql/")
    assert trouble is not None
    assert (trouble.exit_code, trouble.path) == (status, "sql/shop/0003_index_email.sql")


def test_a_run_without_a_problem_is_no_trouble():
    assert of_run(report([outcome(step(ORDERS, 1))]), "") is None


def test_a_server_error_is_shown_with_line_and_caret(golden):
    every_field = ServerError(
        sqlstate="23505",
        message="duplicate key\x1b[2J",
        statement=2,
        line=4,
        column=3,
        source_line="\t日本 x",
        detail="Key (id)=(1)\nalready exists.",
        hint="Think.",
        context="SQL statement\nPL/pgSQL function f() line 3",
    )
    ours = ServerError("23503", "violates a key", doing="SET CONSTRAINTS ALL IMMEDIATE")
    runs = [_failed(StepState.FAILED)]
    runs += [replace(runs[0], problem=replace(FAILED, server=one)) for one in (every_field, ours)]
    pages = [trouble_page(trouble).plain for one in runs if (trouble := of_run(one, "sql/"))]
    golden("trouble.txt", "\n".join(pages))


def test_several_lines_of_what_happened_stay_lines():
    trouble = of_error(
        Refused("a-b", "Two things:\n  one\u202e\n  two", state="S.", next_step="N\nM")
    )
    assert trouble_page(trouble).plain == (
        "✕ Two things:  [a-b]\n  one<U+202E>\n  two\n\nState  S.\nNext   N\n       M\n"
    )


def test_a_plan_with_errors_is_refused_and_one_with_tampering_is_more():
    def found(*findings):
        return of_plan(
            PlanReport(TARGET, Plan("shop", Direction.APPLY, (), findings), 0, ""), "sql/"
        )

    assert found(NOTICE) is None
    late = found(NOTICE, LATE)
    assert (late.code, late.exit_code) == ("order-inserted-before-applied", ExitCode.REFUSED)
    assert (late.happened, late.next_step) == ("sql/shop/0002.sql: Late.", "Renumber it.")
    both = found(LATE, CHANGED)
    assert both.exit_code == ExitCode.TAMPERED
    assert both.happened == "sql/shop/0002.sql: Late. (1 more error above)"


def test_work_is_found_or_not():
    assert of_work(0, "manage.py apply_sql shop") is None
    trouble = of_work(1204, "manage.py apply_sql shop")
    assert (trouble.code, trouble.exit_code) == ("work-found", ExitCode.FAILED)
    assert trouble.happened == "1,204 migrations wait to be applied."
    assert of_work(1, "").happened == "1 migration waits to be applied."


def test_status_tells_disagreement_before_work():
    pending = StatusLine("0002_x", MigrationState.PENDING)
    clean = StatusReport(TARGET, "shop", (StatusLine("0001_x", MigrationState.APPLIED),), (NOTICE,))
    waiting = replace(clean, lines=(*clean.lines, pending))
    tampered = replace(waiting, findings=(CHANGED,))
    assert of_status([clean]) is None
    assert of_status([clean, waiting]).exit_code == ExitCode.FAILED
    assert of_status([clean, waiting]).next_step.endswith(" apply_sql shop")
    assert of_status([waiting, tampered]).exit_code == ExitCode.TAMPERED
    assert of_status([waiting, tampered]).code == "ledger-digest-mismatch"


def test_verification_tells_disagreement_before_a_failed_check():
    good = VerifiedMigration("0001_x", (checked("a", CheckResult.PASS),))
    bad = VerifiedMigration("0002_x", (checked("b", CheckResult.FAIL),))
    passed = VerifyReport(TARGET, "shop", (NOTICE,), (good,), Verdict.PASS)
    failed = replace(passed, migrations=(good, bad), verdict=Verdict.FAIL)
    changed = replace(failed, findings=(CHANGED, NOTICE))
    assert of_verification(passed) is None
    assert (of_verification(failed).code, of_verification(failed).exit_code) == ("check-failed", 1)
    assert of_verification(failed).happened == "1 check of shop failed."
    unasked = replace(
        failed, migrations=(VerifiedMigration("1_x", (checked("c", CheckResult.NOT_RUN),)),)
    )
    assert of_verification(unasked).happened == "1 check of shop did not run."
    assert of_verification(changed).exit_code == ExitCode.TAMPERED
    assert of_verification(replace(failed, findings=(LATE,))).exit_code == ExitCode.FAILED


def test_verification_of_a_half_done_change_is_no_success():
    half = note("shop/0003_x.sql", "ledger-partly-applied", "0003_x is partly applied.", "Go on.")
    report = VerifyReport(TARGET, "shop", (NOTICE, half), (), Verdict.PARTIAL)
    assert of_verification(report) == Trouble(
        "ledger-partly-applied",
        "0003_x is partly applied.",
        "The database was only read.",
        "Go on.",
        ExitCode.PARTLY_APPLIED,
    )


def test_reconciliation_leaves_something_to_a_person_or_not():
    assert of_reconciliation(ReconcileReport(TARGET, (), (), (NOTICE,))) is None
    left = of_reconciliation(ReconcileReport(TARGET, (), (), (LATE,)))
    assert (left.code, left.next_step) == ("order-inserted-before-applied", "Renumber it.")


def test_the_known_column_is_under_the_caret():
    assert UNKNOWN_COLUMN.source_line[UNKNOWN_COLUMN.column - 1 :].startswith("emial")
