"""The rows of dossiers: what is asked for, and how the rows are joined once they are here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from ceremony import conf
from ceremony.actions.people import SIGN, Member, members
from ceremony.actions.promotion import promoting
from ceremony.actions.rounds import manifest_of, policy_of
from ceremony.actions.targets import is_same
from ceremony.actions.told import events_beside, heads, item_events
from ceremony.core.halting import Station
from ceremony.errors import Tampered
from ceremony.models import (
    Ceremony,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Rehearsal,
    Remark,
    Run,
    RunOutcome,
    SignOff,
    StoredManifest,
    Target,
)

Rows = Mapping[str, list[Any]]
Asked = Mapping[str, "QuerySet[Any]"]


def first(ceremonies: Sequence[Ceremony], *, whole: bool) -> Asked:
    """All that names one of the ceremonies; for ``whole`` ones also what names those that ran
    without an approval on the same databases.
    """
    places = {one.target_id: one.target for one in ceremonies}
    targets = Target.objects.filter(reduce(or_, (is_same(one) for one in places.values())))
    asked = Q(pk__in=[one.pk for one in ceremonies])
    if whole:
        asked |= Q(overridden=True, target__in=targets.values("pk"))
    about = Ceremony.objects.filter(asked)
    numbers = about.order_by().values("pk")
    rounds = StoredManifest.objects.filter(ceremony__in=numbers)
    newest = rounds.order_by("ceremony_id", "-round").distinct("ceremony_id")
    return {
        "ceremonies": about.order_by("pk"),
        "targets": targets,
        "rounds": rounds.defer("document").order_by("ceremony_id", "-round"),
        "newest": newest,
        "sign_offs": SignOff.objects.filter(manifest__ceremony__in=numbers).order_by("pk"),
        "ceremony_runs": CeremonyRun.objects.filter(ceremony__in=numbers).order_by("run_id"),
        "runs": Run.objects.filter(in_ceremony__ceremony__in=numbers).order_by(),
        "outcomes": RunOutcome.objects.filter(run__in_ceremony__ceremony__in=numbers),
        "found": JudgedItem.objects.filter(manifest__in=newest.values("pk")).order_by("pk"),
        "halts": _halts(numbers, targets).order_by("pk"),
        "remarks": Remark.objects.filter(ceremony__in=numbers).order_by("pk"),
    }


def second(rows: Rows, *, gated: Collection[int], certificates: bool) -> Asked:
    """What those rows lead to: the trail that tells of them, and what the gates of the ceremonies
    ``gated`` rest on, by their numbers; those beside them have none that is asked for.
    """
    numbers = {one.manifest.ceremony_id for one in rows["found"]}
    asked: dict[str, QuerySet[Any]] = {
        "events": events_beside(rows["sign_offs"]),
        "heads": heads(),
        "items": item_events(numbers),
    }
    if gated:
        newest = [one for one in rows["newest"] if one.ceremony_id in gated]
        asked |= _behind_gates(newest, certificates=certificates)
    return asked


def join(rows: Rows) -> None:
    """Let the rows know each other, so that following a relation asks nothing."""
    targets = {one.pk: one for one in rows["targets"]}
    rounds = {one.pk: one for one in (*rows["rounds"], *rows["newest"])}
    runs = {one.pk: one for one in rows["runs"]}
    outcomes = {one.pk: one for one in rows["outcomes"]}
    for run in runs.values():
        Run.outcome.related.set_cached_value(run, outcomes.get(run.pk))
    for one in rows["ceremonies"]:
        one.target = targets.get(one.target_id) or one.target
    for one in rows["sign_offs"]:
        one.manifest = rounds[one.manifest_id]
    for one in rows["ceremony_runs"]:
        one.run, one.manifest = runs[one.run_id], rounds[one.manifest_id]
    for one in rows["found"]:
        one.manifest = rounds[one.manifest_id]
    for one in rows["halts"]:
        one.target = targets.get(one.target_id) or one.target


def by_ceremony(rows: Rows) -> Mapping[int, Mapping[str, list[Any]]]:
    """The rows that are about one ceremony each, by its number; they know each other."""
    found: dict[int, dict[str, list[Any]]] = {}
    for name in ("newest", "rounds", "ceremony_runs", "remarks"):
        for one in rows[name]:
            found.setdefault(one.ceremony_id, {}).setdefault(name, []).append(one)
    for name in ("sign_offs", "found"):
        for one in rows[name]:
            found.setdefault(one.manifest.ceremony_id, {}).setdefault(name, []).append(one)
    return found


def people_of(
    rows: Rows, ceremonies: Iterable[Ceremony], viewers: Iterable[int], *, whole: bool
) -> Mapping[int, Member]:
    """Every account that is named, by its number, and everybody who may sign for ``whole`` ones.
    The rows know theirs.
    """
    named = [*rows["sign_offs"], *(one for one in rows["found"] if one.user_id)]
    asked: list[Any] = [one for one in ceremonies if one.requested_by_id]
    numbers = {*viewers, *(o.user_id for o in named), *(o.requested_by_id for o in asked)}
    known = conf.load().people
    shell = {known.get(one.actor, one.actor) for one in rows["runs"]}
    right = SIGN if whole else ""
    found = {one.user.pk: one for one in members(numbers, right=right, at_shell=sorted(shell))}
    for row in named:
        row.user = found[row.user_id].user
    for one in asked:
        one.requested_by = found[one.requested_by_id].user
    return found


def _halts(numbers: Any, targets: QuerySet[Target]) -> QuerySet[HaltStep]:
    """The steps of halts that are about a ceremony, or that stand at a database."""
    steps = HaltStep.objects.order_by().values("halt")
    about = steps.filter(ceremony__in=numbers)
    stops = steps.filter(station=Station.STOP.value, target__in=targets.values("pk"))
    lifted = steps.filter(station=Station.LIFT.value)
    return HaltStep.objects.filter(Q(halt__in=about) | (Q(halt__in=stops) & ~Q(halt__in=lifted)))


def _behind_gates(newest: Collection[StoredManifest], *, certificates: bool) -> Asked:
    """The rehearsals that manifests name, and what was accepted where it has to be first. A damaged
    manifest names nothing: whoever reads it is told.
    """
    digests: set[str] = set()
    places: set[tuple[str, str]] = set()
    for stored in newest:
        try:
            manifest, policy = manifest_of(stored), policy_of(stored)
        except Tampered:
            continue
        digests |= set(manifest.rehearsals.values())
        if policy.promotion:
            places.add((manifest.series, policy.promotion))
    rehearsals = Rehearsal.objects.filter(digest__in=sorted(digests)).order_by("pk")
    return {
        "rehearsals": rehearsals if certificates else rehearsals.defer("certificate"),
        **promoting(places),
    }
