"""Open attempts: what a crash left without an outcome, settled from the ledger under the lock."""

from datetime import UTC, datetime

from ceremony import __version__
from ceremony.actions.access import Access
from ceremony.actions.actor import Actor
from ceremony.actions.conclude import cut_off
from ceremony.actions.record import RunFacts, close_run, open_attempts, open_run, open_runs
from ceremony.actions.settlement import settle
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.outcome import StepState
from ceremony.core.report import Settled, SettledAs, Verdict
from ceremony.core.resolve import OpenAttempt, last_rows, resolve
from ceremony.errors import Refused
from ceremony.models import Outcome, Run, RunKind, Target
from ceremony.models.attempt import FINAL


def settle_open(
    access: Access, target: Target, rows: tuple[LedgerRow, ...], actor: Actor, command: str
) -> tuple[Settled, ...]:
    """Give every open attempt on ``target`` its outcome and close the runs they belong to.

    Call it with the target's lock, outside any run. Raises Refused (prepared-transaction).
    """
    attempts = open_attempts(target)
    left = open_runs(target)
    if not attempts and not left:
        return ()
    found = resolve(
        [
            OpenAttempt(a.pk, a.run_id, a.number, a.series, f"{a.version}_{a.name}")
            for a in attempts
        ],
        rows,
    )
    if any(one.settled_as is SettledAs.ABORTED for one in found):
        _refuse_prepared(access)
    run = open_run(
        RunFacts(
            kind=RunKind.RECONCILE,
            target=target,
            series="",
            actor=actor,
            tool_version=__version__,
            started_at=datetime.now(UTC),
            command_line=command,
        )
    )
    settle(run, found, last_rows(rows))
    _close(left, run)
    return found


def _close(left: list[Run], run: Run) -> None:
    for one in left:
        verdict = _verdict(one)
        moment = datetime.now(UTC)
        close_run(one, verdict, finished_at=moment, settled_by=run, conclude=cut_off(verdict))
    close_run(run, Verdict.PASS, finished_at=datetime.now(UTC))


def _verdict(run: Run) -> Verdict:
    """What can still be said of a run that was cut off, now that its attempts are settled.

    Steps that are done passed their blocking checks, but what the checks saw is lost with the run:
    PARTIAL at best.
    """
    states = set(Outcome.objects.filter(FINAL, attempt__run=run).values_list("state", flat=True))
    if not states:
        return Verdict.NOT_RUN
    return Verdict.PARTIAL if states == {StepState.DONE.value} else Verdict.FAIL


def _refuse_prepared(access: Access) -> None:
    """A prepared transaction has left its session: its ledger row may still appear (PREPARE
    TRANSACTION).
    """
    found = access.session.ask(
        "SELECT gid FROM pg_catalog.pg_prepared_xacts"
        " WHERE database = pg_catalog.current_database() ORDER BY prepared LIMIT 1"
    )
    if found:
        raise Refused(
            "prepared-transaction",
            f"The prepared transaction {found[0][0]!r} is open in {access.target.alias!r}; it "
            "may hold an "
            "earlier attempt.",
            next_step="Decide it: ROLLBACK PREPARED or COMMIT PREPARED, then run the same "
            "command again.",
        )
