"""``[[compensation]]`` of ``series.toml``, read, and its SQL judged: it may look and no more."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ceremony.core.compensation import Compensation
from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings
from ceremony.core.sql.parser import Parsed, SqlSyntaxError, parse

_WANTED = ("migration", "restoration")
_KNOWN = frozenset({*_WANTED, "when", "state", "export", "affected", "downtime"})
_HINT = (
    'Write [[compensation]] with migration = "0003" and restoration = "…"; and when, state, '
    "export, affected, downtime where they are known."
)


def compensations(settings: SeriesSettings) -> tuple[Compensation, ...]:
    """The compensations of a series, as they are written; faulty ones are left out."""
    entries = settings.extra.get("compensation", ())
    return tuple(_read(entry) for entry in entries if not _faults(entry))


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong with the compensations: their shape, and SQL that does more than look."""
    entries = tables.get("compensation")
    for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
        for fault in _faults(entry):
            yield Objection("compensation", f"Compensation {number} {fault}.", _HINT)


def _read(entry: Mapping[str, str]) -> Compensation:
    return Compensation(
        migration=entry["migration"],
        restoration=entry["restoration"],
        when=entry.get("when", ""),
        state=entry.get("state", ""),
        export=_statements(entry.get("export", "")),
        affected=entry.get("affected", ""),
        downtime=entry.get("downtime", ""),
    )


def _statements(text: str) -> tuple[str, ...]:
    raw = text.encode()
    return tuple(raw[one.start : one.end].decode().strip() for one in parse(raw))


def _faults(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["is no table"]
    unknown = [f"has an unknown key {key!r}" for key in sorted(set(entry) - _KNOWN)]
    wrong = [
        f"has a {key} that is no text" for key in _KNOWN & set(entry) if not _is_text(entry, key)
    ]
    missing = [f"has no {key}" for key in _WANTED if not entry.get(key)]
    if wrong:
        return [*unknown, *sorted(wrong), *missing]
    return [*unknown, *missing, *_sql_faults(entry)]


def _is_text(entry: Mapping[str, object], key: str) -> bool:
    return isinstance(entry[key], str)


def _sql_faults(entry: Mapping[str, str]) -> Iterator[str]:
    for key, allowed, most in (("export", _writes_out, 0), ("affected", _asks, 1)):
        text = entry.get(key, "")
        try:
            found: Sequence[Parsed] = parse(text.encode()) if text.strip() else ()
        except SqlSyntaxError as error:
            yield f"has SQL in {key} that cannot be read: {error.message}"
            continue
        if not all(allowed(one) for one in found) or (most and len(found) > most):
            yield f"has SQL in {key} that does more than {_MAY[key]}"


_MAY = {"export": "write rows out (COPY … TO STDOUT, or a query)", "affected": "ask one question"}


def _asks(one: Parsed) -> bool:
    """A query that keeps its rows to itself: no INTO, and no statement that writes in a WITH."""
    if one.kind != "select_stmt":
        return False
    select = one.node.select_stmt
    return not select.HasField("into_clause") and not _writes_within(select)


def _writes_within(select: Any) -> bool:
    queries = [one.common_table_expr.ctequery for one in select.with_clause.ctes]
    return any(query.WhichOneof("node") != "select_stmt" for query in queries)


def _writes_out(one: Parsed) -> bool:
    """A query, or a COPY to the client: to no file and no program of the server."""
    if one.kind != "copy_stmt":
        return _asks(one)
    copy = one.node.copy_stmt
    if copy.is_from or copy.is_program or copy.filename:
        return False
    if not copy.HasField("query"):
        return True
    inner = copy.query
    return inner.WhichOneof("node") == "select_stmt" and not _writes_within(inner.select_stmt)
