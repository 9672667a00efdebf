"""Logic that does one thing where a table exists and another where it does not.

Found: a PL/pgSQL condition, or a value computed, that asks ``to_regclass``, ``pg_class``,
``pg_tables`` or ``information_schema.tables``; an INSERT, UPDATE, DELETE or MERGE that does; a
handler for ``undefined_table``; ALTER TABLE IF EXISTS. Questions about constraints, types, columns,
extensions are another matter: there is often no other way to write a repeatable change. So are
questions about names that the series knows as those of indexes, views or sequences. DROP TABLE IF
EXISTS and CREATE TABLE IF NOT EXISTS have one outcome.
"""

from collections.abc import Iterable, Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.command import Command
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.place import file_line_of_body
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import DEFAULT_SCHEMA, Name

_LISTS = frozenset({"pg_class", "pg_tables", "pg_stat_user_tables"})
_STANDARD = frozenset({"tables"})
_WRITES = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_HANDLED = frozenset({"undefined_table", "42P01"})
_ALTERED = {
    "alter_table_stmt": ("objtype",),
    "rename_stmt": ("rename_type", "relation_type"),
    "alter_object_schema_stmt": ("object_type",),
}
"""Statements that ALTER TABLE can be, with the fields that say of which kind the object is."""

_NO_TABLES = (
    ObjectKind.INDEX,
    ObjectKind.VIEW,
    ObjectKind.MATERIALIZED_VIEW,
    ObjectKind.SEQUENCE,
)
_HINT = (
    "Say with Depends: which file makes the table, and rely on it: where it is missing, the file "
    "must fail."
)


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        asks = command.kind in _WRITES and not command.in_body
        if (
            _alters_if_exists(command)
            or command.caught & _HANDLED
            or (asks and _asks(subject, command.roots, decides=False))
        ):
            yield command.remark(_said("this"), _HINT)
    for tree in subject.trees:
        body = subject.bodies.get(tree.statement.number)
        for piece in (body.pieces if body is not None else None) or ():
            if _asks(subject, piece.roots, decides=piece.condition):
                line = file_line_of_body(tree.statement, piece.line)
                yield Remark(_said("this body"), _HINT, tree.statement, line)


def _said(what: str) -> str:
    return f"What {what} does depends on whether a table exists, and nobody sees that it did not."


def _alters_if_exists(command: Command) -> bool:
    """Whether it is ALTER TABLE IF EXISTS; the parser has statements of their own for RENAME and
    SET SCHEMA.
    """
    altered = _ALTERED.get(command.kind)
    if altered is None or not command.node.missing_ok:
        return False
    return any(getattr(command.node, field) == ast.OBJECT_TABLE for field in altered)


def _asks(subject: Subject, roots: tuple[Message, ...], *, decides: bool) -> bool:
    messages = list(walk(roots))
    if not any(_is_question(message, decides=decides) for message in messages):
        return False
    return not _about_something_else(subject, messages)


def _is_question(message: Message, *, decides: bool) -> bool:
    """Whether a node asks for a table; a list of tables counts where a condition or EXISTS asks."""
    if isinstance(message, ast.NullTest):
        return any(_is_regclass(inner) for inner in walk([message.arg]))
    if isinstance(message, ast.SubLink):
        exists = message.sub_link_type == ast.EXISTS_SUBLINK
        return (decides or exists) and any(_lists_tables(inner) for inner in walk([message]))
    return decides and (_is_regclass(message) or _lists_tables(message))


def _is_regclass(message: Message) -> bool:
    return isinstance(message, ast.FuncCall) and (message.funcname[-1].string.sval == "to_regclass")


def _lists_tables(message: Message) -> bool:
    if not isinstance(message, ast.RangeVar):
        return False
    if message.schemaname == "information_schema":
        return message.relname in _STANDARD
    return message.relname in _LISTS and message.schemaname in ("", "pg_catalog")


def _about_something_else(subject: Subject, messages: Iterable[Message]) -> bool:
    """Whether the constants in the question name an index, a view or a sequence, and no table."""
    named = [
        Name(*_split(message.sval.sval))
        for message in messages
        if isinstance(message, ast.A_Const) and message.HasField("sval")
    ]
    others = any(_is_there(subject, kind, name) for kind in _NO_TABLES for name in named)
    return others and not any(_is_there(subject, ObjectKind.TABLE, name) for name in named)


def _split(text: str) -> tuple[str, str]:
    schema, _, name = text.rpartition(".")
    return schema or DEFAULT_SCHEMA, name


def _is_there(subject: Subject, kind: ObjectKind, name: Name) -> bool:
    return subject.before.has(kind, name) or subject.after.has(kind, name)


RULE = Rule(
    code="lint-depends-on-table-existence",
    title="logic that depends on whether a table exists",
    reason=(
        "The same file then leaves different schemas behind, and the one that lacks a part looks "
        "just as applied as the other."
    ),
    link="https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CATALOG-TABLE",
    look=_look,
)
