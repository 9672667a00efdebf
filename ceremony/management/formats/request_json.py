"""The JSON answers of ``request_sql``."""

from ceremony.core.gates import Gate
from ceremony.core.item import Judged
from ceremony.core.requesting import Cancelled, RequestReport
from ceremony.core.text_change import TextChange
from ceremony.management.formats.facts import (
    Json,
    finding_list,
    settled_facts,
    target_facts,
    time_text,
)
from ceremony.management.formats.json_format import plan_facts


def request_report(report: RequestReport) -> Json:
    """What was requested, what is asked of whom, what changed since the round before."""
    return {
        "ceremony": report.number,
        "round": report.round,
        "title": report.title,
        "state": report.state.value if report.number else None,
        "fingerprint": report.fingerprint,
        "policy": report.policy.name if report.policy else None,
        "expires_at": time_text(report.expires_at) if report.expires_at else None,
        "target": target_facts(report.target),
        "plan": plan_facts(report.plan),
        "gates": [_gate(one) for one in report.gates],
        "preflight": [_item(one) for one in report.items],
        "changed": list(report.changed),
        "texts": [_text(one) for one in report.texts],
        "others": list(report.others),
        "findings": finding_list((*report.plan.findings, *report.weak)),
        "settled": [settled_facts(one) for one in report.settled],
    }


def cancelled_report(report: Cancelled) -> Json:
    """Which ceremony was called off, and why."""
    return {
        "ceremony": report.number,
        "series": report.series,
        "alias": report.alias,
        "title": report.title,
        "why": report.why,
        "state": report.state,
    }


def _gate(gate: Gate) -> Json:
    return {
        "name": gate.name,
        "state": gate.state.value,
        "why": gate.why,
        "fix": gate.fix,
        "code": gate.code,
    }


def _item(one: Judged) -> Json:
    return {
        "id": one.item.id,
        "text": one.item.text,
        "kind": one.item.kind.value,
        "result": one.result.value,
        "explanation": one.explanation,
    }


def _text(one: TextChange) -> Json:
    return {"path": one.path, "lines": list(one.lines), "cut": one.cut}
