"""Retiring a migration: whether a target or another file still needs it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.directives import leading_comments
from ceremony.core.finding import Finding, refuse
from ceremony.core.graph import resolve
from ceremony.core.history import Event, History
from ceremony.core.migration import Kind, Migration
from ceremony.core.report import TargetFacts
from ceremony.core.series import Series
from ceremony.core.superseding import Standings


class Need(StrEnum):
    """What a migration is to a target. Only what waits, is partly in, or is unknown forbids."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"
    PASSED = "passed over"
    PLANNED = "planned"
    RETIRED = "retired"
    WAITS = "waits"
    PARTLY = "partly applied"
    UNKNOWN = "unknown"


_FORBIDDING = frozenset({Need.WAITS, Need.PARTLY, Need.UNKNOWN})


@dataclass(frozen=True)
class Asked:
    """What one target answered. ``why`` says why it could not be asked; ``excused`` that a person
    said it does not need the file.
    """

    alias: str
    need: Need
    facts: TargetFacts | None = None
    why: str = ""
    excused: bool = False

    @property
    def forbids(self) -> bool:
        """Whether the file must stay because of this target. A half-done file stays, whoever says
        what.
        """
        return self.need in _FORBIDDING and (not self.excused or self.need is Need.PARTLY)


def need_of(series: Series, history: History, migration: Migration) -> Need:
    """What ``migration`` is to a target with this ledger.

    PASSED: a later file ran without it, so the schema there went on without it.
    """
    standings = Standings(series, history)
    if str(migration.version) in history.partly(series.name):
        return Need.PARTLY
    if standings.event(migration) is Event.RETIRED:
        return Need.RETIRED
    if standings.ran(migration):
        return Need.APPLIED
    if standings.superseded(migration):
        return Need.SUPERSEDED
    if migration.kind is Kind.PLANNED:
        return Need.PLANNED
    highest = standings.highest
    return Need.PASSED if highest and highest.version > migration.version else Need.WAITS


def dependents(library: Mapping[str, Series], migration: Migration) -> tuple[Migration, ...]:
    """The files that name ``migration`` in a ``Depends:`` line and are not retired themselves."""
    return tuple(
        other
        for series in library.values()
        for other in series.migrations
        if other.kind is not Kind.RETIRED and other is not migration
        if _names(library, series, other, migration)
    )


def _names(
    library: Mapping[str, Series], series: Series, other: Migration, migration: Migration
) -> bool:
    span = other.header.supersedes
    found = (resolve(d, series.name, library) for d in other.header.depends)
    named = any(one is not None and one.path == migration.path for one in found)
    # A baseline may say what came before it: it stands for that file.
    stands_for = span is not None and other.series == migration.series
    return named and not stands_for


def retire_findings(
    migration: Migration, library: Mapping[str, Series], asked: Sequence[Asked]
) -> tuple[Finding, ...]:
    """Why a file must stay: ``retire-depended-on``, ``retire-contract``, ``retire-needed``,
    ``retire-partly``, ``retire-unknown``.
    """
    return tuple(sorted(_refusals(migration, library, asked)))


def _refusals(
    migration: Migration, library: Mapping[str, Series], asked: Iterable[Asked]
) -> Iterator[Finding]:
    label, path = migration.label, migration.path
    contract = library[migration.series].contract
    named = [one for one in contract.requirements if migration.version in (one.since, one.until)]
    if named:
        yield refuse(
            path,
            "retire-contract",
            f"The contract of {migration.series!r} counts on {label}: {named[0].wanted}.",
            f"Name the file that provides it now, in {contract.path}.",
        )
    for other in dependents(library, migration):
        yield refuse(
            path,
            "retire-depended-on",
            f"{other.series} {other.label} depends on {label}.",
            f"Retire that one first, or change its line 'Depends:': {other.path}",
        )
    for one in asked:
        if one.forbids:
            yield _kept_for(migration, one)


def _kept_for(migration: Migration, one: Asked) -> Finding:
    """Why a file must stay because of one target."""
    label, path, series = migration.label, migration.path, migration.series
    excuse = f"add: --not-needed {one.alias}"
    if one.need is Need.PARTLY:
        return refuse(
            path,
            "retire-partly",
            f"{label} is partly in on {one.alias!r}.",
            f"Finish it or take it back first: manage.py status_sql {series} --database "
            f"{one.alias}",
        )
    if one.need is Need.UNKNOWN:
        return refuse(
            path,
            "retire-unknown",
            f"Whether {one.alias!r} still needs {label} could not be found out: {one.why}",
            f"Make it reachable; or, if you know that it does not, {excuse}",
        )
    return refuse(
        path,
        "retire-needed",
        f"{label} still waits to be applied on {one.alias!r}.",
        f"Apply it there: manage.py apply_sql {series} --to {migration.version} --database "
        f"{one.alias}; or, if it must never run there, {excuse}",
    )


def is_reason(text: str) -> bool:
    """Whether a text can stand in a comment of one line: it says something, and has neither line
    ends nor characters that nobody sees or that turn the text around (Unicode, UAX 9).
    """
    return bool(text) and text.isprintable()


def with_reason(data: bytes, reason: str) -> bytes:
    """The file with ``-- Retired: reason`` among the comments at its beginning, as its line ends
    are; a file that has such a line is left as it is.
    """
    text = data.decode(errors="surrogateescape")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    lines, _ = leading_comments(body)
    if any(re.match(r"--+[ \t]*retired[ \t]*:", line.text, re.IGNORECASE) for line in lines):
        return data
    end = "\r\n" if "\r\n" in body else "\n"
    purpose = re.match(r"[ \t]*--+[ \t]*purpose[ \t]*:[^\r\n]*(\r\n|\n)", body, re.IGNORECASE)
    at = purpose.end() if purpose else 0
    line = f"-- Retired: {reason}{end}"
    return (mark + body[:at] + line + body[at:]).encode(errors="surrogateescape")


@dataclass(frozen=True)
class RetireReport:
    """What ``retire_sql`` answers: ``renamed`` are pairs of old and new names.

    ``recorded`` are the targets whose ledger says so now, with the row's number; ``done`` is false
    for ``--check``. ``databases`` are the targets whose ledgers are to say so.
    """

    series: str
    label: str
    path: str
    reason: str
    renamed: tuple[tuple[str, str], ...]
    asked: tuple[Asked, ...]
    recorded: tuple[tuple[str, int], ...] = ()
    done: bool = True
    databases: tuple[str, ...] = ()
