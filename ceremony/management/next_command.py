"""The next command, ready to be copied: with the target and the flags that the last one had."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ceremony.core.plan import Direction
from ceremony.core.report import PlanReport, TargetFacts

_FLAGS = ("to", "variant", "include_late")


def program() -> str:
    """How this program was started: ``manage.py`` or ``django-admin``."""
    started = Path(sys.argv[0]).name
    return started if started in {"manage.py", "django-admin"} else "manage.py"


def next_command(command: str, series: str, target: TargetFacts) -> str:
    """``manage.py status_sql calendar``, with ``--database`` where the target has another name."""
    words = [program(), command, series]
    if target.alias != series:
        words += ["--database", target.alias]
    return shlex.join(words)


def run_command(report: PlanReport, options: Mapping[str, Any]) -> str:
    """What runs this plan and no other: the flags of ``options`` that shaped it are kept."""
    verb = "apply_sql" if report.plan.direction is Direction.APPLY else "rollback_sql"
    words: list[str] = []
    for name in _FLAGS:
        value = options.get(name)
        if value:
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [str(value)]
    if any(step.loses_data for step in report.plan.steps) and verb == "rollback_sql":
        words += ["--accept-data-loss", "WHY", "--backup", "DIR"]
    if report.target.protected:
        words += ["--confirm", report.target.environment]
    return f"{next_command(verb, report.plan.series, report.target)} {shlex.join(words)}".rstrip()
