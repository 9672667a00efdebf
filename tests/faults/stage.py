"""Where faults are tried: a control database and a target, emptied before each trial."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connections

from ceremony.actions.audit_rows import row_faults
from ceremony.actions.trail import read_trail
from ceremony.models import Attempt, AuditEvent, Ceremony, MigrationRecord, Outcome, Run, Target
from ceremony.models.attempt import FINAL
from ceremony.models.audit import verify_chain
from tests.acceptance.catalog import Facts, catalog
from tests.acceptance.door import Answer, manage
from tests.faults.child import Ended, in_child
from tests.faults.proxy import Fault, Proxy

Connection = psycopg.Connection[Any]
ALIAS = "shop"
TABLES = ("goods", "prices", "notes")
_LEDGER = (
    "SELECT sequence, version, event, attempt, statement, detail FROM ceremony_ledger"
    " ORDER BY sequence"
)


@dataclass(frozen=True)
class LedgerLine:
    sequence: int
    version: str
    event: str
    attempt: str
    statement: int
    detail: dict[str, object]


@dataclass(frozen=True)
class Seen:
    """The target at one moment."""

    catalog: Facts
    ledger: tuple[LedgerLine, ...]

    @property
    def applied(self) -> tuple[str, ...]:
        """The versions whose last word of the finished kind is ``applied``."""
        last: dict[str, str] = {}
        for line in self.ledger:
            if line.event in ("applied", "rolled back"):
                last[line.version] = line.event
        return tuple(sorted(version for version, event in last.items() if event == "applied"))


@dataclass(frozen=True)
class Record:
    """The control side at one moment; ``complaints`` are sentences about what may never be."""

    migrations: tuple[tuple[str, str], ...]
    events: int
    runs: int
    complaints: tuple[str, ...]


@dataclass
class Stage:
    """The folder of series, two databases, the proxy.

    ``control`` and ``target`` are sessions of the test's own; ``known`` keeps what undisturbed runs
    came to.
    """

    root: Path
    socket_dir: Path
    control: Connection
    target: Connection
    proxy: Proxy

    def __post_init__(self) -> None:
        self._emptying = _emptying(self.control)
        self.known: dict[object, Any] = {}

    def point(self) -> None:
        """Let Django's ``default`` and ``shop`` mean the two databases."""
        for alias, connection in (("default", self.control), (ALIAS, self.target)):
            settings.DATABASES[alias] = {
                **settings.DATABASES["default"],
                "HOST": str(self.socket_dir),
                "NAME": connection.info.dbname,
            }
        self.forget_connections()

    def forget_connections(self) -> None:
        """Django opens new ones, to where the settings point now."""
        for alias in ("default", ALIAS):
            if hasattr(connections._connections, alias):  # type: ignore[attr-defined]
                del connections[alias]

    def clear(self) -> None:
        """Both databases as they were before the first command."""
        self.control.execute(self._emptying)
        self.target.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def disturbed(
        self, fault: Fault | None, *arguments: str, prepare: Callable[[], None] | None = None
    ) -> Ended:
        """A command in a process of its own that meets a fault."""
        return in_child(arguments, self.proxy, fault, prepare)

    def run(self, *arguments: str) -> Answer:
        """A command in this process, undisturbed."""
        return manage(*arguments)

    def seen(self) -> Seen:
        """The target as others see it."""
        facts = catalog(self.target, TABLES)
        if self.target.execute("SELECT to_regclass('ceremony_ledger')").fetchone() == (None,):
            return Seen(facts, ())
        rows = self.target.execute(_LEDGER).fetchall()
        lines = tuple(
            LedgerLine(sequence, version, event, str(attempt or ""), statement, json.loads(detail))
            for sequence, version, event, attempt, statement, detail in rows
        )
        return Seen(facts, lines)

    def record(self, ledger: tuple[LedgerLine, ...]) -> Record:
        """The control side, judged against the ledger."""
        return Record(
            tuple(sorted(MigrationRecord.objects.values_list("version", "state"))),
            AuditEvent.objects.count(),
            Run.objects.count(),
            tuple(_complaints(ledger)),
        )


def _emptying(control: Connection) -> bytes:
    """Statements that empty the product's tables, whose guards are off for that transaction."""
    tables = [model._meta.db_table for model in apps.get_app_config("ceremony").get_models()]
    guards = control.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgenabled = 'A' AND tgrelid::regclass::text = ANY (%s)",
        [tables],
    ).fetchall()
    assert guards, "the record has no guards: its tables have other names now"
    off = [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in guards]
    on = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in guards]
    empty = f"TRUNCATE {', '.join(tables)} RESTART IDENTITY"
    return "; ".join([*off, empty, *on]).encode()


def _complaints(ledger: tuple[LedgerLine, ...]) -> Iterator[str]:
    """What of the record disagrees with the ledger or with itself, while no run is under way."""
    chain = verify_chain()
    if not chain.intact:
        yield f"the audit trail is broken at {chain.broken_at}: {chain.why}"
    _, faults = row_faults(read_trail())
    yield from (fault.message for fault in faults)
    attempts = {str(pk) for pk in Attempt.objects.values_list("pk", flat=True)}
    final = Outcome.objects.filter(FINAL).values_list("attempt_id", "state", "ledger_sequence")
    states = {str(attempt): (state, sequence) for attempt, state, sequence in final}
    if left := attempts - set(states):
        yield f"{len(left)} attempts have no final outcome"
    yield from _left_open()
    if AuditEvent.objects.filter(action="drift found").exists():
        yield "drift was found where nobody changed anything"
    rows: dict[str, list[LedgerLine]] = {}
    for line in ledger:
        if line.attempt:
            rows.setdefault(line.attempt, []).append(line)
    if strangers := set(rows) - attempts:
        yield f"the ledger has rows of attempts that control never intended: {sorted(strangers)}"
    for attempt, (state, sequence) in states.items():
        yield from _attempt_complaints(attempt, state, sequence, rows.get(attempt, []))
    newest = Target.objects.values_list("ledger_sequence", flat=True).first() or 0
    if ledger and newest != ledger[-1].sequence:
        yield f"control remembers ledger row {newest}, the last one is {ledger[-1].sequence}"


def _left_open() -> Iterator[str]:
    if Run.objects.filter(outcome=None).exists():
        yield "a run was never closed"
    if Ceremony.objects.filter(state="running").exists():
        yield "a ceremony is running, and no run is"


def _attempt_complaints(
    attempt: str, state: str, sequence: int, rows: list[LedgerLine]
) -> Iterator[str]:
    """Promise 1, seen from the record: done if and only if the ledger says so."""
    finished = [line for line in rows if line.event in ("applied", "rolled back")]
    if state == "done" and [line.sequence for line in finished] != [sequence]:
        yield f"attempt {attempt} is done by row {sequence}, the ledger has {finished}"
    if state != "done" and finished:
        yield f"attempt {attempt} is {state}, the ledger says {finished[0].event}"
    if state == "not started" and rows:
        yield f"attempt {attempt} never started, the ledger has {rows}"
