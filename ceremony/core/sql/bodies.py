"""SQL inside bodies: what DO blocks, functions and procedures hold, as parse trees of their own.

For the grammar a body is one string. PL/pgSQL bodies are read by PL/pgSQL's own parser (libpg_query
carries it), SQL bodies by the grammar; bodies in other languages are not SQL. A body of
``BEGIN ATOMIC`` stands in the statement's own tree.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ceremony.core.script import Statement
from ceremony.core.sql.constants import options_of, word
from ceremony.core.sql.parser import (
    Message,
    Node,
    Parsed,
    SqlSyntaxError,
    parse,
    plpgsql_json,
    tokens,
)
from ceremony.core.sql.plain_types import STAND_INS, plain_statement

_ASSIGNMENT = re.compile(rb":?=")
_KINDS = frozenset({"do_stmt", "create_function_stmt"})


@dataclass(frozen=True)
class Piece:
    """One SQL statement or expression inside a body.

    ``text`` is the SQL; an expression's tree is that of ``SELECT expression``. ``line`` counts from
    1 at the line on which the body's literal opens, as the server counts. ``built`` says that
    ``EXECUTE`` runs what the expression yields: the tree is the expression's, not of what runs.
    ``condition`` says that an IF, CASE, WHILE, EXIT or CONTINUE decides by it; ``guarded`` that it
    runs under such a decision (behind an IF that may leave, too), once for each row of a query, or
    in an exception handler.
    ``caught`` has the names of the conditions that handlers around it catch (``duplicate_object``).
    """

    text: str
    parsed: Parsed
    line: int
    built: bool = False
    condition: bool = False
    guarded: bool = False
    caught: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The node's name (``alter_table_stmt``)."""
        return self.parsed.kind

    @property
    def node(self) -> Node:
        """The parser's node."""
        return self.parsed.node

    @property
    def roots(self) -> tuple[Message, ...]:
        """Where a walk over the whole tree begins."""
        return (self.parsed.node, *self.parsed.cut)


@dataclass(frozen=True)
class Body:
    """The body of one DO block, function or procedure.

    ``language`` in lower case. ``pieces`` is ``None`` where the body cannot be read: another
    language, or no SQL. ``at_once`` is true for DO: what is in it runs with the migration.
    """

    language: str
    pieces: tuple[Piece, ...] | None
    at_once: bool


def body_of(statement: Statement, parsed: Parsed) -> Body | None:
    """The body of a statement, ``None`` for a statement without one (or with BEGIN ATOMIC)."""
    if parsed.kind not in _KINDS:
        return None
    inner = getattr(parsed.node, parsed.kind)
    at_once = parsed.kind == "do_stmt"
    options = options_of(inner.args if at_once else inner.options)
    source = _source(options.get("as"))
    if source is None:
        return None
    said = options.get("language")
    language = word(said).lower() if said is not None else "plpgsql" if at_once else ""
    if language == "plpgsql":
        return Body(language, _of_plpgsql(statement.text, source, parsed), at_once)
    return Body(language, _of_sql(source) if language == "sql" else None, at_once)


def _source(argument: Node | None) -> str | None:
    if argument is None:
        return None
    if argument.WhichOneof("node") == "list":
        items = argument.list.items
        return word(items[0]) if len(items) == 1 else None
    return word(argument)


def _of_sql(source: str) -> tuple[Piece, ...] | None:
    raw = source.encode()
    try:
        return tuple(_piece(raw, each) for each in parse(raw))
    except SqlSyntaxError:
        return None


def _piece(raw: bytes, parsed: Parsed) -> Piece:
    own = raw[parsed.start : parsed.end]
    start = parsed.start + len(own) - len(own.lstrip())
    return Piece(own.decode().strip(), parsed, raw.count(b"\n", 0, start) + 1)


def _of_plpgsql(text: str, source: str, parsed: Parsed) -> tuple[Piece, ...] | None:
    """As it stands, else with plain types, which the parser knows."""
    attempts: list[Callable[[], str]] = [lambda: text]
    if not parsed.cut:
        attempts += [partial(plain_statement, parsed, source, each) for each in STAND_INS]
    for attempt in attempts:
        with suppress(SqlSyntaxError, json.JSONDecodeError, RecursionError):
            return _read_plpgsql(attempt(), source)
    return None


def _read_plpgsql(text: str, source: str) -> tuple[Piece, ...]:
    tree = _decoded(plpgsql_json(text, source))
    return tuple(sorted(_pieces(tree), key=lambda piece: piece.line))


def _decoded(written: str) -> Any:
    """libpg_query closes one brace too many for each variable TG_…, ahead of all else."""
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return json.loads(_TRIGGER_VARIABLES.sub("", written, count=1))


_TRIGGER_VARIABLES = re.compile(r"(?<=[\[,])(?:\{\}\},)+")

_BUILT = {
    "PLpgSQL_stmt_dynexecute": "query",
    "PLpgSQL_stmt_dynfors": "query",
    "PLpgSQL_stmt_return_query": "dynquery",
    "PLpgSQL_stmt_open": "dynquery",
}
"""The statements that run what an expression yields, each with the name of that expression."""

_DECISIONS = frozenset({"cond", "t_expr"})
_DECIDING = frozenset(
    {
        "PLpgSQL_stmt_if",
        "PLpgSQL_if_elsif",
        "PLpgSQL_stmt_case",
        "PLpgSQL_stmt_while",
        "PLpgSQL_stmt_fors",
        "PLpgSQL_stmt_dynfors",
        "PLpgSQL_stmt_forc",
        "PLpgSQL_exception",
    }
)
"""What may run the statements below it or not."""

_BLOCK = "PLpgSQL_stmt_block"
_EXPRESSION = "PLpgSQL_expr"


@dataclass(frozen=True)
class _Level:
    """Where in PL/pgSQL's tree a value stands: in which field of which statement.

    ``holder`` is the statement's field that holds an expression.
    """

    value: Any
    field: str = ""
    holder: str = ""
    kind: str = ""
    line: int = 1
    guarded: bool = False
    caught: frozenset[str] = frozenset()


def _pieces(tree: Any) -> Iterator[Piece]:
    """Every expression of PL/pgSQL's tree, without recursion."""
    stack = [_Level(tree)]
    while stack:
        level = stack.pop()
        if level.field == _EXPRESSION:
            yield from _expression(level)
        elif isinstance(level.value, list):
            stack.extend(reversed(list(_listed(level))))
        elif isinstance(level.value, dict):
            stack.extend(_below(level))


def _listed(level: _Level) -> Iterator[_Level]:
    """The values in a list; what stands behind an IF that may leave runs under its decision."""
    for each in level.value:
        yield replace(level, value=each)
        if isinstance(each, dict) and _may_leave(each.get("PLpgSQL_stmt_if")):
            level = replace(level, guarded=True)


def _may_leave(decision: Any) -> bool:
    """Whether a branch of an IF ends with RETURN, EXIT or CONTINUE."""
    if decision is None:
        return False
    elsifs = (each["PLpgSQL_if_elsif"]["stmts"] for each in decision.get("elsif_list", ()))
    branches = (decision.get("then_body", ()), *elsifs, decision.get("else_body", ()))
    return any(branch and set(branch[-1]) & _LEAVING for branch in branches)


_LEAVING = frozenset({"PLpgSQL_stmt_return", "PLpgSQL_stmt_exit"})


def _below(level: _Level) -> Iterator[_Level]:
    """The values in a dictionary, the last one first."""
    for name, value in reversed(level.value.items()):
        if name == _EXPRESSION:
            yield replace(level, value=value, field=name, holder=level.field)
        elif name.startswith("PLpgSQL_"):
            yield _inside(name, value, level)
        else:
            yield _field(name, value, level)


def _inside(kind: str, value: Any, level: _Level) -> _Level:
    return replace(
        level,
        value=value,
        field="",
        kind=kind,
        line=value.get("lineno", level.line),
        guarded=level.guarded or level.kind in _DECIDING,
    )


def _field(name: str, value: Any, level: _Level) -> _Level:
    inner = replace(level, value=value, field=name)
    if level.kind == _BLOCK and name == "body" and "exceptions" in level.value:
        return replace(inner, caught=level.caught | set(_conditions(level.value["exceptions"])))
    return inner


def _conditions(handlers: Any) -> Iterator[str]:
    """The names of the conditions that a block's handlers catch."""
    for handler in handlers["PLpgSQL_exception_block"]["exc_list"]:
        for condition in handler["PLpgSQL_exception"]["conditions"]:
            yield condition["PLpgSQL_condition"]["condname"]


def _expression(level: _Level) -> Iterator[Piece]:
    """The statements of one expression; of a constant that EXECUTE runs, those in the constant."""
    value = level.value
    built = _BUILT.get(level.kind) == level.holder
    decides = level.holder in _DECISIONS or level.kind == "PLpgSQL_case_when"
    for parsed, text in _parsed(value.get("query", ""), value.get("parseMode", _STATEMENT)):
        constant = _constant(parsed) if built else None
        if constant is None:
            yield Piece(text, parsed, level.line, built, decides, level.guarded, level.caught)
            continue
        for inner, own in _parsed(constant, _STATEMENT):
            yield Piece(own, inner, level.line, guarded=level.guarded, caught=level.caught)


_STATEMENT = 0
_ASSIGNMENTS = frozenset({3, 4, 5})
"""Parse modes of PL/pgSQL's expressions: RawParseMode in the server's parser.h."""


def _parsed(query: str, mode: int) -> Iterator[tuple[Parsed, str]]:
    text = query
    if mode in _ASSIGNMENTS:
        text = f"SELECT {_right_side(query)}"
    elif mode != _STATEMENT:
        text = f"SELECT {query}"
    try:
        yield from ((each, text) for each in parse(text.encode()))
    except SqlSyntaxError:
        return


def _right_side(query: str) -> str:
    """What stands behind the first ``:=`` or ``=`` outside brackets."""
    raw = query.encode()
    depth = 0
    for start, end in tokens(raw).ranges:
        token = raw[start:end]
        depth += (token in (b"(", b"[")) - (token in (b")", b"]"))
        if depth == 0 and _ASSIGNMENT.fullmatch(token):
            return raw[end:].decode()
    return query


def _constant(parsed: Parsed) -> str | None:
    """The text of ``SELECT 'constant'``, ``None`` for anything that is put together."""
    if parsed.kind != "select_stmt" or len(parsed.node.select_stmt.target_list) != 1:
        return None
    value = parsed.node.select_stmt.target_list[0].res_target.val
    return word(value) if value.WhichOneof("node") == "a_const" else None
