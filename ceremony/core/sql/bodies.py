"""Bodies in PL/pgSQL: the SQL statements that a DO block or a function executes, and under which
conditions. Dynamic SQL counts where its text is a constant.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ceremony.core.sql import nesting
from ceremony.core.sql.constants import options_of, word
from ceremony.core.sql.parser import (
    Node,
    SqlSyntaxError,
    parse,
    plpgsql_block,
    tokens,
)
from ceremony.core.sql.source import Tree

_MODE_ASSIGN = frozenset({3, 4, 5})
_ENDS = frozenset({"PLpgSQL_stmt_return", "PLpgSQL_stmt_exit"})
_QUERIES = frozenset({"PLpgSQL_stmt_execsql", "PLpgSQL_stmt_fors", "PLpgSQL_stmt_perform"})


@dataclass(frozen=True)
class Place:
    """What decides whether something in a body is executed: the conditions of the IF and CASE
    branches around it, and the condition names that EXCEPTION clauses around it catch.
    """

    conditions: tuple[Node, ...] = ()
    caught: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One SQL statement of a body, or with ``expression`` the SELECT that computes a condition, a
    value or an argument.
    """

    node: Node
    place: Place
    expression: bool = False


def body_of(tree: Tree) -> tuple[Part, ...] | None:
    """What the body of a DO or CREATE FUNCTION in PL/pgSQL executes, in order.

    ``None`` where the body cannot be read; ``()`` for any other statement or language.
    """
    if _language(tree) != "plpgsql" or _too_deep(tree):
        return None if _language(tree) == "plpgsql" else ()
    block = plpgsql_block(tree.statement.text)
    return None if block is None else tuple(_each([block], Place()))


def _language(tree: Tree) -> str:
    """The language of the body; a DO without one is in PL/pgSQL."""
    if tree.kind == "do_stmt":
        said = options_of(tree.node.do_stmt.args).get("language")
        return word(said).lower() if said is not None else "plpgsql"
    if tree.kind == "create_function_stmt":
        said = options_of(tree.node.create_function_stmt.options).get("language")
        return word(said).lower() if said is not None else ""
    return ""


def _too_deep(tree: Tree) -> bool:
    """Whether the parser's own stack might not suffice for the body, which it never saw so far."""
    raw = tree.statement.text.encode()
    if len(raw) <= nesting.LIMIT:
        return False
    for literal in _literals(tree):
        try:
            if nesting.too_deep(literal, tokens(literal).ranges) is not None:
                return True
        except SqlSyntaxError:
            return True
    return False


def _literals(tree: Tree) -> Iterator[bytes]:
    node = getattr(tree.node, tree.kind)
    for option in node.args if tree.kind == "do_stmt" else node.options:
        if option.def_elem.defname == "as":
            argument = option.def_elem.arg
            parts = argument.list.items if argument.HasField("list") else [argument]
            yield from (word(part).encode() for part in parts)


def _each(statements: Sequence[dict[str, Any]], place: Place) -> Iterator[Part]:
    """The parts of a list of statements; what follows an IF that leaves is under its condition."""
    for statement in statements:
        [(kind, fields)] = statement.items()
        yield from _statement(kind, fields, place)
        if kind == "PLpgSQL_stmt_if" and _leaves(fields):
            condition = _expression(fields.get("cond"))
            if condition is not None:
                place = replace(place, conditions=(*place.conditions, condition))


def _leaves(fields: dict[str, Any]) -> bool:
    body = fields.get("then_body") or []
    return bool(body) and next(iter(body[-1])) in _ENDS


def _statement(kind: str, fields: dict[str, Any], place: Place) -> Iterator[Part]:
    if kind in _QUERIES:
        yield from _query(fields, place)
    elif kind == "PLpgSQL_stmt_dynexecute":
        yield from _dynamic(fields, place)
    elif kind == "PLpgSQL_stmt_block":
        yield from _block(fields, place)
    elif kind == "PLpgSQL_stmt_if":
        yield from _if(fields, place)
    elif kind == "PLpgSQL_stmt_case":
        yield from _case(fields, place)
    else:
        yield from _expressions(fields, place)
        if kind != "PLpgSQL_stmt_fors":
            yield from _each(fields.get("body") or [], place)
    if kind == "PLpgSQL_stmt_fors":
        yield from _each(fields.get("body") or [], place)


def _query(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    for key in ("sqlstmt", "expr", "query"):
        if key in fields:
            node = _expression(fields[key])
            if node is not None:
                yield Part(node, place)


def _dynamic(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    """EXECUTE of a constant executes that constant; of anything else nobody knows what."""
    yield from _expressions(fields, place)
    select = _expression(fields.get("query"))
    if select is None or len(select.select_stmt.target_list) != 1:
        return
    text = word(select.select_stmt.target_list[0].res_target.val)
    try:
        yield from (Part(parsed.node, place) for parsed in (parse(text.encode()) if text else ()))
    except SqlSyntaxError:
        return


def _block(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    handlers = [
        handler["PLpgSQL_exception"]
        for handler in (fields.get("exceptions") or {})
        .get("PLpgSQL_exception_block", {})
        .get("exc_list", [])
    ]
    names = (
        condition["PLpgSQL_condition"].get("condname", "")
        for handler in handlers
        for condition in handler.get("conditions", [])
    )
    inside = replace(place, caught=(*place.caught, *names))
    yield from _each(fields.get("body") or [], inside)
    for handler in handlers:
        yield from _each(handler.get("action") or [], inside)


def _if(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    place = yield from _branch(fields.get("cond"), fields.get("then_body"), place)
    for branch in fields.get("elsif_list") or []:
        elsif = branch["PLpgSQL_if_elsif"]
        place = yield from _branch(elsif.get("cond"), elsif.get("stmts"), place)
    yield from _each(fields.get("else_body") or [], place)


def _case(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    if "t_expr" in fields:
        yield from _expressions({"t_expr": fields["t_expr"]}, place)
    for branch in fields.get("case_when_list") or []:
        when = branch["PLpgSQL_case_when"]
        place = yield from _branch(when.get("expr"), when.get("stmts"), place)
    yield from _each(fields.get("else_stmts") or [], place)


def _branch(condition: Any, statements: Any, place: Place) -> Any:
    """The parts of a branch; returns the place of the branches behind it."""
    node = _expression(condition)
    if node is not None:
        yield Part(node, place, expression=True)
        place = replace(place, conditions=(*place.conditions, node))
    yield from _each(statements or [], place)
    return place


def _expressions(fields: dict[str, Any], place: Place) -> Iterator[Part]:
    """The expressions right in a statement, not those of the statements inside of it."""
    for key, value in fields.items():
        if key == "body":
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and "PLpgSQL_expr" in each:
                node = _expression(each)
                if node is not None:
                    yield Part(node, place, expression=True)


_ASSIGNMENT = re.compile(rb":=|=")


def _expression(value: Any) -> Node | None:
    """A PLpgSQL_expr as the statement that the server makes of it (parse modes of
    ``raw_parser``); ``None`` where it is none.
    """
    if not isinstance(value, dict) or "PLpgSQL_expr" not in value:
        return None
    said = value["PLpgSQL_expr"]
    text, mode = said.get("query", ""), said.get("parseMode", 0)
    try:
        if mode in _MODE_ASSIGN:
            text = _assigned(text)
        parsed = parse((text if mode == 0 else f"SELECT {text}").encode())
    except SqlSyntaxError:
        return None
    return parsed[0].node if parsed else None


def _assigned(text: str) -> str:
    """What an assignment assigns."""
    raw = text.encode()
    for start, end in tokens(raw).ranges:
        if _ASSIGNMENT.fullmatch(raw, start, end):
            return raw[end:].decode()
    return text
