"""What a timeline shows: of an attempt, of a run, of a rehearsal, of a ceremony."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from ceremony.admin.pictures.measured import (
    MOST_STATEMENTS,
    Drilled,
    drilled,
    drilled_in,
    measured,
    waited_for_locks,
)
from ceremony.admin.pictures.timeline import MOST_ROWS, Timeline, Work, timeline
from ceremony.core.manifest import Manifest
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.models import (
    Attempt,
    Ceremony,
    CeremonyRun,
    CheckRecord,
    Outcome,
    Rehearsal,
    Run,
    RunPurpose,
)

OPEN = "open"
LABEL = 60
"""Characters of a statement beside its bar."""
_MICRO = 1_000_000
_RAN = frozenset(
    {StatementState.DONE.value, StatementState.FAILED.value, StatementState.UNKNOWN.value}
)
_BEGAN = frozenset({*(one.value for one in StepState), OPEN}) - {StepState.NOT_STARTED.value}
_STATION_STATES = {
    Mark.FINE.value: StepState.DONE.value,
    Mark.DIFFERS.value: StepState.DONE.value,
    Mark.FAILED.value: StepState.FAILED.value,
}

Facts = Mapping[str, Any]


def of_attempt(outcome: Outcome, checks: Iterable[CheckRecord], before: Drilled | None) -> Timeline:
    """The statements of an attempt, then its checks; over them what the rehearsal had taken."""
    works = _statements(outcome.statements, outcome.problem, before)
    looked = [one for one in checks if one.seconds]
    if looked:
        seconds = sum(one.seconds for one in looked)
        works.append(Work(_("checks"), StatementState.DONE.value, seconds, beside=str(len(looked))))
    return timeline("attempt", works)


def told_statements(outcome: Outcome, before: Drilled | None) -> list[dict[str, Any]]:
    """The statements as a table tells them: how long each waited for locks, how long it ran, and
    how long its rehearsal had run.
    """
    waited = waited_for_locks(outcome.statements, outcome.problem)
    drill = before.statements if before else {}
    return [
        {
            **one,
            "waited": waited.get(one["number"]),
            "ran": max(one["seconds"] - waited.get(one["number"], 0.0), 0.0),
            "rehearsed": drill.get(one["number"]),
        }
        for one in outcome.statements
    ]


def of_run(run: Run, attempts: Sequence[Attempt]) -> Timeline:
    """The steps of a run, each from the moment it began; over them their rehearsals. One query.

    The attempts are ``measured``.
    """
    before = drilled(run.target.alias, run.series, attempts, run.started_at)
    return timeline("run", [_step(one, run, before.get(one.version)) for one in attempts])


def of_rehearsal(certificate: Facts) -> Timeline:
    """The first up of every migration; the statements of one that is alone."""
    drills = [one for one in certificate["migrations"] if not one["recorded_only"]]
    works = []
    for drill in drills:
        up = next((one for one in drill["stations"] if one["station"] == Station.UP), None)
        if up is None:
            continue
        if len(drills) == 1:
            works = [_of_drill(one) for one in up["statements"]]
        else:
            state = _STATION_STATES.get(up["mark"], StepState.NOT_STARTED.value)
            works.append(Work(drill["label"], state, up["microseconds"] / _MICRO))
    return timeline("rehearsal", works)


def asked(ceremony: Ceremony) -> dict[str, QuerySet[Any]]:
    """What ``of_ceremony`` needs, to be read ``together`` with other rows."""
    runs = CeremonyRun.objects.filter(ceremony=ceremony).exclude(purpose=RunPurpose.WATCH)
    newest = runs.order_by("-run_id").values("run_id")[:1]
    tried = Attempt.objects.filter(run_id=Subquery(newest))
    return {"timeline_attempts": measured(tried).order_by("number")[: MOST_ROWS + 1]}


def of_ceremony(
    manifest: Manifest, kept: Mapping[str, Sequence[Any]], rehearsals: Iterable[Rehearsal]
) -> Timeline:
    """A ceremony's newest run, over the rehearsals that its manifest names; before its first run
    these alone. Statement by statement where there are few. No query: ``kept`` is what was
    ``asked``.
    """
    attempts = list(kept["timeline_attempts"]) or _planned(manifest)
    newest = sorted(rehearsals, key=lambda one: -one.pk)
    before = drilled_in([(one.pk, one.certificate["migrations"]) for one in newest], attempts)
    counts = [max(len(getattr(one, "statements", None) or ()), 1) for one in attempts]
    few = sum(counts) <= MOST_STATEMENTS
    works: list[Work] = []
    for one in attempts:
        step = before.get(one.version)
        stated = getattr(one, "statements", None)
        if few and stated:
            found = _statements(stated, getattr(one, "problem", None), step)
            heading = one.label if len(attempts) > 1 else ""
            works += [*_headed(found, heading)]
        else:
            works.append(_step(one, None, step))
    return timeline("ceremony", works)


def _headed(works: Sequence[Work], heading: str) -> Iterable[Work]:
    for number, work in enumerate(works):
        yield work if number or not heading else Work(**{**vars(work), "heading": heading})


def _planned(manifest: Manifest) -> list[Attempt]:
    """The steps of a manifest that nobody tried yet, as attempts that are not stored."""
    return [
        Attempt(
            number=step.number,
            version=step.version,
            name=step.name,
            direction=manifest.direction.value,
            variant=step.variant,
            bytes_digest=step.files[0].digest if step.files else "",
            meaning_digest=step.meaning,
            rollback_digest=step.files[0].digest if step.files else "",
        )
        for step in manifest.steps
    ]


def _statements(
    found: Sequence[Facts], problem: Facts | None, before: Drilled | None
) -> list[Work]:
    waited = waited_for_locks(found, problem)
    return [
        Work(
            label=_short(one),
            state=one["state"],
            seconds=one["seconds"] if one["state"] in _RAN else None,
            waited=waited.get(one["number"], 0.0),
            rehearsed=before.statements.get(one["number"]) if before else None,
        )
        for one in found
    ]


def _short(statement: Facts) -> str:
    """Number and beginning: the whole of it stands in a table."""
    summary = statement["summary"]
    cut = summary if len(summary) <= LABEL else f"{summary[: LABEL - 1]}…"
    return f"{statement['number']} {cut}".rstrip()


def _of_drill(one: Facts) -> Work:
    seconds = one["microseconds"] / _MICRO if one["state"] in _RAN else None
    return Work(_short(one), one["state"], seconds)


def _step(one: Attempt, run: Run | None, before: Drilled | None) -> Work:
    state = getattr(one, "state", None) or (OPEN if one.run_id else "not run")
    began = getattr(one, "began", None)
    seconds = getattr(one, "seconds", None)
    start = (began - run.started_at).total_seconds() if began and run else None
    problem = getattr(one, "problem", None)
    return Work(
        label=one.label,
        state=state,
        seconds=seconds if state in _BEGAN else None,
        waited=sum(waited_for_locks(getattr(one, "statements", None) or (), problem).values()),
        rehearsed=before.seconds if before else None,
        start=start,
        url=reverse("admin:ceremony_attempt_change", args=[one.pk]) if one.run_id else "",
    )
