"""An enum value used in the transaction that adds it.

PostgreSQL refuses that (55P04, ``unsafe_new_enum_value_usage``) unless the enum itself is new in
the transaction. A constant of the same text counts as a use, anywhere behind the ALTER TYPE: trees
do not tell the type of a constant, except where it is cast to another one. CREATE FUNCTION resolves
the defaults of arguments and bodies in SQL, so they count; bodies in PL/pgSQL may name it.
"""

from collections.abc import Iterable, Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import created
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import Name, listed_name

_NO_USE = frozenset({"alter_enum_stmt", "comment_stmt"})


def _look(subject: Subject) -> Iterator[Remark]:
    added: dict[str, Name] = {}
    new: set[Name] = set()
    for command in subject.commands if subject.in_transaction else ():
        new.update(key.name for key, _ in created(command) if key.kind is ObjectKind.ENUM)
        if command.kind == "alter_enum_stmt":
            enum = listed_name(command.node.type_name)
            if command.node.new_val and not command.node.old_val and enum not in new:
                added[command.node.new_val] = enum
        elif added and command.kind not in _NO_USE:
            yield from _uses(subject, command, added)


def _uses(subject: Subject, command: Command, added: dict[str, Name]) -> Iterator[Remark]:
    for value in dict.fromkeys(_constants(_analysed(subject, command))):
        if value in added:
            yield command.remark(
                f"'{value}' is used in the transaction that adds it to {added[value]}: "
                "PostgreSQL refuses that (55P04).",
                "Add the value in a file of its own, before this one.",
            )


def _analysed(subject: Subject, command: Command) -> Iterator[Message]:
    """What of a command the server resolves when it runs, as trees; of DO the conditions, because
    the statements in it are commands of their own.
    """
    if command.kind == "create_function_stmt":
        yield from (*command.node.parameters, command.node.sql_body)
    else:
        yield from command.roots
    body = None if command.in_body else subject.bodies.get(command.statement.number)
    if body is not None and (body.at_once or body.language == "sql"):
        for piece in body.pieces or ():
            if piece.condition or not body.at_once:
                yield from piece.roots


def _constants(roots: Iterable[Message]) -> Iterator[str]:
    """The texts of constants, without those that are cast to a type of PostgreSQL's own."""
    constants = []
    cast: set[int] = set()
    for message in walk(roots):
        if isinstance(message, ast.TypeCast) and _is_own(message):
            cast.add(message.arg.a_const.location)
        elif isinstance(message, ast.A_Const) and message.HasField("sval"):
            constants.append(message)
    yield from (each.sval.sval for each in constants if each.location not in cast)


def _is_own(cast: Message) -> bool:
    names = [part.string.sval for part in cast.type_name.names]
    return names[:-1] == ["pg_catalog"] or names in (["text"], ["jsonb"], ["json"], ["name"])


RULE = Rule(
    code="lint-enum-value-in-transaction",
    title="an enum value used in the transaction that adds it",
    reason="PostgreSQL refuses it with 55P04, so the file fails wherever it runs.",
    link="https://www.postgresql.org/docs/current/sql-altertype.html",
    look=_look,
)
