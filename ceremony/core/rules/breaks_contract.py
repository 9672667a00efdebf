"""A change that takes away what ``contract.toml`` requires.

An object counts from the migration on that its entry names as ``since``, up to the one that it
names as ``until``, if any. Optional objects may go. What the file puts back under the same name is
not missed. A schema takes along what is in it; what else CASCADE or a dropped column takes along is
not told here: validation in the migration's own transaction sees that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.contract.requirement import ON_TABLE, Level, RequiredKind, Requirement, Wanted
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import dropped, renamed
from ceremony.core.lint.inventory import Key
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Node, ast, walk
from ceremony.core.sql.relations import Name, listed_name
from ceremony.core.sql.types import SYSTEM, TypeName, type_of

_KINDS = {
    RequiredKind.TABLE: ObjectKind.TABLE,
    RequiredKind.VIEW: ObjectKind.VIEW,
    RequiredKind.MATERIALIZED_VIEW: ObjectKind.MATERIALIZED_VIEW,
    RequiredKind.INDEX: ObjectKind.INDEX,
    RequiredKind.CONSTRAINT: ObjectKind.CONSTRAINT,
    RequiredKind.TRIGGER: ObjectKind.TRIGGER,
    RequiredKind.FUNCTION: ObjectKind.FUNCTION,
    RequiredKind.PROCEDURE: ObjectKind.PROCEDURE,
    RequiredKind.TYPE: ObjectKind.TYPE,
    RequiredKind.ENUM: ObjectKind.ENUM,
    RequiredKind.SEQUENCE: ObjectKind.SEQUENCE,
    RequiredKind.POLICY: ObjectKind.POLICY,
    RequiredKind.EXTENSION: ObjectKind.EXTENSION,
    RequiredKind.SCHEMA: ObjectKind.SCHEMA,
    RequiredKind.COLUMN: ObjectKind.COLUMN,
    RequiredKind.DOMAIN: ObjectKind.DOMAIN,
}
"""Roles are not followed: they belong to the server."""


def _look(subject: Subject) -> Iterator[Remark]:
    taken = list(_taken(subject))
    required = list(_required(subject)) if taken else []
    for command, key, verb in taken:
        for one in _meant(command, key, required):
            yield command.remark(
                f"This {verb} the {one.wanted}, which the contract requires since {one.since}.",
                f'Keep it; or give the entry until = "{subject.migration.version}" where nobody '
                "needs it any more.",
            )


def _meant(command: Command, key: Key, required: list[Requirement]) -> list[Requirement]:
    """What of the required a command takes away by this name; of a schema that is not required
    itself, what is in it.
    """
    itself = [one for one in required if _key(one.wanted) == key]
    if itself or key.kind is not ObjectKind.SCHEMA:
        return [one for one in itself if not _is_overload(command, key, one.wanted)]
    return [one for one in required if one.wanted.schema == key.name.name]


def _taken(subject: Subject) -> Iterator[tuple[Command, Key, str]]:
    """What the script drops or renames and does not put back."""
    for command in subject.commands:
        keys = [(key, "drops") for key in dropped(command)]
        keys += [(old, "renames") for old, _ in renamed(command)]
        for key, verb in keys:
            if key not in subject.after.objects:
                yield command, key, verb


def _is_overload(command: Command, key: Key, wanted: Wanted) -> bool:
    """Whether the command names a function of that name with other arguments."""
    if wanted.arguments is None:
        return False
    return any(
        isinstance(message, ast.ObjectWithArgs)
        and listed_name(message.objname) == key.name
        and not message.args_unspecified
        and not _are_same(message.objargs, wanted.arguments)
        for message in walk(command.roots)
    )


def _are_same(written: Sequence[Node], wanted: Sequence[TypeName]) -> bool:
    """Whether arguments are of these types; ``int4`` has no schema, ``integer`` has PostgreSQL's.

    Functions do not know modifiers (manual, CREATE FUNCTION).
    """
    return [_argument(type_of(each.type_name)) for each in written] == [*map(_argument, wanted)]


def _argument(name: TypeName | None) -> TypeName | None:
    return name and replace(name, schema="" if name.schema == SYSTEM else name.schema, modifiers=())


def _required(subject: Subject) -> Iterator[Requirement]:
    version = subject.migration.version
    for one in subject.series.contract.requirements:
        ended = one.until is not None and one.until <= version
        if one.level is Level.REQUIRED and one.since <= version and not ended:
            yield one


def _key(wanted: Wanted) -> Key | None:
    kind = _KINDS.get(wanted.kind)
    if kind is None:
        return None
    if wanted.kind in ON_TABLE:
        return Key(kind, Name(wanted.schema, wanted.table), wanted.name)
    return Key(kind, Name(wanted.schema, wanted.name))


RULE = Rule(
    code="lint-breaks-contract",
    title="DROP or RENAME of something that the contract requires",
    reason=(
        "The application counts on it: the run stops before COMMIT, or the application stops "
        "after it."
    ),
    link="https://www.postgresql.org/docs/current/ddl-depend.html",
    look=_look,
)
