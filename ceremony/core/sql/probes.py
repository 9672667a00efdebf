"""How to find out afterwards whether a statement outside a transaction took effect."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ceremony.core.script import Probe, ProbeTarget
from ceremony.core.sql.constants import definition_of
from ceremony.core.sql.parser import Node, Parsed, ast, text_of

_NO_PROBE = ProbeTarget(Probe.NONE)
_REPEATABLE = ProbeTarget(Probe.REPEATABLE)


def probe_of(parsed: Parsed) -> ProbeTarget:
    """The probe for one statement.

    REPEATABLE: running it again does no harm. NONE: a person must look.
    """
    node, kind = parsed.node, parsed.kind
    if kind in _REPEATABLE_KINDS:
        return _REPEATABLE
    judge = _BY_KIND.get(kind)
    found = judge(node) if judge is not None else _if_not_exists(node, kind)
    if found.probe is Probe.INDEX_VALID and not parsed.cut:
        return replace(found, rebuilt=_rebuilt(node))
    return found


_REPEATABLE_KINDS = frozenset(
    {
        "vacuum_stmt",
        "refresh_mat_view_stmt",
        "reindex_stmt",
        "cluster_stmt",
        "check_point_stmt",
        "variable_set_stmt",
        "alter_system_stmt",
        "comment_stmt",
        "sec_label_stmt",
        "grant_stmt",
        "grant_role_stmt",
        "alter_default_privileges_stmt",
    }
)


_DROPS = frozenset(
    {"dropdb_stmt", "drop_subscription_stmt", "drop_table_space_stmt", "drop_role_stmt"}
)


def _if_not_exists(node: Node, kind: str) -> ProbeTarget:
    """CREATE … IF NOT EXISTS and OR REPLACE, each atomic by itself, can be repeated."""
    statement = getattr(node, kind)
    if kind in _DROPS:
        return _REPEATABLE if statement.missing_ok else _NO_PROBE
    again = any(getattr(statement, word, False) for word in ("if_not_exists", "replace"))
    return _REPEATABLE if again else _NO_PROBE


def _index(node: Node) -> ProbeTarget:
    index = node.index_stmt
    if not index.concurrent:
        return _REPEATABLE if index.if_not_exists else _NO_PROBE
    schema = index.relation.schemaname or None
    table = index.relation.relname
    return ProbeTarget(Probe.INDEX_VALID, schema, index.idxname, schema, table)


def _rebuilt(node: Node) -> str:
    """The table keeps its name, because expressions may name it (``lower(t.a)``)."""
    copy = type(node)()
    copy.CopyFrom(node)
    index = copy.index_stmt
    index.concurrent = index.if_not_exists = False
    index.idxname = ""
    index.relation.catalogname, index.relation.schemaname = "", "pg_temp"
    return text_of(copy)


def _drop(node: Node) -> ProbeTarget:
    drop = node.drop_stmt
    if drop.concurrent and len(drop.objects) == 1:
        names = [item.string.sval for item in drop.objects[0].list.items]
        schema = names[-2] if len(names) > 1 else None
        return ProbeTarget(Probe.INDEX_GONE, schema, names[-1])
    return _REPEATABLE if drop.missing_ok else _NO_PROBE


def _alter_table(node: Node) -> ProbeTarget:
    statement = node.alter_table_stmt
    if len(statement.cmds) != 1:
        return _NO_PROBE
    command = statement.cmds[0].alter_table_cmd
    if command.subtype == ast.AT_ValidateConstraint:
        return _REPEATABLE
    if command.subtype == ast.AT_DetachPartition:
        partition = definition_of(command).partition_cmd
        if partition.concurrent:
            return ProbeTarget(
                Probe.DETACHED,
                partition.name.schemaname or None,
                partition.name.relname,
                statement.relation.schemaname or None,
                statement.relation.relname,
            )
    return _NO_PROBE


def _alter_enum(node: Node) -> ProbeTarget:
    return _REPEATABLE if node.alter_enum_stmt.skip_if_new_val_exists else _NO_PROBE


_BY_KIND: Mapping[str, Callable[[Node], ProbeTarget]] = {
    "index_stmt": _index,
    "drop_stmt": _drop,
    "alter_table_stmt": _alter_table,
    "alter_enum_stmt": _alter_enum,
}
