"""Does a database keep the contract? The catalog's facts against what is required.

The facts of an object come as the query ``contract`` answers them: one mapping per object of that
name, in whatever schema it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ceremony.core.contract.names import shown_name
from ceremony.core.contract.requirement import (
    ON_TABLE,
    Level,
    RequiredKind,
    Requirement,
    Wanted,
)
from ceremony.core.finding import Finding, refuse, warn
from ceremony.core.sql.types import TypeName, parse_type

Facts = Mapping[str, Any]

VIOLATED = "contract-violated"
"""The code of a required object that is not there, or not as it must be."""

OPTIONAL_MISSING = "contract-optional"
"""The code of an optional one."""

_RELATIONS = {
    "r": "table",
    "p": "table",
    "f": "foreign table",
    "v": "view",
    "m": "materialized view",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "c": "composite type",
}
"""pg_class.relkind in words (manual, 51.11)."""

_TYPES = {"b": "base type", "c": "composite type", "d": "domain", "e": "enum", "p": "pseudo-type",
          "r": "range type", "m": "multirange type"}  # fmt: skip
"""pg_type.typtype in words (manual, 51.64)."""

_ROUTINES = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window function"}
"""pg_proc.prokind in words (manual, 51.39)."""

_IDLE = {"D": "is disabled", "R": "is enabled for replication alone (ENABLE REPLICA TRIGGER)"}
"""pg_trigger.tgenabled of a trigger that fires in no ordinary session (manual, 51.58)."""

_FITTING = {
    RequiredKind.TABLE: {"table", "foreign table"},
    RequiredKind.TYPE: set(_TYPES.values()),
    RequiredKind.FUNCTION: {"function", "window function", "aggregate"},
}


@dataclass(frozen=True)
class Violation:
    """``found`` is what is there instead, as the end of a sentence that begins with the object."""

    requirement: Requirement
    found: str

    @property
    def sentence(self) -> str:
        """``The column public.users.email is integer, not text; 0001_users must provide it.``"""
        one = self.requirement
        return f"The {one.wanted} {self.found}; {one.provider} must provide it."

    def finding(self, path: str, command: str) -> Finding:
        """An error for a required object, a warning for an optional one."""
        line = self.requirement.line
        if self.requirement.level is Level.OPTIONAL:
            hint = "It is optional: nothing stops. Provide it, or take the entry out."
            return warn(path, OPTIONAL_MISSING, self.sentence, hint, line=line)
        hint = (
            "Find out what took it away and put it back in a new migration, or correct the entry; "
            f"then: {command}"
        )
        return refuse(path, VIOLATED, self.sentence, hint, line=line)


@dataclass(frozen=True)
class ContractReport:
    """How many objects were asked for, and what of them is not kept: errors for required ones,
    warnings for optional ones.
    """

    asked: int
    findings: tuple[Finding, ...] = ()


def violations(
    held: Sequence[Requirement], facts: Mapping[int, Sequence[Facts]]
) -> tuple[Violation, ...]:
    """What of ``held`` is not kept. ``facts`` has those of each requirement under its index.

    Where a relation is missing, it is named, and not each of its columns and what else is on it.
    """
    found: list[Violation] = []
    absent: set[tuple[str, str]] = set()
    for index, one in sorted(enumerate(held), key=lambda pair: pair[1].wanted.kind in ON_TABLE):
        wanted = one.wanted
        if wanted.kind in ON_TABLE and (wanted.schema, wanted.table) in absent:
            continue
        said = _judge(one, facts.get(index, ()))
        if said:
            found.append(Violation(one, said))
            if wanted.kind in _WITH_COLUMNS and said.startswith("is missing"):
                absent.add((wanted.schema, wanted.name))
    order = {id(one): index for index, one in enumerate(held)}
    return tuple(sorted(found, key=lambda one: order[id(one.requirement)]))


_WITH_COLUMNS = frozenset({RequiredKind.TABLE, RequiredKind.VIEW, RequiredKind.MATERIALIZED_VIEW})


def _judge(one: Requirement, facts: Sequence[Facts]) -> str:
    kind = one.wanted.kind
    if kind in ON_TABLE:
        return _on_table(one, facts)
    if kind in (RequiredKind.EXTENSION, RequiredKind.SCHEMA, RequiredKind.ROLE):
        return "" if facts else "is missing"
    here = [fact for fact in facts if fact["schema"] == one.wanted.schema]
    if not here:
        return _elsewhere(one.wanted, facts)
    if kind in (RequiredKind.FUNCTION, RequiredKind.PROCEDURE):
        return _routine(one.wanted, here)
    if kind in (RequiredKind.TYPE, RequiredKind.ENUM, RequiredKind.DOMAIN):
        return _type(one, here[0])
    return _relation(one.wanted, here[0])


def _elsewhere(wanted: Wanted, facts: Sequence[Facts]) -> str:
    """Missing, and perhaps an object of that name in another schema explains it."""
    schemas = sorted({str(fact["schema"]) for fact in facts})
    if not schemas:
        return "is missing"
    return f"is missing (there is {_listed(shown_name(s, wanted.name) for s in schemas)})"


def _relation(wanted: Wanted, fact: Facts) -> str:
    kind = _RELATIONS.get(fact["kind"], "relation of another kind")
    if kind not in _FITTING.get(wanted.kind, {wanted.kind.words}):
        return f"is missing: {_article(kind)} has that name"
    if wanted.kind is RequiredKind.INDEX:
        if wanted.table and fact["table"] != wanted.table:
            return f"is missing: the index of that name is on {shown_name(str(fact['table']))}"
        if not fact["valid"]:
            return "is INVALID: it was not built to the end"
    return ""


def _on_table(one: Requirement, facts: Sequence[Facts]) -> str:
    """The facts of the table (and of nothing else), with ``name`` None where it lacks the
    object.
    """
    wanted = one.wanted
    here = [fact for fact in facts if fact["schema"] == wanted.schema]
    if not here:
        return f"is missing, and so is {shown_name(wanted.schema, wanted.table)}"
    fact = here[0]
    if fact["name"] is None:
        return "is missing"
    if wanted.kind is RequiredKind.TRIGGER:
        return _IDLE.get(fact["enabled"], "")
    if wanted.kind is RequiredKind.CONSTRAINT and fact["enforced"] is False:
        return "is NOT ENFORCED"
    if wanted.kind is RequiredKind.COLUMN and one.type is not None:
        return _other_type(one.type, one.type_text, fact)
    return ""


def _other_type(wanted: TypeName, text: str, fact: Facts) -> str:
    """format_type's words tell the modifiers; the catalog's own names tell the type, whatever the
    search_path is.
    """
    shown = str(fact["type"])
    parsed = parse_type(shown)
    modifiers = parsed.modifiers if parsed else ()
    same = wanted.names(fact["type_schema"], fact["type_name"], array=fact["array"])
    return "" if same and wanted.modifiers == modifiers else f"is {shown}, not {text}"


def _routine(wanted: Wanted, here: Sequence[Facts]) -> str:
    fitting = _FITTING.get(wanted.kind, {wanted.kind.words})
    right = [fact for fact in here if _ROUTINES.get(fact["kind"]) in fitting]
    if not right:
        other = _ROUTINES.get(here[0]["kind"], "routine")
        return f"is missing: {_article(other)} has that name"
    if wanted.arguments is None or any(_takes(wanted.arguments, fact) for fact in right):
        return ""
    there = _listed(f"{shown_name(wanted.schema, wanted.name)}({f['shown']})" for f in right)
    return f"is missing (there is {there})"


def _takes(wanted: Sequence[TypeName], fact: Facts) -> bool:
    arguments = fact["arguments"]
    return len(wanted) == len(arguments) and all(
        one.names(schema, name, array=array)
        for one, (schema, name, array) in zip(wanted, arguments, strict=True)
    )


def _type(one: Requirement, fact: Facts) -> str:
    kind = _TYPES.get(fact["kind"], "type")
    if kind not in _FITTING.get(one.wanted.kind, {one.wanted.kind.words}):
        return f"is missing: {_article(kind)} has that name"
    if one.wanted.kind is RequiredKind.DOMAIN and one.type is not None:
        return _other_type(one.type, one.type_text, fact)
    labels = [str(label) for label in fact["labels"] or ()]
    missing = [label for label in one.labels if label not in labels]
    if missing:
        return f"lacks {_listed(map(repr, missing))}"
    if [label for label in labels if label in one.labels] != list(one.labels):
        return f"has its labels in another order: {_listed(map(repr, labels))}"
    return ""


def _article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _listed(words: Any) -> str:
    return ", ".join(words)
