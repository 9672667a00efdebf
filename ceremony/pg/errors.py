"""What an error of the server means here: its code, what it leaves behind, and what to type next.

Decided by SQLSTATE alone (manual, Appendix A), never by the words of the message, which depend on
``lc_messages``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg.pq import DiagnosticField as Field

from ceremony.core.outcome import ServerError
from ceremony.core.place import file_line_of_body, file_line_of_copy, place_of
from ceremony.core.script import Script, Statement
from ceremony.errors import Failed

LINK_LOST = "08006"
"""The SQLSTATE we give to a link that broke without a word from the server (connection_failure)."""

_OF_THE_LINK = (psycopg.OperationalError, psycopg.InterfaceError)
_RETRY = "Try again: {command}"
_FREE = "Free space on the server (df, or its log says which limit), then: {command}"
_DUPLICATE = (
    "Was it applied under another name, or made by hand? Compare the object with {path}; "
    "then drop it, or change the file, and: {command}"
)
_MISSING = (
    "Which dependency is missing? Find the migration that creates it, name it in {path} "
    "with a line `-- Depends: …`, then: {command}"
)


@dataclass(frozen=True)
class Meaning:
    """``code`` is stable; ``next_step`` may use ``{path}``, ``{command}`` and ``{user}``."""

    code: str
    next_step: str


_FAILED = Meaning("statement-failed", "Correct {path}, then: {command}")

#: By whole SQLSTATE, else by its class (the first two characters).
MEANINGS: Mapping[str, Meaning] = {
    "08": Meaning("connection-lost", _RETRY),
    "2D000": Meaning(
        "tx-ended-by-script",
        "Take the COMMIT or ROLLBACK out of the function or DO body that {path} runs, "
        "then: {command}",
    ),
    "40001": Meaning("deadlock", _RETRY),
    "40P01": Meaning("deadlock", _RETRY),
    "55P03": Meaning(
        "lock-timeout",
        "Wait until the sessions that hold the lock are done, or give the file more time with "
        "`-- Timeout: lock 30s`; then: {command}",
    ),
    "25P03": Meaning("session-timeout", _RETRY),
    "25P04": Meaning(
        "session-timeout",
        "Raise transaction_timeout for this role, or split {path}; then: {command}",
    ),
    "57P05": Meaning("session-timeout", _RETRY),
    "57P01": Meaning("connection-lost", _RETRY),
    "57P02": Meaning("connection-lost", "Wait until the server is up again, then: {command}"),
    "57P03": Meaning("connection-lost", "Wait until the server is up again, then: {command}"),
    "53": Meaning("server-resources", _FREE),
    "53200": Meaning(
        "server-resources",
        "Raise the limit that the hint names (a restart of the server), or split {path}; "
        "then: {command}",
    ),
    "53300": Meaning("server-resources", "Wait until other sessions have ended, then: {command}"),
    "53400": Meaning("server-resources", "Raise the limit that the message names, then: {command}"),
    "25006": Meaning(
        "target-read-only",
        "Point the target at the primary server, with a role that may write; then: {command}",
    ),
    "42501": Meaning(
        "permission-denied",
        'Give "{user}" the right (GRANT …, or ownership of the object), then: {command}',
    ),
    "42P07": Meaning("statement-failed", _DUPLICATE),
    "42710": Meaning("statement-failed", _DUPLICATE),
    "42701": Meaning("statement-failed", _DUPLICATE),
    "42723": Meaning("statement-failed", _DUPLICATE),
    "42P06": Meaning("statement-failed", _DUPLICATE),
    "42P01": Meaning("statement-failed", _MISSING),
    "42703": Meaning("statement-failed", _MISSING),
    "42883": Meaning("statement-failed", _MISSING),
    "42704": Meaning("statement-failed", _MISSING),
    "3F000": Meaning("statement-failed", _MISSING),
    "55006": Meaning(
        "statement-failed",
        "Rows changed earlier in {path} still wait for a deferred trigger: put "
        "`SET CONSTRAINTS ALL IMMEDIATE;` between the two, or split the file; then: {command}",
    ),
    "55P04": Meaning(
        "statement-failed",
        "A new enum value can be used only after its transaction is committed: put its use in a "
        "migration of its own; then: {command}",
    ),
}


def meaning(sqlstate: str) -> Meaning:
    """What an error with this SQLSTATE means for a migration."""
    return MEANINGS.get(sqlstate) or MEANINGS.get(sqlstate[:2]) or _FAILED


def server_error(
    fields: Mapping[Field, str],
    *,
    doing: str = "",
    script: Script | None = None,
    statement: Statement | None = None,
    keep_detail: bool = True,
) -> ServerError:
    """The server's error with its place in the file.

    ``statement`` is the statement that was sent, ``None`` for one of our own (``doing`` then says
    which). Without ``keep_detail`` DETAIL and CONTEXT, which may quote rows, are left out, and
    quoted values are masked.
    """
    get = fields.get
    error = ServerError(
        sqlstate=get(Field.SQLSTATE, ""),
        message=get(Field.MESSAGE_PRIMARY, ""),
        doing=doing,
        detail=get(Field.MESSAGE_DETAIL, ""),
        hint=get(Field.MESSAGE_HINT, ""),
        context=get(Field.CONTEXT, ""),
        constraint=get(Field.CONSTRAINT_NAME, ""),
        schema=get(Field.SCHEMA_NAME, ""),
        table=get(Field.TABLE_NAME, ""),
        column_name=get(Field.COLUMN_NAME, ""),
    )
    if statement is not None:
        position = int(get(Field.STATEMENT_POSITION, "0"))
        error = _placed(error, script, statement, position)
    return error if keep_detail else _masked(error)


class QueryFailed(Failed):
    """The server refused one of our own questions. ``sqlstate`` is its word on why."""

    def __init__(
        self, code: str, happened: str, *, state: str, next_step: str, sqlstate: str
    ) -> None:
        super().__init__(code, happened, state=state, next_step=next_step)
        self.sqlstate = sqlstate


def failure(
    error: psycopg.Error, *, state: str, doing: str = "A question to the server"
) -> QueryFailed:
    """A psycopg error from outside a migration as one of ours. No connection string is in it.

    Raises the error itself where neither server nor link is to blame for it: a mistake in our own
    code is no broken connection.
    """
    if error.sqlstate is None and not isinstance(error, _OF_THE_LINK):
        raise error
    sqlstate = error.sqlstate or LINK_LOST
    said = error.diag.message_primary or "the connection broke"
    rule = meaning(sqlstate)
    command = "the same command"
    user = (
        error.pgconn.user.decode() if error.pgconn is not None and error.pgconn.user else "the role"
    )
    step = rule.next_step.format(path="the file", command=command, user=user)
    happened = f"{doing} failed: {said} ({sqlstate})."
    return QueryFailed(rule.code, happened, state=state, next_step=step, sqlstate=sqlstate)


def _placed(
    error: ServerError, script: Script | None, statement: Statement, position: int
) -> ServerError:
    """Line and column in the file: from the server's position, else COPY's or PL/pgSQL's count."""
    place = place_of(script, statement, position)
    line, column, source = place.line, place.column, place.source_line
    if not position:
        counted = re.search(r"(\d+)", error.context.partition(",")[2])
        if statement.copy is not None and counted:
            line, column = file_line_of_copy(statement.copy, int(counted.group())), 1
            source = _copy_line(statement.copy.data, int(counted.group()))
        elif statement.kind == "do_stmt" and (inside := _line_in_block(error.context)):
            line, column = file_line_of_body(statement, inside), 1
            source = _line_of(script, line, source)
    return replace(error, statement=statement.number, line=line, column=column, source_line=source)


def _line_in_block(context: str) -> int:
    """PL/pgSQL's line number in the outermost frame of CONTEXT (the last line), 0 without one.

    Only the number is read: the words around it depend on ``lc_messages``.
    """
    last = context.splitlines()[-1] if context else ""
    numbers = re.findall(r"(?<![\w\"])(\d+)(?![\w\"])", last)
    return int(numbers[0]) if "inline_code_block" in last and numbers else 0


def _line_of(script: Script | None, line: int, default: str) -> str:
    if script is None:
        return default
    lines = script.text.split("\n")
    return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else default


def _copy_line(data: bytes, line: int) -> str:
    lines = data.split(b"\n")
    return lines[line - 1].decode(errors="replace").rstrip("\r") if 0 < line <= len(lines) else ""


def _masked(error: ServerError) -> ServerError:
    """Data exceptions (class 22) quote values in the message itself."""
    message = error.message
    if error.sqlstate.startswith("22"):
        message = re.sub(r'"[^"]*"', '"…"', message)
    return replace(error, message=message, detail="", context="", source_line="")
