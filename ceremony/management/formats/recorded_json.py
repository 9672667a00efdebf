"""The JSON answers of the commands that record and run nothing."""

from ceremony.core.baseline import Proof
from ceremony.core.baseline.report import BaselineReport
from ceremony.core.outcome import StepOutcome
from ceremony.core.retiring import RetireReport
from ceremony.management.formats.facts import (
    Json,
    check_result,
    finding_list,
    problem_facts,
    settled_facts,
    target_facts,
)


def baseline_report(report: BaselineReport) -> Json:
    """``baseline_sql``: what was written, what was proved, what was recorded."""
    return {
        "run": report.run,
        "target": target_facts(report.target),
        "series": report.series,
        "label": report.label,
        "verdict": report.verdict.value,
        "written": [f"{report.series}/{name}" for name in report.written],
        "recording": report.recording,
        "proof": _proof(report.proof) if report.proof else None,
        "recorded": [_recorded(one) for one in report.outcomes],
        "check_results": [check_result(one) for one in report.checks],
        "findings": finding_list(report.findings),
        "settled": [settled_facts(one) for one in report.settled],
        "problem": problem_facts(report.problem) if report.problem else None,
    }


def _proof(proof: Proof) -> Json:
    return {
        "holds": proof.holds,
        "fingerprint": proof.fingerprint,
        "objects": proof.objects,
        "differences": [one.to_json() for one in proof.differences],
        "cosmetic": [one.to_json() for one in proof.cosmetic],
        "respelled": [one.to_json() for one in proof.respelled],
        "repeated": [one.to_json() for one in proof.repeated],
    }


def _recorded(outcome: StepOutcome) -> Json:
    return {
        "label": outcome.step.migration.label,
        "event": outcome.step.event.value,
        "ledger_sequence": outcome.ledger_sequence,
    }


def retire_report(report: RetireReport) -> Json:
    """``retire_sql``: what was renamed, and what the targets said."""
    recorded = dict(report.recorded)
    return {
        "series": report.series,
        "label": report.label,
        "reason": report.reason,
        "done": report.done,
        "renamed": [{"before": before, "after": after} for before, after in report.renamed],
        "targets": [
            {
                "alias": one.alias,
                "need": one.need.value,
                "why": one.why,
                "not_needed": one.excused,
                "ledger_sequence": recorded.get(one.alias, 0),
            }
            for one in report.asked
        ],
    }
