"""The objects that a script uses, told from its parse trees: bodies of functions included."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.contract.names import shown_name
from ceremony.core.lint.deeds import OF_A_TABLE, dropped
from ceremony.core.lint.inventory import Key
from ceremony.core.lint.parts import parts_used
from ceremony.core.lint.subject import Subject
from ceremony.core.place import file_line_of_body
from ceremony.core.script import Statement
from ceremony.core.sql.constants import word
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import DEFAULT_SCHEMA, Name, listed_name, relation_name

_RELATIONS = (
    ObjectKind.TABLE,
    ObjectKind.VIEW,
    ObjectKind.MATERIALIZED_VIEW,
    ObjectKind.SEQUENCE,
)
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
        for key in (*dropped(command), *parts_used(command)):
            whole = Key(ObjectKind.TABLE, key.name) if key.kind in OF_A_TABLE else key
            for used in dict.fromkeys((whole, key)):
                yield Use((used,), command.statement, command.line, command.column)
    yield from _in_functions(subject)


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
            yield _keys((*_TYPES, *_RELATIONS), listed_name(message.names))
        elif isinstance(message, (ast.FuncCall, ast.CreateTrigStmt)):
            yield _keys((ObjectKind.FUNCTION,), listed_name(message.funcname))
        elif isinstance(message, ast.ObjectWithArgs):
            yield _keys((ObjectKind.FUNCTION,), listed_name(message.objname))
        elif isinstance(message, ast.TypeCast) and _is_regclass(message.type_name):
            yield _keys(_RELATIONS, _written(word(message.arg)))


def _keys(kinds: Iterable[ObjectKind], name: Name) -> tuple[Key, ...]:
    return tuple(Key(kind, name) for kind in kinds)


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
