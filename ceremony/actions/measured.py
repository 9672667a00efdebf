"""What the statements of a round did in the rehearsal that was signed with it, and where a run of
the round stopped.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.manifest import Manifest, ManifestStep
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.rehearsal.certificate import digest_of
from ceremony.core.rehearsal.drill import Station
from ceremony.core.xray import LockTaken
from ceremony.models import Outcome, Rehearsal

LOOKED_AT = 20
"""How many rehearsals of one round are looked at."""

Statements = Mapping[int, "Measured"]
"""By the number of the statement."""


@dataclass(frozen=True)
class MeasuredScript:
    """What a script did in a rehearsal: its statements, and the ``seconds`` of all of it, with its
    checks and its COMMIT. Answers that arrive together are told apart by no clock, so that the
    times of quick statements add up to less.
    """

    seconds: float
    statements: Statements


@dataclass(frozen=True)
class Measured:
    """What one statement did in rehearsal ``rehearsal``. ``locks`` are ``None`` where only the time
    was taken; ``rows`` ``None`` where its tag has none.
    """

    rehearsal: int
    seconds: float
    rows: int | None
    locks: tuple[LockTaken, ...] | None
    rewrites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stopped:
    """Where the newest run of a step failed: the number of the statement (0: one of our own), the
    place in the file (0: not known), and what the server said. ``attempt`` is its attempt.
    """

    attempt: str
    statement: int
    line: int
    sqlstate: str
    message: str
    state: str


def measured_in(
    manifest: Manifest, rehearsals: Iterable[Rehearsal] | None = None
) -> Mapping[str, MeasuredScript]:
    """By the meaning digest of a script, what it and its statements did in the rehearsals that the
    manifest names: one query, unless those ``rehearsals`` were read already. Certificates that were
    touched do not count.
    """
    found: dict[str, MeasuredScript] = {}
    for row in _named(manifest) if rehearsals is None else rehearsals:
        signed = {v for v, digest in manifest.rehearsals.items() if digest == row.digest}
        if signed and digest_of(row.certificate) == row.digest:
            for meaning, script in _scripts(row.pk, row.certificate, signed):
                found.setdefault(meaning, script)
    return found


def _named(manifest: Manifest) -> Iterable[Rehearsal]:
    digests = set(manifest.rehearsals.values())
    if not digests:
        return ()
    return Rehearsal.objects.filter(digest__in=digests).order_by("-pk")[:LOOKED_AT]


def stopped_in(manifest: Manifest) -> Mapping[tuple[str, str, str], Stopped]:
    """By version, direction and variant, where the newest attempt of the round stopped: one query.
    A step that went through in the end is not told of.
    """
    of_round = {
        "attempt__run__in_ceremony__ceremony": manifest.ceremony,
        "attempt__run__in_ceremony__manifest__round": manifest.round,
    }
    rows = Outcome.objects.filter(**of_round).exclude(state=StepState.NOT_STARTED.value)
    names = ("attempt__version", "attempt__direction", "attempt__variant")
    facts = rows.order_by("pk").values_list(*names, "attempt", "state", "problem")
    newest = {row[:3]: row[3:] for row in facts}
    return {
        (str(key[0]), str(key[1]), str(key[2])): _stopped(attempt, state, problem)
        for key, (attempt, state, problem) in newest.items()
        if state != StepState.DONE and problem
    }


def _stopped(attempt: Any, state: str, problem: Mapping[str, Any]) -> Stopped:
    server: Mapping[str, Any] = problem.get("server") or {}
    return Stopped(
        str(attempt),
        int(server.get("statement") or 0),
        int(server.get("line") or 0),
        str(server.get("sqlstate") or problem.get("code", "")),
        str(server.get("message") or problem.get("happened", "")),
        state,
    )


def direction_of(step: ManifestStep) -> str:
    """The direction of the attempts at a step."""
    return "roll back" if step.event == "rolled back" else "apply"


def _scripts(
    number: int, certificate: Mapping[str, Any], versions: Iterable[str]
) -> Iterator[tuple[str, MeasuredScript]]:
    """The scripts of a certificate that ran: the changes, and their plain ways back."""
    for drill in certificate["migrations"]:
        if drill["version"] not in versions or drill["recorded_only"]:
            continue
        stations = {one["station"]: one for one in drill["stations"]}
        meanings = {
            Station.UP: drill["files"]["meaning"],
            Station.DOWN: drill["files"]["rollbacks"].get("", {}).get("meaning"),
        }
        for station, meaning in meanings.items():
            if meaning and station.value in stations:
                one = stations[station.value]
                seconds = one["microseconds"] / 1_000_000
                yield meaning, MeasuredScript(seconds, dict(_statements(number, one)))


def _statements(number: int, station: Mapping[str, Any]) -> Iterator[tuple[int, Measured]]:
    xrays = {xray["statement"]: xray for xray in station["xrays"]}
    for one in station["statements"]:
        if one["state"] != StatementState.DONE:
            continue
        xray = xrays.get(one["number"])
        yield (
            one["number"],
            Measured(
                number,
                one["microseconds"] / 1_000_000,
                one["rows"],
                tuple(LockTaken(*lock) for lock in xray["locks"]) if xray else None,
                tuple(xray["rewrites"]) if xray else (),
            ),
        )
