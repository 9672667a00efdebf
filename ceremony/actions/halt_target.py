"""Telling a target that it is halted: the row in its ledger, and the run that ends by it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from ceremony import conf
from ceremony.actions.access import Access, reached
from ceremony.actions.halts import open_halt_of
from ceremony.actions.ready import (
    Caller,
    Ready,
    ledger_context,
    open_ledger,
    remember,
    with_ledger,
)
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import audit_head, control_identity
from ceremony.actions.targets import known_target, ledger_seen
from ceremony.conf import Settings, TargetSettings
from ceremony.core.halting import Condition, LedgerHalt, Stopped, halted_detail, open_halt
from ceremony.core.ledger_row import Event
from ceremony.errors import CeremonyError, Failed
from ceremony.models import Target
from ceremony.pg.context import RunContext
from ceremony.pg.halt import write_halted
from ceremony.pg.ledger import Facts

_TRIES = 5
_UNREACHED = frozenset({"connect-failed", "connection-lost"})


@dataclass(frozen=True)
class Told:
    """What came of telling a target. ``halt`` is the id that it was told; ``found`` is what its
    ledger says now, ``None`` where it was out of reach; ``new``: this very call halted it.
    """

    target: Target
    halt: UUID
    found: LedgerHalt | None
    new: bool
    stopped: Stopped


@dataclass(frozen=True)
class Words:
    """What the row says. ``halt`` is the id of a new halt; a halt that is open keeps its own."""

    halt: UUID
    condition: Condition
    text: str
    ceremony: int = 0

    def facts(self, open_now: LedgerHalt | None) -> Facts:
        """The row's facts, of a new halt or of the one that is open."""
        halt = open_now.halt if open_now else self.halt
        ceremony = self.ceremony or (open_now.ceremony if open_now else 0)
        detail = halted_detail(halt, self.condition.value, self.text, ceremony)
        return Facts(Event.HALTED, detail=detail)


def words(target: Target | None, condition: Condition, text: str, ceremony: int = 0) -> Words:
    """The words of a halt of a target: of the one that control knows of, else of a new one.

    Control may know of one that the target was never told, because it was out of reach.
    """
    known = open_halt_of(target) if target is not None else None
    return Words(known.id if known else uuid4(), condition, text, ceremony)


def tell_own(here: Ready, said: Words) -> Told:
    """Halt the target whose lock is held. Where somebody else has halted it meanwhile, that row
    stands. A target without a ledger gets one: a run may have died before it made it. Raises what
    ``Ledger.append`` raises.
    """
    ledger = here.access.ledger
    if not ledger.exists():
        with_ledger(here)
    found, new = open_halt(ledger.rows()), False
    for left in reversed(range(_TRIES)):
        if found is not None:
            break
        try:
            append_own(here, said.facts(None))
            new = True
        except Failed as error:
            if error.code != "ledger-moved" or not left:
                raise
        found = open_halt(ledger.rows())
    ledger_seen(here.target, *ledger.head)
    return Told(here.target, said.halt, found, new, Stopped(already=not new))


def append_own(here: Ready, facts: Facts) -> None:
    """Append a row to the ledger of the target whose lock is held. Raises what ``Ledger.append``
    raises.
    """
    head = audit_head()
    here.access.ledger.append(facts, here.context(lambda: (head.sequence, head.hash), ""))


def tell(
    target: TargetSettings,
    settings: Settings,
    said: Words,
    caller: Caller,
    patience: tuple[float, float],
) -> Told:
    """Halt a target from a session of its own, and stop the run that is at work there.

    ``patience``: seconds until the row must be in, and for which the end of the run is watched. A
    known target that is out of reach is told of in control alone. Raises what ``reached``,
    ``refuse_stranger`` and ``write_halted`` raise.
    """
    try:
        with reached(target, settings, f"halt {caller.actor.shown}") as access:
            return _told(access, said, caller, patience)
    except CeremonyError as error:
        known = known_target(target.alias)
        if error.code not in _UNREACHED or known is None:
            raise
        already = open_halt_of(known) is not None
        met = Stopped(already=already, out_of_reach=True)
        return Told(known, said.halt, None, not already, met)


def _told(access: Access, said: Words, caller: Caller, patience: tuple[float, float]) -> Told:
    rows = access.ledger.rows() if access.ledger.exists() else ()
    refuse_stranger(access, known_target(access.target.alias), rows, control_identity())
    if not rows:
        _make_ledger(access, caller)
    before = open_halt(rows)
    written = write_halted(
        access.session,
        access.ledger,
        said.facts(before),
        _context(access, caller),
        patience=patience[0],
        ending=patience[1],
    )
    rows = access.ledger.rows()
    stopped = Stopped(
        process=written.stopped,
        still=written.still,
        forbidden=written.forbidden,
        already=written.row is None or before is not None,
    )
    target = remember(access, rows, caller)
    return Told(target, said.halt, open_halt(rows), written.row is not None, stopped)


def _context(access: Access, caller: Caller) -> RunContext:
    head = audit_head()
    return ledger_context(caller, lambda: (head.sequence, head.hash))


def _make_ledger(access: Access, caller: Caller) -> None:
    """A target without a ledger gets one: the row must stand somewhere. Its first run may be under
    way and have made none yet; then that run finds this one in its place, and ends.
    """
    try:
        open_ledger(access, caller)
    except Failed as error:
        if error.code != "ledger-moved":
            raise


def settings_of(alias: str) -> tuple[TargetSettings, Settings]:
    """The target behind an alias, and the settings. Raises UsageError (alias-unknown …)."""
    settings = conf.load()
    return conf.target(alias, settings), settings
