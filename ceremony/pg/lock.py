"""The lock of a ledger: one advisory lock, polled for, on the connection that does the work.

A session that *waits* inside ``pg_advisory_lock`` holds a snapshot, and CREATE INDEX CONCURRENTLY
then waits for it for ever. So we ask, and go to sleep without a transaction. The lock lives in
the session: it goes when its holder's server process has really ended, and so proves that no
earlier attempt still runs.
"""

import hashlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ceremony.errors import LockedByOther
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_SHORTEST, _LONGEST = 0.2, 2.0
_PRODUCT = "ceremony:v1:"


@dataclass(frozen=True)
class Holder:
    """Who holds the lock. Fields that this role may not see are empty."""

    pid: int
    application: str = ""
    user: str = ""
    host: str = ""
    since: datetime | None = None
    state: str = ""

    def __str__(self) -> str:
        words = [f"process {self.pid}"]
        if self.application:
            words.append(f'"{self.application}"')
        if self.user:
            words.append(f'as "{self.user}"')
        words.append(f"from {self.host}" if self.host else "over the local socket")
        if self.since:
            words.append(f"connected since {self.since:%Y-%m-%d %H:%M:%S%z}")
        if self.state:
            words.append(f"now {self.state}")
        return ", ".join(words)


def lock_key(schema: str) -> int:
    """The lock's number: the first 8 bytes of SHA-256("ceremony:v1:" + ledger schema), signed.

    Ledgers in different schemas do not wait for each other.
    """
    digest = hashlib.sha256((_PRODUCT + schema).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def lock_halves(schema: str) -> tuple[int, int]:
    """The number as pg_locks shows it: (classid, objid), its high and its low 32 bits."""
    key = lock_key(schema) & 0xFFFFFFFFFFFFFFFF
    return key >> 32, key & 0xFFFFFFFF


def acquire(
    session: Session,
    schema: str,
    wait_seconds: float | None,
    on_wait: Callable[[Holder | None, float], None] | None = None,
) -> None:
    """Take the lock, waiting at most ``wait_seconds`` (``None``: for ever; 0: not at all).

    ``on_wait`` hears after each refusal who holds the lock (``None``: gone meanwhile) and how
    long we wait. Raises LockedByOther (locked-by).
    """
    started = time.monotonic()
    pause = _SHORTEST
    while not _try(session, schema):
        waited = time.monotonic() - started
        holder = lock_holder(session, schema)
        if wait_seconds is not None and waited >= wait_seconds:
            raise _locked_by(session, holder, waited)
        if on_wait is not None:
            on_wait(holder, waited)
        left = _LONGEST if wait_seconds is None else wait_seconds - waited
        time.sleep(max(0.01, min(left, pause * random.uniform(0.5, 1.0))))
        pause = min(_LONGEST, pause * 1.5)


def release(session: Session, schema: str) -> None:
    """Give the lock back; closing the session does it as well."""
    session.ask("SELECT pg_catalog.pg_advisory_unlock(%s)", (lock_key(schema),))


def is_held(session: Session, schema: str) -> bool:
    """Whether this very session holds the lock."""
    return bool(session.ask(query("lock-held"), lock_halves(schema))[0][0])


def lock_holder(session: Session, schema: str) -> Holder | None:
    """Who holds the lock now, ``None`` when nobody does."""
    rows: list[tuple[Any, ...]] = session.ask(query("lock-holder"), lock_halves(schema))
    if not rows:
        return None
    pid, application, user, address, since, state, _ = rows[0]
    return Holder(pid, application or "", user or "", address or "", since, state or "")


def _try(session: Session, schema: str) -> bool:
    text = "SELECT pg_catalog.pg_try_advisory_lock(%s)"
    return bool(session.ask(text, (lock_key(schema),))[0][0])


def _locked_by(session: Session, holder: Holder | None, waited: float) -> LockedByOther:
    who = f"It is held by {holder}." if holder else "Its holder has just gone."
    after = f" after {waited:.0f} s" if waited >= 1 else ""
    return LockedByOther(
        "locked-by",
        f"The lock of the {session.identity.place} was not free{after}. {who}",
        next_step="Wait until the other run is done (run again without --no-wait), or look at it: "
        f"SELECT * FROM pg_stat_activity WHERE pid = {holder.pid if holder else 0}",
    )
