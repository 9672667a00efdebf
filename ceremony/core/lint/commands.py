"""From parse trees to commands."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ceremony.core.lint.command import Command
from ceremony.core.place import file_line_of_body
from ceremony.core.sql.bodies import Piece, body_of
from ceremony.core.sql.source import Tree


def commands_of(trees: Iterable[Tree]) -> Iterator[Command]:
    """What these statements execute, in order: a DO stands in front of what is in its body.

    The bodies of functions are not opened: they run later, if ever.
    """
    for tree in trees:
        if not tree.kind:
            continue
        command = Command(
            tree.statement,
            tree.kind,
            getattr(tree.node, tree.kind),
            (tree.node, *tree.parsed.cut),
            tree.statement.line,
            tree.statement.column,
            tree.statement.text,
            tree.start,
        )
        yield command
        yield from _in_schema(command)
        body = body_of(tree.statement, tree.parsed)
        if body is not None and body.at_once:
            for piece in body.pieces or ():
                if piece.kind and not piece.built and not piece.condition:
                    yield _in_body(tree, piece)


def _in_schema(command: Command) -> Iterator[Command]:
    """What CREATE SCHEMA creates in the schema, where names without one belong to it (PostgreSQL
    documentation, CREATE SCHEMA).
    """
    if command.kind != "create_schema_stmt":
        return
    schema = command.node.schemaname or command.node.authrole.rolename
    for element in command.node.schema_elts:
        copy = type(element)()
        copy.CopyFrom(element)
        kind = copy.WhichOneof("node")
        node = getattr(copy, kind)
        field = _NAMES.get(kind)
        if field and not getattr(node, field).schemaname:
            getattr(node, field).schemaname = schema
        yield replace(command, kind=kind, node=node, roots=(copy,))


_NAMES = {
    "create_stmt": "relation",
    "view_stmt": "view",
    "create_seq_stmt": "sequence",
    "index_stmt": "relation",
    "create_trig_stmt": "relation",
}
"""What can stand in CREATE SCHEMA, each with the field that has its name or its table's."""


def _in_body(tree: Tree, piece: Piece) -> Command:
    return Command(
        tree.statement,
        piece.kind,
        getattr(piece.node, piece.kind),
        piece.roots,
        file_line_of_body(tree.statement, piece.line),
        0,
        piece.text,
        in_body=True,
        guarded=piece.guarded,
        caught=piece.caught,
    )
