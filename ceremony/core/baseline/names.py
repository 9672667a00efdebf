"""What a statement of a dump is about, and which names it needs, from its parse tree."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.source import Tree

Name = tuple[str, ...]
"""``(schema, name)``; ``(schema, table, constraint)`` for what has its name from its table;
``(schema,)`` for a schema.
"""

_OWNER_OF_NAME: Mapping[str, str] = {
    "create_stmt": "relation",
    "create_seq_stmt": "sequence",
    "alter_seq_stmt": "sequence",
    "view_stmt": "view",
    "composite_type_stmt": "typevar",
    "index_stmt": "relation",
    "create_trig_stmt": "relation",
    "rule_stmt": "relation",
    "create_policy_stmt": "table",
    "alter_table_stmt": "relation",
}
"""Kinds that name their relation in a field of its own."""

_LISTED: Mapping[str, str] = {
    "create_function_stmt": "funcname",
    "create_enum_stmt": "type_name",
    "create_range_stmt": "type_name",
    "create_domain_stmt": "domainname",
    "define_stmt": "defnames",
    "create_op_class_stmt": "opclassname",
    "create_op_family_stmt": "opfamilyname",
    "alter_domain_stmt": "type_name",
    "alter_stats_stmt": "defnames",
}
"""Kinds that name their object in a list of words."""

_OWN_NAMES: Mapping[str, str] = {
    "create_trig_stmt": "trigname",
    "rule_stmt": "rulename",
    "create_policy_stmt": "policy_name",
}
"""Kinds whose objects have their name from a table."""

_OBJECTS = ("comment_stmt", "alter_owner_stmt", "sec_label_stmt", "grant_stmt")


@dataclass(frozen=True)
class Names:
    """``home`` is the object that a statement belongs to, ``made`` what is there after it, and
    ``needed`` all that it names.
    """

    home: Name
    made: frozenset[Name]
    needed: frozenset[Name]


def names_of(tree: Tree) -> Names:
    """The names in one statement of a dump, which pg_dump always qualifies."""
    mentioned = frozenset(_mentioned(tree))
    home = _home(tree) or ("", f"statement {tree.statement.number}")
    return Names(home, frozenset(_made(tree, home)), mentioned | {home})


def relation(node: Message) -> Name:
    """The name in a RangeVar."""
    return (node.schemaname, node.relname)


def words(items: Message) -> Name:
    """The words of a list of String nodes."""
    return tuple(item.string.sval for item in items)


def _home(tree: Tree) -> Name:
    kind = tree.kind
    node = getattr(tree.node, kind)
    if kind in _OWNER_OF_NAME:
        found = relation(getattr(node, _OWNER_OF_NAME[kind]))
        return _attached(node) or found if kind == "alter_table_stmt" else found
    if kind in _LISTED:
        return words(getattr(node, _LISTED[kind]))
    if kind in _OBJECTS:
        return _of_object(node.objects[0] if kind == "grant_stmt" else node.object)
    judge = _BY_KIND.get(kind)
    return judge(node) if judge is not None else ()


_BY_KIND: Mapping[str, Callable[[Message], Name]] = {
    "create_schema_stmt": lambda node: (node.schemaname,),
    "create_foreign_table_stmt": lambda node: relation(node.base_stmt.relation),
    "create_table_as_stmt": lambda node: relation(node.into.rel),
    "create_stats_stmt": lambda node: relation(node.relations[0].range_var),
}


def _attached(node: Message) -> Name:
    """A partition, or the index of one, is at home with the partition."""
    command = node.cmds[0].alter_table_cmd
    if command.subtype == ast.AT_AttachPartition:
        return relation(getattr(command, "def").partition_cmd.name)
    return ()


def _of_object(node: Message) -> Name:
    kind = node.WhichOneof("node")
    if kind == "string":
        return (node.string.sval,)
    if kind == "range_var":
        return relation(node.range_var)
    if kind == "object_with_args":
        return words(node.object_with_args.objname)
    if kind == "type_name":
        return words(node.type_name.names)
    if kind == "list" and node.list.items[0].HasField("type_name"):
        return words(node.list.items[0].type_name.names)
    return words(node.list.items)[:2] if kind == "list" else ()


def _made(tree: Tree, home: Name) -> Iterator[Name]:
    kind = tree.kind
    node = getattr(tree.node, kind)
    if kind in _OWN_NAMES:
        yield (*home, getattr(node, _OWN_NAMES[kind]))
    elif kind == "index_stmt":
        yield (home[0], node.idxname)
    elif kind == "create_stats_stmt":
        yield words(node.defnames)
    elif kind == "alter_table_stmt":
        yield from _made_by_alter(node, home)
    elif kind.startswith("create_") or kind in ("view_stmt", "composite_type_stmt", "define_stmt"):
        yield home


def _made_by_alter(node: Message, home: Name) -> Iterator[Name]:
    for item in node.cmds:
        command = item.alter_table_cmd
        if command.subtype == ast.AT_AddConstraint:
            name = getattr(command, "def").constraint.conname
            yield (*home, name)
            yield (home[0], name)


def _mentioned(tree: Tree) -> Iterator[Name]:
    for message in walk((tree.node, *tree.parsed.cut)):
        if isinstance(message, ast.RangeVar):
            yield relation(message)
            continue
        if isinstance(message, ast.TypeCast):
            yield from _constant(message)
        elif isinstance(message, ast.AlterTableCmd) and message.name:
            yield from _of_command(tree, message)
        for field in _lists_of(message.DESCRIPTOR):
            yield from _listed(getattr(message, field))
    yield from _replica_index(tree)


@cache
def _lists_of(descriptor: Message) -> tuple[str, ...]:
    """The fields of a kind of message that hold lists of nodes."""
    return tuple(
        field.name
        for field in descriptor.fields
        if field.is_repeated and field.message_type is not None
    )


def _listed(items: Message) -> Iterator[Name]:
    if not items or not hasattr(items[0], "string"):
        return
    found = tuple(item.string.sval for item in items if item.HasField("string"))
    if len(found) == len(items) and len(found) > 1:
        yield found
        yield found[:2]
        yield found[:1]


def _constant(cast: Message) -> Iterator[Name]:
    """``'public.users_id_seq'::regclass`` names an object in a constant."""
    kind = cast.type_name.names[-1].string.sval if cast.type_name.names else ""
    if kind.startswith("reg") and cast.arg.HasField("a_const"):
        yield tuple(_unquoted(cast.arg.a_const.sval.sval))


def _unquoted(text: str) -> Iterator[str]:
    part, quoted = "", False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character == "." and not quoted:
            yield part
            part = ""
        else:
            part += character
    yield part


def _of_command(tree: Tree, command: Message) -> Iterator[Name]:
    """``DISABLE TRIGGER x``, ``CLUSTER ON x``: a trigger of the table, an index beside it."""
    table = relation(tree.node.alter_table_stmt.relation)
    yield (*table, command.name)
    if command.subtype == ast.AT_ClusterOn:
        yield (table[0], command.name)


def _replica_index(tree: Tree) -> Iterator[Name]:
    if tree.kind != "alter_table_stmt":
        return
    statement = tree.node.alter_table_stmt
    for item in statement.cmds:
        command = item.alter_table_cmd
        if command.subtype == ast.AT_ReplicaIdentity:
            name = getattr(command, "def").replica_identity_stmt.name
            if name:
                yield (statement.relation.schemaname, name)
