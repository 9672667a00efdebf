"""The JSON answer of ``watch_sql``: one report per look."""

from ceremony.core.watching import WatchLook
from ceremony.management.formats.facts import (
    Json,
    check_result,
    problem_facts,
    target_facts,
    time_text,
)


def watch_look(one: WatchLook) -> Json:
    """One look with its checks; ``target`` is null where nobody answered."""
    return {
        "run": one.run,
        "ceremony": one.ceremony,
        "target": target_facts(one.target) if one.target else None,
        "series": one.series,
        "at": time_text(one.at),
        "verdict": one.verdict.value,
        "migrations": [
            {"label": m.label, "checks": [check_result(check) for check in m.checks]}
            for m in one.migrations
        ],
        "problem": problem_facts(one.problem) if one.problem else None,
        "missing": list(one.missing),
    }
