"""Which relations the steps of a plan create, and which they name, told from their parse trees."""

from collections.abc import Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.contract.names import PUBLIC, split_name
from ceremony.core.lint.commands import commands_of
from ceremony.core.lint.deeds import created
from ceremony.core.plan import Plan
from ceremony.core.sql.parser import ast, walk
from ceremony.core.sql.relations import TEMPORARY, Name, relation_name
from ceremony.core.sql.trees import trees_of

_WHOLE = frozenset(
    {
        ObjectKind.SCHEMA,
        ObjectKind.TYPE,
        ObjectKind.DOMAIN,
        ObjectKind.ENUM,
        ObjectKind.RANGE,
        ObjectKind.SEQUENCE,
        ObjectKind.TABLE,
        ObjectKind.FOREIGN_TABLE,
        ObjectKind.VIEW,
        ObjectKind.MATERIALIZED_VIEW,
        ObjectKind.FUNCTION,
        ObjectKind.PROCEDURE,
    }
)


def name_of(written: str) -> Name:
    """A name as people write it (``orders``, ``auth.users``), with its schema."""
    *schema, name = split_name(written) or (written,)
    return Name(schema[0] if schema else PUBLIC, name)


def created_by(plan: Plan) -> frozenset[Name]:
    """What the steps create that was not there, or may not have been; dynamic SQL is not read."""
    return frozenset(
        key.name
        for step in plan.steps
        if step.script is not None
        for command in commands_of(trees_of(step.script))
        for key, _ in created(command)
        if key.kind in _WHOLE and not key.part
    )


def named_by(plan: Plan) -> frozenset[Name]:
    """Every relation that the statements of the steps name, except temporary ones."""
    return frozenset(name for name in _named(plan) if name.schema != TEMPORARY)


def _named(plan: Plan) -> Iterator[Name]:
    for step in plan.steps:
        if step.script is None:
            continue
        for command in commands_of(trees_of(step.script)):
            for message in walk(command.roots):
                if isinstance(message, ast.RangeVar):
                    yield relation_name(message)
