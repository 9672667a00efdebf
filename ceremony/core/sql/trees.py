"""The parse trees of a script's statements, for who looks closer than the script does."""

from ceremony.core.script import Script
from ceremony.core.sql.parser import SqlSyntaxError
from ceremony.core.sql.source import Tree, understand


def trees_of(script: Script) -> tuple[Tree, ...]:
    """The trees of the statements that are sent; none where the file could not be understood."""
    sent = {statement.number for statement in script.sent}
    if not sent:
        return ()
    try:
        source = understand(script.text)
    except SqlSyntaxError:
        return ()
    return tuple(tree for tree in source.trees if tree.statement.number in sent)
