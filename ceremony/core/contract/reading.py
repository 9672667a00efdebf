"""From the tables of ``contract.toml`` to requirements, with every finding at once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ceremony.core.contract.names import PUBLIC, split_name
from ceremony.core.contract.requirement import (
    ON_TABLE,
    Contract,
    Level,
    RequiredKind,
    Requirement,
    Wanted,
)
from ceremony.core.finding import Finding, refuse, shown
from ceremony.core.migration import Kind
from ceremony.core.series import Series
from ceremony.core.sql.types import TypeName, parse_arguments, parse_type
from ceremony.core.version import Version

_COMMON = frozenset({"name", "since", "until", "level"})
_RELATION = frozenset({"required", "optional"})
_OWN: Mapping[RequiredKind, frozenset[str]] = {
    RequiredKind.TABLE: _RELATION,
    RequiredKind.VIEW: _RELATION,
    RequiredKind.MATERIALIZED_VIEW: _RELATION,
    RequiredKind.COLUMN: frozenset({"table", "type"}),
    RequiredKind.INDEX: frozenset({"table"}),
    RequiredKind.CONSTRAINT: frozenset({"table"}),
    RequiredKind.TRIGGER: frozenset({"table"}),
    RequiredKind.POLICY: frozenset({"table"}),
    RequiredKind.ENUM: frozenset({"labels"}),
    RequiredKind.DOMAIN: frozenset({"type"}),
}
"""The keys that an entry of a kind may have besides the common ones."""

_ROUTINES = frozenset({RequiredKind.FUNCTION, RequiredKind.PROCEDURE})
_GLOBAL = frozenset({RequiredKind.EXTENSION, RequiredKind.SCHEMA, RequiredKind.ROLE})
_SERIALS = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})


class _EntryError(Exception):
    """The entry requires nothing that could be looked for."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(code)
        self.code, self.message, self.hint = code, message, hint


class _Entry:
    """One table of ``contract.toml``."""

    def __init__(self, kind: RequiredKind, keys: Mapping[str, Any], line: int) -> None:
        self.kind, self.keys, self.line = kind, keys, line
        self.says = f"{kind.value} {shown(str(keys['name']))}"

    def text(self, key: str) -> str:
        value = self.keys.get(key, "")
        if not isinstance(value, str):
            raise self.wrong("contract-shape", f"has a {key!r} that is no text.", "Quote it.")
        return value

    def wrong(self, code: str, what: str, hint: str) -> _EntryError:
        return _EntryError(code, f"The {self.says} {what}", hint)


def read_requirements(
    path: str, text: str, tables: Mapping[str, Any], series: Series
) -> tuple[Contract, tuple[Finding, ...]]:
    """The contract of a series, and what is wrong with its entries, sorted.

    ``tables`` are those of the TOML ``text``. What ``read_contract`` has found a fault with (an
    unknown kind, an entry without name) is passed over in silence.
    """
    found: list[Finding] = []
    made: list[Requirement] = []
    seen: dict[tuple[Wanted, str], Requirement] = {}
    for entry in _entries(text, tables):
        try:
            requirements = list(_requirements(entry, series))
        except _EntryError as wrong:
            found.append(refuse(path, wrong.code, wrong.message, wrong.hint, line=entry.line))
            continue
        for one in requirements:
            first = seen.setdefault((one.wanted, one.since.text), one)
            if first is one:
                made.append(one)
            elif not _columns(entry) or one.wanted.kind is RequiredKind.COLUMN:
                found.append(_duplicate(path, entry, one))
    return Contract(path, tuple(made)), tuple(sorted(found))


def _entries(text: str, tables: Mapping[str, Any]) -> Iterator[_Entry]:
    places = _Places(text)
    for word, entries in tables.items():
        if word not in list(RequiredKind) or not isinstance(entries, list):
            continue
        for keys in entries:
            if isinstance(keys, dict) and _whole(keys):
                yield _Entry(RequiredKind(word), keys, places.of(keys["name"]))


def _whole(keys: Mapping[str, Any]) -> bool:
    named = all(isinstance(keys.get(key), str) and keys[key] for key in ("name", "since"))
    return named and keys.get("level", "required") in list(Level)


class _Places:
    """Where each name stands: TOML's reader tells no lines, so names are looked up in order."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, list[int]] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if line.lstrip().startswith("#"):
                continue
            for match in _NAME.finditer(line):
                self._lines.setdefault(match[2], []).append(number)

    def of(self, name: str) -> int:
        lines = self._lines.get(name.replace('"', '\\"')) or self._lines.get(name) or [0]
        return lines.pop(0) if len(lines) > 1 else lines[0]


_NAME = re.compile(r"""(?:^|[\s{,])name\s*=\s*(["'])((?:\\"|(?!\1).)*)\1""")


def _requirements(entry: _Entry, series: Series) -> Iterator[Requirement]:
    _refuse_keys(entry)
    since, provider = _version(entry, "since", series)
    until = _version(entry, "until", series)[0] if "until" in entry.keys else None
    if until is not None and until <= since:
        raise entry.wrong("contract-since", "ends before it begins.", "Correct since or until.")
    level = Level(entry.keys.get("level", "required"))
    wanted = _wanted(entry)
    kind, type_text = entry.kind, entry.text("type")
    yield Requirement(
        wanted,
        since,
        provider,
        level,
        until,
        _type(entry, type_text),
        type_text,
        _labels(entry) if kind is RequiredKind.ENUM else (),
        entry.line,
    )
    for column, text, of_column in _columns(entry):
        optional = Level.OPTIONAL in (level, of_column)
        yield Requirement(
            Wanted(RequiredKind.COLUMN, wanted.schema, wanted.name, _single(entry, column)),
            since,
            provider,
            Level.OPTIONAL if optional else Level.REQUIRED,
            until,
            _type(entry, text),
            text,
            line=entry.line,
        )


def _refuse_keys(entry: _Entry) -> None:
    known = _COMMON | _OWN.get(entry.kind, frozenset())
    for key in entry.keys:
        if key not in known:
            near = _near(key, known)
            raise entry.wrong(
                "contract-unknown-key",
                f"has no {key!r}.",
                f"Did you mean {near!r}?" if near else f"Known keys: {', '.join(sorted(known))}.",
            )
    if entry.kind in ON_TABLE - {RequiredKind.COLUMN} and not entry.keys.get("table"):
        raise entry.wrong(
            "contract-shape",
            "does not say which table it is on.",
            'Add: table = "…"',
        )


def _version(entry: _Entry, key: str, series: Series) -> tuple[Version, str]:
    text = entry.text(key)
    migration = series.find(text)
    if migration is None:
        versions = [str(m.version) for m in series.migrations if m.kind is not Kind.RETIRED]
        near = _near(text, versions)
        raise entry.wrong(
            "contract-since",
            f"is there {key} {text!r}, which is no migration of {series.name}.",
            f"Did you mean {near!r}?" if near else f"Known: {', '.join(versions[-5:]) or 'none'}.",
        )
    if migration.kind is Kind.RETIRED:
        raise entry.wrong(
            "contract-since",
            f"is there {key} {migration.label}, which is retired and never runs.",
            "Name the migration that provides the object now.",
        )
    return migration.version, migration.label


def _near(word: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(word, sorted(known), n=1)), "")


def _wanted(entry: _Entry) -> Wanted:
    kind = entry.kind
    if kind in _ROUTINES:
        return _routine(entry)
    parts = _parts(entry, entry.text("name"))
    if kind in _GLOBAL:
        return Wanted(kind, "", "", _only(entry, parts, 1)[-1])
    if kind is RequiredKind.COLUMN and not entry.keys.get("table"):
        if len(parts) < 2:
            raise entry.wrong(
                "contract-shape", "does not say which table it is on.", 'Add: table = "…"'
            )
        schema, table = _qualified(entry, parts[:-1])
        return Wanted(kind, schema, table, parts[-1])
    if kind in ON_TABLE or (kind is RequiredKind.INDEX and entry.keys.get("table")):
        schema, table = _qualified(entry, _parts(entry, entry.text("table")))
        own = _only(entry, parts, 2 if kind is RequiredKind.INDEX else 1)
        if len(own) == 2 and own[0] != schema:
            raise entry.wrong(
                "contract-name",
                f"is not in the schema of its table, {schema}.",
                "An index is always in the schema of its table: leave the schema out.",
            )
        return Wanted(kind, schema, table, own[-1])
    schema, name = _qualified(entry, parts)
    return Wanted(kind, schema, "", name)


def _routine(entry: _Entry) -> Wanted:
    text = entry.text("name")
    split = _ROUTINE.fullmatch(text)
    name, bracket, rest = split.groups() if split else (text, "", "")
    schema, own = _qualified(entry, _parts(entry, name.strip()))
    if not bracket:
        return Wanted(entry.kind, schema, "", own)
    arguments = parse_arguments(rest.rstrip()[:-1]) if rest.rstrip().endswith(")") else None
    if arguments is None:
        raise entry.wrong(
            "contract-name",
            "is no name with argument types.",
            'Write it as DROP FUNCTION takes it: name = "f(uuid, text[])", or the name alone for '
            "any arguments.",
        )
    signature = f"({' '.join(rest.rstrip()[:-1].split())})"
    return Wanted(entry.kind, schema, "", own, arguments, signature)


_ROUTINE = re.compile(r'((?:"[^"]*"|[^"(])*)(\(?)(.*)', re.DOTALL)
"""A name, and from the first parenthesis outside double quotes on its arguments."""


def _qualified(entry: _Entry, parts: tuple[str, ...]) -> tuple[str, str]:
    parts = _only(entry, parts, 2)
    return (parts[0], parts[1]) if len(parts) == 2 else (PUBLIC, parts[0])


def _only(entry: _Entry, parts: tuple[str, ...], most: int) -> tuple[str, ...]:
    if len(parts) <= most:
        return parts
    raise entry.wrong("contract-name", "has too many parts.", _HOW_TO_NAME)


_HOW_TO_NAME = (
    "Write names as in SQL: schema.name, or the name alone for the schema public; "
    "what SQL would not take bare goes into double quotes."
)


def _parts(entry: _Entry, text: str) -> tuple[str, ...]:
    parts = split_name(text)
    if parts is None:
        raise entry.wrong("contract-name", f"has {shown(text)}, which is no name.", _HOW_TO_NAME)
    return parts


def _single(entry: _Entry, text: str) -> str:
    """A column's name as the key of a TOML table."""
    return _only(entry, _parts(entry, text), 1)[-1]


def _type(entry: _Entry, text: str) -> TypeName | None:
    if not text:
        return None
    found = parse_type(text)
    if found is None or (not found.schema and found.name in _SERIALS):
        raise entry.wrong(
            "contract-type",
            f"has {shown(text)}, which is no type of a column.",
            "Write a type as psql's \\d shows it (serial is an integer with a default).",
        )
    return found


def _labels(entry: _Entry) -> tuple[str, ...]:
    labels = entry.keys.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise entry.wrong(
            "contract-shape", "has labels that are no list of texts.", 'labels = ["A", "B"]'
        )
    if twice := next((one for one in labels if labels.count(one) > 1), None):
        raise entry.wrong(
            "contract-shape", f"has the label {shown(twice)} twice.", "Keep one of the two."
        )
    return tuple(labels)


def _columns(entry: _Entry) -> list[tuple[str, str, Level]]:
    """Name, type and level of the columns of a relation; a list of names takes any type."""
    found = []
    for level in Level:
        given = entry.keys.get(level.value, {}) if entry.kind in _OWN_RELATION else {}
        columns = dict.fromkeys(given, "") if isinstance(given, list) and _texts(given) else given
        if not isinstance(columns, dict) or not _texts(columns.values()):
            raise entry.wrong(
                "contract-shape",
                f"has {level.value} columns that are no names with types.",
                f'{level.value} = {{ id = "bigint", note = "" }}, or a list of names.',
            )
        found += [(name, text, level) for name, text in columns.items()]
    return found


_OWN_RELATION = frozenset(kind for kind, keys in _OWN.items() if keys is _RELATION)


def _texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _duplicate(path: str, entry: _Entry, one: Requirement) -> Finding:
    return refuse(
        path,
        "contract-duplicate",
        f"The {one.wanted} is named twice since {one.since}.",
        "Keep one of the two; an entry with a later since may change it.",
        line=entry.line,
    )
