"""The ledger is nobody's but the runner's: no file may name it except to read it."""

from collections.abc import Iterator

from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.refusal import Refusal
from ceremony.core.sql.source import Tree

LEDGER = "ceremony_ledger"
"""The ledger's table name, in whatever schema it is kept."""

_GUARD = f"{LEDGER}_refuse"
"""The function of its triggers: who replaces it can change and delete rows."""


def is_own(name: str) -> bool:
    """Whether an object of this name belongs to the ledger."""
    return name in (LEDGER, _GUARD)


_WRITES = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
_NAMED_BY_LIST = frozenset({"drop_stmt", "comment_stmt", "alter_owner_stmt", "rename_stmt"})


def ledger_rules(tree: Tree) -> Iterator[Refusal]:
    """Refuse a statement that changes or redefines the ledger."""
    roots = (tree.node, *tree.parsed.cut)
    if tree.kind in ("select_stmt", "explain_stmt", "copy_stmt"):
        touched = any(_writes_ledger(message) for message in walk(roots))
        touched = touched or (tree.kind == "copy_stmt" and tree.node.copy_stmt.is_from)
        touched = touched and any(_is_ledger(message) for message in walk(roots))
    else:
        listed = tree.kind in _NAMED_BY_LIST
        names = {LEDGER, _GUARD} if listed else {_GUARD}
        touched = any(_is_ledger(each) or _names(each, names) for each in walk(roots))
    if touched:
        yield Refusal(
            "ledger-touched",
            f"{tree.statement.summary}: it touches the ledger ({LEDGER}).",
            "Remove it. The ledger takes new rows only, and only the runner writes them.",
        )


def _writes_ledger(message: Message) -> bool:
    return (isinstance(message, _WRITES) and _is_ledger(message.relation)) or (
        isinstance(message, ast.IntoClause) and _is_ledger(message.rel)
    )


def _is_ledger(message: Message) -> bool:
    return isinstance(message, ast.RangeVar) and message.relname == LEDGER


def _names(message: Message, names: set[str]) -> bool:
    return isinstance(message, ast.String) and message.sval in names
