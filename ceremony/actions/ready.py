"""Ready: a target under its lock, recognised, with its ledger read and what a crash left open
settled.
"""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from ceremony import __version__
from ceremony.actions.access import Access, reached
from ceremony.actions.actor import Actor
from ceremony.actions.control import require_control
from ceremony.actions.open_attempts import settle_open
from ceremony.actions.recognise import is_new_database, refuse_stranger
from ceremony.actions.record import audit_head, control_identity
from ceremony.actions.targets import known_target, ledger_seen, target_seen
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings, TargetSettings
from ceremony.core.halting import open_halt
from ceremony.core.history import History
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.opened import opened
from ceremony.core.report import Settled
from ceremony.core.starting import STARTED
from ceremony.errors import Failed
from ceremony.models import Target
from ceremony.pg.context import RunContext
from ceremony.pg.halt import run_halted
from ceremony.pg.ledger import OpenedFacts
from ceremony.pg.lock import Holder, acquire


@dataclass(frozen=True)
class Caller:
    """Who asks, with which command line (no secret in it), and how long to wait for the lock.

    ``wait_seconds``: ``None`` for ever, 0 not at all. ``account`` is the name of the Django account
    that was authenticated for it, ``""`` where only the operating system knows who asks.
    """

    actor: Actor
    command: str
    wait_seconds: float | None = None
    account: str = ""

    @property
    def again(self) -> str:
        """What a person types to do the same once more: a start from a page has a token that only
        its own process was given.
        """
        if STARTED not in self.command:
            return self.command
        words = shlex.split(self.command)
        return shlex.join(one for one in words if not one.startswith(STARTED))


@dataclass(frozen=True)
class Ready:
    """What a run needs. ``settled`` tells what earlier attempts turned out to be."""

    access: Access
    target: Target
    rows: tuple[LedgerRow, ...]
    history: History
    settled: tuple[Settled, ...]
    caller: Caller

    def context(self, head: Callable[[], tuple[int, str]], manifest_digest: str) -> RunContext:
        """The facts that every ledger row of a run carries."""
        context = ledger_context(self.caller, head, manifest_digest)
        return replace(context, target=self.access.target.alias)


@contextmanager
def ready(
    target: TargetSettings, settings: Settings, caller: Caller, watcher: Watcher
) -> Iterator[Ready]:
    """Reach the target, take its lock, read its ledger, settle what is open. A target without a
    ledger stays so until ``with_ledger``: a plan that is refused changes nothing.

    Raises what ``reached``, ``acquire`` (locked-by), ``refuse_stranger`` and ``settle_open`` raise.
    """
    require_control()
    with reached(target, settings, caller.actor.shown) as access:
        lock(access, settings, caller, watcher)
        yield make_ready(access, caller, watcher)


def lock(access: Access, settings: Settings, caller: Caller, watcher: Watcher) -> None:
    """Take the target's lock, telling the watcher who holds it while we wait. Raises
    LockedByOther.
    """

    def on_wait(holder: Holder | None, seconds: float) -> None:
        watcher.lock_waiting(str(holder) if holder else "somebody who has just gone", seconds)

    acquire(access.session, settings.ledger_schema, caller.wait_seconds, on_wait)


def ledger_context(
    caller: Caller, head: Callable[[], tuple[int, str]], manifest_digest: str = ""
) -> RunContext:
    """The facts that ledger rows carry; ``head`` gives the newest audit event."""
    return RunContext(
        audit_head=head,
        clock=now,
        recorded_by=caller.actor.shown,
        tool_version=__version__,
        manifest_digest=manifest_digest,
        command=caller.again,
    )


def now() -> datetime:
    """The runner's clock, UTC."""
    return datetime.now(UTC)


def make_ready(access: Access, caller: Caller, watcher: Watcher) -> Ready:
    """Recognise a target whose lock is held, and settle what is open."""
    known = known_target(access.target.alias)
    rows = access.ledger.rows() if access.ledger.exists() else ()
    refuse_stranger(access, known, rows, control_identity())
    if not rows and is_new_database(access, known):
        watcher.note(
            f"The database behind {access.target.alias!r} was made anew; its history starts over."
        )
    target = remember(access, rows, caller)
    settled = settle_open(access, target, rows, caller.actor, caller.command)
    return Ready(access, target, rows, History(rows), settled, caller)


def with_ledger(here: Ready) -> Ready:
    """The same target with a ledger: the first thing that a run writes there. Raises as
    ``open_ledger``, and Failed (run-halted) where a halt was first.
    """
    if here.rows:
        return here
    try:
        rows = (open_ledger(here.access, here.caller),)
    except Failed as error:
        if error.code == "ledger-moved" and (halt := open_halt(here.access.ledger.rows())):
            raise run_halted(halt, here.access.target.alias) from None
        raise
    target = remember(here.access, rows, here.caller)
    return replace(here, target=target, rows=rows, history=History(rows))


def remember(access: Access, rows: tuple[LedgerRow, ...], caller: Caller) -> Target:
    """Let control remember the target as it is now."""
    facts = opened(rows)
    seen = replace(access.seen(), ledger_id=facts.ledger if facts else None)
    target = target_seen(seen, actor=caller.actor.name, seen_at=now())
    if rows:
        ledger_seen(target, rows[-1].sequence, rows[-1].hash)
    return target


def open_ledger(access: Access, caller: Caller) -> LedgerRow:
    """Make the ledger, with its ``opened`` row. Raises what ``Ledger.create`` raises."""
    head = audit_head()
    return access.ledger.create(
        OpenedFacts(access.target.environment, str(control_identity()), uuid4()),
        ledger_context(caller, lambda: (head.sequence, head.hash)),
    )
