"""The contract asked of a database: one question for all of it, whatever it names."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ceremony.core.contract.judging import Facts, Violation, violations
from ceremony.core.contract.requirement import RequiredKind, Requirement
from ceremony.pg.queries import query

_FILE = "contract.sql"
_BRANCHES: Mapping[RequiredKind, str] = {
    RequiredKind.TABLE: "relation",
    RequiredKind.VIEW: "relation",
    RequiredKind.MATERIALIZED_VIEW: "relation",
    RequiredKind.SEQUENCE: "relation",
    RequiredKind.INDEX: "relation",
    RequiredKind.COLUMN: "column",
    RequiredKind.CONSTRAINT: "constraint",
    RequiredKind.TRIGGER: "trigger",
    RequiredKind.POLICY: "policy",
    RequiredKind.FUNCTION: "routine",
    RequiredKind.PROCEDURE: "routine",
    RequiredKind.TYPE: "type",
    RequiredKind.ENUM: "type",
    RequiredKind.DOMAIN: "type",
    RequiredKind.EXTENSION: "extension",
    RequiredKind.SCHEMA: "schema",
    RequiredKind.ROLE: "role",
}
"""Which block of ``contract.sql`` looks for objects of a kind."""


def question(held: Sequence[Requirement]) -> tuple[bytes, tuple[bytes, ...]]:
    """One query, with its parameter, that answers for all of ``held`` (at least one) in one row of
    one column. It reads the catalog only, and takes no lock on what it asks about.
    """
    wanted = [
        {
            "number": number,
            "branch": _BRANCHES[one.wanted.kind],
            "schema": one.wanted.schema,
            "table_name": one.wanted.table,
            "name": one.wanted.name,
        }
        for number, one in enumerate(held)
    ]
    branches = dict.fromkeys(str(row["branch"]) for row in wanted)
    union = "\nUNION ALL\n".join(query(branch, _FILE) for branch in branches)
    text = query("contract", _FILE).replace("{branches}", union)
    return text.encode(), (json.dumps(wanted).encode(),)


def judged(held: Sequence[Requirement], answer: str | None) -> tuple[Violation, ...]:
    """What of ``held`` the answer to its ``question`` does not show."""
    facts: dict[int, list[Facts]] = {}
    found: list[tuple[int, dict[str, Any]]] = json.loads(answer or "[]")
    for number, fact in found:
        facts.setdefault(number, []).append(fact)
    return violations(held, facts)
