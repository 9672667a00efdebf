"""Halt: stop the world on a target, and refuse whatever would go on before it is lifted.

The target hears of it first: its ledger is what every control side and every run looks at. Control
follows, and what a crash leaves between the two is made up for by whoever comes next
(``actions.halt_settle``).
"""

from dataclasses import dataclass, replace
from uuid import UUID

from ceremony.actions import evidence
from ceremony.actions.actor import current_actor
from ceremony.actions.ceremonies import ceremony_unknown
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.halt_report import halt_report
from ceremony.actions.halt_settle import settle_halt
from ceremony.actions.halt_target import Told, settings_of, tell, tell_own, words
from ceremony.actions.halts import (
    Halt,
    Said,
    halt_ceremony,
    lets_through,
    of_ledger,
    open_halt_of,
    repeated,
    state_of,
    stop,
    take,
)
from ceremony.actions.ready import Caller, Ready, now
from ceremony.actions.record import recording
from ceremony.actions.targets import known_target, same_database
from ceremony.conf import TargetSettings
from ceremony.core.halting import (
    CONDITIONS,
    Condition,
    HaltReport,
    HaltState,
    Station,
    condition_of,
    open_halt,
)
from ceremony.core.plan import Direction
from ceremony.core.policy import Policy
from ceremony.core.report import RunReport
from ceremony.core.states import State
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditHead, Ceremony, Target
from ceremony.pg.halt import ENDING, PATIENCE

_AT_WORK = (State.RUNNING.value, State.VERIFYING.value)


@dataclass(frozen=True)
class Raised:
    """A halt as it was raised. ``ledger_sequence`` is 0 where the target could not be told.

    ``already`` is true where the target was halted before.
    """

    halt: UUID
    ledger_sequence: int
    already: bool = False


@dataclass(frozen=True)
class HaltRequest:
    """``reason``: why the world is stopped. ``ceremony``: the one that it is about, 0 for the one
    that is at work there.
    """

    alias: str
    reason: str
    caller: Caller
    condition: Condition = Condition.BY_HAND
    ceremony: int = 0


@control_errors()
def halt(request: HaltRequest) -> HaltReport:
    """Halt a target by hand: what runs there is cancelled and rolled back, nothing more starts.

    Raises UsageError (alias-unknown, ceremony-unknown, ceremony-elsewhere), LockedByOther where
    another halt does not end, Failed where the row could not be written, and what ``reached`` and
    ``refuse_stranger`` raise.
    """
    target, settings = settings_of(request.alias)
    require_control()
    known = known_target(target.alias)
    number = _ceremony(known, request)
    text = evidence.bounded(request.reason.strip())
    said = words(known, request.condition, text, number)
    told = tell(target, settings, said, request.caller, (PATIENCE, ENDING))
    person = Said(request.caller.actor.shown, text, now())
    with recording() as head:
        found = _found(head, told, request.condition, person, number)
        if told.stopped.already and not told.new:
            repeated(head, found, request.condition.value, person)
        elif told.stopped.already:
            _failed(head, found, request.condition, person)
        if not told.stopped.still:
            _halt_ceremony(head, found, request.condition, person)
    return halt_report(found, told.stopped)


def raise_halt(
    here: Ready | TargetSettings,
    condition: Condition,
    text: str,
    person: str,
    ceremony: int | None = None,
) -> Raised:
    """Halt a target: its ledger says so first, then control. ``here`` with its lock held, or the
    settings of a target that is out of reach or held by another.

    ``ceremony`` (running, verifying or awaiting sign-off) is halted with it, unless it is halted
    already. Where a decision about an earlier halt was being carried out, that is recorded as
    failed, and the halt is assessed and decided anew. Raises what ``Ledger.append`` raises.
    """
    alias = here.target.alias if isinstance(here, Ready) else here.alias
    said = words(known_target(alias), condition, evidence.bounded(text), ceremony or 0)
    if isinstance(here, Ready) and not here.access.session.wire.lost:
        told = tell_own(here, said)
    else:
        target = here.access.target if isinstance(here, Ready) else here
        caller = here.caller if isinstance(here, Ready) else Caller(current_actor(person), "")
        _, settings = settings_of(target.alias)
        told = tell(target, settings, said, caller, (PATIENCE, 0))
    by = Said(person, said.text, now())
    with recording() as head:
        found = _found(head, told, condition, by, said.ceremony)
        if not told.new:
            _failed(head, found, condition, by)
        _halt_ceremony(head, found, condition, by)
    sequence = told.found.sequence if told.found else 0
    return Raised(found.id, sequence, not told.new)


def refuse_halted(
    here: Ready, ceremony: int | None = None, direction: Direction = Direction.APPLY
) -> None:
    """Raise Refused (target-halted) where the target is under a halt, by its ledger or by control.

    Let through is only what was decided about this halt: ``ceremony`` is the halted one, and the
    decision is to roll back (``direction`` ROLL_BACK) or to fix forward (its own direction).
    """
    found = settle_halt(here)
    if found is not None and not lets_through(found, ceremony or 0, direction):
        raise target_halted(found, state_of(found.id))


def halt_after(here: Ready, policy: Policy, report: RunReport) -> RunReport:
    """Halt the target of a run that failed, where its policy says so or where the run was what had
    been decided about a halt; the report then says that it is halted.

    The run is closed and the lock still held. Raises as ``raise_halt``.
    """
    problem = report.problem
    if problem is None or not (policy.halt or open_halt(here.rows)):
        return report
    person = here.caller.actor.shown
    raise_halt(here, condition_of(problem), problem.happened, person, report.ceremony or None)
    told = replace(
        problem,
        state=f"{problem.state} The target is halted: nothing runs there until it is decided.",
        next_step=f"manage.py resume_sql --database {here.access.target.alias} shows what is next: "
        "assess, decide, document.",
    )
    return replace(report, problem=told)


def target_halted(found: Halt, state: HaltState) -> Refused:
    """The refusal of a target that is under a halt."""
    alias = found.target.alias
    first = state.taken[0]
    about = f" (ceremony {found.ceremony})" if found.ceremony else ""
    why = CONDITIONS.get(Condition(first.condition), "") if first.condition else ""
    told = first.text if first.text.endswith((".", "!", "?", ":")) else f"{first.text}."
    following = state.next.value.upper() if state.next else "nothing"
    return Refused(
        "target-halted",
        f"The target {alias!r} is halted{about} since {first.at:%Y-%m-%d %H:%M} UTC, by "
        f"{first.by}: {told} {why}".rstrip(),
        next_step=f"The next station is {following}. "
        f"manage.py resume_sql --database {alias} shows where the halt stands and what to type.",
    )


def _found(head: AuditHead, told: Told, condition: Condition, said: Said, number: int) -> Halt:
    """The halt in control, with its STOP: as the ledger tells it, else as it is said."""
    if told.found is None:
        found = open_halt_of(told.target)
        if found is None:
            found = Halt(told.halt, told.target, number)
            take(head, found, Station.STOP, said, condition=condition.value)
        return found
    found = of_ledger(told.found, told.target)
    found = replace(found, ceremony=found.ceremony or number)
    stop(head, found, told.found)
    return found


def _failed(head: AuditHead, found: Halt, condition: Condition, said: Said) -> None:
    """What was decided about a halt could not be carried out: it is assessed and decided anew."""
    if state_of(found.id).course is not None:
        take(head, found, Station.EXECUTE, said, condition=condition.value)


def _halt_ceremony(head: AuditHead, found: Halt, condition: Condition, said: Said) -> None:
    if state_of(found.id).next is Station.ASSESS:
        halt_ceremony(head, found, condition.value, said.by)


def _ceremony(known: Target | None, request: HaltRequest) -> int:
    """The ceremony that was named, else the one that is at work on the target, 0 for none."""
    if request.ceremony:
        row = Ceremony.objects.filter(pk=request.ceremony).select_related("target").first()
        if row is None:
            raise ceremony_unknown(request.ceremony)
        if row.target.alias != request.alias:
            raise UsageError(
                "ceremony-elsewhere",
                f"Ceremony {row.pk} is about {row.target.alias!r}, not {request.alias!r}.",
                next_step=f"manage.py halt_sql --database {row.target.alias} --ceremony {row.pk}",
            )
        return int(row.pk)
    if known is None:
        return 0
    at_work = Ceremony.objects.filter(target__in=same_database(known), state__in=_AT_WORK)
    row = at_work.order_by("state", "-pk").first()
    return int(row.pk) if row else 0
