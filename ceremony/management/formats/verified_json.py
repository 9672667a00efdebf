"""The JSON answer of ``verify_sql --ceremony``."""

from ceremony.actions.verify_again import VerifiedAgain
from ceremony.core.item import Judged
from ceremony.management.formats.facts import Json, target_facts


def verified_again_report(report: VerifiedAgain) -> Json:
    """Where the ceremony stands now, and every item that was looked at."""
    return {
        "ceremony": report.number,
        "series": report.series,
        "state": report.state.value,
        "target": target_facts(report.target),
        "items": [_item(one) for one in report.judged],
    }


def _item(one: Judged) -> Json:
    return {
        "phase": one.item.phase.value,
        "id": one.item.id,
        "text": one.item.text,
        "kind": one.item.kind.value,
        "result": one.result.value,
        "explanation": one.explanation,
    }
