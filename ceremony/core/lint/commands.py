"""From parse trees to commands."""

from collections.abc import Iterable, Iterator

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
        yield Command(
            tree.statement,
            tree.kind,
            getattr(tree.node, tree.kind),
            (tree.node, *tree.parsed.cut),
            tree.statement.line,
            tree.statement.column,
            tree.statement.text,
            tree.start,
        )
        body = body_of(tree.statement, tree.parsed)
        if body is not None and body.at_once:
            for piece in body.pieces or ():
                if piece.kind and not piece.built and not piece.condition:
                    yield _in_body(tree, piece)


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
