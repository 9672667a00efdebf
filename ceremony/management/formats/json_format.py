"""The JSON answer of every command: one object on stdout. Its keys are documented in the
command-line reference.

Hidden characters cannot reach a terminal from here: JSON is written in ASCII, all others as
``\\u202e``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ceremony.core.drift import DriftReport, SnapshotTaken
from ceremony.core.finding import Finding
from ceremony.core.outcome import CheckOutcome, Message, Problem, ServerError, StepOutcome
from ceremony.core.plan import Plan, Step
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.report import (
    CheckReport,
    PlanReport,
    ReconcileReport,
    RunReport,
    Settled,
    StatusReport,
    TargetFacts,
    VerifyReport,
)
from ceremony.errors import ExitCode
from ceremony.management.pages.verdict import step_verdict
from ceremony.management.trouble import Trouble

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

FORMAT = "ceremony-answer-v1"


def document(command: str, reports: Sequence[Json], trouble: Trouble | None) -> str:
    """The whole answer of ``command``. ``reports`` is empty when it was refused before it could
    work.
    """
    answer = {
        "format": FORMAT,
        "command": command,
        "exit_code": int(trouble.exit_code if trouble else ExitCode.DONE),
        "error": _trouble(trouble) if trouble else None,
        "reports": list(reports),
    }
    return json.dumps(answer, indent=2) + "\n"


def check_report(report: CheckReport) -> Json:
    """``check_sql``: every finding, and what each series holds."""
    return {
        "series": [
            {
                "name": series.name,
                "title": series.settings.title,
                "migrations": len(series.migrations),
                "runnable": len(series.runnable),
                "checks": sum(len(m.checks) for m in series.migrations),
            }
            for series in report.series
        ],
        "findings": _findings(report.findings),
        "rules": [
            {"code": rule.code, "title": rule.title, "reason": rule.reason, "link": rule.link}
            for rule in report.rules
        ],
    }


def plan_report(report: PlanReport) -> Json:
    """``plan_sql``: the steps in order and the plan's fingerprint."""
    return {
        "target": _target(report.target),
        **_plan(report.plan),
        "applied": report.applied,
        "digest": report.digest,
        "findings": _findings(report.plan.findings),
    }


def run_report(report: RunReport) -> Json:
    """``apply_sql`` and ``rollback_sql``: what came of every step. Times are seconds."""
    return {
        "run": report.run,
        "target": _target(report.target),
        "series": report.plan.series,
        "direction": report.plan.direction.value,
        "verdict": report.verdict.value,
        "seconds": round(report.seconds, 6),
        "steps": [_outcome(outcome) for outcome in report.outcomes],
        "findings": _findings(report.findings),
        "settled": [_settled(settled) for settled in report.settled],
        "problem": _problem(report.problem) if report.problem else None,
        "drift": _drift(report.drift),
        "snapshot": _snapshot(report.snapshot),
    }


def status_report(report: StatusReport) -> Json:
    """``status_sql``: each migration's state on the target."""
    return {
        "target": _target(report.target),
        "series": report.series,
        "pending": report.pending,
        "unsettled": report.unsettled,
        "running": report.running,
        "migrations": [
            {
                "label": line.label,
                "state": line.state.value,
                "at": _time(line.at),
                "by": line.by,
                "note": line.note,
            }
            for line in report.lines
        ],
        "findings": _findings(report.findings),
    }


def verify_report(report: VerifyReport) -> Json:
    """``verify_sql``: what the checks say now, and where files, ledger and records disagree."""
    return {
        "target": _target(report.target),
        "series": report.series,
        "verdict": report.verdict.value,
        "migrations": [
            {"label": one.label, "checks": [_check(outcome) for outcome in one.checks]}
            for one in report.migrations
        ],
        "findings": _findings(report.findings),
        "drift": _drift(report.drift),
    }


def reconcile_report(report: ReconcileReport) -> Json:
    """``reconcile_sql``: what was settled, what was repaired, what a person must decide."""
    return {
        "target": _target(report.target),
        "settled": [_settled(settled) for settled in report.settled],
        "repaired": list(report.repaired),
        "findings": _findings(report.findings),
        "accepted": _drift(report.accepted),
        "snapshot": _snapshot(report.snapshot),
    }


def rehearsal_report(report: RehearsalReport) -> Json:
    """``rehearse_sql``: the certificate as it is recorded, with its number and its digest."""
    return {
        "rehearsal": report.number,
        "target": _target(report.target),
        "swept": list(report.swept),
        "digest": report.digest,
        "certificate": report.certificate or None,
    }


def _trouble(trouble: Trouble) -> Json:
    return {
        "code": trouble.code,
        "happened": trouble.happened,
        "state": trouble.state,
        "next": trouble.next_step,
        "path": trouble.path,
        "server": _server(trouble.server) if trouble.server else None,
    }


def _target(target: TargetFacts) -> Json:
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


def _plan(plan: Plan) -> dict[str, Json]:
    return {
        "series": plan.series,
        "direction": plan.direction.value,
        "steps": [_step(step) for step in plan.steps],
    }


def _step(step: Step) -> dict[str, Json]:
    script = step.script
    return {
        "number": step.number,
        "version": step.migration.version.text,
        "label": step.migration.label,
        "event": step.event.value,
        "path": script.path if script else None,
        "variant": step.variant,
        "transactional": step.transactional,
        "resume_after": step.resume_after,
        "statements": len(script.sent) if script else 0,
        "checks": len(step.checks_before) + len(step.checks_after),
        "bytes_digest": script.bytes_digest if script else None,
        "meaning_digest": script.meaning_digest if script else None,
    }


def _outcome(outcome: StepOutcome) -> Json:
    return {
        **_step(outcome.step),
        "attempt": str(outcome.attempt),
        "state": outcome.state.value,
        "verdict": step_verdict(outcome),
        "started_at": _time(outcome.started_at),
        "finished_at": _time(outcome.finished_at),
        "seconds": round(outcome.seconds, 6),
        "ledger_sequence": outcome.ledger_sequence,
        "statement_results": [
            {
                "number": result.number,
                "state": result.state.value,
                "seconds": round(result.seconds, 6),
                "tag": result.tag,
                "rows": result.rows,
            }
            for result in outcome.statements
        ],
        "check_results": [_check(check) for check in outcome.checks],
        "messages": [_message(message) for message in outcome.messages],
        "problem": _problem(outcome.problem) if outcome.problem else None,
    }


def _check(outcome: CheckOutcome) -> Json:
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


def _message(message: Message) -> Json:
    return {
        "statement": message.statement,
        "severity": message.severity,
        "sqlstate": message.sqlstate,
        "text": message.text,
        "detail": message.detail,
        "hint": message.hint,
        "context": message.context,
    }


def _problem(problem: Problem) -> Json:
    return {
        "code": problem.code,
        "happened": problem.happened,
        "state": problem.state,
        "next": problem.next_step,
        "server": _server(problem.server) if problem.server else None,
    }


def _server(error: ServerError) -> Json:
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


def _findings(findings: Sequence[Finding]) -> list[Json]:
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


def _drift(report: DriftReport | None) -> Json:
    if report is None:
        return None
    return {
        "result": report.result.value,
        "policy": report.policy.value,
        "reference": report.reference,
        "taken_at": _time(report.taken_at),
        "differences": [
            {**one.difference.to_json(), "changed_at": _time(one.changed_at)}
            for one in report.differences
        ],
        "left_out": report.left_out,
        "notes": _findings(report.notes),
    }


def _snapshot(taken: SnapshotTaken | None) -> Json:
    if taken is None or not taken.number:
        return None
    return {
        "number": taken.number,
        "digest": taken.digest,
        "rights_digest": taken.rights_digest,
        "objects": taken.objects,
    }


def _settled(settled: Settled) -> Json:
    return {
        "attempt": str(settled.attempt),
        "series": settled.series,
        "label": settled.label,
        "settled_as": settled.settled_as.value,
        "explanation": settled.explanation,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
