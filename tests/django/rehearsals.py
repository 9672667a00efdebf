"""A rehearsal with everything that can be found, as a row of control."""

from dataclasses import replace

from ceremony.actions.rehearse_record import storable
from ceremony.core.catalog import Aspect, Change, Difference, ObjectKey, ObjectKind
from ceremony.core.finding import refuse
from ceremony.core.outcome import Problem, StepState
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.certificate import certificate, digest_of
from ceremony.core.rehearsal.drill import Drill, Loss, Mark, Station, StationResult
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.rehearsal.sequence import Residue, SequenceStep
from ceremony.core.rehearsal.way_back import Remains, Verdict, WayBack
from ceremony.core.report import TargetFacts
from ceremony.core.xray import LockTaken, XRay
from ceremony.models import Rehearsal
from tests.django import factories
from tests.django.factories import NOON

XRAY = XRay(
    1, (LockTaken("public.orders", "AccessExclusiveLock"),), ("public.orders",),
    ("public.lines",), 12, 8_192, 0.2, created=("public.orders_mail",),
)  # fmt: skip


def report(text: str = "orders") -> RehearsalReport:
    """A report about three migrations: one sound, one with faults, one only recorded."""
    left = Difference(ObjectKey(ObjectKind.TABLE, text), Change.APPEARED, Aspect.STRUCTURE)
    problem = Problem("statement-failed", text, "Dropped.", text)
    sound, faulty, recorded = (factories.MigrationFactory(name=text) for _ in range(3))
    up = replace(factories.StepOutcomeFactory(), xrays=(replace(XRAY, rewrites=(text,)),))
    failed = factories.StepOutcomeFactory(state=StepState.FAILED, problem=problem)
    residue = Residue(left, text, Direction.ROLL_BACK, 70)
    return RehearsalReport(
        target=TargetFacts(text, text, "db.example", "5432", text, "lena", 180004),
        series=text,
        source=text,
        drills=(
            Drill(recorded, recorded_only=True),
            Drill(
                sound,
                tuple(StationResult(station, Mark.FINE, up) for station in Station),
                (WayBack(Verdict.RESTORED), WayBack(Verdict.NOT_RESTORED, variant=text)),
                (Loss(f"table {text}", 12, declared=False), Loss("column c", 0, declared=True)),
            ),
            Drill(
                faulty,
                (
                    StationResult(Station.UP, Mark.FINE, up),
                    StationResult(Station.DOWN, Mark.FAILED, failed),
                ),
                (WayBack(Verdict.FAILS, remains=Remains(left_over=(left,)), problem=problem),),
            ),
        ),
        sequence=(
            SequenceStep(faulty, Direction.ROLL_BACK, Mark.DIFFERS, left=(residue,)),
            SequenceStep(sound, Direction.ROLL_BACK, Mark.FAILED, problem, blamed=(residue,)),
        ),
        findings=(refuse(text, "rehearsal-way-back-fails", text, text, line=3),),
        started_at=NOON,
        seconds=1.5,
        extensions={text: "1.0"},
        rows=200,
        not_drilled=(text,),
    )


def rehearsal(text: str = "orders", **facts: object) -> Rehearsal:
    """The row of that report."""
    told = report(text)
    stored = storable(certificate(told, "0.1.0"))
    row = {
        "series": told.series,
        "alias": told.target.alias,
        "environment": told.target.environment,
        "source": told.source,
        "is_clean": told.clean,
        "migrations": 2,
        "faults": 1,
        "server_version": 180004,
        "actor": text,
        "host": text,
        "command_line": text,
        "tool_version": "0.1.0",
        "seconds": told.seconds,
        "recorded_at": NOON,
        "digest": digest_of(stored),
        "certificate": stored,
    }
    return Rehearsal.objects.create(**{**row, **facts})
