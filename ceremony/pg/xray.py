"""X-rays taken by the server: looks that travel in the same batch as the statements they measure.

Before a statement a cursor is declared and not read; after it, all its rows are fetched. A cursor
sees the rows of tables as they were when it was declared, while functions tell of now (manual,
DECLARE and 13.2.1). So one query sees of every relation that this session has locked *by then*
what the catalog said before the statement and what it says after it, without knowing beforehand
which relations the statement will touch: its cost does not grow with tables that it leaves alone.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import NamedTuple

from ceremony.core.outcome import Problem, StatementResult, StepRun
from ceremony.core.script import Statement
from ceremony.core.surprises import surprises
from ceremony.core.xray import MODES, QUERIES, LockTaken, XRay, covered, strongest
from ceremony.pg.blocks import SYNC, Leg, Part, What
from ceremony.pg.queries import query
from ceremony.pg.session import Session
from ceremony.pg.wire import Answer, AnswerState, Item

_MOST_LOOKS = 400
"""Each look goes through all locks of the transaction, so their cost is quadratic: a file of more
statements than that is looked at in so many stretches.
"""

_OURS = secrets.token_hex(8)
"""In names that no file can guess."""

_MARK = f"ceremony.x{_OURS}"
"""A setting, for one transaction, with the highest oid there was before the first statement: what
has a higher one was made by the migration and is not looked at again.
"""

_BLIND = frozenset({"transaction_stmt", "close_portal_stmt", "discard_stmt"})
"""Statements that may take a cursor away: there is none while they run."""


def _marked(name: str) -> bytes:
    return query(name).replace("{mark}", _MARK).encode()


_KEPT = 1_000_000
_CURSOR = b"ceremony_xray_" + _OURS.encode()
_BEFORE = Item(What(Part.XRAY), _marked("xray-before"), keep=_KEPT)
# Answered at once: the time until the next answer is the statement's own.
_DECLARE = Item(
    What(Part.XRAY), b"DECLARE %s NO SCROLL CURSOR FOR %s" % (_CURSOR, _marked("xray")), flush=True
)
_FETCH = b"FETCH ALL FROM " + _CURSOR
_CLOSE = Item(What(Part.XRAY), b"CLOSE " + _CURSOR)

_INDEX_KINDS = "iI"
_STORED_KINDS = "rmi"
_SCANNED_KINDS = "rm"
_OF_QUERIES = MODES[:3]
ALONE = "It ran outside a transaction: what it locked and read cannot be seen."


class _Relation(NamedTuple):
    """A row of the query ``xray``: a relation that is locked now.

    ``kind``, ``name`` and ``file`` are as before the statement, ``None`` for what was not there;
    ``made`` is the name of the latter. ``there`` (t or f) and ``now_file`` are as after it.
    ``parent`` is the oid of the partitioned table above it, ``table`` that of an index's table.
    """

    oid: str
    modes: str
    kind: str | None
    name: str | None
    file: str | None
    made: str | None
    there: str
    now_file: str | None
    parent: str | None
    table: str | None
    scans: str | None
    lsn: str

    @property
    def passing(self) -> bool:
        """Of no interest: temporary, or a TOAST table. No schema of others begins so."""
        return self.shown.startswith(("pg_toast", "pg_temp"))

    @property
    def gone(self) -> bool:
        return self.name is not None and self.there == "f"

    @property
    def shown(self) -> str:
        return self.name or self.made or ""


def with_looks(legs: Iterable[Leg], statements: Sequence[Statement]) -> Iterator[Leg]:
    """The same stretches of a migration with looks around its statements; no more of them.

    Between two COPYs that follow each other there is no batch that a look could travel in, so they
    are looked at together.
    """
    stretches = _stretches(statements)
    first_of = {stretch[0].number for stretch in stretches}
    last_of = {stretch[-1].number: stretch for stretch in stretches}
    begun = False
    waiting: list[Item] = []
    planned = list(legs)
    for leg, following in zip_longest(planned, planned[1:]):
        if leg.copy is not None:
            yield leg
            waiting = _after(last_of.get(leg.copy.number))
            continue
        items, waiting = waiting, []
        next_copy = following.copy if following is not None else None
        for item in leg.items:
            what = item.what
            ahead = what.statement if what.part is Part.STATEMENT else None
            ahead = next_copy if item is SYNC and item is leg.items[-1] else ahead
            if ahead is not None and ahead.number in first_of:
                items += [_DECLARE] if begun else [_BEFORE, _DECLARE]
                begun = True
            items.append(item)
            if what.part is Part.STATEMENT:
                items += _after(last_of.get(what.statement.number))
        yield Leg(items, last=leg.last)


def _after(stretch: Sequence[Statement] | None) -> list[Item]:
    if stretch is None:
        return []
    what = What(Part.XRAY, stretch[-1], number=stretch[0].number)
    return [Item(what, _FETCH, keep=_KEPT), _CLOSE]


def _stretches(statements: Sequence[Statement]) -> list[list[Statement]]:
    """What is looked at together: one statement each, where there are not too many."""
    length = -(-len(statements) // _MOST_LOOKS)
    stretches: list[list[Statement]] = []
    previous: Statement | None = None
    for statement in statements:
        if statement.kind in _BLIND:
            previous = None
            continue
        copies = previous is not None and previous.copy is not None and statement.copy is not None
        if previous is not None and (copies or len(stretches[-1]) < length):
            stretches[-1].append(statement)
        else:
            stretches.append([statement])
        previous = statement
    return stretches


def xrays_of(answers: Sequence[Answer], results: Mapping[int, StatementResult]) -> tuple[XRay, ...]:
    """The X-rays that the looks among the answers add up to, in the statements' order."""
    reader = _Reader(results)
    for answer in answers:
        if answer.item.what.part is Part.XRAY and answer.state is AnswerState.OK and answer.rows:
            reader.read(answer)
    return tuple(reader.xrays)


class _Reader:
    """Compares each look with the one before."""

    def __init__(self, results: Mapping[int, StatementResult]) -> None:
        self._results = results
        self._held: dict[str, set[str]] = {}
        self._scans: dict[str, int] = {}
        self._lsn = 0
        self._made: set[str] = set()
        self.xrays: list[XRay] = []

    def read(self, answer: Answer) -> None:
        if answer.item.what.statement is None:
            self._begin(answer)
            return
        rows = [_Relation(*row) for row in answer.rows]  # type: ignore[arg-type]
        lsn = int(rows[0].lsn)
        relations = [row for row in rows if row.oid != "0" and not row.passing]
        self.xrays.append(self._xray(answer.item.what, relations, lsn - self._lsn))
        self._lsn = lsn
        self._held = {row.oid: set(row.modes.split()) for row in relations}
        self._scans.update((row.oid, int(row.scans or 0)) for row in relations)

    def _begin(self, answer: Answer) -> None:
        self._held, self._scans = {}, {}
        for oid, mode, scans, lsn, _ in answer.rows:
            if lsn is not None:
                self._lsn = int(lsn)
            elif mode:
                self._held.setdefault(oid or "", set()).add(mode)
            else:
                self._scans[oid or ""] = int(scans or 0)

    def _xray(self, what: What, relations: Sequence[_Relation], wal: int) -> XRay:
        assert what.statement is not None
        numbers = range(what.number, what.statement.number + 1)
        results = [self._results[number] for number in numbers if number in self._results]
        made = {row.made for row in relations if row.made is not None}
        gone = {row.name for row in relations if row.gone}
        ours = {row.name for row in relations if row.gone and row.oid in self._made}
        self._made |= {
            row.oid for row in relations if row.name is None and row.made not in gone - ours
        }
        old = [row for row in relations if row.oid not in self._made and row.name is not None]
        # It gives a table another file as well, but an empty one: nothing is read or copied.
        emptied = what.statement.kind == "truncate_stmt"
        modes_of = {row.oid: row.modes.split() for row in relations}
        rows = [result.rows for result in results if result.rows is not None]
        xray = XRay(
            statement=what.statement.number,
            locks=tuple(sorted(lock for row in old for lock in self._locks(row, modes_of))),
            rewrites=() if emptied else _rewrites(old, relations),
            scans=() if emptied else tuple(sorted(self._scanned(old, what.statement.kind))),
            rows=sum(rows) if rows else None,
            wal_bytes=wal,
            seconds=sum(result.seconds for result in results),
            created=tuple(sorted(made - gone)),
            dropped=tuple(sorted({row.shown for row in old if row.name in gone - made})),
            note="" if len(numbers) == 1 else f"Measured together since statement {what.number}.",
        )
        return replace(xray, partition_of=tuple(sorted(_parents(xray.names(), relations))))

    def _locks(self, row: _Relation, modes_of: Mapping[str, list[str]]) -> Iterator[LockTaken]:
        """What is new. A lock on an index says nothing where its table is locked as much."""
        taken = set(modes_of[row.oid]) - self._held.get(row.oid, set())
        on_table = modes_of.get(row.table or "", [])
        for mode in strongest(modes_of[row.oid]):
            weak = (row.kind or "") in _INDEX_KINDS and mode in _OF_QUERIES
            if mode in taken and not weak and not (on_table and covered(mode, on_table)):
                yield LockTaken(row.shown, mode)

    def _scanned(self, old: Sequence[_Relation], kind: str) -> set[str]:
        """Tables whose count of scans has grown; for what is no query, that of an index, too."""
        grown = {row.oid: row for row in old if int(row.scans or 0) > self._scans.get(row.oid, 0)}
        indexed = set() if kind in QUERIES else {row.table for row in grown.values()}
        return {
            row.shown
            for row in old
            if (row.kind or "") in _SCANNED_KINDS and (row.oid in grown or row.oid in indexed)
        }


def _parents(names: Iterable[str], relations: Sequence[_Relation]) -> set[tuple[str, str]]:
    """Each of the names with the table above it, and so on up to the roots."""
    shown = {row.oid: row.shown for row in relations}
    above = {
        row.shown: shown[row.parent]
        for row in relations
        if row.parent in shown and row.parent != row.oid
    }
    pairs: set[tuple[str, str]] = set()
    open_names = set(names)
    while open_names:
        name = open_names.pop()
        if name in above and (name, above[name]) not in pairs:
            pairs.add((name, above[name]))
            open_names.add(above[name])
    return pairs


def _rewrites(old: Sequence[_Relation], all_of_them: Sequence[_Relation]) -> tuple[str, ...]:
    """What has another file than before; the indexes of a rewritten table go without saying.

    An index that ALTER TABLE built anew is another one with the same name, unless it took the old
    one's file over.
    """
    heirs = {row.made: row.now_file for row in all_of_them if row.name is None}
    written = []
    for row in old:
        after = row.now_file or heirs.get(row.name)
        if (row.kind or "") in _STORED_KINDS and after not in (None, row.file):
            written.append((row.kind, row.shown))
    tables = sorted(name for kind, name in written if kind != "i")
    return tuple(tables or sorted(name for _, name in written))


class Storage(NamedTuple):
    """Every relation's kind, file and name, by oid, and how far the server's log has got."""

    files: Mapping[int, tuple[str, int, str]]
    lsn: int


def storage(session: Session) -> Storage:
    """What ``alone`` compares, asked before and after a statement outside a transaction."""
    rows = session.ask(query("xray-storage"))
    files = {oid: (kind, file, name) for oid, kind, file, name, _ in rows if oid}
    return Storage(files, max(row[4] for row in rows))


def alone(statement: Statement, result: StatementResult, before: Storage, after: Storage) -> XRay:
    """The X-ray of a statement that no look could travel with."""
    names_before = {name for _, _, name in before.files.values()}
    names_after = {name for _, _, name in after.files.values()}
    written = [
        (kind, name)
        for oid, (kind, file, name) in before.files.items()
        if kind in _STORED_KINDS and oid in after.files and after.files[oid][1] != file
    ]
    tables = sorted(name for kind, name in written if kind != "i")
    return XRay(
        statement=statement.number,
        locks=(),
        rewrites=tuple(tables or sorted(name for _, name in written)),
        scans=(),
        rows=result.rows,
        wal_bytes=after.lsn - before.lsn,
        seconds=result.seconds,
        created=tuple(sorted(names_after - names_before)),
        dropped=tuple(sorted(names_before - names_after)),
        note=ALONE,
    )


def unexpected(run: StepRun, found: Sequence[XRay], *, state: str, command: str) -> Problem | None:
    """Why a step that did what its rehearsal did not show must not be committed.

    ``state`` is a sentence on the database after the step was rolled back.
    """
    script = run.step.script
    if run.rehearsed is None or script is None:
        return None
    statements = {statement.number: statement for statement in script.statements}
    kinds = {number: statement.kind for number, statement in statements.items()}
    beyond = surprises(found, run.rehearsed, kinds)
    if not beyond:
        return None
    told = [
        f"Statement {number} of {len(statements)} ({script.path}:{statements[number].line}) "
        f"did what its rehearsal did not show: {'; '.join(one.sentence for one in ones)}."
        for number, ones in groupby(beyond, key=lambda one: one.statement)
    ]
    return Problem(
        "xray-unexpected",
        " ".join(told),
        state,
        "Find out what is different in this database, rehearse the series again on its schema, "
        f"then: {command}",
    )
