"""Probes: whether a statement outside a transaction took effect; the catalog is asked."""

from dataclasses import dataclass, replace
from enum import StrEnum

from ceremony.core.script import Probe, ProbeTarget
from ceremony.pg.errors import QueryFailed
from ceremony.pg.names import quoted
from ceremony.pg.queries import query
from ceremony.pg.session import Session

#: Class 42, "syntax error or access rule violation": the table has no such column, say.
_MEANINGLESS = "42"
_NO_RIGHT = "42501"


class Found(StrEnum):
    """What the catalog says. Only IN and ABSENT let a run go on by itself."""

    IN = "in"
    ABSENT = "absent"
    INVALID = "invalid"
    DIFFERS = "differs"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """``name`` is the object's full, quoted name.

    ``definition`` an index's as the server prints it, ``index`` its oid.
    """

    found: Found
    name: str = ""
    definition: str = ""
    index: int = 0


def probe(session: Session, target: ProbeTarget) -> Finding:
    """Look for the effect of one statement; of an index its name, table and validity.

    Raises CeremonyError for what the server refuses.
    """
    if target.probe is Probe.INDEX_VALID:
        return _index(session, target)
    if target.probe is Probe.INDEX_GONE:
        exists = session.ask(query("relation-exists"), (_name(target.schema, target.name),))[0][0]
        return Finding(Found.ABSENT if exists else Found.IN)
    if target.probe is Probe.DETACHED:
        return _partition(session, target)
    if target.probe is Probe.REPEATABLE:
        return Finding(Found.ABSENT)
    return Finding(Found.UNKNOWN)


def probe_definition(session: Session, target: ProbeTarget) -> Finding:
    """As ``probe``, and an index must be the one that the statement describes: an earlier attempt
    meant to build it, and anybody may have built another one since.
    """
    finding = probe(session, target)
    if target.probe is not Probe.INDEX_VALID or not finding.index:
        return finding
    return finding if _as_intended(session, target, finding) else _differing(finding)


def _differing(finding: Finding) -> Finding:
    return replace(finding, found=Found.DIFFERS)


def _as_intended(session: Session, target: ProbeTarget, finding: Finding) -> bool:
    """Built on an empty copy of the table, in a transaction that leaves nothing, and compared."""
    if finding.found is Found.DIFFERS or not target.rebuilt:
        return False
    copy = _name("pg_temp", target.table)
    session.ask("BEGIN")
    try:
        like = _name(target.table_schema, target.table)
        session.ask(f"CREATE TEMPORARY TABLE {copy} (LIKE {like})")
        session.ask(target.rebuilt)
        there, wanted = session.ask(query("index-definition"), (finding.index, copy))
    except QueryFailed as error:
        if error.sqlstate.startswith(_MEANINGLESS) and error.sqlstate != _NO_RIGHT:
            return False
        raise
    finally:
        session.ask("ROLLBACK")
    return there == wanted


def _index(session: Session, target: ProbeTarget) -> Finding:
    """An index lives in its table's schema, so where none is named the search path finds it."""
    schema = target.schema or target.table_schema
    table = _name(target.table_schema, target.table)
    rows = session.ask(query("index-facts"), (table, target.name, schema or "", schema is None))
    if not rows:
        return Finding(Found.ABSENT)
    valid, ready, definition, index_schema, name, index, of_table = rows[0]
    found = Found.IN if valid and ready else Found.INVALID
    full = quoted(index_schema, name)
    return Finding(found if of_table else Found.DIFFERS, full, definition, index)


def _partition(session: Session, target: ProbeTarget) -> Finding:
    partition = _name(target.schema, target.name)
    parent = _name(target.table_schema, target.table)
    rows = session.ask(query("inheritance"), (partition, parent))
    if not rows:
        return Finding(Found.IN)
    return Finding(Found.PENDING if rows[0][0] else Found.ABSENT, partition, parent)


def _name(schema: str | None, name: str) -> str:
    return quoted(schema, name) if schema else quoted(name)
