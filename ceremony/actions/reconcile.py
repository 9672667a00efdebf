"""Reconcile: make control agree with what the ledger of a target says."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import AbstractUser

from ceremony import __version__, conf
from ceremony.actions.accept import Decision, readable_catalog, take_as_it_is
from ceremony.actions.access import reached
from ceremony.actions.adopt import adopt, refuse_unable_to_adopt
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.ready import Caller, Ready, lock, make_ready, now, with_ledger
from ceremony.actions.record import RunFacts, close_run, open_run
from ceremony.actions.settlement import repair_records
from ceremony.actions.snapshots import LATER, read_catalog
from ceremony.actions.watching import Watcher
from ceremony.core.report import ReconcileReport, Verdict
from ceremony.errors import UsageError
from ceremony.models import RecordState, Run, RunKind, SnapshotReason


@dataclass(frozen=True)
class ReconcileRequest:
    """``adopt``: why this database, as it is, is the target from now on; ``""`` to adopt
    nothing. ``accept_drift``: why its catalog is right as it is; ``""`` to accept nothing.
    ``account``: who was authenticated for it; nobody else adopts a protected target.
    """

    alias: str
    caller: Caller
    adopt: str = ""
    accept_drift: str = ""
    account: AbstractUser | None = None


@control_errors()
def reconcile(request: ReconcileRequest, watcher: Watcher) -> ReconcileReport:
    """Settle open attempts from the ledger, and make the migration records say what it says.

    Changes nothing in the target, except that adopting writes one more ``opened`` row. Who adopts a
    target or accepts drift takes its catalog as it is: a new snapshot is stored. Raises UsageError
    (target-without-ledger, adopt-needs-user), LockedByOther, Refused (right-missing), and Refused
    and Tampered as ``apply`` does.
    """
    settings = conf.load()
    target = conf.target(request.alias, settings)
    require_control()
    with reached(target, settings, request.caller.actor.shown) as access:
        lock(access, settings, request.caller, watcher)
        rows = access.ledger.rows() if access.ledger.exists() else ()
        if request.adopt.strip():
            refuse_unable_to_adopt(access, rows, request.account)
            adopt(access, rows, request.caller, request.adopt.strip(), request.account)
            watcher.note(f"{request.alias!r} is adopted as it is; the trail has the reason.")
        elif not rows:
            raise _without_ledger(request.alias)
        here = with_ledger(make_ready(access, request.caller, watcher))
        live = readable_catalog(here) if request.accept_drift.strip() else None
        run = _opened(here)
        repaired = _repaired(here, run)
        report = ReconcileReport(access.facts, here.settled, repaired, ())
        if decision := _decision(request):
            live = live or read_catalog(access, LATER)
            accepted, taken = take_as_it_is(here, run, live, decision, settings)
            report = replace(report, accepted=accepted, snapshot=taken)
        close_run(run, Verdict.PASS, finished_at=now())
        return report


def _decision(request: ReconcileRequest) -> Decision | None:
    """Who adopts a target takes its catalog as it is, too."""
    if why := request.accept_drift.strip():
        return Decision(SnapshotReason.ACCEPTED, why)
    why = request.adopt.strip()
    return Decision(SnapshotReason.ADOPTED, why) if why else None


def _opened(here: Ready) -> Run:
    return open_run(
        RunFacts(
            kind=RunKind.RECONCILE,
            target=here.target,
            series="",
            actor=here.caller.actor,
            tool_version=__version__,
            started_at=now(),
            command_line=here.caller.command,
        )
    )


def _repaired(here: Ready, run: Run) -> tuple[str, ...]:
    wanted = [(RecordState(state.value), row) for state, row in here.history.record_states()]
    return repair_records(run, wanted)


def _without_ledger(alias: str) -> UsageError:
    return UsageError(
        "target-without-ledger",
        f"The target {alias!r} has no ledger: nothing was ever applied there.",
        next_step=f"manage.py apply_sql SERIES --database {alias}",
    )
