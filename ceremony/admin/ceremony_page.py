"""What the page of a ceremony shows, read from evidence; a damaged round is told as such."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from ceremony import conf
from ceremony.actions.dossier import Dossier, dossiers_of
from ceremony.actions.gates import gates_in
from ceremony.actions.halts import open_halt_among
from ceremony.actions.items import counting
from ceremony.actions.people import SIGN, Member
from ceremony.actions.quorum_gates import quorum_gates
from ceremony.actions.rounds import manifest_of
from ceremony.actions.stale_seen import changes_between
from ceremony.actions.start_refusals import way_back_decided
from ceremony.admin.ceremony_banner import Seen, banner_of, newest_run
from ceremony.admin.ceremony_facts import facts_of, progress_of
from ceremony.admin.ceremony_words import Stop, standing_of
from ceremony.admin.doors import ANSWERERS, doors_in
from ceremony.admin.event_words import gist
from ceremony.admin.frozen_files import ShownSql, shown_sql
from ceremony.admin.pictures import lanes, works
from ceremony.core.check import CheckSeverity
from ceremony.core.expectations import CheckResult
from ceremony.core.gates import Gate, GateState
from ceremony.core.item import ItemKind, Judged, Phase
from ceremony.core.series import SeriesFiles
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.errors import CeremonyError
from ceremony.models import (
    AuditEvent,
    Ceremony,
    CheckRecord,
    JudgedItem,
    Purpose,
    StoredManifest,
)
from ceremony.sources.folder import read_series

EVENTS = 10
"""How many of the newest events of the trail stand on the page."""

RUNS = 20
"""How many of the newest runs do."""

CHECKS = 50
"""How many results of checks do: as many that did not pass, as many that did."""

_AFTER = frozenset({State.VERIFYING, State.AWAITING_SIGN_OFF})


@dataclass(frozen=True)
class ShownItem:
    """An item with its newest row, and what the person may do about it."""

    row: JudgedItem
    judged: Judged
    answers: bool
    waives: bool


def page_of(ceremony: Ceremony, user: AbstractUser) -> dict[str, Any]:
    """Everything that the page shows of ``ceremony`` to ``user``."""
    dossier = read_for_page(ceremony, user)
    rest = dossier.beside
    broken = list(rest["broken"])
    shown: dict[str, Any] = {
        "sign_offs": dossier.sign_offs,
        "checklists": checklists_in(dossier, dossier.member(user)),
        "halts": [one for one in dossier.halts if one.ceremony_id == ceremony.pk],
        "runs": dossier.runs[-RUNS:],
        "runs_cut": max(len(dossier.runs) - RUNS, 0),
        "newest": newest_run(dossier),
        "has_begun": State(ceremony.state) not in BEFORE_THE_RUN,
        "remarks": dossier.remarks,
        "events": [(one, gist(one)) for one in rest["told"]],
        "checks": (*broken, *rest["passed"]),
        "gates": (),
        "doors": (),
        "fault": None,
    }
    try:
        shown |= _of_the_round(dossier, user)
    except CeremonyError as error:
        shown["fault"] = error
    said = [one for one in dossier.sign_offs if one.manifest.round == ceremony.round]
    shown["standing"] = standing_of(ceremony, shown["gates"], said, _stop(dossier))
    seen = Seen(
        user,
        shown["standing"],
        shown["gates"],
        shown["doors"],
        shown.get("changed", ()),
        rest["timeline_attempts"],
        _blocking(shown["checks"]),
        is_damaged=shown["fault"] is not None,
    )
    shown["banner"] = banner_of(dossier, seen)
    primary = shown["banner"].primary
    shown["doors"] = [one for one in shown["doors"] if not primary or one.url != primary.url]
    return shown


def _stop(dossier: Dossier) -> Stop:
    """Whether the target is stopped with the ceremony, and what was decided about that."""
    if open_halt_among(dossier.halts, dossier.ceremony.target) is None:
        return Stop.ALONE
    return Stop.GOES_BACK if way_back_decided(dossier) else Stop.TARGET


def _blocking(checks: Sequence[CheckRecord]) -> int:
    """How many of the newest run with checks did not pass and block. What an earlier run broke was
    repeated by it.
    """
    newest = max(checks, key=lambda one: one.pk, default=None)
    of_it = (one for one in checks if newest and one.run_id == newest.run_id)
    return sum(
        one.severity == CheckSeverity.BLOCK and one.result != CheckResult.PASS for one in of_it
    )


def read_for_page(ceremony: Ceremony, user: AbstractUser) -> Dossier:
    """All that the page shows of a ceremony, but the bytes of its files: three questions."""
    checks = CheckRecord.objects.filter(run__in_ceremony__ceremony=ceremony).order_by("-pk")
    before = StoredManifest.objects.filter(ceremony=ceremony, round=ceremony.round - 1)
    events = AuditEvent.objects.filter(subject=f"Ceremony {ceremony.pk}").order_by("-sequence")
    (dossier,) = dossiers_of(
        [ceremony],
        viewers=(user.pk,),
        whole=True,
        certificates=True,
        beside={
            "before": before,
            "told": events[:EVENTS],
            "broken": checks.exclude(result=CheckResult.PASS.value)[:CHECKS],
            "passed": checks.filter(result=CheckResult.PASS.value)[:CHECKS],
            **works.asked(ceremony),
            **lanes.asked(ceremony.target, ceremony.series),
        },
    )
    return dossier


def staleness_in(dossier: Dossier, files: SeriesFiles | None = None) -> dict[str, Any]:
    """What is known to have changed since the round was requested; or why that cannot be told.
    ``files`` is the folder of the series where it was read already.
    """
    ceremony = dossier.ceremony
    if State(ceremony.state) not in BEFORE_THE_RUN or not ceremony.round:
        return {"changed": ()}
    try:
        settings = conf.load()
        found = files or read_series(settings.root, ceremony.series)
        return {"changed": changes_between(ceremony, dossier.manifest, found, settings)}
    except CeremonyError as error:
        return {"changed": (), "untold": error.happened}


def checklists_in(dossier: Dossier, member: Member) -> tuple[tuple[str, list[ShownItem]], ...]:
    """The items of the newest round by phase; phases without items are left out."""
    found = ((phase.value, _items(dossier, phase, member)) for phase in Phase)
    return tuple((phase, items) for phase, items in found if items)


def _of_the_round(dossier: Dossier, user: AbstractUser) -> Mapping[str, Any]:
    ceremony = dossier.ceremony
    doors = doors_in(dossier, user)
    settings = conf.load()
    files = read_series(settings.root, ceremony.series)
    if not ceremony.round:
        return {"doors": doors, "lanes": _lanes(dossier, ())}
    gates = _gates(dossier, timezone.now())
    sql, fault = _sql(dossier, files)
    facts = sql.facts if sql else None
    manifest = dossier.manifest
    return {
        "gates": gates,
        **staleness_in(dossier, files),
        "doors": doors,
        "stored": dossier.stored,
        "manifest": manifest,
        "facts": facts_of(dossier, facts),
        "progress": progress_of(dossier, gates, facts),
        "steps": sql.steps if sql else (),
        "way_back": sql.way_back if sql else (),
        "since": sql.since if sql else None,
        # Behind its run a series grows, and no file of it is compared any more.
        "on_disk": sql.on_disk if sql and State(ceremony.state) in BEFORE_THE_RUN else (),
        "timeline": works.of_ceremony(manifest, dossier.beside, dossier.rehearsals),
        "lanes": _lanes(dossier, {one.version for one in manifest.steps}),
        "fault": fault,
    }


def _sql(dossier: Dossier, files: SeriesFiles) -> tuple[ShownSql | None, CeremonyError | None]:
    """The files as they were frozen, or why they cannot be shown: the rest of the page stands."""
    try:
        before = next((manifest_of(one) for one in dossier.beside["before"]), None)
        return shown_sql(dossier.manifest, before=before, files=files), None
    except CeremonyError as error:
        return None, error


def _lanes(dossier: Dossier, versions: Collection[str]) -> lanes.Lanes:
    ceremony = dossier.ceremony
    return lanes.lanes_from(ceremony.target, ceremony.series, dossier.beside, versions)


def _gates(dossier: Dossier, now: datetime) -> tuple[Gate, ...]:
    """What stands before its run; once it ran, what stands before its acceptance."""
    state = State(dossier.ceremony.state)
    if state in BEFORE_THE_RUN:
        return gates_in(dossier, now)
    if state is State.AWAITING_SIGN_OFF:
        items = (_item_gate(one) for one in dossier.unfinished)
        return (*items, *quorum_gates(dossier, Purpose.ACCEPTANCE))
    return ()


def _item_gate(one: Judged) -> Gate:
    """What a signature after the run is refused for (items-open)."""
    fix = "Answer it with evidence, or waive it." if _is_human(one) else "Waive it, with a reason."
    name = f"{one.item.phase.value.capitalize()}: {one.item.text.rstrip('.')}"
    return Gate(name, GateState.SHUT, f"{one.result.value}. {one.explanation}".strip(), fix)


def _is_human(one: Judged) -> bool:
    return one.item.kind is ItemKind.HUMAN


def _items(dossier: Dossier, phase: Phase, member: Member) -> list[ShownItem]:
    state = State(dossier.ceremony.state)
    asked = state in (BEFORE_THE_RUN if phase is Phase.PREFLIGHT else _AFTER)
    answers = asked and any(member.may(right) for right in ANSWERERS)
    waives = (asked or state in _AFTER) and member.may(SIGN)
    return [
        ShownItem(
            row,
            judged,
            answers and _is_human(judged),
            waives and not judged.lets_go_on,
        )
        for row, judged in dossier.items.values()
        if judged.item.phase is phase
    ]


def counting_rows(stored: StoredManifest, phase: Phase) -> tuple[tuple[JudgedItem, Judged], ...]:
    """The rows that count, each the newest of its item that the audit trail tells of."""
    return tuple(one for one in counting(stored).values() if one[1].item.phase is phase)
