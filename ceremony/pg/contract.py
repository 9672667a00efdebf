"""The contract asked of a database: one question for all of it, whatever it names."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ceremony.core.contract.judging import VIOLATED, Facts, Violation, violations
from ceremony.core.contract.requirement import Level, RequiredKind, Requirement
from ceremony.core.finding import Finding
from ceremony.core.naming import CONTRACT
from ceremony.core.outcome import Problem
from ceremony.core.step import Step
from ceremony.pg.blocks import Part, What
from ceremony.pg.queries import query
from ceremony.pg.wire import Answer, Item

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


Ask = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]


def ask_contract(ask: Ask, held: Sequence[Requirement]) -> tuple[Violation, ...]:
    """What of ``held`` is not kept now. ``ask`` gives the rows of one query; raises what it
    raises.
    """
    if not held:
        return ()
    text, (wanted,) = question(held)
    sql = text.decode().replace("%", "%%").replace("$1", "%s")
    return judged(held, ask(sql, (wanted.decode(),))[0][0])


def contract_items(step: Step) -> tuple[Item, ...]:
    """The question that travels in front of the step's COMMIT; none where nothing is required."""
    if not step.contract:
        return ()
    text, parameters = question(step.contract)
    return (Item(What(Part.CONTRACT), text, parameters, keep=1, brief=True),)


def contract_problem(
    step: Step, answers: Sequence[Answer], *, state: str, command: str
) -> Problem | None:
    """The required objects that are not there after the step, in one problem; ``state`` is that of
    the database then.
    """
    broken = [one for one in _found(step, answers) if one.requirement.level is Level.REQUIRED]
    if not broken:
        return None
    count = "a required object is" if len(broken) == 1 else f"{len(broken)} required objects are"
    told = " ".join(one.sentence for one in broken)
    path = step.script.path if step.script else step.migration.path
    return Problem(
        VIOLATED,
        f"After {step.migration.label} {count} not as {_path(step)} says. {told}",
        state,
        f"Correct {path}; or put back what was taken away outside of migrations; or, where the "
        f"entry is wrong, correct {_path(step)}; then: {command}",
    )


def contract_findings(step: Step, answers: Sequence[Answer]) -> tuple[Finding, ...]:
    """A warning for each optional object that is not there after the step."""
    verify = f"manage.py verify_sql {step.migration.series}"
    return tuple(
        one.finding(_path(step), verify)
        for one in _found(step, answers)
        if one.requirement.level is Level.OPTIONAL
    )


def _found(step: Step, answers: Sequence[Answer]) -> tuple[Violation, ...]:
    for answer in answers:
        if answer.item.what.part is Part.CONTRACT and answer.rows:
            return judged(step.contract, answer.rows[0][0])
    return ()


def _path(step: Step) -> str:
    return f"{step.migration.series}/{CONTRACT}"
