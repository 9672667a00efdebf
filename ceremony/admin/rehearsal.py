"""Rehearsals: what was drilled, whether each way back led back, what the changes did."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ceremony.admin.filters import SeriesFilter, TargetFilter
from ceremony.admin.pictures.measured import ran
from ceremony.admin.pictures.works import of_rehearsal
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.rehearsal.certificate import digest_of
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.core.xray import lock_words
from ceremony.models import Attempt, Rehearsal
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

SHOWN_STATEMENTS = 200
CLEAN, FAULTY, REFUSED = "clean", "faulty", "refused"

Facts = Mapping[str, Any]


class RehearsalTargetFilter(TargetFilter):
    """By the alias that the rehearsal was made for."""

    path = "alias"


class RehearsedSeriesFilter(SeriesFilter):
    """By series: those that were rehearsed."""

    def values(self) -> list[str]:
        names = Rehearsal.objects.order_by("series").values_list("series", flat=True)
        return list(names.distinct()[:200])


@admin.register(Rehearsal)
class RehearsalAdmin(ReadOnlyAdmin):
    """One row per rehearsal."""

    list_display = ("rehearsal", "verdict", "shown_target", "by", "at")
    list_filter = (RehearsalTargetFilter, RehearsedSeriesFilter, "is_clean")
    search_fields = ("series", "alias", "actor", "digest")

    @admin.display(description=_("Rehearsal"), ordering="pk")
    def rehearsal(self, row: Rehearsal) -> str:
        return titled(str(row), f"{row.series}, {row.source}")

    @admin.display(description=_("Verdict"), ordering="is_clean")
    def verdict(self, row: Rehearsal) -> str:
        return verdict_mark(row)

    @admin.display(description=_("Target"), ordering="alias")
    def shown_target(self, row: Rehearsal) -> str:
        return visible_line(row.alias)

    @admin.display(description=_("By"), ordering="actor")
    def by(self, row: Rehearsal) -> str:
        return visible_line(row.actor)

    @admin.display(description=_("Recorded"), ordering="recorded_at")
    def at(self, row: Rehearsal) -> str:
        return moment(row.recorded_at)

    def page_context(self, request: HttpRequest, row: Rehearsal) -> dict[str, Any]:
        """The certificate as tables and as a picture, beside what really ran; and whether it still
        has the digest that was recorded.
        """
        stored = row.certificate
        real = ran(row.alias, row.series, stored["migrations"])
        statements = [one for drill in stored["migrations"] for one in _statements(drill)]
        return {
            "verdict": verdict_mark(row),
            "stored": stored,
            "intact": digest_of(stored) == row.digest,
            "drills": [_drill(drill, real.get(drill["version"])) for drill in stored["migrations"]],
            "timeline": of_rehearsal(stored),
            "findings": [_finding(finding) for finding in stored["findings"]],
            "statements": statements[:SHOWN_STATEMENTS],
            "statements_count": len(statements),
            "shown": SHOWN_STATEMENTS,
            "losses": _losses(stored["migrations"]),
            "sequence": stored["sequence"],
        }


def verdict_mark(row: Rehearsal) -> str:
    """``clean``, or how many faults there are."""
    if row.is_clean:
        return mark(CLEAN)
    return mark(FAULTY, _faults(row.faults))


def _faults(number: int) -> str:
    return ngettext("%(number)d fault", "%(number)d faults", number) % {"number": number}


def _drill(drill: Facts, real: Attempt | None) -> dict[str, Any]:
    stations = {one["station"]: one for one in drill["stations"]}
    up = stations.get(Station.UP, {})
    checks = [check for one in drill["stations"] for check in one["checks"]]
    plain, *variants = drill["ways_back"] or [{"verdict": "not run"}]
    return {
        "label": drill["label"],
        "recorded_only": drill["recorded_only"],
        "stations": [_station(drill, station, stations) for station in Station],
        "checks": f"{sum(c['result'] == 'PASS' for c in checks)}/{len(checks)}" if checks else "–",
        "verdict": plain["verdict"],
        "variants": variants,
        "seconds": up.get("microseconds", 0) / 1_000_000,
        "real": real,
    }


def _station(drill: Facts, station: Station, stations: Mapping[str, Facts]) -> str:
    """How a station went. A second run that was only refused is no fault by itself."""
    mark_of = stations[station]["mark"] if station in stations else Mark.NOT_RUN.value
    if station is Station.AGAIN and mark_of == Mark.FAILED and not drill["idempotent_said"]:
        return REFUSED
    return str(mark_of)


def _statements(drill: Facts) -> list[dict[str, Any]]:
    """The statements of the first up, each with its X-ray."""
    up = next((one for one in drill["stations"] if one["station"] == Station.UP), None)
    if up is None:
        return []
    xrays = {xray["statement"]: xray for xray in up["xrays"]}
    return [
        {
            **statement,
            "label": drill["label"],
            "seconds": statement["microseconds"] / 1_000_000,
            "locks": _locks(xrays.get(statement["number"], {}).get("locks", [])),
            "rewrites": xrays.get(statement["number"], {}).get("rewrites", []),
            "scans": xrays.get(statement["number"], {}).get("scans", []),
            "wal_bytes": xrays.get(statement["number"], {}).get("wal_bytes"),
        }
        for statement in up["statements"]
    ]


def _locks(locks: Sequence[Sequence[str]]) -> list[str]:
    return [f"{lock_words(mode)} on {relation}" for relation, mode in locks]


def _finding(finding: Facts) -> dict[str, Any]:
    place = f"{finding['path']}:{finding['line']}" if finding["line"] else finding["path"]
    first, *more = finding["message"].split("\n")
    return {
        **finding,
        "place": place,
        "message": first,
        "hint": "\n".join([*more, finding["hint"]]),
    }


def _losses(drills: Sequence[Facts]) -> list[dict[str, Any]]:
    return [
        {**loss, "label": drill["label"]}
        for drill in drills
        for loss in drill["losses"]
        if loss["rows"]
    ]
