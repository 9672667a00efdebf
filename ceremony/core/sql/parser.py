"""The port to PostgreSQL's own parser: the only module that imports it (libpg_query, postgast).

Its traps, measured: statement offsets are bytes, error positions are characters (from 1),
``stmt_len`` is 0 for a last statement without semicolon, a NUL byte ends the text silently, and the
decoder of parse trees refuses trees nested more than 100 levels, which a chain of fifty ``||``
reaches.
"""

import ctypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as AnyMessage
from postgast import PgQueryError, deparse, pg_query_pb2, scan
from postgast.errors import check_error
from postgast.native import lib

from ceremony.core.sql import nesting
from ceremony.core.sql.deep import split_deep

ast = pg_query_pb2
"""The classes and constants of PostgreSQL's parse trees."""

# The parser's type stubs cannot be read by mypy (a field named ``def``), so trees are untyped here.
Node: TypeAlias = Any
Message: TypeAlias = Any

_COMMENTS = frozenset({pg_query_pb2.SQL_COMMENT, pg_query_pb2.C_COMMENT})


class SqlSyntaxError(ValueError):
    """The parser refuses a text.

    ``offset`` (from 0), ``line`` and ``column`` (from 1) are in characters.
    """

    def __init__(self, line: int, column: int, message: str, offset: int) -> None:
        super().__init__(line, column, message)
        self.line = line
        self.column = column
        self.message = message
        self.offset = offset


class TooDeepError(SqlSyntaxError):
    """A statement may nest too deeply to be parsed."""

    def __init__(self, line: int, column: int, offset: int) -> None:
        super().__init__(line, column, "the statement nests too deeply", offset)


@dataclass(frozen=True)
class Parsed:
    """One statement's tree.

    ``start`` and ``end`` are byte offsets of its range, comments included; ``cut`` holds the parts
    of a tree that was too deep to be decoded in one piece.
    """

    start: int
    end: int
    node: Node
    cut: tuple[Message, ...] = ()

    @property
    def kind(self) -> str:
        """The node's name (``create_stmt``)."""
        return str(self.node.WhichOneof("node") or "")


@dataclass(frozen=True)
class Tokens:
    """Byte ranges of all tokens in order, comments apart."""

    ranges: list[tuple[int, int]]
    comments: list[tuple[int, int]]


def parse(raw: bytes) -> list[Parsed]:
    """The statements of a UTF-8 text. Raises SqlSyntaxError."""
    _refuse_nul(raw)
    if len(raw) > nesting.LIMIT:
        deep = nesting.too_deep(raw, tokens(raw).ranges)
        if deep is not None:
            raise TooDeepError(*_place(raw, deep))
    result = lib.pg_query_parse_protobuf(raw)
    try:
        check_error(result)
        tree = ctypes.string_at(result.parse_tree.data, result.parse_tree.len)
    except PgQueryError as error:
        raise _syntax_error(raw, error) from error
    finally:
        lib.pg_query_free_protobuf_parse_result(result)
    return list(_statements(raw, tree))


def _statements(raw: bytes, tree: bytes) -> Iterator[Parsed]:
    cut: dict[int, list[Message]] = {}
    try:
        decoded = pg_query_pb2.ParseResult.FromString(tree)
    except DecodeError:
        decoded, cut = split_deep(pg_query_pb2.ParseResult, tree)
    for index, statement in enumerate(decoded.stmts):
        start = statement.stmt_location
        end = start + statement.stmt_len if statement.stmt_len else len(raw)
        yield Parsed(start, end, statement.stmt, tuple(cut.get(index, ())))


def tokens(raw: bytes) -> Tokens:
    """All tokens of a UTF-8 text. Raises SqlSyntaxError."""
    _refuse_nul(raw)
    slow = nesting.slow_comment(raw) if len(raw) > nesting.LIMIT else None
    if slow is not None:
        raise TooDeepError(*_place(raw, slow))
    try:
        scanned = scan(raw.decode()).tokens
    except PgQueryError as error:
        raise _syntax_error(raw, error) from error
    ranges: list[tuple[int, int]] = []
    comments: list[tuple[int, int]] = []
    for token in scanned:
        kind = comments if token.token in _COMMENTS else ranges
        kind.append((token.start, token.end))
    return Tokens(ranges, comments)


def text_of(node: Node) -> str:
    """A statement's tree as SQL. The tree must be whole (nothing ``cut`` out of it).

    Raises SqlSyntaxError for a tree that is no statement.
    """
    tree = pg_query_pb2.ParseResult()
    tree.stmts.add().stmt.CopyFrom(node)
    try:
        return str(deparse(tree))
    except PgQueryError as error:
        raise SqlSyntaxError(1, 1, error.message, 0) from error


def plpgsql_json(statement: str, body: str) -> str:
    """The tree of a statement's PL/pgSQL ``body``, as libpg_query writes it (JSON).

    Raises SqlSyntaxError; its place is of no use.
    """
    raw = statement.encode()
    _refuse_nul(raw)
    inner = body.encode()
    if len(inner) > nesting.LIMIT and nesting.too_deep(inner, tokens(inner).ranges) is not None:
        raise TooDeepError(1, 1, 0)
    result = lib.pg_query_parse_plpgsql(raw)
    try:
        check_error(result)
        return str(result.plpgsql_funcs.decode())
    except PgQueryError as error:
        raise _syntax_error(raw, error) from error
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)


def parser_version() -> str:
    """The version of PostgreSQL whose grammar the parser has, as ``17.4``."""
    number = pg_query_pb2.ParseResult.FromString(_tree_of_nothing()).version
    return f"{number // 10000}.{number % 10000}"


def _tree_of_nothing() -> bytes:
    result = lib.pg_query_parse_protobuf(b"SELECT")
    try:
        return ctypes.string_at(result.parse_tree.data, result.parse_tree.len)
    finally:
        lib.pg_query_free_protobuf_parse_result(result)


def walk(roots: Iterable[Message]) -> Iterator[Message]:
    """Every message below ``roots``, these included, without recursion."""
    stack = list(roots)
    while stack:
        message = stack.pop()
        yield message
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            if isinstance(value, AnyMessage):
                stack.append(value)
            else:
                stack.extend(value)


def _refuse_nul(raw: bytes) -> None:
    position = raw.find(0)
    if position >= 0:
        raise error_at(raw, position, "NUL byte: PostgreSQL would stop reading here")


_NEAR = re.compile(r' at or near ".*\Z', re.DOTALL)


def _syntax_error(raw: bytes, error: PgQueryError) -> SqlSyntaxError:
    """``cursorpos`` counts characters from 1; 0 where the parser gives no place."""
    text = raw.decode()
    offset = min(max(error.cursorpos - 1, 0), len(text))
    line_start = text.rfind("\n", 0, offset) + 1
    return SqlSyntaxError(
        text.count("\n", 0, offset) + 1, offset - line_start + 1, _brief(error.message), offset
    )


def _brief(message: str) -> str:
    """The parser quotes the rest of an unterminated literal, which can be most of the file."""
    match = _NEAR.search(message)
    if match is None or len(match.group()) <= 60:
        return message
    return message[: match.start() + 55].split("\n", 1)[0] + '…"'


def error_at(raw: bytes, position: int, message: str) -> SqlSyntaxError:
    """A refusal of our own at byte ``position``."""
    line, column, offset = _place(raw, position)
    return SqlSyntaxError(line, column, message, offset)


def _place(raw: bytes, position: int) -> tuple[int, int, int]:
    """Line, column and offset in characters of byte ``position``."""
    line_start = raw.rfind(b"\n", 0, position) + 1
    column = len(raw[line_start:position].decode()) + 1
    offset = len(raw[:position].decode())
    return raw.count(b"\n", 0, position) + 1, column, offset
