"""Transactions and statements: who controls them, and which statements cannot run inside one.

The list of the latter is that of PreventInTransactionBlock in the server (SQLSTATE 25001,
active_sql_transaction), as far as a parse tree can show it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ceremony.core.sql.constants import definition_of, flag, options_of
from ceremony.core.sql.parser import Node, ast
from ceremony.core.sql.refusal import Refusal
from ceremony.core.sql.source import Tree

CODES = frozenset({"tx-control", "needs-no-transaction"})
"""The codes of the findings made here."""

_BEGINS = (ast.TRANS_STMT_BEGIN, ast.TRANS_STMT_START)
_SAVEPOINTS = (ast.TRANS_STMT_SAVEPOINT, ast.TRANS_STMT_RELEASE, ast.TRANS_STMT_ROLLBACK_TO)
_TWO_PHASE = (
    ast.TRANS_STMT_PREPARE,
    ast.TRANS_STMT_COMMIT_PREPARED,
    ast.TRANS_STMT_ROLLBACK_PREPARED,
)


def wrapper(trees: Sequence[Tree]) -> tuple[int, ...]:
    """The numbers of a file's own BEGIN and COMMIT, its first and its last statement.

    Only a plain BEGIN counts: one with a mode asks for something that would be lost with it.
    """
    if len(trees) < 2:
        return ()
    first, last = trees[0].node, trees[-1].node
    if not (first.HasField("transaction_stmt") and last.HasField("transaction_stmt")):
        return ()
    begin, commit = first.transaction_stmt, last.transaction_stmt
    plain = begin.kind in _BEGINS and not begin.options
    if plain and commit.kind == ast.TRANS_STMT_COMMIT and not commit.chain:
        return trees[0].statement.number, trees[-1].statement.number
    return ()


def control(tree: Tree, *, transactional: bool) -> Iterator[Refusal]:
    """Refuse transaction control; savepoints of the file's own are its own business."""
    statement = tree.node.transaction_stmt
    if statement.kind in _SAVEPOINTS:
        return
    words = tree.statement.summary
    if statement.kind in _TWO_PHASE:
        hint = "Remove it: a prepared transaction outlives the session, with all its locks."
    elif statement.kind in _BEGINS and statement.options:
        hint = "Remove it, or write a plain BEGIN: the modes of the transaction are the runner's."
    elif transactional:
        hint = (
            "Remove it: the file runs in one transaction. Only a BEGIN as the first and a COMMIT "
            "as the last statement are understood."
        )
    else:
        hint = "Remove it: with `-- Transaction: none` every statement commits by itself."
    yield Refusal("tx-control", f"{words}: a file must not control its transaction.", hint)


def needs_no_transaction(tree: Tree) -> str:
    """The words for a statement that cannot run inside a transaction, ``""`` for all others."""
    judge = _ALONE.get(tree.kind)
    return judge(tree.node) if judge is not None else ""


def _index(node: Node) -> str:
    return "CREATE INDEX CONCURRENTLY" if node.index_stmt.concurrent else ""


def _drop(node: Node) -> str:
    return "DROP INDEX CONCURRENTLY" if node.drop_stmt.concurrent else ""


_REINDEX = {
    ast.REINDEX_OBJECT_SCHEMA: "REINDEX SCHEMA",
    ast.REINDEX_OBJECT_SYSTEM: "REINDEX SYSTEM",
    ast.REINDEX_OBJECT_DATABASE: "REINDEX DATABASE",
}


def _reindex(node: Node) -> str:
    reindex = node.reindex_stmt
    if flag(options_of(reindex.params), "concurrently", absent=False):
        return "REINDEX CONCURRENTLY"
    return _REINDEX.get(reindex.kind, "")


def _vacuum(node: Node) -> str:
    return "VACUUM" if node.vacuum_stmt.is_vacuumcmd else ""


def _cluster(node: Node) -> str:
    return "" if node.cluster_stmt.HasField("relation") else "CLUSTER without a table"


def _alter_database(node: Node) -> str:
    moved = "tablespace" in options_of(node.alter_database_stmt.options)
    return "ALTER DATABASE SET TABLESPACE" if moved else ""


def _alter_table(node: Node) -> str:
    detached = any(
        definition_of(each.alter_table_cmd).partition_cmd.concurrent
        for each in node.alter_table_stmt.cmds
        if each.alter_table_cmd.subtype == ast.AT_DetachPartition
    )
    return "DETACH PARTITION CONCURRENTLY" if detached else ""


def _create_subscription(node: Node) -> str:
    options = options_of(node.create_subscription_stmt.options)
    connect = flag(options, "connect", absent=True)
    slot = flag(options, "create_slot", absent=connect)
    return "CREATE SUBSCRIPTION with a replication slot" if slot else ""


_PUBLICATION_CHANGES = (
    ast.ALTER_SUBSCRIPTION_SET_PUBLICATION,
    ast.ALTER_SUBSCRIPTION_ADD_PUBLICATION,
    ast.ALTER_SUBSCRIPTION_DROP_PUBLICATION,
)


def _alter_subscription(node: Node) -> str:
    statement = node.alter_subscription_stmt
    if statement.kind == ast.ALTER_SUBSCRIPTION_REFRESH:
        return "ALTER SUBSCRIPTION REFRESH PUBLICATION"
    options = options_of(statement.options)
    if "two_phase" in options or "failover" in options:
        return "ALTER SUBSCRIPTION that changes its replication slot"
    if statement.kind in _PUBLICATION_CHANGES and flag(options, "refresh", absent=True):
        return "ALTER SUBSCRIPTION that refreshes"
    return ""


def _always(words: str) -> Callable[[Node], str]:
    return lambda node: words


_ALONE: Mapping[str, Callable[[Node], str]] = {
    "index_stmt": _index,
    "drop_stmt": _drop,
    "reindex_stmt": _reindex,
    "vacuum_stmt": _vacuum,
    "cluster_stmt": _cluster,
    "alter_database_stmt": _alter_database,
    "alter_table_stmt": _alter_table,
    "create_subscription_stmt": _create_subscription,
    "alter_subscription_stmt": _alter_subscription,
    "drop_subscription_stmt": _always("DROP SUBSCRIPTION"),
    "createdb_stmt": _always("CREATE DATABASE"),
    "dropdb_stmt": _always("DROP DATABASE"),
    "create_table_space_stmt": _always("CREATE TABLESPACE"),
    "drop_table_space_stmt": _always("DROP TABLESPACE"),
    "alter_system_stmt": _always("ALTER SYSTEM"),
}


def must_stand_alone(tree: Tree) -> Iterator[Refusal]:
    """Refuse, in a transactional file, what the server would refuse."""
    words = needs_no_transaction(tree)
    if words:
        yield Refusal(
            "needs-no-transaction",
            f"{words} cannot run inside a transaction.",
            "Put it into a file of its own with the header line: -- Transaction: none",
        )


def concurrent_index(tree: Tree) -> Iterator[Refusal]:
    """A concurrent build must be nameable: an interrupted one leaves an invalid index behind."""
    index = tree.node.index_stmt
    if not index.concurrent:
        return
    if index.if_not_exists:
        yield Refusal(
            "concurrently-if-not-exists",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid index.",
            "Remove IF NOT EXISTS: whether the index is there, and valid, is looked up.",
        )
    if not index.idxname:
        yield Refusal(
            "index-unnamed",
            "CREATE INDEX CONCURRENTLY without a name: an interrupted build could not be found.",
            "Name the index.",
        )
