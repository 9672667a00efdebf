"""What ``make demo`` does with one series, and what it shows of it.

The commands are called as a person would type them, and their JSON is read: what the demonstration
shows is what everybody can get.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command

from ceremony.core.expectations import CheckResult
from ceremony.core.history import Event
from ceremony.models import CheckRecord, MigrationRecord, Outcome


@dataclass(frozen=True)
class Line:
    """One migration. Where it never ran, ``checks`` is empty and ``seconds`` None."""

    label: str
    state: str
    checks: str
    seconds: float | None
    note: str


@dataclass(frozen=True)
class Shown:
    """One series after its run. ``applied`` counts the migrations that this run applied."""

    series: str
    database: str
    applied: int
    verdict: str
    lines: tuple[Line, ...]


def perform(series: str) -> Shown:
    """Apply one series with all its checks to the target of the same name.

    Raises whatever ``apply_sql`` raises.
    """
    run = _answer("apply_sql", series)
    status = _answer("status_sql", series)
    return Shown(
        series,
        status["target"]["database"],
        sum(step["event"] == Event.APPLIED.value for step in run["steps"]),
        run["verdict"],
        tuple(_lines(series, status["migrations"])),
    )


def _answer(command: str, series: str) -> Any:
    """The one report in the JSON answer of a command."""
    stdout = StringIO()
    call_command(command, series, database=series, format="json", verbosity=0, stdout=stdout)
    return json.loads(stdout.getvalue())["reports"][0]


def _lines(series: str, migrations: list[dict[str, Any]]) -> Iterator[Line]:
    records = MigrationRecord.objects.filter(series=series, target__alias=series)
    attempts = {record.label: record.last_attempt_id for record in records}
    for migration in migrations:
        attempt = attempts.get(migration["label"])
        last = Outcome.objects.filter(attempt=attempt).order_by("-id").first() if attempt else None
        yield Line(
            migration["label"],
            migration["state"],
            _checks(attempt) if attempt else "",
            last.seconds if last else None,
            migration["note"],
        )


def _checks(attempt: Any) -> str:
    """How many checks of an attempt passed, and how many there are."""
    results = list(CheckRecord.objects.filter(attempt=attempt).values_list("result", flat=True))
    passed = results.count(CheckResult.PASS.value)
    return f"{passed} of {len(results)} passed" if results else "none"
