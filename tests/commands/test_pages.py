"""Whole pages, as a person reads them, against golden files."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ceremony.core.check import CheckSeverity
from ceremony.core.expectations import CheckResult
from ceremony.core.finding import Finding, Severity
from ceremony.core.header import Header, Risk
from ceremony.core.history import Event
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction, Plan
from ceremony.core.report import (
    MigrationState,
    PlanReport,
    ReconcileReport,
    Settled,
    SettledAs,
    StatusLine,
    StatusReport,
    Verdict,
    VerifiedMigration,
    VerifyReport,
)
from ceremony.core.risks import KnownRisk
from ceremony.management.pages.new import new_page
from ceremony.management.pages.plan import plan_page
from ceremony.management.pages.reconcile import reconcile_page
from ceremony.management.pages.run import run_page
from ceremony.management.pages.status import status_page
from ceremony.management.pages.verify import verify_page
from tests.commands.values import (
    EMAIL,
    FAILED,
    INDEX,
    NOON,
    ORDERS,
    PRODUCTION,
    SEEN,
    TARGET,
    checked,
    migration,
    outcome,
    plan,
    report,
    step,
)

PREFIX = "migrations_sql/"
REWORDED = Finding(
    "shop/0001_orders.sql",
    0,
    0,
    "ledger-reworded",
    "Its bytes changed since it was applied, its meaning did not.",
    "Nothing to do; the ledger keeps both digests.",
    Severity.NOTICE,
)
LATE = Finding(
    "shop/0002_add_email.sql",
    0,
    0,
    "order-inserted-before-applied",
    "It stands before 0003_index_email, which is applied.",
    "Give it a later number, or add --include-late.",
)
PASSED = (checked("no orphans", CheckResult.PASS), checked("one key", CheckResult.PASS))
NOT_APPLICABLE = checked("no doubles", CheckResult.NOT_APPLICABLE, "`only if` found no table boms.")
BROKEN = checked("email is unique", CheckResult.FAIL, "Expected no rows, got 7.", observed=SEEN)
SLOW = checked(
    "quick enough", CheckResult.FAIL, "Expected < 5, got 9.", severity=CheckSeverity.WARN
)
RISKY = Header(
    risk=Risk.HIGH, reversible=False, irreversible_why="drops a column", data_loss="apply (emails)"
)


def _settled(number, how, why):
    return Settled(UUID(int=number), "shop", "0001_orders", how, why)


def test_an_apply_that_went_well(golden):
    outcomes = [
        outcome(step(ORDERS, 1), checks=PASSED),
        outcome(step(EMAIL, 2), seconds=75, checks=PASSED),
        outcome(step(INDEX, 3), seconds=0.02),
    ]
    golden("apply-done.txt", run_page(report(outcomes), PREFIX, 1).plain)


def test_an_apply_with_every_check_listed(golden):
    outcomes = [outcome(step(ORDERS, 1), checks=PASSED)]
    golden("apply-verbose.txt", run_page(report(outcomes), PREFIX, 2).plain)


def test_many_checks_that_nobody_came_to_are_counted():
    why = "It was not reached."
    checks = (
        checked("no name is taken", CheckResult.FAIL, "expected no rows, got 1 row"),
        *(checked(f"rule {n}", CheckResult.NOT_RUN, why) for n in range(1, 5)),
        checked("another", CheckResult.NOT_RUN, "The connection broke."),
    )
    ended = outcome(step(ORDERS, 1), StepState.FAILED, checks=checks, problem=FAILED)
    failed = report((ended,), problem=FAILED)
    text = run_page(failed, PREFIX, 1).plain
    assert "    · NOT RUN  4 checks (-v 2 names them)\n      It was not reached.\n" in text
    assert ("rule 1" in text, "another" in text, "no name is taken" in text) == (False, True, True)
    assert "rule 1" in run_page(failed, PREFIX, 2).plain


def test_an_apply_whose_checks_did_not_all_apply(golden):
    outcomes = [
        outcome(step(ORDERS, 1), checks=(*PASSED, NOT_APPLICABLE)),
        outcome(step(EMAIL, 2), checks=(SLOW,)),
    ]
    made = report(outcomes, verdict=Verdict.PARTIAL)
    golden("apply-partial.txt", run_page(made, PREFIX, 1).plain)


def test_an_apply_that_failed_in_the_middle(golden):
    outcomes = [
        outcome(step(ORDERS, 1), checks=PASSED),
        outcome(step(INDEX, 2), StepState.FAILED, 3.2, checks=(BROKEN,), problem=FAILED),
        outcome(step(EMAIL, 3), StepState.NOT_STARTED, 0.0),
    ]
    made = report(outcomes, problem=FAILED, verdict=Verdict.FAIL)
    golden("apply-failed.txt", run_page(made, PREFIX, 1).plain)


def test_an_apply_that_is_partly_in_or_unknown(golden):
    outcomes = [outcome(step(INDEX, 1), StepState.PARTLY, 61, problem=FAILED)]
    partly = report(outcomes, problem=FAILED, verdict=Verdict.FAIL)
    unknown = replace(partly, outcomes=(replace(outcomes[0], state=StepState.UNKNOWN),))
    texts = [run_page(made, PREFIX, 1).plain for made in (partly, unknown)]
    golden("apply-partly.txt", "\n".join(texts))


def test_nothing_to_apply_with_something_settled_and_noticed(golden):
    settled = (_settled(1, SettledAs.DONE, "The ledger has its row."),)
    made = replace(report([]), settled=settled, findings=(REWORDED,))
    golden("apply-nothing.txt", run_page(made, PREFIX, 1).plain)


def test_a_long_run_shows_what_matters_and_counts_the_rest(golden):
    outcomes = [outcome(step(migration(n, "small"), n), checks=PASSED) for n in range(1, 1001)]
    outcomes[499] = replace(outcomes[499], checks=(NOT_APPLICABLE,))
    made = report(outcomes, verdict=Verdict.PARTIAL)
    golden("apply-long.txt", run_page(made, PREFIX, 1).plain)
    everything = run_page(made, PREFIX, 2).plain
    assert sum("_small   ✓ PASS" in line for line in everything.splitlines()) == 999


def test_a_rollback(golden):
    steps = [
        step(one, n, direction=Direction.ROLL_BACK, event=Event.ROLLED_BACK)
        for n, one in enumerate((EMAIL, ORDERS), start=1)
    ]
    of = plan(*steps, direction=Direction.ROLL_BACK)
    done = [outcome(one, checks=PASSED[:1]) for one in steps]
    nothing = report([], of=plan(direction=Direction.ROLL_BACK))
    texts = [run_page(made, PREFIX, 1).plain for made in (report(done, of=of), nothing)]
    golden("rollback.txt", "\n".join(texts))


def test_a_plan_says_what_to_know_before_it_runs(golden):
    risky = migration(2, "drop_email", "ALTER TABLE orders DROP COLUMN email", header=RISKY)
    steps = (
        step(ORDERS, 1, checks_after=tuple(c.check for c in PASSED)),
        step(risky, 2),
        step(INDEX, 3, transactional=False, resume_after=1),
        step(EMAIL, 4, event=Event.SUPERSEDED, script=None),
    )
    made = PlanReport(PRODUCTION, plan(*steps), 12, "plan1:" + "ab" * 32)
    golden("plan.txt", plan_page(made, PREFIX, "manage.py apply_sql shop").plain)


def test_a_plan_shows_the_risks_that_are_known(golden):
    risks = (
        KnownRisk("P1", "0001_orders", "Its rollback drops every order.", "A backup comes first."),
        KnownRisk("P3", "", "No index is built CONCURRENTLY.\u202e", "Run during maintenance."),
    )
    made = PlanReport(PRODUCTION, plan(step(ORDERS, 1)), 0, "plan1:" + "ab" * 32, risks)
    golden("plan-risks.txt", plan_page(made, PREFIX, "manage.py apply_sql shop").plain)


def test_plans_that_are_empty_or_refused(golden):
    empty = PlanReport(TARGET, plan(), 3, "plan1:00")
    refused = PlanReport(TARGET, Plan("shop", Direction.APPLY, (), (LATE, REWORDED)), 0, "plan1:00")
    texts = [plan_page(made, PREFIX, "manage.py apply_sql shop").plain for made in (empty, refused)]
    golden("plan-empty.txt", "\n".join(texts))


def test_status_shows_every_state(golden):
    lines = [
        StatusLine(f"{n:04}_orders", state, NOON + timedelta(days=n), "anna@desk")
        for n, state in enumerate(MigrationState, start=1)
    ]
    lines.append(StatusLine("0099_wait", MigrationState.PENDING, note="needs 0098, which waits"))
    made = StatusReport(TARGET, "shop", tuple(lines), (LATE,))
    unsettled = StatusReport(TARGET, "shop", (), (), unsettled=2)
    busy = StatusReport(
        TARGET, "shop", (), (), unsettled=2, running='process 4711, "ceremony anna@desk"'
    )
    texts = [status_page(one, PREFIX).plain for one in (made, unsettled, busy)]
    golden("status.txt", "\n".join(texts))


def test_verification(golden):
    good = VerifiedMigration("0001_orders", PASSED)
    mixed = VerifiedMigration("0002_add_email", (PASSED[0], NOT_APPLICABLE))
    bad = VerifiedMigration("0003_index_email", (PASSED[0], BROKEN))
    made = [
        VerifyReport(TARGET, "shop", (), (good,), Verdict.PASS),
        VerifyReport(TARGET, "shop", (REWORDED,), (good, mixed), Verdict.PARTIAL),
        VerifyReport(TARGET, "shop", (LATE,), (good, bad), Verdict.FAIL),
        VerifyReport(TARGET, "shop", (), (), Verdict.NOT_RUN),
    ]
    golden("verify.txt", "\n".join(verify_page(one, PREFIX, 1).plain for one in made))


def test_reconciliation(golden):
    settled = tuple(
        _settled(n, how, f"because of {how.value}") for n, how in enumerate(SettledAs, start=1)
    )
    made = [
        ReconcileReport(TARGET, (), (), ()),
        ReconcileReport(TARGET, settled, ("0001_orders",), ()),
        ReconcileReport(TARGET, (), (), (LATE,)),
    ]
    golden("reconcile.txt", "\n".join(reconcile_page(one, PREFIX).plain for one in made))


def test_new_files(golden):
    paths = [f"{PREFIX}shop/0004_x{end}" for end in (".sql", ".verify.sql", ".rollback.sql")]
    golden("new.txt", new_page(paths, "shop").plain)
