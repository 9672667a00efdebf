"""tsrange over columns that are timestamptz, or over the current time.

Bodies of functions are read as well: that is where it goes unnoticed until it is called. An
explicit ``AT TIME ZONE`` says which zone is meant, and is left alone.
"""

from collections.abc import Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.inventory import Inventory
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.place import file_line_of_body
from ceremony.core.sql.bodies import Body
from ceremony.core.sql.parser import Message, Node, ast, walk
from ceremony.core.sql.relations import Name, listed_name, relation_name
from ceremony.core.sql.source import Tree

_NOW = frozenset({"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"})
_CURRENT = (ast.SVFOP_CURRENT_TIMESTAMP, ast.SVFOP_CURRENT_TIMESTAMP_N)


def _look(subject: Subject) -> Iterator[Remark]:
    for tree in subject.trees:
        for line, roots in _parts(tree, subject.bodies.get(tree.statement.number)):
            scope = _Scope(roots, subject.after)
            for call in _calls(roots):
                zoned = scope.any_zoned(*call.args[:2])
                if zoned:
                    yield Remark(
                        f"tsrange over {zoned}, which is timestamptz.",
                        "Write tstzrange. If local time is meant, say whose: tsrange(… AT TIME "
                        "ZONE 'Europe/Zurich', …).",
                        tree.statement,
                        *(subject.at(call.location) if line is None else (line, 0)),
                    )


def _parts(tree: Tree, body: Body | None) -> Iterator[tuple[int | None, tuple[Message, ...]]]:
    """The statement's own tree, and those in its body with their lines in the file."""
    yield None, (tree.node, *tree.parsed.cut)
    for piece in body.pieces or () if body is not None else ():
        yield file_line_of_body(tree.statement, piece.line), piece.roots


def _calls(roots: tuple[Message, ...]) -> Iterator[Message]:
    for message in walk(roots):
        if isinstance(message, ast.FuncCall) and listed_name(message.funcname).name == "tsrange":
            yield message


class _Scope:
    """The columns that a tree can mean, by the relations it names."""

    def __init__(self, roots: tuple[Message, ...], there: Inventory) -> None:
        self._there = there
        self._relations: dict[str, Name] = {}
        for message in walk(roots):
            if isinstance(message, ast.RangeVar):
                name = relation_name(message)
                self._relations[message.alias.aliasname or name.name] = name

    def zoned(self, argument: Node) -> str:
        """What of an argument is timestamptz, in words; ``""`` where nothing is known to be."""
        kind = argument.WhichOneof("node")
        if kind == "type_cast":
            return self._cast(argument.type_cast)
        if kind == "column_ref":
            return self._column([part.string.sval for part in argument.column_ref.fields])
        if kind == "coalesce_expr":
            return self.any_zoned(*argument.coalesce_expr.args)
        if kind == "a_expr" and argument.a_expr.name[-1].string.sval in ("+", "-"):
            return self.any_zoned(argument.a_expr.lexpr, argument.a_expr.rexpr)
        return _current_time(argument)

    def any_zoned(self, *arguments: Node) -> str:
        """A moment that an interval is added to stays timestamptz."""
        return next(filter(None, map(self.zoned, arguments)), "")

    def _cast(self, cast: Message) -> str:
        if _type(cast.type_name) == "timestamptz":
            return "a value"
        return self.zoned(cast.arg) if _type(cast.type_name) == "timestamp" else ""

    def _column(self, fields: list[str]) -> str:
        named = self._relations.get(fields[-2]) if len(fields) > 1 else None
        tables = [named] if named else list(self._relations.values()) if len(fields) == 1 else []
        types = {_type(column) for table in tables for column in self._types(table, fields[-1])}
        return ".".join(fields) if types == {"timestamptz"} else ""

    def _types(self, table: Name, column: str) -> Iterator[Message]:
        made = self._there.made(ObjectKind.COLUMN, table, column)
        if made is not None:
            yield made.node.type_name


def _current_time(argument: Node) -> str:
    kind = argument.WhichOneof("node")
    if kind == "func_call" and argument.func_call.funcname[-1].string.sval in _NOW:
        return f"{argument.func_call.funcname[-1].string.sval}()"
    if kind == "sqlvalue_function" and argument.sqlvalue_function.op in _CURRENT:
        return "CURRENT_TIMESTAMP"
    return ""


def _type(type_name: Message) -> str:
    return str(type_name.names[-1].string.sval) if type_name.names else ""


RULE = Rule(
    code="lint-tsrange-over-timestamptz",
    title="tsrange over timestamptz",
    reason="tsrange drops the zone: two ranges of the same moments, entered in two zones, do not "
    "overlap, and the session's TimeZone decides what is stored.",
    link="https://www.postgresql.org/docs/current/rangetypes.html#RANGETYPES-BUILTIN",
    look=_look,
    on_rollbacks=True,
)
