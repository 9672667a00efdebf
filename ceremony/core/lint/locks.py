"""The locks on tables that statements ask for, as far as their text tells.

PostgreSQL documentation, 13.3.1 and the pages of the commands; ``tests/pg/test_expected_locks.py``
asks servers whether it is so. A rehearsal measures what was really taken and is to be preferred:
views, triggers, partitions and the planner's choices are not in the text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from ceremony.core.lint.command import Command
from ceremony.core.lint.constraints import constraints_of
from ceremony.core.sql.constants import definition_of, flag, options_of
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import TEMPORARY, Name, listed_name, relation_name
from ceremony.core.xray import MODES, LockTaken, covered

(
    READ,
    READ_FOR_UPDATE,
    WRITE,
    SHARE_UPDATE,
    SHARE,
    SHARE_ROW,
    EXCLUSIVE,
    ALL,
) = MODES

Asked = Iterator[tuple[Name, str]]


def locks_of(commands: Iterable[Command]) -> Mapping[int, tuple[LockTaken, ...]]:
    """By the number of the statement, the locks that it asks for, the strongest first.

    Left out are relations that these very commands create, which nobody else uses yet, and locks
    that another one of the statement on the same relation covers. Statements that ask for none have
    no entry.
    """
    made: set[Name] = set()
    found: dict[int, dict[Name, set[str]]] = {}
    for command in commands:
        for name, mode in _asked(command):
            if name.name and name not in made and name.schema != TEMPORARY:
                of_statement = found.setdefault(command.statement.number, {})
                of_statement.setdefault(name, set()).add(mode)
        made.update(_made(command))
    return {number: tuple(_strongest(locks)) for number, locks in found.items()}


def _strongest(locks: Mapping[Name, set[str]]) -> list[LockTaken]:
    taken = [
        LockTaken(str(name), mode)
        for name, modes in locks.items()
        for mode in modes
        if not any(other != mode and covered(mode, (other,)) for other in modes)
    ]
    return sorted(taken, key=lambda one: (-MODES.index(one.mode), one.relation))


def _asked(command: Command) -> Asked:
    asks = _ASKS.get(command.kind)
    if asks is not None:
        yield from asks(command.node)
    for added in constraints_of(command):
        if added.constraint.contype == ast.CONSTR_FOREIGN:
            yield relation_name(added.constraint.pktable), SHARE_ROW
    if command.kind in _QUERIES:
        yield from _read(command)


def _made(command: Command) -> Iterator[Name]:
    """What is certainly new behind the command."""
    node = command.node
    if command.kind == "create_stmt" and not node.if_not_exists:
        yield relation_name(node.relation)
    elif command.kind == "create_table_as_stmt" and not node.if_not_exists:
        yield relation_name(node.into.rel)
    elif command.kind == "view_stmt" and not node.replace:
        yield relation_name(node.view)
    elif command.kind == "index_stmt" and not node.if_not_exists:
        yield Name(relation_name(node.relation).schema, node.idxname)


_QUERIES = frozenset(
    {
        "select_stmt",
        "insert_stmt",
        "update_stmt",
        "delete_stmt",
        "merge_stmt",
        "create_table_as_stmt",
    }
)


def _read(command: Command) -> Asked:
    """Every table that a query reads; with FOR UPDATE and the like those of the query."""
    messages = list(walk(command.roots))
    made = [each.rel for each in messages if isinstance(each, ast.IntoClause)]
    local = {each.ctename for each in messages if isinstance(each, ast.CommonTableExpr)}
    locking = any(isinstance(each, ast.LockingClause) for each in messages)
    for each in messages:
        if not isinstance(each, ast.RangeVar) or each in made:
            continue
        if each.schemaname or each.relname not in local:
            yield relation_name(each), READ_FOR_UPDATE if locking else READ


def _create(node: Message) -> Asked:
    """A partition changes what its parent accepts (CREATE TABLE, PARTITION OF)."""
    for parent in node.inh_relations:
        mode = ALL if node.HasField("partbound") else SHARE_UPDATE
        yield relation_name(parent.range_var), mode


def _index(node: Message) -> Asked:
    yield relation_name(node.relation), SHARE_UPDATE if node.concurrent else SHARE


def _reindex(node: Message) -> Asked:
    if node.HasField("relation"):
        concurrently = flag(options_of(node.params), "concurrently", absent=False)
        of_index = node.kind == ast.REINDEX_OBJECT_INDEX
        mode = SHARE_UPDATE if concurrently else ALL if of_index else SHARE
        yield relation_name(node.relation), mode


_RELATIONS = frozenset(
    {
        ast.OBJECT_TABLE,
        ast.OBJECT_VIEW,
        ast.OBJECT_MATVIEW,
        ast.OBJECT_SEQUENCE,
        ast.OBJECT_INDEX,
        ast.OBJECT_FOREIGN_TABLE,
    }
)
_OF_A_TABLE = frozenset({ast.OBJECT_TRIGGER, ast.OBJECT_POLICY, ast.OBJECT_RULE})


def _drop(node: Message) -> Asked:
    mode = SHARE_UPDATE if node.concurrent else ALL
    for each in node.objects:
        words = each.list.items
        if node.remove_type in _RELATIONS:
            yield listed_name(words), mode
        elif node.remove_type in _OF_A_TABLE:
            yield listed_name(words[:-1]), mode


def _alter(node: Message) -> Asked:
    """ALTER TABLE takes the strongest lock that one of its actions needs."""
    if node.objtype == ast.OBJECT_TYPE:
        return
    name = relation_name(node.relation)
    for each in node.cmds:
        action = each.alter_table_cmd
        yield name, _of_action(action)
        if action.subtype == ast.AT_AddInherit:
            yield relation_name(definition_of(action).range_var), SHARE_UPDATE
        elif action.subtype in (ast.AT_AttachPartition, ast.AT_DetachPartition):
            partition = definition_of(action).partition_cmd
            weak = action.subtype == ast.AT_DetachPartition and partition.concurrent
            yield relation_name(partition.name), SHARE_UPDATE if weak else ALL


_GENTLE = frozenset(
    {
        ast.AT_ValidateConstraint,
        ast.AT_SetStatistics,
        ast.AT_SetOptions,
        ast.AT_ResetOptions,
        ast.AT_ClusterOn,
        ast.AT_DropCluster,
        ast.AT_AttachPartition,
        ast.AT_DetachPartitionFinalize,
    }
)
_OF_TRIGGERS = frozenset(
    {
        ast.AT_EnableTrig,
        ast.AT_EnableAlwaysTrig,
        ast.AT_EnableReplicaTrig,
        ast.AT_EnableTrigAll,
        ast.AT_EnableTrigUser,
        ast.AT_DisableTrig,
        ast.AT_DisableTrigAll,
        ast.AT_DisableTrigUser,
    }
)
_STORAGE = (
    "fillfactor",
    "toast_tuple_target",
    "parallel_workers",
    "autovacuum_",
    "vacuum_",
    "log_",
)
"""How the storage parameters begin that ask for SHARE UPDATE EXCLUSIVE only (ALTER TABLE, SET)."""


def _of_action(action: Message) -> str:
    kind = action.subtype
    if kind in _GENTLE:
        return SHARE_UPDATE
    if kind in _OF_TRIGGERS:
        return SHARE_ROW
    if kind == ast.AT_DetachPartition and definition_of(action).partition_cmd.concurrent:
        return SHARE_UPDATE
    if kind in (ast.AT_SetRelOptions, ast.AT_ResetRelOptions):
        options = definition_of(action).list.items
        gentle = all(one.def_elem.defname.startswith(_STORAGE) for one in options)
        return SHARE_UPDATE if gentle else ALL
    if kind == ast.AT_AddConstraint:
        added = definition_of(action).constraint
        return SHARE_ROW if added.contype == ast.CONSTR_FOREIGN else ALL
    return ALL


def _rename(node: Message) -> Asked:
    if node.HasField("relation"):
        name = relation_name(node.relation)
        yield name, SHARE_UPDATE if node.rename_type == ast.OBJECT_INDEX else ALL


def _vacuum(node: Message) -> Asked:
    full = flag(options_of(node.options), "full", absent=False)
    for each in node.rels:
        yield relation_name(each.vacuum_relation.relation), ALL if full else SHARE_UPDATE


def _refresh(node: Message) -> Asked:
    yield relation_name(node.relation), EXCLUSIVE if node.concurrent else ALL


_PARTS = frozenset({ast.OBJECT_COLUMN, ast.OBJECT_TRIGGER, ast.OBJECT_POLICY, ast.OBJECT_RULE})


def _comment(node: Message) -> Asked:
    words = node.object.list.items
    if node.objtype in _RELATIONS:
        yield listed_name(words), SHARE_UPDATE
    elif node.objtype in _PARTS or node.objtype == ast.OBJECT_TABCONSTRAINT:
        yield listed_name(words[:-1]), SHARE_UPDATE


def _lock(node: Message) -> Asked:
    for each in node.relations:
        yield relation_name(each.range_var), MODES[node.mode - 1]


def _view(node: Message) -> Asked:
    if node.replace:
        yield relation_name(node.view), ALL


def _copy(node: Message) -> Asked:
    if node.HasField("relation"):
        yield relation_name(node.relation), WRITE if node.is_from else READ


def _statistics(node: Message) -> Asked:
    for each in node.relations:
        yield relation_name(each.range_var), SHARE_UPDATE


def _truncate(node: Message) -> Asked:
    for each in node.relations:
        yield relation_name(each.range_var), ALL


def _on(mode: str, field: str = "relation") -> Callable[[Message], Asked]:
    def asks(node: Message) -> Asked:
        if node.HasField(field):
            yield relation_name(getattr(node, field)), mode

    return asks


_ASKS: Mapping[str, Callable[[Message], Asked]] = {
    "create_stmt": _create,
    "index_stmt": _index,
    "reindex_stmt": _reindex,
    "drop_stmt": _drop,
    "alter_table_stmt": _alter,
    "rename_stmt": _rename,
    "truncate_stmt": _truncate,
    "create_trig_stmt": _on(SHARE_ROW),
    "create_policy_stmt": _on(ALL, "table"),
    "alter_policy_stmt": _on(ALL, "table"),
    "rule_stmt": _on(ALL),
    "alter_object_schema_stmt": _on(ALL),
    "alter_seq_stmt": _on(SHARE_ROW, "sequence"),
    "view_stmt": _view,
    "refresh_mat_view_stmt": _refresh,
    "vacuum_stmt": _vacuum,
    "cluster_stmt": _on(ALL),
    "comment_stmt": _comment,
    "lock_stmt": _lock,
    "create_stats_stmt": _statistics,
    "copy_stmt": _copy,
    "insert_stmt": _on(WRITE),
    "update_stmt": _on(WRITE),
    "delete_stmt": _on(WRITE),
    "merge_stmt": _on(WRITE),
}
