"""One statement of a dump, written so that it can be repeated."""

from collections.abc import Callable, Mapping

from ceremony.core.baseline.names import Name, relation, words
from ceremony.core.baseline.texts import (
    Text,
    guarded,
    literal,
    missing,
    regclass,
    sql_name,
    tolerated,
)
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.source import Tree

_IF_NOT_EXISTS: Mapping[str, str] = {
    "create_schema_stmt": "schema",
    "create_stmt": "table",
    "create_foreign_table_stmt": "table",
    "create_seq_stmt": "sequence",
    "create_table_as_stmt": "view",
    "index_stmt": "index",
    "create_stats_stmt": "statistics",
    "create_foreign_server_stmt": "server",
}
"""The word behind which ``IF NOT EXISTS`` stands."""

_OR_REPLACE = frozenset({"create_function_stmt", "view_stmt", "rule_stmt"})

_TOLERATED = frozenset(
    {
        "define_stmt",
        "create_cast_stmt",
        "create_op_class_stmt",
        "create_op_family_stmt",
        "create_conversion_stmt",
        "create_transform_stmt",
        "create_am_stmt",
        "create_fdw_stmt",
        "alter_op_family_stmt",
        "alter_tsconfiguration_stmt",
        "alter_publication_stmt",
    }
)


def repeatable(tree: Tree, *, stand_in: bool = False) -> str:
    """The statement as it can be run twice, without its semicolon.

    ``stand_in``: a view that a later statement makes in earnest; it must not replace that one.
    """
    kind, text = tree.kind, tree.statement.text
    node = getattr(tree.node, kind)
    if stand_in:
        name = literal(sql_name(relation(node.view)))
        return guarded(f"pg_catalog.to_regclass({name}) IS NULL", text)
    if getattr(node, "if_not_exists", False) or getattr(node, "replace", False):
        return text
    if kind in _BY_KIND:
        return _BY_KIND[kind](node, text)
    if kind in _IF_NOT_EXISTS:
        return Text(text).with_words(_IF_NOT_EXISTS[kind], "IF NOT EXISTS")
    if kind in _OR_REPLACE:
        return Text(text).with_words("create", "OR REPLACE")
    return tolerated(text) if kind in _TOLERATED else text


def _type(name: Name, text: str) -> str:
    return guarded(f"pg_catalog.to_regtype({literal(sql_name(name))}) IS NULL", text)


def _enum(node: Message, text: str) -> str:
    return _type(words(node.type_name), text)


def _domain(node: Message, text: str) -> str:
    return _type(words(node.domainname), text)


def _composite(node: Message, text: str) -> str:
    return _type(relation(node.typevar), text)


def _define(node: Message, text: str) -> str:
    """Aggregates and collations have words of their own; types may be made in two steps."""
    if node.kind == ast.OBJECT_AGGREGATE:
        return Text(text).with_words("create", "OR REPLACE")
    if node.kind == ast.OBJECT_COLLATION:
        return Text(text).with_words("collation", "IF NOT EXISTS")
    return tolerated(text)


def _trigger(node: Message, text: str) -> str:
    if not node.isconstraint:
        return Text(text).with_words("create", "OR REPLACE")
    table = f"tgrelid = {regclass(relation(node.relation))}"
    return guarded(missing("pg_trigger", table, f"tgname = {literal(node.trigname)}"), text)


def _policy(node: Message, text: str) -> str:
    table = f"polrelid = {regclass(relation(node.table))}"
    return guarded(missing("pg_policy", table, f"polname = {literal(node.policy_name)}"), text)


def _event_trigger(node: Message, text: str) -> str:
    return guarded(missing("pg_event_trigger", f"evtname = {literal(node.trigname)}"), text)


def _publication(node: Message, text: str) -> str:
    return guarded(missing("pg_publication", f"pubname = {literal(node.pubname)}"), text)


def _alter_table(node: Message, text: str) -> str:
    command = node.cmds[0].alter_table_cmd
    table = relation(node.relation)
    if command.subtype == ast.AT_AddConstraint:
        name = getattr(command, "def").constraint.conname
        condition = missing(
            "pg_constraint", f"conrelid = {regclass(table)}", f"conname = {literal(name)}"
        )
        return guarded(condition, text)
    if command.subtype == ast.AT_AttachPartition and node.objtype == ast.OBJECT_TABLE:
        partition = relation(getattr(command, "def").partition_cmd.name)
        return guarded(missing("pg_inherits", f"inhrelid = {regclass(partition)}"), text)
    if command.subtype == ast.AT_AddIdentity:
        column = literal(command.name)
        condition = missing(
            "pg_attribute",
            f"attrelid = {regclass(table)}",
            f"attname = {column}",
            "attidentity <> ''",
        )
        return guarded(condition, text)
    if command.subtype == ast.AT_AlterColumnGenericOptions:
        return tolerated(text)
    return text


def _alter_domain(node: Message, text: str) -> str:
    if node.subtype != "C":
        return text
    domain = f"contypid = {literal(sql_name(words(node.type_name)))}::pg_catalog.regtype"
    name = getattr(node, "def").constraint.conname
    return guarded(missing("pg_constraint", domain, f"conname = {literal(name)}"), text)


def filled(text: str) -> str:
    """A materialized view without ``WITH NO DATA``: pg_dump leaves the filling to a later
    statement, which a dump without data does not have.
    """
    found = Text(text)
    ends = found.words[-3:] == ["with", "no", "data"]
    return found.raw[: found.ranges[-4][1]].decode() if ends else text


_BY_KIND: Mapping[str, Callable[[Message, str], str]] = {
    "create_enum_stmt": _enum,
    "create_range_stmt": _enum,
    "create_domain_stmt": _domain,
    "composite_type_stmt": _composite,
    "define_stmt": _define,
    "create_trig_stmt": _trigger,
    "create_policy_stmt": _policy,
    "create_event_trig_stmt": _event_trigger,
    "create_publication_stmt": _publication,
    "alter_table_stmt": _alter_table,
    "alter_domain_stmt": _alter_domain,
}
