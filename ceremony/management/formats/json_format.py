"""The JSON answer of every command: one object on stdout. Its keys are documented in the
command-line reference.

Hidden characters cannot reach a terminal from here: JSON is written in ASCII, all others as
``\\u202e``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from ceremony.core.contract.judging import ContractReport
from ceremony.core.drift import DriftReport, SnapshotTaken
from ceremony.core.halting import LedgerHalt
from ceremony.core.outcome import StepOutcome
from ceremony.core.plan import Plan, Step
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.report import (
    CheckReport,
    PlanReport,
    ReconcileReport,
    RunReport,
    StatusReport,
    VerifyReport,
)
from ceremony.errors import ExitCode
from ceremony.management.formats.facts import (
    Json,
    check_result,
    finding_list,
    item_facts,
    message_facts,
    problem_facts,
    server_facts,
    settled_facts,
    target_facts,
    time_text,
)
from ceremony.management.pages.verdict import step_verdict
from ceremony.management.trouble import Trouble

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
        "findings": finding_list(report.findings),
        "rules": [
            {"code": rule.code, "title": rule.title, "reason": rule.reason, "link": rule.link}
            for rule in report.rules
        ],
    }


def plan_report(report: PlanReport) -> Json:
    """``plan_sql``: the steps in order and the plan's fingerprint."""
    return {
        "target": target_facts(report.target),
        **plan_facts(report.plan),
        "applied": report.applied,
        "digest": report.digest,
        "policy": report.policy.name if report.policy else None,
        "findings": finding_list(report.plan.findings),
        "risks": [asdict(risk) for risk in report.risks],
    }


def run_report(report: RunReport) -> Json:
    """``apply_sql`` and ``rollback_sql``: what came of every step. Times are seconds."""
    return {
        "run": report.run,
        "target": target_facts(report.target),
        "series": report.plan.series,
        "direction": report.plan.direction.value,
        "verdict": report.verdict.value,
        "seconds": round(report.seconds, 6),
        "steps": [_outcome(outcome) for outcome in report.outcomes],
        "findings": finding_list(report.findings),
        "settled": [settled_facts(settled) for settled in report.settled],
        "problem": problem_facts(report.problem) if report.problem else None,
        "drift": _drift(report.drift),
        "snapshot": _snapshot(report.snapshot),
        "ceremony": report.ceremony,
        "verification": [item_facts(one) for one in report.verification],
    }


def _halted(halt: LedgerHalt) -> Json:
    return {
        "halt": str(halt.halt),
        "condition": halt.condition,
        "ceremony": halt.ceremony,
        "at": time_text(halt.at),
        "by": halt.by,
        "text": halt.text,
    }


def status_report(report: StatusReport) -> Json:
    """``status_sql``: each migration's state on the target."""
    return {
        "target": target_facts(report.target),
        "series": report.series,
        "pending": report.pending,
        "unsettled": report.unsettled,
        "running": report.running,
        "migrations": [
            {
                "label": line.label,
                "state": line.state.value,
                "at": time_text(line.at),
                "by": line.by,
                "note": line.note,
            }
            for line in report.lines
        ],
        "ceremonies": [
            {
                "ceremony": one.number,
                "title": one.title,
                "state": one.state.value,
                "changed": list(one.changed),
            }
            for one in report.ceremonies
        ],
        "halted": _halted(report.halt) if report.halt else None,
        "findings": finding_list(report.findings),
    }


def verify_report(report: VerifyReport) -> Json:
    """``verify_sql``: what the checks say now, and where files, ledger and records disagree."""
    return {
        "target": target_facts(report.target),
        "series": report.series,
        "verdict": report.verdict.value,
        "migrations": [
            {"label": one.label, "checks": [check_result(outcome) for outcome in one.checks]}
            for one in report.migrations
        ],
        "findings": finding_list(report.findings),
        "drift": _drift(report.drift),
        "contract": _contract(report.contract),
    }


def reconcile_report(report: ReconcileReport) -> Json:
    """``reconcile_sql``: what was settled, what was repaired, what a person must decide."""
    return {
        "target": target_facts(report.target),
        "settled": [settled_facts(settled) for settled in report.settled],
        "repaired": list(report.repaired),
        "findings": finding_list(report.findings),
        "accepted": _drift(report.accepted),
        "snapshot": _snapshot(report.snapshot),
    }


def rehearsal_report(report: RehearsalReport) -> Json:
    """``rehearse_sql``: the certificate as it is recorded, with its number and its digest."""
    return {
        "rehearsal": report.number,
        "target": target_facts(report.target),
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
        "server": server_facts(trouble.server) if trouble.server else None,
    }


def plan_facts(plan: Plan) -> dict[str, Json]:
    """A plan: series, direction and steps."""
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
        "started_at": time_text(outcome.started_at),
        "finished_at": time_text(outcome.finished_at),
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
        "check_results": [check_result(check) for check in outcome.checks],
        "messages": [message_facts(message) for message in outcome.messages],
        "problem": problem_facts(outcome.problem) if outcome.problem else None,
    }


def _drift(report: DriftReport | None) -> Json:
    if report is None:
        return None
    return {
        "result": report.result.value,
        "policy": report.policy.value,
        "reference": report.reference,
        "taken_at": time_text(report.taken_at),
        "differences": [
            {**one.difference.to_json(), "changed_at": time_text(one.changed_at)}
            for one in report.differences
        ],
        "left_out": report.left_out,
        "notes": finding_list(report.notes),
    }


def _contract(report: ContractReport | None) -> Json:
    if report is None:
        return None
    return {"asked": report.asked, "findings": finding_list(report.findings)}


def _snapshot(taken: SnapshotTaken | None) -> Json:
    if taken is None or not taken.number:
        return None
    return {
        "number": taken.number,
        "digest": taken.digest,
        "rights_digest": taken.rights_digest,
        "objects": taken.objects,
    }
