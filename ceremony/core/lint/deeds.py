"""What a command makes, drops and renames, so that the inventory can follow."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import Alteration, alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.inventory import Key, Made
from ceremony.core.sql.parser import Message, Node, ast
from ceremony.core.sql.relations import Name, listed_name, relation_name

Objects = MutableMapping[Key, Made]
"""What is there, while files are followed."""

Found = Iterator[tuple[Key, Message]]

OF_A_TABLE = frozenset(
    {
        ObjectKind.COLUMN,
        ObjectKind.CONSTRAINT,
        ObjectKind.TRIGGER,
        ObjectKind.POLICY,
        ObjectKind.RULE,
    }
)
"""Kinds whose ``part`` belongs to the table ``name``."""


def follow(objects: Objects, command: Command, series: str, version: str) -> None:
    """Change ``objects`` as this command does. What is there already keeps its first maker, as with
    IF NOT EXISTS; a function that is replaced keeps him too, and is what was written last.
    """
    for key in dropped(command):
        _drop(objects, key)
    for old, new in renamed(command):
        _rename(objects, old, new)
    for key, node in created(command):
        made = objects.setdefault(key, Made(series, version, node))
        if command.kind == "create_function_stmt":
            objects[key] = replace(made, node=node)
    for one in alterations(command, ast.AT_AlterColumnType, ast.AT_ValidateConstraint):
        _alter(objects, one)


def _alter(objects: Objects, one: Alteration) -> None:
    """A column has its new type from here on; a constraint that is validated was NOT VALID."""
    typed = one.action.subtype == ast.AT_AlterColumnType
    key = Key(ObjectKind.COLUMN if typed else ObjectKind.CONSTRAINT, one.table, one.action.name)
    made = objects.get(key)
    if made is None:
        return
    node = one.column
    if not typed:
        node = ast.Constraint()
        node.CopyFrom(made.node)
        node.skip_validation = False
    objects[key] = replace(made, node=node)


def created(command: Command) -> Found:
    """The objects that a command creates, each with its defining node."""
    maker = _MAKERS.get(command.kind)
    if maker is not None:
        yield from maker(command.node)
    for one in alterations(command, ast.AT_AddColumn, ast.AT_AddConstraint):
        if one.action.subtype == ast.AT_AddColumn:
            yield from _column(one.table, one.column)
        else:
            yield from _constraint(one.table, one.constraint)


def _table(node: Message) -> Found:
    name = relation_name(node.relation)
    yield Key(ObjectKind.TABLE, name), node
    for element in node.table_elts:
        if element.HasField("column_def"):
            yield from _column(name, element.column_def)
        elif element.HasField("constraint"):
            yield from _constraint(name, element.constraint)


def _column(table: Name, column: Message) -> Found:
    yield Key(ObjectKind.COLUMN, table, column.colname), column
    for each in column.constraints:
        yield from _constraint(table, each.constraint)


def _constraint(table: Name, constraint: Message) -> Found:
    if constraint.conname:
        yield Key(ObjectKind.CONSTRAINT, table, constraint.conname), constraint


def _create_as(node: Message) -> Found:
    view = node.objtype == ast.OBJECT_MATVIEW
    kind = ObjectKind.MATERIALIZED_VIEW if view else ObjectKind.TABLE
    yield Key(kind, relation_name(node.into.rel)), node


def _index(node: Message) -> Found:
    if node.idxname:
        table = relation_name(node.relation)
        yield Key(ObjectKind.INDEX, Name(table.schema, node.idxname)), node


def _function(node: Message) -> Found:
    kind = ObjectKind.PROCEDURE if node.is_procedure else ObjectKind.FUNCTION
    yield Key(kind, listed_name(node.funcname)), node


def _trigger(node: Message) -> Found:
    yield Key(ObjectKind.TRIGGER, relation_name(node.relation), node.trigname), node


def _policy(node: Message) -> Found:
    yield Key(ObjectKind.POLICY, relation_name(node.table), node.policy_name), node


def _schema(node: Message) -> Found:
    name = node.schemaname or node.authrole.rolename
    yield Key(ObjectKind.SCHEMA, Name("", name)), node


def _rule(node: Message) -> Found:
    yield Key(ObjectKind.RULE, relation_name(node.relation), node.rulename), node


def _foreign_table(node: Message) -> Found:
    yield Key(ObjectKind.FOREIGN_TABLE, relation_name(node.base_stmt.relation)), node


def _select_into(node: Message) -> Found:
    if node.HasField("into_clause"):
        yield Key(ObjectKind.TABLE, relation_name(node.into_clause.rel)), node


def _defined(node: Message) -> Found:
    if node.kind in _DEFINED:
        yield Key(_DEFINED[node.kind], listed_name(node.defnames)), node


_DEFINED: Mapping[int, ObjectKind] = {
    ast.OBJECT_AGGREGATE: ObjectKind.AGGREGATE,
    ast.OBJECT_OPERATOR: ObjectKind.OPERATOR,
    ast.OBJECT_COLLATION: ObjectKind.COLLATION,
    ast.OBJECT_TYPE: ObjectKind.TYPE,
}


def _bare(kind: ObjectKind, field: str) -> Callable[[Message], Found]:
    """For objects that are in no schema."""

    def make(node: Message) -> Found:
        yield Key(kind, Name("", getattr(node, field))), node

    return make


def _typed(kind: ObjectKind, field: str) -> Callable[[Message], Found]:
    def make(node: Message) -> Found:
        yield Key(kind, listed_name(getattr(node, field))), node

    return make


def _related(kind: ObjectKind, field: str) -> Callable[[Message], Found]:
    def make(node: Message) -> Found:
        yield Key(kind, relation_name(getattr(node, field))), node

    return make


_MAKERS: Mapping[str, Callable[[Message], Found]] = {
    "create_stmt": _table,
    "create_table_as_stmt": _create_as,
    "index_stmt": _index,
    "view_stmt": _related(ObjectKind.VIEW, "view"),
    "create_seq_stmt": _related(ObjectKind.SEQUENCE, "sequence"),
    "composite_type_stmt": _related(ObjectKind.TYPE, "typevar"),
    "create_function_stmt": _function,
    "create_trig_stmt": _trigger,
    "create_policy_stmt": _policy,
    "create_schema_stmt": _schema,
    "create_extension_stmt": _bare(ObjectKind.EXTENSION, "extname"),
    "create_publication_stmt": _bare(ObjectKind.PUBLICATION, "pubname"),
    "create_event_trig_stmt": _bare(ObjectKind.EVENT_TRIGGER, "trigname"),
    "create_foreign_server_stmt": _bare(ObjectKind.FOREIGN_SERVER, "servername"),
    "create_foreign_table_stmt": _foreign_table,
    "create_stats_stmt": _typed(ObjectKind.STATISTICS, "defnames"),
    "rule_stmt": _rule,
    "define_stmt": _defined,
    "select_stmt": _select_into,
    "create_enum_stmt": _typed(ObjectKind.ENUM, "type_name"),
    "create_domain_stmt": _typed(ObjectKind.DOMAIN, "domainname"),
    "create_range_stmt": _typed(ObjectKind.RANGE, "type_name"),
}


_DROPS: Mapping[int, tuple[ObjectKind, ...]] = {
    ast.OBJECT_TABLE: (ObjectKind.TABLE,),
    ast.OBJECT_VIEW: (ObjectKind.VIEW,),
    ast.OBJECT_MATVIEW: (ObjectKind.MATERIALIZED_VIEW,),
    ast.OBJECT_INDEX: (ObjectKind.INDEX,),
    ast.OBJECT_SEQUENCE: (ObjectKind.SEQUENCE,),
    ast.OBJECT_TYPE: (ObjectKind.TYPE, ObjectKind.ENUM, ObjectKind.RANGE, ObjectKind.DOMAIN),
    ast.OBJECT_DOMAIN: (ObjectKind.DOMAIN,),
    ast.OBJECT_FUNCTION: (ObjectKind.FUNCTION,),
    ast.OBJECT_PROCEDURE: (ObjectKind.PROCEDURE,),
    ast.OBJECT_ROUTINE: (ObjectKind.FUNCTION, ObjectKind.PROCEDURE),
    ast.OBJECT_TRIGGER: (ObjectKind.TRIGGER,),
    ast.OBJECT_POLICY: (ObjectKind.POLICY,),
    ast.OBJECT_RULE: (ObjectKind.RULE,),
    ast.OBJECT_SCHEMA: (ObjectKind.SCHEMA,),
    ast.OBJECT_EXTENSION: (ObjectKind.EXTENSION,),
    ast.OBJECT_PUBLICATION: (ObjectKind.PUBLICATION,),
    ast.OBJECT_EVENT_TRIGGER: (ObjectKind.EVENT_TRIGGER,),
    ast.OBJECT_FOREIGN_SERVER: (ObjectKind.FOREIGN_SERVER,),
    ast.OBJECT_FOREIGN_TABLE: (ObjectKind.FOREIGN_TABLE,),
    ast.OBJECT_STATISTIC_EXT: (ObjectKind.STATISTICS,),
    ast.OBJECT_AGGREGATE: (ObjectKind.AGGREGATE,),
    ast.OBJECT_OPERATOR: (ObjectKind.OPERATOR,),
    ast.OBJECT_COLLATION: (ObjectKind.COLLATION,),
    ast.OBJECT_COLUMN: (ObjectKind.COLUMN,),
    ast.OBJECT_TABCONSTRAINT: (ObjectKind.CONSTRAINT,),
}
"""The kinds behind the parser's word for an object; DROP TYPE drops enums and domains too."""


def dropped(command: Command) -> Iterator[Key]:
    """The objects that a command drops by name (what CASCADE takes along is not told)."""
    if command.kind == "drop_stmt":
        for node in command.node.objects:
            yield from named(command.node.remove_type, node)
    for one in alterations(command, *DROPPED_PARTS):
        yield Key(DROPPED_PARTS[one.action.subtype], one.table, one.action.name)


DROPPED_PARTS: Mapping[int, ObjectKind] = {
    ast.AT_DropColumn: ObjectKind.COLUMN,
    ast.AT_DropConstraint: ObjectKind.CONSTRAINT,
}
"""The actions of ALTER TABLE that drop a part of it."""


def named(object_type: int, node: Node) -> Iterator[Key]:
    """What DROP, COMMENT ON, ALTER … OWNER TO and the like mean by a name: the parser's word for
    the object (``ast.OBJECT_TABLE``), and the node that names it.
    """
    for kind in _DROPS.get(object_type, ()):
        if node.HasField("string"):
            yield Key(kind, Name("", node.string.sval))
        elif kind in OF_A_TABLE:
            *table, part = node.list.items
            yield Key(kind, listed_name(table), part.string.sval)
        elif node.HasField("type_name"):
            yield Key(kind, listed_name(node.type_name.names))
        elif node.HasField("object_with_args"):
            yield Key(kind, listed_name(node.object_with_args.objname))
        else:
            yield Key(kind, listed_name(node.list.items))


def renamed(command: Command) -> Iterator[tuple[Key, Key]]:
    """The objects that a command gives another name or schema, under the old and the new one."""
    node = command.node
    if command.kind == "rename_stmt":
        yield from _renamed(node)
    elif command.kind == "alter_object_schema_stmt":
        for old in _meant(node.object_type, node):
            if old.name.schema:
                yield old, old._replace(name=Name(node.newschema, old.name.name))


def _renamed(node: Message) -> Iterator[tuple[Key, Key]]:
    for old in _meant(node.rename_type, node):
        if old.part:
            yield old, old._replace(part=node.newname)
        else:
            yield old, old._replace(name=Name(old.name.schema, node.newname))


def _meant(object_type: int, node: Message) -> Iterator[Key]:
    """What RENAME and SET SCHEMA are about; the grammar has three places for its name."""
    if node.HasField("object"):
        yield from named(object_type, node.object)
        return
    for kind in _DROPS.get(object_type, ()):
        if node.HasField("relation"):
            table = relation_name(node.relation)
            yield Key(kind, table, node.subname) if kind in OF_A_TABLE else Key(kind, table)
        else:
            yield Key(kind, Name("", node.subname))


def _drop(objects: Objects, key: Key) -> None:
    objects.pop(key, None)
    if key.kind is ObjectKind.TABLE:
        for part in [k for k in objects if k.kind in OF_A_TABLE and k.name == key.name]:
            del objects[part]


def _rename(objects: Objects, old: Key, new: Key) -> None:
    made = objects.pop(old, None)
    if made is None:
        return
    objects[new] = made
    if old.kind is ObjectKind.TABLE:
        for part in [k for k in objects if k.kind in OF_A_TABLE and k.name == old.name]:
            objects[part._replace(name=new.name)] = objects.pop(part)
