"""Evidence as JSON: what the record keeps of statements, messages, problems and observations.

PostgreSQL's ``jsonb`` and the audit trail hold neither NUL nor lone surrogates, which file names
and command lines may contain: ``clean`` makes them visible instead. Rows and texts are bounded, so
that no page grows with the data.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ceremony.core.expectations import Observation
from ceremony.core.finding import Finding
from ceremony.core.outcome import Message, Problem, ServerError, StatementResult
from ceremony.core.script import Script

KEPT_ROWS = 20
KEPT_CHARACTERS = 2_000
KEPT_MESSAGES = 200

Facts = dict[str, Any]


def clean(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL as its symbol, a lone surrogate as
    ``\\udc80``.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode(errors="backslashreplace").decode()
    return text.replace("\0", "\N{SYMBOL FOR NULL}")


def bounded(text: str, limit: int = KEPT_CHARACTERS) -> str:
    """The cleaned text, cut with an ellipsis at ``limit`` characters."""
    text = clean(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def statements(results: Iterable[StatementResult], script: Script | None) -> list[Facts]:
    """One entry per statement: number, line and summary from the script, and what came of it;
    ``waited`` where it was seen to wait for locks.
    """
    known = {s.number: s for s in script.statements} if script else {}
    return [
        {
            "number": result.number,
            "line": known[result.number].line if result.number in known else 0,
            "summary": clean(known[result.number].summary) if result.number in known else "",
            "state": result.state.value,
            "seconds": round(result.seconds, 6),
            "tag": result.tag,
            "rows": result.rows,
            **({"waited": round(result.waited, 6)} if result.waited else {}),
        }
        for result in results
    ]


def messages(found: Sequence[Message], *, keep_detail: bool) -> list[Facts]:
    """One entry per server message, at most ``KEPT_MESSAGES``; the last entry says how many more
    there were.
    """
    kept = [_message(message, keep_detail) for message in found[:KEPT_MESSAGES]]
    if more := len(found) - len(kept):
        told = f"{more} more messages were not kept."
        kept.append({"statement": 0, "severity": "", "sqlstate": "", "text": told})
    return kept


def problem(found: Problem | None, *, keep_detail: bool) -> Facts | None:
    """The problem with the server's error inside, or ``None``."""
    if found is None:
        return None
    return {
        "code": found.code,
        "happened": bounded(found.happened),
        "state": bounded(found.state),
        "next_step": bounded(found.next_step),
        "server": _server_error(found.server, keep_detail) if found.server else None,
    }


def observation(seen: Observation) -> Facts:
    """What a check's question was answered, with the kept rows; empty facts are left out."""
    facts: Facts = {
        "columns": [bounded(column) for column in seen.columns],
        "rows": [[None if v is None else bounded(v) for v in row] for row in seen.rows[:KEPT_ROWS]],
        "row_count": seen.row_count,
        "sqlstate": seen.sqlstate,
        "message": bounded(seen.message),
        "constraint": clean(seen.constraint),
        "plan": bounded(seen.plan),
        "failed_at": seen.failed_at,
    }
    return {name: fact for name, fact in facts.items() if fact}


def findings(found: Iterable[Finding]) -> list[Facts]:
    """One entry per finding."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "place": clean(finding.place),
            "message": bounded(finding.message),
            "hint": bounded(finding.hint),
        }
        for finding in found
    ]


def _message(message: Message, keep_detail: bool) -> Facts:
    facts = {
        "statement": message.statement,
        "severity": message.severity,
        "sqlstate": message.sqlstate,
        "text": bounded(message.text),
        "hint": bounded(message.hint),
    }
    return facts | _detail(message, keep_detail)


def _server_error(error: ServerError, keep_detail: bool) -> Facts:
    facts = {
        "sqlstate": error.sqlstate,
        "message": bounded(error.message),
        "statement": error.statement,
        "doing": error.doing,
        "line": error.line,
        "column": error.column,
        "source_line": bounded(error.source_line),
        "hint": bounded(error.hint),
        "constraint": clean(error.constraint),
        "schema": clean(error.schema),
        "table": clean(error.table),
        "column_name": clean(error.column_name),
    }
    return facts | _detail(error, keep_detail)


def _detail(source: Message | ServerError, keep_detail: bool) -> Facts:
    """DETAIL and CONTEXT may quote row data (``Key (email)=(…)``), so they are kept only where
    settings allow.
    """
    if not keep_detail:
        return {"withheld": True} if source.detail or source.context else {}
    return {"detail": bounded(source.detail), "context": bounded(source.context)}
