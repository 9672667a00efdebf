"""Probes: whether a statement outside a transaction took effect; the catalog is asked."""

from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.script import Probe, ProbeTarget
from ceremony.pg.names import quoted
from ceremony.pg.queries import query
from ceremony.pg.session import Session


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

    ``definition`` an index's as the server prints it.
    """

    found: Found
    name: str = ""
    definition: str = ""


def probe(session: Session, target: ProbeTarget) -> Finding:
    """Look for the effect of one statement."""
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


def _index(session: Session, target: ProbeTarget) -> Finding:
    """An index lives in its table's schema, so where none is named the search path finds it."""
    schema = target.schema or target.table_schema
    rows = session.ask(query("index-facts"), (target.name, schema or "", schema is None))
    if not rows:
        return Finding(Found.ABSENT)
    valid, ready, definition, index_schema, name, _, table = rows[0]
    full = quoted(index_schema, name)
    if table != target.table:
        return Finding(Found.DIFFERS, full, definition)
    return Finding(Found.IN if valid and ready else Found.INVALID, full, definition)


def _partition(session: Session, target: ProbeTarget) -> Finding:
    partition = _name(target.schema, target.name)
    parent = _name(target.table_schema, target.table)
    rows = session.ask(query("inheritance"), (partition, parent))
    if not rows:
        return Finding(Found.IN)
    return Finding(Found.PENDING if rows[0][0] else Found.ABSENT, partition, parent)


def _name(schema: str | None, name: str) -> str:
    return quoted(schema, name) if schema else quoted(name)
