"""Many rows, quickly: events that follow from each other, runs with attempts and checks, and
ceremonies in every state. For tests and measurements of what grows with a table.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

from django.db import transaction

from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import State
from ceremony.models import Attempt, AuditHead, CheckRecord, MigrationRecord, Outcome, Run
from ceremony.models.audit import Act, Action
from ceremony.models.bulk import copy_in
from tests.django import factories, scenes
from tests.django.evidence_samples import message, observed, statement

TARGETS = 20
STEPS = 10
"""Attempts of each run."""

BATCH = 20_000
PEOPLE = ("lena", "m.okafor", "t.silva", "a.petrov")
TOLD = (Action.APPLIED, Action.RUN_OPENED, Action.SIGNED, Action.RUN_CLOSED, Action.ITEMS_JUDGED)
STATES = [state for state in State if state is not State.DRAFT]


def crowd(events: int, attempts: int, ceremonies: int) -> None:
    """As many of each, on ``TARGETS`` targets. What the ceremonies tell comes on top."""
    targets = [
        factories.TargetFactory(alias=f"db{number:02}", environment="production")
        for number in range(TARGETS)
    ]
    runs = _runs(targets, attempts // STEPS)
    _attempts(runs)
    _records(targets, attempts // TARGETS)
    _snapshots(runs)
    many_ceremonies(targets, ceremonies)
    many_events(targets, events)


def many_events(targets: list[Any], count: int) -> None:
    """Events that follow from each other, in transactions of ``BATCH``."""
    aliases = cycle([target.alias for target in targets])
    told = cycle(TOLD)
    people = cycle(PEOPLE)
    for first in range(0, count, BATCH):
        acts = [
            Act(
                next(told),
                next(people),
                next(aliases),
                "shop",
                f"{number:04d}_orders",
                {"n": number},
            )
            for number in range(first, min(first + BATCH, count))
        ]
        with transaction.atomic():
            AuditHead.lock().append(acts)


def many_ceremonies(targets: list[Any], count: int) -> None:
    """Ceremonies in every state, each with items, remarks and runs, the way that acts lead."""
    policy = replace(PROTECTED, approvals=(Quorum("", 1), Quorum("dba", 2)))
    for number, (state, target) in enumerate(islice(zip(cycle(STATES), cycle(targets)), count)):
        ceremony = scenes.scene(
            policy, state, target=target, environment="production", title=f"Change {number}"
        )
        scenes.run(ceremony)
        scenes.remarked(ceremony)


def _runs(targets: list[Any], count: int) -> list[Run]:
    runs = [
        factories.RunFactory.build(
            target=target, started_at=factories.NOON + timedelta(minutes=number)
        )
        for number, target in enumerate(islice(cycle(targets), count))
    ]
    made = Run.objects.bulk_create(runs, batch_size=1_000)
    outcomes = [factories.RunOutcomeFactory.build(run=run) for run in made[1:]]
    copy_in(outcomes)
    return made


def _attempts(runs: list[Run]) -> None:
    attempts = [
        Attempt(
            id=uuid4(),
            run=run,
            number=number,
            series="shop",
            version=f"{number:04d}",
            name="orders",
            path=f"shop/{number:04d}_orders.sql",
            direction="apply",
            event="applied",
            transactional=True,
            planned_at=run.started_at,
        )
        for run in runs
        for number in range(1, STEPS + 1)
    ]
    copy_in(attempts)
    states = cycle(["done"] * 8 + ["failed", "unknown"])
    told = {"statements": [statement()], "messages": [message()]}
    copy_in(
        Outcome(attempt=one, state=state, seconds=0.5, **told)
        for one, state in zip(attempts, states, strict=False)
    )
    results = cycle(["PASS"] * 9 + ["FAIL"])
    copy_in(
        CheckRecord(
            run=one.run,
            attempt=one,
            series="shop",
            version=one.version,
            name=f"check {number}",
            when="after",
            severity="block",
            expectation="no rows",
            result=next(results),
            observed=observed(),
        )
        for one in attempts
        for number in range(3)
    )


def _records(targets: list[Any], each: int) -> None:
    copy_in(
        MigrationRecord(
            target=target,
            series="shop",
            version=f"{number:04d}",
            name="orders",
            state="applied",
            bytes_digest=factories.digest("a"),
            applied_at=factories.NOON,
            applied_by="lena",
        )
        for target in targets
        for number in range(1, each + 1)
    )


def _snapshots(runs: list[Run]) -> None:
    contents = [
        factories.CatalogContentFactory(catalog=factories.catalog(id="integer", **{name: "text"}))
        for name in ("note", "email", "phone")
    ]
    for run, content in zip(runs[:300], cycle(contents), strict=False):
        factories.CatalogSnapshotFactory(run=run, content=content)
