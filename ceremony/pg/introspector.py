"""Snapshots of one database again and again, each at the price of what changed.

What changed is found by the system column ``xmin``: every row of a catalog says which transaction
wrote it (PostgreSQL manual, 5.6 System Columns), and whatever was not over at the earlier moment
counts as new. Rows that are gone are found by counting. What mentions a changed object by name
hangs on it in ``pg_depend``, and is read anew with it. Where that does not say enough (a schema, an
extension, a role, an operator or a collation changed), everything is read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg

from ceremony.core.catalog.dated import gathered
from ceremony.core.catalog.snapshot import ALGORITHM, CatalogObject, ObjectKey, Snapshot
from ceremony.pg.catalog_queries import change_question, questions
from ceremony.pg.catalog_rows import REST, Reader
from ceremony.pg.introspect import Result, asked, attempt, begin
from ceremony.pg.session import Session

_MOMENTS = 2**32
"""How many transaction numbers there are before they begin again (manual, 24.1.5)."""

Comments = Mapping[tuple[str, int, int], str]


@dataclass(frozen=True)
class _Known:
    """What was read last.

    The collections but ``objects`` go on to the next reading when it is complete: copying them
    would cost as much as there are tables. ``inventory`` has the unit of each counted row,
    ``marks`` what must be as it was for a refresh to be possible at all, ``since`` the oldest
    transaction that was not over.
    """

    snapshot: Snapshot
    objects: dict[ObjectKey, CatalogObject]
    units: dict[str, list[ObjectKey]]
    places: dict[tuple[str, int], str]
    comments: Comments
    bounded: set[ObjectKey]
    inventory: dict[str, dict[str, str]]
    marks: tuple[object, ...]
    since: str


class Introspector:
    """Takes snapshots of a session's database; it remembers the last one.

    Give it a session that nothing else uses: it keeps prepared statements there, and a reset of the
    session costs it as much as they saved.
    """

    def __init__(self, session: Session, *, ledger_schema: str) -> None:
        self._session = session
        self._ledger_schema = ledger_schema
        self._major = session.identity.server_version // 10_000
        self._known: _Known | None = None
        self._prepared: set[str] = set()

    def full(self) -> Snapshot:
        """Everything is read, in one round trip. Raises as ``take`` does."""
        self._known = attempt(self._session, self._all)
        return self._known.snapshot

    def refresh(self, known: Snapshot) -> Snapshot:
        """The catalog as it is now.

        Where ``known`` is the snapshot that was taken last, only what changed since is read, in
        three round trips, or four when something was dropped. Raises as ``take`` does.
        """
        was = self._known
        if was is None or known is not was.snapshot:
            return self.full()
        # Until the new reading is complete: a half merged one is no beginning for another.
        self._known = None
        now = attempt(self._session, lambda: self._since(was))
        if now is None:
            return self.full()
        self._known = now
        return now.snapshot

    def _all(self) -> _Known:
        listed = questions(self._major)
        texts = [
            *begin(),
            change_question("moment"),
            change_question("counted"),
            change_question("wide"),
            *(question.text for question in listed),
            "COMMIT",
        ]
        answers = asked(self._session.connection, texts)[2:-1]
        moment, counted, wide = (rows for _, rows in answers[:3])
        reader = Reader(self._ledger_schema)
        for question, (columns, rows) in zip(listed, answers[3:], strict=True):
            reader.read(question.name, columns, rows)
        reader.finish()
        return _Known(
            self._gathered(reader.objects, reader.bounded),
            reader.objects,
            reader.units,
            reader.places,
            reader.comments,
            reader.bounded,
            {row[0]: dict(zip(row[2] or (), row[3] or (), strict=True)) for row in counted},
            (*moment[0][1:], *sorted((row[0], row[1]) for row in wide)),
            _xid(moment[0][0]),
        )

    def _since(self, was: _Known) -> _Known | None:
        """What is known now, or None where everything must be read."""
        try:
            return self._read_since(was)
        except (
            psycopg.errors.InvalidSqlStatementName,
            psycopg.errors.DuplicatePreparedStatement,
        ):
            # Somebody reset the session, or an error came between a PREPARE and its answer.
            self._session.connection.rollback()
            self._session.connection.execute("DEALLOCATE ALL")
            self._prepared.clear()
            return self._read_since(was)

    def _read_since(self, was: _Known) -> _Known | None:
        since = f"('{was.since}')"
        always = {q.name: q for q in questions(self._major) if q.name in ("comments", "members")}
        first = self._call(
            [
                ("moment", change_question("moment"), "", ""),
                ("counted", change_question("counted", since=True), "(xid)", since),
                ("parts", change_question("parts", since=True), "(xid)", since),
                ("wide", change_question("wide", since=True), "(xid)", since),
                *((name, question.text, "", "") for name, question in always.items()),
            ],
            before=begin(),
        )
        (_, moment), (_, counted), (_, parts), (_, wide), comments, members = first
        marks = (*moment[0][1:], *sorted((row[0], row[1]) for row in wide))
        if marks != was.marks or any(row[2] for row in wide):
            self._session.connection.rollback()
            return None
        reader = Reader(self._ledger_schema)
        reader.read("comments", *comments)
        reader.read("members", *members)
        changed = {unit for (unit,) in parts} | _recommented(was, reader.comments)
        counts = self._recounted(was, counted, changed)
        units = self._mentioning(changed)
        self._read_units(reader, units)
        return self._merged(was, reader, units, counts, (marks, _xid(moment[0][0])))

    def _recounted(
        self, was: _Known, counted: Iterable[Sequence[object]], changed: set[str]
    ) -> dict[str, dict[str, str]]:
        """Entries of the inventory that are new, or, where rows are gone, all there are.

        The units of rows that came, changed or went join ``changed``.
        """
        recent: dict[str, dict[str, str]] = {}
        gone = False
        for catalog, total, keys, units in counted:
            name = str(catalog)
            recent[name] = dict(zip(_texts(keys), _texts(units), strict=True))
            changed.update(recent[name].values())
            known = was.inventory.get(name, {})
            gone = gone or total != len(known) + sum(key not in known for key in recent[name])
        if not gone:
            return recent
        ((_, everything),) = self._call([("all keys", change_question("counted"), "", "")])
        for catalog, _, keys, units in everything:
            now = dict(zip(_texts(keys), _texts(units), strict=True))
            known = was.inventory.get(catalog, {})
            changed.update(known[key] for key in known.keys() - now.keys())
            recent[catalog] = {key: now[key] for key in now.keys() - known.keys()}
            recent[catalog].update(dict.fromkeys(known.keys() - now.keys(), ""))
        return recent

    def _mentioning(self, changed: set[str]) -> set[str]:
        """The changed units and those that mention them."""
        if not changed:
            return set()
        listed = "('{" + ",".join(sorted(changed)) + "}')"
        ((_, rows),) = self._call([("closure", change_question("closure"), "(text[])", listed)])
        return changed | {unit for (unit,) in rows if unit}

    def _read_units(self, reader: Reader, units: set[str]) -> None:
        wanted: dict[str, list[str]] = {}
        for unit in units:
            catalog, _, number = unit.partition(":")
            wanted.setdefault(catalog, []).append(number)
        names, calls = [], []
        for question in questions(self._major):
            if question.name in ("comments", "members"):
                continue
            if not question.unit:
                calls.append((question.name, question.text, "", ""))
            elif numbers := wanted.get(question.unit):
                listed = "('{" + ",".join(numbers) + "}')"
                calls.append((question.name, question.of_some, "(oid[])", listed))
            else:
                continue
            names.append(question.name)
        for name, (columns, rows) in zip(names, self._call(calls, after=("COMMIT",)), strict=True):
            reader.read(name, columns, rows)
        reader.finish()

    def _merged(
        self,
        was: _Known,
        reader: Reader,
        read: set[str],
        counts: dict[str, dict[str, str]],
        moment: tuple[tuple[object, ...], str],
    ) -> _Known:
        objects, units, bounded = dict(was.objects), was.units, was.bounded
        for unit in (*read, REST):
            for key in units.pop(unit, ()):
                objects.pop(key, None)
                bounded.discard(key)
        objects.update(reader.objects)
        units.update(reader.units)
        bounded |= reader.bounded
        was.places.update(reader.places)
        for catalog, entries in counts.items():
            _reckon(was.inventory.setdefault(catalog, {}), entries)
        # Reading the rest anew gave equal objects: without a change the snapshot is the very same,
        # with the digests that it may have worked out.
        same = not read and objects == was.objects
        return _Known(
            was.snapshot if same else self._gathered(objects, bounded),
            objects,
            units,
            was.places,
            reader.comments,
            bounded,
            was.inventory,
            *moment,
        )

    def _gathered(
        self, objects: dict[ObjectKey, CatalogObject], partitions: set[ObjectKey]
    ) -> Snapshot:
        return Snapshot(ALGORITHM, self._major, gathered(objects, partitions))

    def _call(
        self,
        calls: Sequence[tuple[str, str, str, str]],
        *,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
    ) -> list[Result]:
        """The answers to prepared statements: name, text, types and values of parameters.

        Planning them anew would cost more than running them.
        """
        prepares, executes = [], []
        for name, text, types, values in calls:
            own = f"ceremony_catalog_{name.replace(' ', '_')}{'_of_some' if values else ''}"
            if own not in self._prepared:
                prepares.append((own, f"PREPARE {own} {types} AS {text}"))
            executes.append(f"EXECUTE {own} {values}")
        texts = [*before, *(text for _, text in prepares), *executes, *after]
        answers = asked(self._session.connection, texts)
        self._prepared |= {own for own, _ in prepares}
        start = len(before) + len(prepares)
        return answers[start : start + len(executes)]


def _recommented(was: _Known, now: Comments) -> set[str]:
    """The units of the objects whose comment came, changed or went."""
    before = was.comments
    if before == now:
        return set()
    differing = {at for at in before.keys() | now.keys() if before.get(at) != now.get(at)}
    found = {was.places.get((catalog, number)) for catalog, number, _ in differing}
    return {unit for unit in found if unit is not None and unit != REST}


def _reckon(inventory: dict[str, str], entries: Mapping[str, str]) -> None:
    for key, unit in entries.items():
        if unit:
            inventory[key] = unit
        else:
            inventory.pop(key, None)


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _xid(xid8: str) -> str:
    """The number of a transaction as rows hold it, without its epoch."""
    return str(int(xid8) % _MOMENTS)
