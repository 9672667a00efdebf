"""What is wrong with a text that cannot be read whole: psql's own language, bad syntax."""

from bisect import bisect_left
from collections.abc import Iterator

from ceremony.core.finding import Finding
from ceremony.core.sql.lexer import Foreign, Masked, mask
from ceremony.core.sql.parser import SqlSyntaxError, TooDeepError, error_at, parser_version
from ceremony.core.sql.source import Source, understand_masked

ERRORS_LIMIT = 20
"""So many syntax errors of one file are reported at most: each costs one more reading."""


def foreign_findings(path: str, raw: bytes, masked: Masked) -> Iterator[Finding]:
    """Findings for what the lexer blanked out but must not be there."""
    for command in masked.commands:
        yield _meta_command(path, raw, command)
    for position in masked.crowded:
        yield _copy(
            path,
            raw,
            position,
            "Text behind the semicolon of COPY … FROM STDIN.",
            "The data begins on the next line: move the text behind the line \\.",
        )
    for position in masked.unclosed:
        yield _copy(
            path,
            raw,
            position,
            "The data of COPY … FROM STDIN has no end.",
            "Put a line with \\. alone behind the last line of data.",
        )


def refuse_foreign(raw: bytes, masked: Masked) -> None:
    """Raise SqlSyntaxError for the first thing that only psql understands."""
    commands = [command.position for command in masked.commands]
    positions = commands + masked.crowded + masked.unclosed
    if positions:
        raise error_at(raw, min(positions), "a command of psql, or inline data without its end")


def diagnose(path: str, text: str) -> tuple[Source | None, tuple[Finding, ...]]:
    """Every syntax error that can be told apart, and what is readable without its statements."""
    raw = text.encode()
    masked = mask(raw)
    findings = list(foreign_findings(path, raw, masked))
    for _ in range(ERRORS_LIMIT):
        try:
            return understand_masked(raw, masked), tuple(findings)
        except SqlSyntaxError as error:
            position = len(text[: error.offset].encode())
            start, end = _statement_around(raw, masked, position)
            if findings and not masked.raw[start:end].strip():
                break
            findings.extend(_syntax(path, raw, masked, error, position, start, end))
            if masked.atomic or end == len(raw):
                break
            masked.blank(start, end)
    return None, tuple(findings)


def _statement_around(raw: bytes, masked: Masked, position: int) -> tuple[int, int]:
    following = bisect_left(masked.semicolons, position)
    start = masked.semicolons[following - 1] + 1 if following else 0
    end = masked.semicolons[following] if following < len(masked.semicolons) else len(raw)
    return start, end


def _syntax(
    path: str,
    raw: bytes,
    masked: Masked,
    error: SqlSyntaxError,
    position: int,
    start: int,
    end: int,
) -> Iterator[Finding]:
    variables = [each for each in masked.variables if start <= each.position < end]
    if any(each.position == position for each in variables):
        for each in variables:
            yield _variable(path, raw, each)
        return
    code, message, hint = _SYNTAX
    if isinstance(error, TooDeepError):
        code, message, hint = _TOO_DEEP
    elif _continues_after_comment(raw, masked, position):
        code, message, hint = _CONTINUED
    version = parser_version()
    told = message.format(said=error.message, version=version)
    yield Finding(path, error.line, error.column, code, told, hint.format(version=version))


_SYNTAX = (
    "sql-syntax",
    "{said}.",
    "Correct the statement. If the server accepts it, its syntax is newer than that of the parser "
    "(PostgreSQL {version}).",
)
_TOO_DEEP = (
    "sql-too-deep",
    "The statement nests too deeply: PostgreSQL would refuse it as too complex.",
    "Split it, or replace a long chain of operators by a list or a function.",
)
_CONTINUED = (
    "sql-unparsed",
    "A literal that goes on behind a comment: the server joins the two parts, the parser "
    "(PostgreSQL {version}) cannot read them.",
    "Move the comment away, or join the parts with ||.",
)


def _continues_after_comment(raw: bytes, masked: Masked, position: int) -> bool:
    if raw[position : position + 1] != b"'":
        return False
    for start, end in masked.comments:
        if end <= position and not raw[end:position].strip():
            return raw[:start].rstrip().endswith(b"'")
    return False


def _at(raw: bytes, position: int) -> tuple[int, int]:
    place = error_at(raw, position, "")
    return place.line, place.column


def _meta_command(path: str, raw: bytes, command: Foreign) -> Finding:
    return Finding(
        path,
        *_at(raw, command.position),
        "psql-meta-command",
        f"{command.name} is a command of psql, not SQL.",
        "Write it in SQL. Of psql's commands only \\restrict and \\unrestrict of a dump are "
        "understood, each on a line of its own.",
    )


def _variable(path: str, raw: bytes, variable: Foreign) -> Finding:
    return Finding(
        path,
        *_at(raw, variable.position),
        "psql-variable",
        f":{variable.name} is a variable of psql, not SQL.",
        "Write the value into the file: what is approved is what runs.",
    )


def _copy(path: str, raw: bytes, position: int, message: str, hint: str) -> Finding:
    return Finding(path, *_at(raw, position), "copy-stdin", message, hint)
