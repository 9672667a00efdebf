"""The objects that a script uses, told from its parse trees: bodies of functions included."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.contract.names import shown_name
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import OF_A_TABLE, dropped, named, renamed
from ceremony.core.lint.inventory import Key
from ceremony.core.lint.parts import parts_used
from ceremony.core.lint.subject import Subject
from ceremony.core.place import file_line_of_body
from ceremony.core.script import Statement
from ceremony.core.sql.constants import options_of, word
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import DEFAULT_SCHEMA, Name, listed_name, relation_name

_RELATIONS = (
    ObjectKind.TABLE,
    ObjectKind.FOREIGN_TABLE,
    ObjectKind.VIEW,
    ObjectKind.MATERIALIZED_VIEW,
    ObjectKind.SEQUENCE,
    ObjectKind.INDEX,
)
_ROUTINES = (ObjectKind.FUNCTION, ObjectKind.PROCEDURE, ObjectKind.AGGREGATE)
_TYPES = (ObjectKind.TYPE, ObjectKind.ENUM, ObjectKind.DOMAIN)


@dataclass(frozen=True)
class Use:
    """One name that a script uses: what it can be, and the place."""

    keys: tuple[Key, ...]
    statement: Statement
    line: int
    column: int = 0


def uses_of(subject: Subject) -> Iterator[Use]:
    """Every name of a schema, relation, type or function, and of a table's parts where a command is
    about them.
    """
    for command in subject.commands:
        for keys in _of_tree(command.roots):
            yield Use(keys, command.statement, command.line, command.column)
        for key in (*_spoken_of(command), *parts_used(command)):
            whole = Key(ObjectKind.TABLE, key.name) if key.kind in OF_A_TABLE else key
            for used in dict.fromkeys((whole, key)):
                yield Use((used,), command.statement, command.line, command.column)
    yield from _in_functions(subject)


def _spoken_of(command: Command) -> Iterator[Key]:
    """What a command is about, where its tree has lists of words for a name."""
    yield from dropped(command)
    yield from (old for old, _ in renamed(command))
    node = command.node
    if command.kind in _OF_AN_OBJECT:
        yield from named(getattr(node, _OF_AN_OBJECT[command.kind]), node.object)
    elif command.kind in ("alter_enum_stmt", "alter_domain_stmt"):
        yield from _keys(_TYPES, listed_name(node.type_name))
    elif command.kind in ("create_seq_stmt", "alter_seq_stmt"):
        words = (
            [] if (owner := options_of(node.options).get("owned_by")) is None else owner.list.items
        )
        if len(words) > 1:
            yield Key(ObjectKind.COLUMN, listed_name(words[:-1]), words[-1].string.sval)
    for schema in _schemas_of(command):
        yield Key(ObjectKind.SCHEMA, Name("", schema))


def _schemas_of(command: Command) -> Iterator[str]:
    """The schemas that a command names apart from what is in them."""
    node = command.node
    if command.kind == "alter_object_schema_stmt":
        yield node.newschema
    elif command.kind == "grant_stmt":
        everything = node.targtype == ast.ACL_TARGET_ALL_IN_SCHEMA
        if everything or node.objtype == ast.OBJECT_SCHEMA:
            yield from (each.string.sval for each in node.objects)


_OF_AN_OBJECT = {
    "comment_stmt": "objtype",
    "sec_label_stmt": "objtype",
    "alter_owner_stmt": "object_type",
    "alter_object_schema_stmt": "object_type",
}
"""Statements with an object of any kind, each with the field that says of which."""


def _in_functions(subject: Subject) -> Iterator[Use]:
    for tree in subject.trees:
        body = subject.bodies.get(tree.statement.number)
        if body is None or body.at_once:
            continue
        for piece in body.pieces or ():
            for keys in _of_tree(piece.roots):
                yield Use(keys, tree.statement, file_line_of_body(tree.statement, piece.line))


def _of_tree(roots: Iterable[Message]) -> Iterator[tuple[Key, ...]]:
    messages = list(walk(roots))
    local = {each.ctename for each in messages if isinstance(each, ast.CommonTableExpr)}
    for message in messages:
        if isinstance(message, ast.RangeVar):
            if message.relname not in local or message.schemaname:
                yield _keys(_RELATIONS, relation_name(message))
            if message.schemaname:
                yield (Key(ObjectKind.SCHEMA, Name("", message.schemaname)),)
        elif isinstance(message, ast.TypeName):
            names = message.names[:-1] if message.pct_type else message.names
            yield _keys((*_TYPES, *_RELATIONS), listed_name(names))
        elif isinstance(message, (ast.FuncCall, ast.CreateTrigStmt)):
            yield _keys(_ROUTINES, listed_name(message.funcname))
            if message.funcname[-1].string.sval in _OF_A_SEQUENCE:
                yield _keys(_RELATIONS, _written(word(message.args[0]) if message.args else ""))
        elif isinstance(message, ast.ObjectWithArgs):
            yield _keys(_ROUTINES, listed_name(message.objname))
        elif isinstance(message, ast.TypeCast) and _is_regclass(message.type_name):
            yield _keys(_RELATIONS, _written(word(message.arg)))


def _keys(kinds: Iterable[ObjectKind], name: Name) -> tuple[Key, ...]:
    return tuple(Key(kind, name) for kind in kinds)


_OF_A_SEQUENCE = frozenset({"nextval", "currval", "setval"})
"""Functions whose first argument is a regclass, with or without a cast."""


def _is_regclass(type_name: Message) -> bool:
    return bool(type_name.names) and type_name.names[-1].string.sval == "regclass"


def _written(text: str) -> Name:
    """The name in a constant of type regclass; one with quotes is not told."""
    schema, _, name = text.rpartition(".")
    return Name(schema.lower() or DEFAULT_SCHEMA, name.lower() if '"' not in text else "")


def what_it_does(key: Key) -> str:
    """The reason to write behind ``Depends:`` for the file that makes an object."""
    if key.part:
        return f"adds {key.name}.{shown_name(key.part)}"
    return f"creates {key.name}"
