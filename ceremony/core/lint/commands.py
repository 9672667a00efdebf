"""From parse trees to commands."""

from collections.abc import Iterable, Iterator

from ceremony.core.lint.command import Command
from ceremony.core.sql.bodies import body_of
from ceremony.core.sql.source import Tree


def commands_of(trees: Iterable[Tree]) -> Iterator[Command]:
    """What these statements execute, in order: a DO stands in front of what is in its body.

    The bodies of functions are not opened: they run later, if ever.
    """
    for tree in trees:
        if tree.kind:
            yield Command(tree.statement, tree.kind, getattr(tree.node, tree.kind))
        if tree.kind == "do_stmt":
            yield from _in_body(tree)


def _in_body(tree: Tree) -> Iterator[Command]:
    for part in body_of(tree) or ():
        kind = part.node.WhichOneof("node")
        if kind and not part.expression:
            yield Command(
                tree.statement,
                kind,
                getattr(part.node, kind),
                in_body=True,
                conditions=part.place.conditions,
                caught=part.place.caught,
            )
