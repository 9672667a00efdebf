"""The next command, ready to be copied: with the target and the flags that the last one had."""

import shlex
import sys
from collections.abc import Iterator, Mapping
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
    """What runs this plan and no other, or asks for it where the policy wants people to approve:
    the flags of ``options`` that shaped it are kept.
    """
    words = list(_flags(options))
    rolling_back = report.plan.direction is Direction.ROLL_BACK
    if report.policy is not None and not report.policy.is_open:
        asked = [*(["--rollback"] if rolling_back else []), *words]
        command = next_command("request_sql", report.plan.series, report.target)
        return f"{command} {shlex.join(asked)}".rstrip()
    verb = "rollback_sql" if rolling_back else "apply_sql"
    if any(step.loses_data for step in report.plan.steps) and rolling_back:
        words += ["--accept-data-loss", "WHY", "--backup", "DIR"]
    if report.target.protected:
        words += ["--confirm", report.target.environment]
    return f"{next_command(verb, report.plan.series, report.target)} {shlex.join(words)}".rstrip()


def _flags(options: Mapping[str, Any]) -> Iterator[str]:
    for name in _FLAGS:
        value = options.get(name)
        if value:
            yield f"--{name.replace('_', '-')}"
            if value is not True:
                yield str(value)
