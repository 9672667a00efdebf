"""The JSON answer of ``verify_sql --ceremony``."""

from ceremony.actions.verify_again import VerifiedAgain
from ceremony.management.formats.facts import Json, item_facts, target_facts


def verified_again_report(report: VerifiedAgain) -> Json:
    """Where the ceremony stands now, and every item that was looked at."""
    return {
        "ceremony": report.number,
        "series": report.series,
        "state": report.state.value,
        "target": target_facts(report.target),
        "items": [item_facts(one) for one in report.judged],
    }
