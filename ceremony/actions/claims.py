"""Claims of the summary and items of the acceptance, answered from what is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ceremony import conf
from ceremony.actions.rehearsed import LOOKED_AT
from ceremony.actions.verification_judges import Before
from ceremony.core.catalog import Snapshot
from ceremony.core.catalog.diff import AlgorithmsDiffer, Difference, diff
from ceremony.core.checklist import ids
from ceremony.core.checklist.acceptance import acceptance_of
from ceremony.core.checklist.ids import CLAIM
from ceremony.core.checklist.items import acceptance_items
from ceremony.core.checklist.judging import UNANSWERED, failed, listed, not_run, passed
from ceremony.core.checklist.preflight import preflight_of
from ceremony.core.checklist.summary import summary_of
from ceremony.core.claims import (
    Found,
    Rehearsed,
    feature_flagged,
    idempotent,
    non_breaking,
    reversible,
)
from ceremony.core.item import Item, ItemKind, ItemResult, Judged
from ceremony.core.plan import Plan
from ceremony.core.policies.given import LOCAL
from ceremony.core.rehearsal.certificate import digest_of, rehearsed
from ceremony.core.series import Series
from ceremony.models import MigrationRecord, RecordState, Rehearsal

_FROM_VERIFICATION: Mapping[str, str] = MappingProxyType(
    {
        "checks": ids.CHECKS,
        "contract": ids.CONTRACT,
        "second-run": ids.SECOND_RUN,
        "rows": ids.ROWS,
        "application": ids.APPLICATION,
    }
)
"""Words for evidence that an item of the verification gives, with its id."""


@dataclass(frozen=True)
class Evidence:
    """What is known after a run: its plan, the results before it and after it, and the catalog then
    and now. ``whole`` says that every step is done.
    """

    alias: str
    plan: Plan
    series: Series
    whole: bool
    preflight: Sequence[Judged]
    verification: Sequence[Judged]
    before: Before
    now: Snapshot | None
    at: datetime


def judge_acceptance(known: Evidence) -> tuple[Judged, ...]:
    """Every item of the acceptance, in order: the automatic ones judged, the human ones open."""
    words = {one.id: one.automatic for one in acceptance_of(known.series.settings)}
    drills = _drills(known)
    return tuple(
        _item(item, words.get(item.id, ""), known, drills)
        for item in acceptance_items(known.series, known.plan)
    )


def _item(item: Item, word: str, known: Evidence, drills: Sequence[Rehearsed]) -> Judged:
    if item.kind is ItemKind.HUMAN:
        return not_run(item, known.at, UNANSWERED)
    if item.id.startswith(CLAIM):
        name = item.id.removeprefix(CLAIM).replace("-", "_")
        said = summary_of(known.series.settings).claims[name]
        return _claimed(item, known.at, said, _claim(name, known, drills))
    if word in _FROM_VERIFICATION:
        return _taken_over(item, known, _FROM_VERIFICATION[word])
    return _told(item, known.at, _other(word, known, drills))


def _claimed(item: Item, at: datetime, said: bool, found: Found) -> Judged:
    if found.true is None:
        return not_run(item, at, found.why, stated=said)
    judged = passed if found.true is said else failed
    return judged(item, at, found.why, stated=said, found=found.true)


def _told(item: Item, at: datetime, found: Found) -> Judged:
    if found.true is None:
        return not_run(item, at, found.why)
    return (passed if found.true else failed)(item, at, found.why)


def _taken_over(item: Item, known: Evidence, name: str) -> Judged:
    """The result of an item of the verification."""
    source = next((one for one in known.verification if one.item.id == name), None)
    if source is None:
        return not_run(item, known.at, f"Nothing of this kind was looked at ({name}).")
    return Judged(item, source.result, source.explanation, {"item": name}, at=known.at)


def _claim(name: str, known: Evidence, drills: Sequence[Rehearsed]) -> Found:
    if name == "reversible":
        return reversible(drills)
    if name == "idempotent":
        return idempotent(drills)
    if name == "non_breaking":
        return non_breaking(_differences(known), _contract(known))
    return feature_flagged(conf.flags(preflight_of(known.series.settings).flags_off))


def _other(word: str, known: Evidence, drills: Sequence[Rehearsed]) -> Found:
    if word == "applied":
        count = len(known.plan.steps)
        return Found(
            known.whole,
            "Every step ran." if known.whole else f"Not every one of {count} steps ran.",
        )
    if word == "preflight":
        wrong = [one.item.id for one in known.preflight if not one.lets_go_on]
        if wrong:
            return Found(False, f"Neither passed nor waived: {listed(wrong)}.")
        if not known.preflight:
            return Found(None, "Nothing was looked at before the run.")
        return Found(True, f"All {len(known.preflight)} items passed or were waived.")
    if word == "rehearsed":
        return reversible(drills)
    return _applied_locally(known)


def _applied_locally(known: Evidence) -> Found:
    """Whether a local target that this control knows has every file of the plan, as it is."""
    wanted = {
        step.migration.version.text: step.migration.script.meaning_digest
        for step in known.plan.steps
    }
    rows = MigrationRecord.objects.filter(
        target__environment=LOCAL,
        series=known.series.name,
        version__in=wanted,
        state=RecordState.APPLIED,
    ).values_list("target__alias", "version", "meaning_digest")
    there: dict[str, set[str]] = {}
    for alias, version, digest in rows:
        if wanted[version] == digest:
            there.setdefault(alias, set()).add(version)
    whole = sorted(alias for alias, versions in there.items() if versions >= set(wanted))
    if whole:
        return Found(True, f"The same files are applied on the local target {listed(whole)}.")
    return Found(None, "No local target of this control has all of these files.")


def _differences(known: Evidence) -> Sequence[Difference] | None:
    if known.before.snapshot is None or known.now is None:
        return None
    try:
        return diff(known.before.snapshot, known.now)
    except AlgorithmsDiffer:
        return None


def _contract(known: Evidence) -> bool | None:
    """Whether the contract held before and holds now; a series without one has nothing to break."""
    if not known.series.contract.requirements:
        return True
    if known.before.contract is not True:
        return known.before.contract
    found = next((one for one in known.verification if one.item.id == ids.CONTRACT), None)
    if found is None or found.result is ItemResult.NOT_RUN:
        return None
    return found.result is ItemResult.PASS


def _drills(known: Evidence) -> tuple[Rehearsed, ...]:
    """The newest rehearsal of each file of the plan, where it was of exactly these files.

    A certificate that does not have its digest any more does not count.
    """
    wanted = {
        str(step.migration.version): step.migration
        for step in known.plan.steps
        if step.script is not None
    }
    found: dict[str, Rehearsed] = {}
    rows = Rehearsal.objects.filter(alias=known.alias, series=known.series.name)
    for row in rows.order_by("-pk")[:LOOKED_AT].iterator(chunk_size=5):
        if len(found) == len(wanted):
            break
        if digest_of(row.certificate) != row.digest:
            continue
        told = rehearsed(row.certificate)
        for entry in row.certificate["migrations"]:
            migration = wanted.get(entry["version"])
            if migration is None or entry["version"] in found or entry["version"] not in told:
                continue
            same = not told[entry["version"]].changed(migration)
            found[entry["version"]] = Rehearsed(migration.label, row.pk, entry if same else None)
    return tuple(
        found.get(version, Rehearsed(migration.label)) for version, migration in wanted.items()
    )
