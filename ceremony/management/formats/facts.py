"""The values that the JSON answers of all commands are made of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ceremony.core.finding import Finding
from ceremony.core.item import Judged
from ceremony.core.outcome import CheckOutcome, Message, Problem, ServerError
from ceremony.core.report import Settled, TargetFacts

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


def target_facts(target: TargetFacts) -> Json:
    """Which database is meant."""
    return {
        "alias": target.alias,
        "environment": target.environment,
        "protected": target.protected,
        "host": target.host,
        "port": target.port,
        "database": target.database,
        "user": target.user,
        "server_version": target.server_version,
    }


def check_result(outcome: CheckOutcome) -> Json:
    """The verdict on one check."""
    return {
        "name": outcome.check.name,
        "path": outcome.check.path,
        "line": outcome.check.line,
        "when": outcome.check.when.value,
        "severity": outcome.check.severity.value,
        "expect": outcome.check.expectation.text,
        "result": outcome.result.value,
        "explanation": outcome.explanation,
        "seconds": round(outcome.seconds, 6),
    }


def message_facts(message: Message) -> Json:
    """A NOTICE, WARNING or the like."""
    return {
        "statement": message.statement,
        "severity": message.severity,
        "sqlstate": message.sqlstate,
        "text": message.text,
        "detail": message.detail,
        "hint": message.hint,
        "context": message.context,
    }


def problem_facts(problem: Problem) -> Json:
    """What went wrong, with the server's error where there was one."""
    return {
        "code": problem.code,
        "happened": problem.happened,
        "state": problem.state,
        "next": problem.next_step,
        "server": server_facts(problem.server) if problem.server else None,
    }


def server_facts(error: ServerError) -> Json:
    """PostgreSQL's error fields."""
    return {
        "sqlstate": error.sqlstate,
        "message": error.message,
        "statement": error.statement,
        "doing": error.doing,
        "line": error.line,
        "column": error.column,
        "source_line": error.source_line,
        "detail": error.detail,
        "hint": error.hint,
        "context": error.context,
        "constraint": error.constraint,
        "schema": error.schema,
        "table": error.table,
        "column_name": error.column_name,
    }


def finding_list(findings: Sequence[Finding]) -> list[Json]:
    """Findings in order."""
    return [
        {
            "path": finding.path,
            "line": finding.line,
            "column": finding.column,
            "code": finding.code,
            "severity": finding.severity.value,
            "message": finding.message,
            "hint": finding.hint,
        }
        for finding in findings
    ]


def settled_facts(settled: Settled) -> Json:
    """What an attempt that a crash left open turned out to be."""
    return {
        "attempt": str(settled.attempt),
        "series": settled.series,
        "label": settled.label,
        "settled_as": settled.settled_as.value,
        "explanation": settled.explanation,
    }


def time_text(at: datetime | None) -> str | None:
    """A time in UTC, as ISO 8601."""
    return None if at is None else at.astimezone(UTC).isoformat()


def item_facts(one: Judged) -> Json:
    """One item of a checklist, with its result."""
    return {
        "phase": one.item.phase.value,
        "id": one.item.id,
        "text": one.item.text,
        "kind": one.item.kind.value,
        "result": one.result.value,
        "explanation": one.explanation,
    }
