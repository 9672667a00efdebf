"""The names of types as values that can be compared: ``int`` and ``integer``, ``varchar(10)`` and
``character varying(10)`` are one type each (manual, chapter 8), and the parser knows it.
"""

from dataclasses import dataclass
from functools import lru_cache

from ceremony.core.sql.parser import Node, SqlSyntaxError, parse

SYSTEM = "pg_catalog"


@dataclass(frozen=True)
class TypeName:
    """``schema`` is ``""`` where none was written and the grammar implies none. ``modifiers`` are
    what stands in parentheses (``7`` and ``4`` of ``numeric(7,4)``); ``array`` has no dimensions,
    because PostgreSQL keeps none (manual, 8.15.1).
    """

    schema: str
    name: str
    modifiers: tuple[str, ...] = ()
    array: bool = False

    def names(self, schema: str, name: str, *, array: bool) -> bool:
        """Whether it names this type of the catalog, modifiers aside. Without a schema it is one of
        PostgreSQL's own or one of ``public``.
        """
        schemas = (self.schema,) if self.schema else (SYSTEM, "public")
        return self.name == name and self.array is array and schema in schemas


@lru_cache(maxsize=1024)
def parse_type(text: str) -> TypeName | None:
    """The type that ``text`` writes as a column's type would be; ``None`` for anything else."""
    node = _only_node(f"SELECT CAST(NULL AS {text})")
    if node is None:
        return None
    targets = node.select_stmt.target_list
    if len(targets) != 1 or not targets[0].res_target.val.HasField("type_cast"):
        return None
    cast = targets[0].res_target.val.type_cast
    if not cast.arg.a_const.isnull or not _plain(node.select_stmt):
        return None
    return type_of(cast.type_name)


def parse_arguments(text: str) -> tuple[TypeName, ...] | None:
    """The types between a function's parentheses (``uuid, text[]``), as DROP FUNCTION takes them;
    ``None`` where ``text`` is no such list.
    """
    node = _only_node(f"DROP FUNCTION f({text})")
    objects = [] if node is None else node.drop_stmt.objects
    if len(objects) != 1 or objects[0].object_with_args.args_unspecified:
        return None
    found = [type_of(one.type_name) for one in objects[0].object_with_args.objargs]
    types = tuple(one for one in found if one is not None)
    return types if len(types) == len(found) else None


def _only_node(sql: str) -> Node | None:
    try:
        found = parse(sql.encode())
    except (SqlSyntaxError, UnicodeEncodeError):
        return None
    return found[0].node if len(found) == 1 and not found[0].cut else None


def _plain(select: Node) -> bool:
    """Nothing but the one target: the text did not close the parenthesis and go on."""
    parts = {field.name for field, _ in select.ListFields()}
    return (
        parts <= {"target_list", "limit_option", "op"} and not select.target_list[0].res_target.name
    )


def type_of(node: Node) -> TypeName | None:
    """The type that a TypeName node writes; ``None`` for SETOF and %TYPE."""
    names = [part.string.sval for part in node.names]
    if not names or len(names) > 2 or node.setof or node.pct_type:
        return None
    schema = names[0] if len(names) == 2 else ""
    modifiers = tuple(_modifier(one) for one in node.typmods)
    if names[-1] == "numeric" and len(modifiers) == 1:
        modifiers += (_NO_SCALE,)
    return TypeName(schema, names[-1], modifiers, bool(node.array_bounds))


_NO_SCALE = "0"
"""``numeric(10)`` is ``numeric(10,0)`` (manual, 8.1.2), and so format_type says it."""


def _modifier(node: Node) -> str:
    if node.HasField("a_const"):
        constant = node.a_const
        return constant.sval.sval if constant.HasField("sval") else str(constant.ival.ival)
    return ".".join(part.string.sval for part in node.column_ref.fields)
