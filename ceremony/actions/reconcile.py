"""Reconcile: make control agree with what the ledger of a target says."""

from dataclasses import dataclass

from ceremony import __version__, conf
from ceremony.actions.access import reached
from ceremony.actions.adopt import adopt
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.ready import Caller, Ready, lock, make_ready, now, with_ledger
from ceremony.actions.record import RunFacts, close_run, open_run
from ceremony.actions.settlement import repair_records
from ceremony.actions.watching import Watcher
from ceremony.core.report import ReconcileReport, Verdict
from ceremony.errors import UsageError
from ceremony.models import RecordState, RunKind


@dataclass(frozen=True)
class ReconcileRequest:
    """``adopt``: why this database, as it is, is the target from now on; ``""`` to adopt
    nothing.
    """

    alias: str
    caller: Caller
    adopt: str = ""


@control_errors()
def reconcile(request: ReconcileRequest, watcher: Watcher) -> ReconcileReport:
    """Settle open attempts from the ledger, and make the migration records say what it says.

    Changes nothing in the target, except that adopting writes one more ``opened`` row. Raises
    UsageError (target-without-ledger), LockedByOther, and Refused and Tampered as ``apply``
    does.
    """
    settings = conf.load()
    target = conf.target(request.alias, settings)
    require_control()
    with reached(target, settings, request.caller.actor.shown) as access:
        lock(access, settings, request.caller, watcher)
        rows = access.ledger.rows() if access.ledger.exists() else ()
        if request.adopt.strip():
            adopt(access, rows, request.caller, request.adopt.strip())
            watcher.note(f"{request.alias!r} is adopted as it is; the trail has the reason.")
        elif not rows:
            raise _without_ledger(request.alias)
        here = with_ledger(make_ready(access, request.caller, watcher))
        return ReconcileReport(access.facts, here.settled, _repaired(here), ())


def _repaired(here: Ready) -> tuple[str, ...]:
    wanted = [(RecordState(state.value), row) for state, row in here.history.record_states()]
    run = open_run(
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
    repaired = repair_records(run, wanted)
    close_run(run, Verdict.PASS, finished_at=now())
    return repaired


def _without_ledger(alias: str) -> UsageError:
    return UsageError(
        "target-without-ledger",
        f"The target {alias!r} has no ledger: nothing was ever applied there.",
        next_step=f"manage.py apply_sql SERIES --database {alias}",
    )
