"""The record of rehearsals in control: one row and one audit event each."""

from collections.abc import Mapping
from typing import Any

from ceremony import __version__
from ceremony.actions import evidence
from ceremony.actions.ready import Caller, now
from ceremony.actions.record import recording
from ceremony.core.chain import Json
from ceremony.core.finding import errors
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.models import Rehearsal
from ceremony.models.audit import Act, Action


def record_rehearsal(
    report: RehearsalReport, stored: Mapping[str, Json], digest: str, caller: Caller
) -> int:
    """Record a rehearsal; the event ``rehearsal recorded``. The number of its row."""
    with recording() as head:
        row = Rehearsal.objects.create(
            series=report.series,
            alias=report.target.alias,
            environment=report.target.environment,
            source=report.source[:200],
            is_clean=report.clean,
            migrations=sum(not drill.recorded_only for drill in report.drills),
            faults=len(errors(report.findings)),
            server_version=report.target.server_version,
            actor=evidence.clean(caller.actor.name),
            host=evidence.clean(caller.actor.host),
            command_line=evidence.clean(caller.command),
            tool_version=__version__,
            seconds=report.seconds,
            recorded_at=now(),
            digest=digest,
            certificate=stored,
        )
        detail: dict[str, Json] = {
            "rehearsal": row.pk,
            "certificate": digest,
            "clean": row.is_clean,
            "migrations": row.migrations,
            "faults": row.faults,
            "source": row.source,
        }
        head.append(
            [
                Act(
                    Action.REHEARSAL_RECORDED,
                    row.actor,
                    row.alias,
                    row.series,
                    f"Rehearsal {row.pk}",
                    detail,
                )
            ]
        )
    return row.pk


def storable(value: Any) -> Any:
    """The value with every text fit for PostgreSQL and for canonical JSON."""
    if isinstance(value, str):
        return evidence.clean(value)
    if isinstance(value, Mapping):
        return {evidence.clean(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
