"""The ledger: the append-only table in the target that says what happened there."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any
from uuid import UUID

from psycopg.pq import DiagnosticField as Field

from ceremony.core.chain import GENESIS, canonical
from ceremony.core.ledger_hash import sealed
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import Problem
from ceremony.errors import CeremonyError, Failed, Refused
from ceremony.pg.context import RunContext
from ceremony.pg.errors import QueryFailed, meaning
from ceremony.pg.ledger_ddl import COLUMNS, FORMAT, GUARD, TABLE, creation, insertion
from ceremony.pg.names import quoted
from ceremony.pg.queries import query
from ceremony.pg.session import Session
from ceremony.pg.wire import Answer, AnswerState, Item

_UNDEFINED_COLUMN = "42703"
_MADE_ALREADY = frozenset({"42P06", "42P07"})
"""duplicate_schema, duplicate_table (PostgreSQL manual, Appendix A)."""

_UNDONE = "Nothing was changed: the ledger is created as a whole or not at all."


@dataclass(frozen=True)
class OpenedFacts:
    """What the first row records for ever: where this target stands and who governs it.

    ``control`` identifies the control side; a run from another one is refused. ``ledger`` is the
    ledger's own id.
    """

    environment: str
    control: str
    ledger: UUID

    @property
    def detail(self) -> str:
        """The facts as the ``detail`` of an ``opened`` row: canonical JSON."""
        return canonical(
            {
                "control": self.control,
                "environment": self.environment,
                "format": FORMAT,
                "ledger": str(self.ledger),
            }
        ).decode()


@dataclass(frozen=True)
class Facts:
    """What the new row tells of.

    Everything else on it comes from the run and from the row before.
    """

    event: Event
    series: str = ""
    version: str = ""
    name: str = ""
    bytes_digest: str = ""
    meaning_digest: str = ""
    checks_digest: str = ""
    rollback_digest: str = ""
    attempt: UUID | None = None
    statement: int = 0
    detail: str = "{}"


def without_approval(facts: Facts, why: str) -> Facts:
    """The same facts, which say that nobody approved the run, and why not."""
    return replace(facts, detail=canonical({**json.loads(facts.detail), "override": why}).decode())


class RowUnknown(Failed):
    """The link broke before a row's COMMIT was answered: only the ledger tells if it is in."""


class Ledger:
    """The ledger of one target. Everything but reading needs the lock, which the caller holds."""

    def __init__(self, session: Session, schema: str = "public") -> None:
        self._session = session
        self.schema = schema
        self.table = quoted(schema, TABLE)
        self.insertion = insertion(schema).encode()
        self._head: tuple[int, str] | None = None
        self._schema_missing: bool | None = None

    def exists(self) -> bool:
        """Whether the table is there.

        Raises Refused (ledger-version) when something else has its name.
        """
        rows = self._session.ask(query("ledger-facts"), (GUARD, TABLE, self.schema))
        self._schema_missing = not rows
        kind = rows[0][1] if rows else None
        if kind not in (None, "r"):
            raise _unreadable(f"{self.table} is no ordinary table")
        return kind is not None

    def as_it_stands(self) -> tuple[int, bool]:
        """The table's number, which a table made again does not have, and whether it is guarded.

        Guarded: both triggers are in force and call the function as it was made, and no rule or
        policy stands in the way.
        """
        oid, _, guarded = self._session.ask(query("ledger-facts"), (GUARD, TABLE, self.schema))[0]
        return int(oid), bool(guarded)

    def create(self, opened: OpenedFacts, context: RunContext) -> LedgerRow:
        """Make the table and its ``opened`` row in one transaction.

        Raises Failed (permission-denied and others; ledger-moved where another session has made it
        meanwhile); then nothing was made. Raises RowUnknown.
        """
        self._head = (0, GENESIS)
        row = self.next_row(Facts(Event.OPENED, detail=opened.detail), context)
        if self._schema_missing is None:
            self.exists()
        statements = creation(self.schema, schema_missing=bool(self._schema_missing))
        self._in_one_transaction([Item("ledger table", text.encode()) for text in statements], row)
        return row

    def rows(self) -> tuple[LedgerRow, ...]:
        """All rows in order. Raises Refused (ledger-version) for a ledger of another format."""
        rows = read_rows(self._session.ask, self.schema)
        self._head = (rows[-1].sequence, rows[-1].hash) if rows else (0, GENESIS)
        return rows

    def rows_before(self, row: LedgerRow) -> tuple[LedgerRow, ...]:
        """All rows, where ``row`` is the one to be written next.

        Raises Failed (ledger-moved) where another writer was first, and as :meth:`rows`.
        """
        rows = self.rows()
        if self.head != (row.sequence - 1, row.previous_hash):
            raise ledger_moved(self.table, row)
        return rows

    def contains(self, row: LedgerRow) -> bool:
        """Whether this very row is committed. Only while the lock is held is "no" an answer."""
        table = self.table.replace("%", "%%")
        text = f"SELECT 1 FROM {table} WHERE sequence = %s AND hash = %s"
        return bool(self._session.ask(text, (row.sequence, row.hash)))

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last row."""
        if self._head is None:
            text = f"SELECT sequence, hash FROM {self.table} ORDER BY sequence DESC LIMIT 1"
            found = self._session.ask(text)
            self._head = (found[0][0], found[0][1]) if found else (0, GENESIS)
        return self._head

    def next_row(self, facts: Facts, context: RunContext) -> LedgerRow:
        """The row that follows the head, with its hash; nothing is sent yet."""
        sequence, previous = self.head
        audit_sequence, audit_hash = context.audit_head()
        told = without_approval(facts, context.override) if context.override else facts
        return sealed(
            LedgerRow(
                sequence + 1,
                **told.__dict__,
                manifest_digest=context.manifest_digest,
                recorded_by=context.recorded_by,
                recorded_at=context.clock(),
                tool_version=context.tool_version,
                audit_sequence=audit_sequence,
                audit_hash=audit_hash,
                previous_hash=previous,
                hash="",
            )
        )

    def advance(self, row: LedgerRow) -> None:
        """The next row follows this one (it may still be uncommitted)."""
        self._head = (row.sequence, row.hash)

    def forget_head(self) -> None:
        """Read the head again before the next row: what was believed to follow was rolled back."""
        self._head = None

    def append(self, facts: Facts, context: RunContext) -> LedgerRow:
        """Write one row in a transaction of its own.

        Raises Failed (ledger-moved when another writer was first) and RowUnknown.
        """
        (row,) = self.append_all([facts], context)
        return row

    def append_all(self, facts: Sequence[Facts], context: RunContext) -> tuple[LedgerRow, ...]:
        """Write several rows in one transaction: all of them or none. At least one.

        Raises as :meth:`append`; the rows named there are the last ones.
        """
        rows = []
        for one in facts:
            rows.append(self.next_row(one, context))
            self.advance(rows[-1])
        earlier = [Item("ledger row", self.insertion, parameters(row)) for row in rows[:-1]]
        self._in_one_transaction(earlier, rows[-1])
        return tuple(rows)

    def _in_one_transaction(self, first: Sequence[Item], row: LedgerRow) -> None:
        insert = Item("ledger row", self.insertion, parameters(row), keep=1)
        items = [Item("begin", b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")]
        items += [*first, insert, Item("commit", b"COMMIT"), Item("sync")]
        answers = self._session.wire.run(items)
        self._head = None
        bad = next((a for a in answers if a.state is not AnswerState.OK), None)
        if bad is None and answers[-2].tag == "COMMIT":
            self.advance(row)
            return
        if not self._session.wire.lost:
            self._session.wire.run([Item("rollback", b"ROLLBACK"), Item("sync")])
        raise self._write_failed(bad or answers[-2], row)

    def _has_rows(self) -> bool:
        return self.exists() and bool(self.rows())

    def _write_failed(self, answer: Answer, row: LedgerRow) -> CeremonyError:
        if answer.state is AnswerState.LOST:
            return _row_unknown(self.table, row)
        fields = answer.error or {}
        sqlstate = fields.get(Field.SQLSTATE, "")
        if sqlstate == "23505" or (sqlstate in _MADE_ALREADY and self._has_rows()):
            return ledger_moved(self.table, row)
        said = fields.get(Field.MESSAGE_PRIMARY, "the COMMIT was answered with a rollback")
        user = self._session.identity.current_user
        rule = meaning(sqlstate)
        step = rule.next_step
        if sqlstate == "42501":
            grant = f"GRANT USAGE, CREATE ON SCHEMA {quoted(self.schema)} TO {quoted(user)}"
            step = grant.replace("{", "{{").replace("}", "}}") + "; then: {command}"
        code = "ledger-not-written" if rule.code == "statement-failed" else rule.code
        return Failed(
            code,
            f'The {answer.item.what} could not be written to {self.table} as "{user}": '
            f"{said} ({sqlstate}).",
            state=_UNDONE
            if row.event is Event.OPENED
            else f'The row "{row.event}" is not in the ledger.',
            next_step=step.format(
                path="the ledger", command="run the same command again", user=user
            ),
        )


def read_rows(
    ask: Callable[[str], Sequence[tuple[Any, ...]]], schema: str
) -> tuple[LedgerRow, ...]:
    """All rows of the ledger in a schema, in order; ``ask`` gives the rows of one query.

    Raises Refused (ledger-version) for a ledger of another format, and what ``ask`` raises.
    """
    table = quoted(schema, TABLE)
    try:
        found = ask(f"SELECT {', '.join(COLUMNS)} FROM {table} ORDER BY sequence")
    except QueryFailed as error:
        if error.sqlstate == _UNDEFINED_COLUMN:
            raise _unreadable(f"{table} has other columns") from None
        raise
    _check_format(table, found)
    return tuple(_row(values) for values in found)


def _check_format(table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Before the rows are read: another version or hand may have written anything."""
    if not rows:
        return
    first = dict(zip(COLUMNS, rows[0], strict=True))
    found = _format_of(first["detail"]) if first["event"] == Event.OPENED else None
    if found != FORMAT:
        raise _unreadable(f"{table} says it has format {found}")
    strange = {row[COLUMNS.index("event")] for row in rows} - set(Event)
    if strange:
        raise _unreadable(f"{table} has rows of the event {min(strange)!r}")


def _unreadable(what: str) -> Refused:
    return Refused(
        "ledger-version",
        f"{what}; this version of ceremony reads and writes format {FORMAT}.",
        next_step="Install the version of ceremony that wrote the ledger, or a newer one: "
        "pip install --upgrade ceremony",
    )


def ledger_moved(table: str, row: LedgerRow) -> Failed:
    """Another writer continued from the same row: the unique constraint let only one of them."""
    return Failed(
        "ledger-moved",
        f"Row {row.sequence} of {table} was written by somebody else meanwhile.",
        state="Nothing of this step is in the database.",
        next_step="Find out who else writes to this target (the ledger's last rows say), then run "
        "the same command again.",
    )


def ledger_unguarded(table: str, command: str) -> Problem:
    """Somebody took the ledger's protection away between two runs."""
    return Problem(
        "ledger-touched",
        f"The ledger {table} is not protected as it was made: its triggers must be ENABLE ALWAYS "
        "and call the function that was made with them, and it must have no rules and no row-level "
        "security.",
        "Nothing was changed.",
        f"Find out who changed it. ALTER TABLE {table} ENABLE ALWAYS TRIGGER ceremony_ledger_rows, "
        "ENABLE ALWAYS TRIGGER ceremony_ledger_statements puts the triggers back; "
        "the body that the function must have is printed by: python -c 'from "
        f"ceremony.pg.ledger_ddl import GUARD; print(GUARD)'; then: {command}",
    )


def _row_unknown(table: str, row: LedgerRow) -> RowUnknown:
    return RowUnknown(
        "outcome-unknown",
        f'The connection broke while row {row.sequence} ("{row.event}") of {table} was written.',
        state="The row is in the ledger or it is not; the next command reads it there.",
        next_step="See that the server is up, then run the same command again.",
    )


def parameters(row: LedgerRow) -> tuple[bytes | None, ...]:
    """The row as parameters of ``insertion``, in the order of the columns."""
    return (
        b"%d" % row.sequence,
        row.series.encode(),
        row.version.encode(),
        row.name.encode(),
        row.event.value.encode(),
        row.bytes_digest.encode(),
        row.meaning_digest.encode(),
        row.checks_digest.encode(),
        row.rollback_digest.encode(),
        None if row.attempt is None else str(row.attempt).encode(),
        row.manifest_digest.encode(),
        b"%d" % row.statement,
        row.detail.encode(),
        row.recorded_by.encode(),
        row.recorded_at.isoformat(timespec="microseconds").encode(),
        row.tool_version.encode(),
        b"%d" % row.audit_sequence,
        row.audit_hash.encode(),
        row.previous_hash.encode(),
        row.hash.encode(),
    )


def _format_of(detail: str) -> object:
    try:
        stated = json.loads(detail)
    except ValueError:
        return None
    return stated.get("format") if isinstance(stated, dict) else None


def _row(values: tuple[Any, ...]) -> LedgerRow:
    named = dict(zip(COLUMNS, values, strict=True))
    named["event"] = Event(named["event"])
    named["recorded_at"] = named["recorded_at"].astimezone(UTC)
    return LedgerRow(**named)
