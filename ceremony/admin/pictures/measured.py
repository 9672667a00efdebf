"""What was measured: attempts with their statements, and the rehearsals of the same files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)

from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.drill import Station
from ceremony.models import Attempt, Outcome, Rehearsal

LOOKED_AT = 10
"""How many of the newest rehearsals are looked at."""
MOST_STATEMENTS = 60
"""An attempt of more statements is one bar: its statements stand on its own page."""
LOCK_NOT_AVAILABLE = "55P03"
"""lock_not_available, the end of a wait for a lock (PostgreSQL manual, Appendix A)."""
_MICRO = 1_000_000

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Drilled:
    """How long a migration took when it was rehearsed, in seconds; each of its statements by
    number. ``rehearsal`` is the key of the row that says so.
    """

    rehearsal: int
    seconds: float
    statements: Mapping[int, float]


def measured(attempts: QuerySet[Attempt]) -> QuerySet[Any]:
    """The attempts with ``state`` of their newest outcome and, of the one that the run itself
    wrote, ``seconds``, ``began``, ``problem`` and ``statements`` (``None`` where there are too
    many).
    """
    newest = Outcome.objects.filter(attempt=OuterRef("pk")).order_by("-pk")
    own = newest.filter(settled_by=None).annotate(
        count=Func(F("statements"), function="jsonb_array_length", output_field=IntegerField()),
        kept=Case(When(count__lte=MOST_STATEMENTS, then=F("statements")), output_field=JSONField()),
    )
    return attempts.annotate(
        state=Subquery(newest.values("state")[:1]),
        seconds=Subquery(own.values("seconds")[:1]),
        began=Subquery(own.values("started_at")[:1]),
        problem=Subquery(own.values("problem")[:1]),
        statements=Subquery(own.values("kept")[:1]),
    )


def waited_for_locks(statements: Iterable[Facts], problem: Facts | None) -> dict[int, float]:
    """Seconds that statements waited for locks, by number, where that is known.

    It was measured with the statement (``waited``), or the statement ended in a lock timeout: then
    all of its time counts, because nothing tells how much went before the wait.
    """
    server = (problem or {}).get("server") or {}
    ended = server.get("statement") if server.get("sqlstate") == LOCK_NOT_AVAILABLE else None
    found = {}
    for one in statements:
        waited = one["seconds"] if one["number"] == ended else one.get("waited")
        if waited:
            found[one["number"]] = waited
    return found


def drilled(
    alias: str,
    series: str,
    attempts: Iterable[Attempt],
    before: datetime | None = None,
) -> dict[str, Drilled]:
    """By version, the newest rehearsal of the files of these attempts, in one query; recorded not
    after ``before``. Rehearsals of other files are no measure and are left out.
    """
    wanted = {one.version: one for one in attempts}
    rows = Rehearsal.objects.filter(alias=alias, series=series).order_by("-pk")
    rows = rows if before is None else rows.filter(recorded_at__lte=before)
    drills = drills_in(rows, wanted).values_list("pk", "drills")[:LOOKED_AT] if wanted else ()
    return drilled_in(drills, wanted.values())


def drilled_in(
    rehearsals: Iterable[tuple[int, Sequence[Facts]]], attempts: Iterable[Attempt]
) -> dict[str, Drilled]:
    """The same from what rehearsals, the newest first, say of migrations; each with its key."""
    wanted = {one.version: one for one in attempts}
    found: dict[str, Drilled] = {}
    for key, drills in rehearsals:
        for drill in drills:
            attempt = wanted.get(drill["version"])
            if attempt is None or not _same_files(drill["files"], attempt):
                continue
            one = _measured(key, drill, Direction(attempt.direction))
            if one is not None:
                found.setdefault(attempt.version, one)
    return found


def drills_in(rows: QuerySet[Rehearsal], versions: Iterable[str]) -> QuerySet[Any]:
    """The rehearsals with what they say of these versions, picked by the database."""
    return rows.annotate(
        drills=Func(
            F("certificate"),
            Value("$.migrations[*] ? (@.version == $wanted[*])"),
            Value({"wanted": list(versions)}, output_field=JSONField()),
            function="jsonb_path_query_array",
            template="%(function)s(%(expressions)s)",
            output_field=JSONField(),
        )
    )


def _measured(key: int, drill: Facts, direction: Direction) -> Drilled | None:
    station = Station.UP if direction is Direction.APPLY else Station.DOWN
    one = next((one for one in drill["stations"] if one["station"] == station), None)
    if one is None:
        return None
    statements = {s["number"]: s["microseconds"] / _MICRO for s in one["statements"]}
    return Drilled(key, one["microseconds"] / _MICRO, statements)


def _same_files(files: Facts, attempt: Attempt) -> bool:
    """The same change, in this wording or another; for a way back, the same way back too."""
    if files["meaning"] != attempt.meaning_digest and files["bytes"] != attempt.bytes_digest:
        return False
    if attempt.direction == Direction.APPLY:
        return True
    way = files["rollbacks"].get(attempt.variant) or {}
    return bool(way.get("bytes") == attempt.rollback_digest)


def ran(alias: str, series: str, drills: Iterable[Facts]) -> dict[str, Attempt]:
    """By version, the newest attempt on the target that applied the files of these drills, with its
    ``seconds``. One query.
    """
    files = {drill["version"]: drill["files"] for drill in drills}
    tries = Attempt.objects.filter(
        run__target__alias=alias,
        series=series,
        version__in=list(files),
        direction=Direction.APPLY.value,
        outcomes__state=StepState.DONE.value,
        outcomes__settled_by=None,
    )
    newest = measured(tries).order_by("version", "-run_id", "-number").distinct("version")
    return {one.version: one for one in newest if _same_files(files[one.version], one)}
