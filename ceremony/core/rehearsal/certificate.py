"""The certificate of a rehearsal: what was rehearsed, on what, and what came of it.

Canonical JSON (``core.chain``) with a digest; times are whole microseconds. It binds to the bytes
of every file, so that a later run can tell whether what it is about to do is what was rehearsed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from ceremony.core.chain import Json, canonical
from ceremony.core.finding import Finding, Severity
from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem, StepOutcome
from ceremony.core.rehearsal.drill import Drill, StationResult
from ceremony.core.rehearsal.judgement import OF_SEQUENCE
from ceremony.core.rehearsal.picture import Compared, RowsDiffer
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.rehearsal.sequence import Residue, SequenceStep
from ceremony.core.rehearsal.way_back import WayBack
from ceremony.core.xray import XRay
from ceremony.core.xray import from_json as xray_of

FORMAT = "ceremony-rehearsal-v1"
ALGORITHM = "rehearsal1"


def certificate(report: RehearsalReport, tool_version: str) -> dict[str, Json]:
    """Everything that is kept of a rehearsal."""
    return {
        "format": FORMAT,
        "series": report.series,
        "target": report.target.alias,
        "environment": report.target.environment,
        "source": report.source,
        "rows": report.rows,
        "only": report.only,
        "server_version": report.target.server_version,
        "extensions": dict(sorted(report.extensions.items())),
        "fingerprints": dict(sorted(report.fingerprints.items())),
        "tool_version": tool_version,
        "started_at": report.started_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "microseconds": _microseconds(report.seconds),
        "clean": report.clean,
        "migrations": [_drill(drill) for drill in report.drills],
        "not_drilled": list(report.not_drilled),
        "sequence": [_sequence_step(step) for step in report.sequence],
        "findings": [_finding(finding) for finding in report.findings],
        "risks": [asdict(risk) for risk in report.risks],
    }


def digest_of(stored: Mapping[str, Json]) -> str:
    """``rehearsal1:`` and the SHA-256 of the canonical certificate."""
    return f"{ALGORITHM}:{hashlib.sha256(canonical(stored)).hexdigest()}"


def file_digests(migration: Migration) -> dict[str, Json]:
    """The digests of every file of a migration, as a certificate holds them."""
    return {
        "bytes": migration.script.bytes_digest,
        "meaning": migration.script.meaning_digest,
        "checks": migration.verify_digest,
        "rollbacks": {
            variant: {"bytes": script.bytes_digest, "meaning": script.meaning_digest}
            for variant, script in sorted(migration.rollbacks.items())
        },
    }


@dataclass(frozen=True)
class Rehearsed:
    """What a certificate says of one migration. ``clean``: no error was found about it.

    ``alone``: no sequence was run with it (``--only``). ``sequence_clean``: where one was, no error
    was found about this migration in it.
    """

    version: str
    files: Mapping[str, Any]
    clean: bool
    server_version: int
    xrays: tuple[XRay, ...]
    alone: bool = False
    sequence_clean: bool = True

    def changed(self, migration: Migration) -> tuple[str, ...]:
        """Which files are not those that were rehearsed. Another wording of the same change is."""
        now: Mapping[str, Any] = file_digests(migration)
        found = []
        if now["meaning"] != self.files.get("meaning"):
            found.append(migration.path)
        if now["checks"] != self.files.get("checks"):
            found.append(f"{migration.path.removesuffix('.sql')}.verify.sql")
        kept: Mapping[str, Any] = self.files.get("rollbacks", {})
        for variant, script in migration.rollbacks.items():
            if kept.get(variant, {}).get("meaning") != script.meaning_digest:
                found.append(script.path)
        gone = sorted(set(kept) - set(migration.rollbacks))
        found += [f"{migration.label}.rollback{f'.{name}' if name else ''}.sql" for name in gone]
        return tuple(found)


def rehearsed(stored: Mapping[str, Any]) -> dict[str, Rehearsed]:
    """What a certificate says, by version. Raises KeyError, TypeError or ValueError for something
    else than a certificate.
    """
    faults = [finding for finding in stored["findings"] if finding["severity"] == "error"]
    broken = {finding["migration"] for finding in faults}
    of_sequence = {one["migration"] for one in faults if one["code"] in OF_SEQUENCE}
    return {
        one["version"]: Rehearsed(
            one["version"],
            one["files"],
            one["label"] not in broken,
            int(stored["server_version"]),
            tuple(
                _xray_of(value)
                for station in one["stations"]
                if station["station"] == "up"
                for value in station["xrays"]
            ),
            alone=bool(stored["only"]),
            sequence_clean=one["label"] not in of_sequence,
        )
        for one in stored["migrations"]
        if not one["recorded_only"]
    }


def _drill(drill: Drill) -> dict[str, Json]:
    migration = drill.migration
    return {
        "version": str(migration.version),
        "label": migration.label,
        "path": migration.path,
        "files": file_digests(migration),
        "recorded_only": drill.recorded_only,
        "idempotent_said": drill.idempotent_said,
        "rows_refused": _problem(drill.rows_refused),
        "stations": [_station(one) for one in drill.stations],
        "ways_back": [_way_back(one) for one in drill.ways_back],
        "losses": [
            {"what": one.what, "rows": one.rows, "declared": one.declared} for one in drill.losses
        ],
    }


def _station(one: StationResult) -> dict[str, Json]:
    outcome = one.outcome
    return {
        "station": one.station.value,
        "mark": one.mark.value,
        "why": one.why,
        "microseconds": _microseconds(one.seconds),
        "differences": _compared(one.compared),
        "rewritten": list(one.rewritten),
        "problem": _problem(one.problem),
        "statements": _statements(outcome) if outcome else [],
        "checks": _checks(outcome) if outcome else [],
        "xrays": [_xray(xray) for xray in outcome.xrays] if outcome else [],
    }


def _statements(outcome: StepOutcome) -> list[Json]:
    known = {s.number: s for s in outcome.step.script.statements} if outcome.step.script else {}
    return [
        {
            "number": result.number,
            "line": known[result.number].line if result.number in known else 0,
            "summary": known[result.number].summary if result.number in known else "",
            "state": result.state.value,
            "tag": result.tag,
            "rows": result.rows,
            "microseconds": _microseconds(result.seconds),
        }
        for result in outcome.statements
    ]


def _checks(outcome: StepOutcome) -> list[Json]:
    return [
        {
            "name": one.check.name,
            "when": one.check.when.value,
            "result": one.result.value,
            "explanation": one.explanation,
        }
        for one in outcome.checks
    ]


def _way_back(way: WayBack) -> dict[str, Json]:
    return {
        "variant": way.variant,
        "verdict": way.verdict.value,
        "why": way.why,
        "remains": list(way.remains.sentences),
        "problem": _problem(way.problem),
    }


def _sequence_step(step: SequenceStep) -> dict[str, Json]:
    return {
        "label": step.migration.label,
        "direction": step.direction.value,
        "mark": step.mark.value,
        "why": step.why,
        "problem": _problem(step.problem),
        "left": [_residue(one) for one in step.left],
        "blamed": [_residue(one) for one in step.blamed],
    }


def _residue(one: Residue) -> dict[str, Json]:
    return {
        "label": one.label,
        "direction": one.direction.value,
        "steps_ago": one.steps_ago,
        "sentence": one.sentence,
    }


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "migration": finding.path.rpartition("/")[2].partition(".")[0],
        "path": finding.path,
        "line": finding.line,
        "code": finding.code,
        "severity": Severity(finding.severity).value,
        "message": finding.message,
        "hint": finding.hint,
    }


def _compared(found: Compared) -> list[Json]:
    return [
        *(one.to_json() for one in found.catalog),
        *(_rows(one) for one in found.rows),
    ]


def _rows(one: RowsDiffer) -> dict[str, Json]:
    return {
        "kind": "rows",
        "name": one.table,
        "new": len(one.new),
        "gone": len(one.gone),
        "sentence": one.sentence,
    }


def _problem(problem: Problem | None) -> dict[str, Json] | None:
    if problem is None:
        return None
    server = problem.server
    return {
        "code": problem.code,
        "happened": problem.happened,
        "sqlstate": server.sqlstate if server else "",
        "message": server.message if server else "",
        "statement": server.statement if server else 0,
        "line": server.line if server else 0,
    }


def _xray(xray: XRay) -> dict[str, Json]:
    told: dict[str, Any] = xray.to_json()
    seconds = told.pop("seconds")
    return {**told, "microseconds": _microseconds(seconds)}


def _xray_of(value: Mapping[str, Any]) -> XRay:
    """The X-ray behind its entry in a certificate."""
    return xray_of({**value, "seconds": value["microseconds"] / 1_000_000})


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
