"""PL/pgSQL with its types made plain, for a parser that knows those of PostgreSQL alone.

libpg_query reads PL/pgSQL without a catalog: a type with a schema, an array of a type that is not
PostgreSQL's own, and the fields of a variable of %ROWTYPE stop it. What the statements in a body
mean does not depend on the types of its variables, so these are replaced; lines stay what they are.
"""

from collections.abc import Iterator, Sequence

from ceremony.core.sql.constants import options_of
from ceremony.core.sql.parser import Message, Node, Parsed, text_of, tokens

STAND_INS = ("int", "record")
"""What can stand for a type with a schema: the one can be one of several targets of an INTO, the
other has fields. Which is wanted shows when the body is read.
"""

_ELEMENT = b"int"
"""What stands for the type of an array's elements."""

_ROW = b"record"
"""What stands for a table's row type."""

_NO_TYPE = frozenset({b"cursor", b"scroll", b"no", b"alias"})


def plain_statement(parsed: Parsed, body: str, stand_in: str) -> str:
    """The statement that has ``body`` as its body, with plain types in signature and declarations.

    ``stand_in`` is one of ``STAND_INS``. The tree must be whole. Raises SqlSyntaxError where the
    body cannot be cut into tokens.
    """
    node = type(parsed.node)()
    node.CopyFrom(parsed.node)
    inner = getattr(node, parsed.kind)
    if parsed.kind == "create_function_stmt":
        for each in inner.parameters:
            _make_plain(each.function_parameter.arg_type, stand_in)
        if inner.HasField("return_type"):
            _make_plain(inner.return_type, stand_in)
    options = options_of(inner.args if parsed.kind == "do_stmt" else inner.options)
    _replace_body(options.get("as"), plain_declarations(body, stand_in))
    return text_of(node)


def _make_plain(type_name: Message, stand_in: str) -> None:
    """A type of no schema that the parser does not know is a row for it."""
    words = [part.string.sval for part in type_name.names]
    if words[:1] == ["pg_catalog"]:
        return
    if type_name.array_bounds or (len(words) > 1 and stand_in == "int"):
        _rename(type_name, "pg_catalog", "int4")
    elif len(words) > 1:
        _rename(type_name, words[-1])


def _rename(type_name: Message, *names: str) -> None:
    del type_name.names[:]
    del type_name.typmods[:]
    for name in names:
        type_name.names.add().string.sval = name


def _replace_body(argument: Node | None, body: str) -> None:
    if argument is not None and argument.HasField("list"):
        argument.list.items[0].string.sval = body
    elif argument is not None:
        argument.string.sval = body


def plain_declarations(body: str, stand_in: str) -> str:
    """``body`` with plain types in its DECLARE sections. Raises SqlSyntaxError."""
    raw = body.encode()
    ranges = tokens(raw).ranges
    kept: list[bytes] = []
    position = 0
    for start, end, fixed in _types(raw, ranges):
        instead = fixed or stand_in.encode()
        kept += (raw[position:start], instead, b"\n" * raw.count(b"\n", start, end))
        position = end
    return b"".join((*kept, raw[position:])).decode()


def _types(raw: bytes, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bytes]]:
    """Where a type stands that the parser would not take, and what can stand for it: ``b""`` where
    either of ``STAND_INS`` might.
    """
    words = [raw[start:end].lower() for start, end in ranges]
    for at in _declarations(words):
        first = at + 1 + (words[at + 1 : at + 2] == [b"constant"])
        last = first
        while words[last + 1 : last + 2] == [b"."]:
            last += 2
        behind = words[last + 1 : last + 2]
        if words[last + 1 : last + 3] == [b"%", b"rowtype"]:
            yield ranges[first][0], ranges[last + 2][1], _ROW
            continue
        if last >= len(words) or behind == [b"%"] or words[first] in _NO_TYPE:
            continue
        until = _behind_brackets(words, last + 1) if behind == [b"("] else last + 1
        array = words[until : until + 1] in ([b"["], [b"array"])
        if array or last > first:
            yield ranges[first][0], ranges[until - 1][1], _ELEMENT if array else b""


def _declarations(words: Sequence[bytes]) -> Iterator[int]:
    """The index of each variable's name in the DECLARE sections."""
    declaring = begins = False
    for index, word in enumerate(words):
        if word == b"declare" and (begins or not declaring):
            declaring = begins = True
        elif word == b"begin" and begins:
            declaring = begins = False
        elif declaring and begins:
            begins = False
            yield index
        elif declaring and word == b";":
            begins = True


def _behind_brackets(words: Sequence[bytes], at: int) -> int:
    depth = 0
    for index in range(at, len(words)):
        depth += (words[index] == b"(") - (words[index] == b")")
        if depth == 0:
            return index + 1
    return len(words)
