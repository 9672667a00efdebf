"""Settling a halt: target and control say the same of it, whatever a crash left between them.

The ledger is the truth about whether a target is halted. What control alone knows (the target was
out of reach, a run was killed before it could raise its halt) is written there as soon as the
target's lock is held.
"""

from collections.abc import Iterator

from ceremony.actions.halt_target import Words, append_own, tell_own, words
from ceremony.actions.halts import (
    Halt,
    Said,
    halt_ceremony,
    is_recorded,
    of_ledger,
    open_halt_of,
    state_of,
    stop,
    take,
)
from ceremony.actions.ready import Ready
from ceremony.actions.record import recording
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.targets import same_database
from ceremony.core.halting import (
    Condition,
    LedgerHalt,
    Station,
    condition_of_code,
    open_halt,
    resumed_row,
)
from ceremony.core.states import Act, State, after
from ceremony.models import AuditEvent, Ceremony, HaltStep, Target

_OPEN = frozenset({Station.STOP, Station.ASSESS, Station.DECIDE})
"""Nothing is decided yet."""


def settle_halt(here: Ready) -> Halt | None:
    """The halt that the target is under, ``None`` for none. The target's lock is held.

    Raises what ``Ledger.append`` raises.
    """
    found, known = open_halt(here.rows), open_halt_of(here.target)
    if known is not None and _lifted(here, known):
        known = None
    if found is not None:
        return settle_found(_with_ceremony(here, found), here.target)
    if known is not None:
        return _tell_target(here, known)
    return _raise_forgotten(here)


def settle_found(found: LedgerHalt, target: Target) -> Halt:
    """See that control knows the halt that the ledger tells of, and that its ceremony is halted.

    Nobody is at work on the target.
    """
    halt = of_ledger(found, target)
    if is_recorded(halt.id, Station.STOP) and not _must_move(halt):
        return halt
    with recording() as head:
        stop(head, halt, found)
        if state_of(halt.id).next is Station.ASSESS:
            halt_ceremony(head, halt, found.condition, found.by)
    return halt


def _must_move(halt: Halt) -> bool:
    ceremony = halt.row
    if ceremony is None or state_of(halt.id).next is not Station.ASSESS:
        return False
    return after(State(ceremony.state), Act.HALT) is not None


def _lifted(here: Ready, known: Halt) -> bool:
    """Whether the ledger says that it was lifted: then control hears of it, too."""
    row = resumed_row(here.rows, known.id)
    if row is None:
        return False
    said = Said(row.recorded_by, "The ledger of the target says so.", row.recorded_at)
    with recording() as head:
        take(head, known, Station.LIFT, said, ledger_row=(row.sequence, row.hash))
    return True


def _tell_target(here: Ready, known: Halt) -> Halt:
    """A halt that control alone knows of: the row that is missing."""
    row = HaltStep.objects.get(halt=known.id, station=Station.STOP.value)
    tell_own(here, words(here.target, Condition(row.condition), row.text, known.ceremony))
    return known


def _with_ceremony(here: Ready, found: LedgerHalt) -> LedgerHalt:
    """The halt with the ceremony that it stopped, which was not running yet when it came: the
    ledger says so, and one decision is about both.
    """
    if found.ceremony or state_of(found.halt).next not in _OPEN:
        return found
    stopped = next((one for one in _forgotten(here) if one.changed_at >= found.at), None)
    if stopped is None:
        return found
    told = Words(found.halt, Condition(found.condition), found.text, stopped.pk)
    append_own(here, told.facts(found))
    return open_halt(here.access.ledger.rows()) or found


def _raise_forgotten(here: Ready) -> Halt | None:
    """A ceremony that is halted under a policy that blocks the target, which nobody told."""
    for ceremony in _forgotten(here):
        told = tell_own(
            here, words(here.target, _condition(ceremony), _text(ceremony), ceremony.pk)
        )
        return settle_found(told.found, here.target) if told.found else None
    return None


def _forgotten(here: Ready) -> Iterator[Ceremony]:
    """Ceremonies of this database that are halted, and that no halt of a target was about."""
    aliases = same_database(here.target)
    for ceremony in Ceremony.objects.filter(target__in=aliases, state=State.HALTED.value):
        if policy_of(newest_round(ceremony)).halt and not _was_lifted(ceremony):
            yield ceremony


def _condition(ceremony: Ceremony) -> Condition:
    return condition_of_code(_problem(ceremony))


def _text(ceremony: Ceremony) -> str:
    code = _problem(ceremony)
    return f"The run of ceremony {ceremony.pk} ended with {code or 'no word'}."


def _problem(ceremony: Ceremony) -> str:
    """The code of what halted the ceremony, as the event of that transition says."""
    newest = ceremony.history.filter(act=Act.HALT.value).last()
    event = AuditEvent.objects.filter(pk=newest.event).first() if newest else None
    return str(event.detail().get("problem") or "") if event else ""


def _was_lifted(ceremony: Ceremony) -> bool:
    lifts = ceremony.halts.filter(station=Station.LIFT.value, at__gte=ceremony.changed_at)
    return lifts.exists()
