"""Dossiers: everything that control keeps about a ceremony, read at once and judged in memory.

However much there is, a dossier takes the same three questions, and so do those of many ceremonies.
Whoever reads one for an act reads it under the lock, as anything else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet

from ceremony import conf
from ceremony.actions.dossier_rows import Rows, by_ceremony, first, join, people_of, second
from ceremony.actions.people import Member, names_among
from ceremony.actions.rounds import manifest_of, policy_of
from ceremony.actions.targets import are_same
from ceremony.actions.told import Trail, items_told, trail_from
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.manifest import Manifest
from ceremony.core.policy import Policy
from ceremony.models import (
    Ceremony,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Rehearsal,
    Remark,
    RunPurpose,
    SignOff,
    StoredManifest,
)
from ceremony.models.row_digest import row_digest
from ceremony.models.together import together


@dataclass(frozen=True)
class Dossier:
    """What control keeps about one ceremony, of one moment.

    ``newest`` is the manifest of the newest round, ``None`` for a draft; ``found`` every result of
    its items; ``rounds`` are all rounds, the newest first, without their documents. ``sign_offs``,
    ``runs`` and ``remarks`` are those of all rounds, in the order in which they were written.
    ``halts`` are the steps of halts that are about the ceremony, or that stand at its database.
    ``told`` are the digests of results that the trail tells of. ``people`` are accounts by their
    numbers. ``others`` are the ceremonies of the same database that ran without an approval;
    ``rehearsals`` those that its manifest may name, and ``beside`` all rows that were read after.
    """

    ceremony: Ceremony
    newest: StoredManifest | None
    rounds: tuple[StoredManifest, ...]
    sign_offs: tuple[SignOff, ...]
    runs: tuple[CeremonyRun, ...]
    found: tuple[JudgedItem, ...]
    halts: tuple[HaltStep, ...]
    remarks: tuple[Remark, ...]
    people: Mapping[int, Member]
    trail: Trail
    told: frozenset[str] = frozenset()
    others: tuple["Dossier", ...] = ()
    beside: Rows = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stored(self) -> StoredManifest:
        """The manifest of the newest round. Raises StoredManifest.DoesNotExist for a draft."""
        if self.newest is None:
            raise StoredManifest.DoesNotExist(f"Ceremony {self.ceremony.pk} has no round.")
        return self.newest

    @cached_property
    def manifest(self) -> Manifest:
        """The same as it was signed. Raises Tampered (manifest-damaged)."""
        return manifest_of(self.stored)

    @cached_property
    def policy(self) -> Policy:
        """What the newest round was made under. Raises Tampered (manifest-damaged)."""
        return policy_of(self.stored)

    @cached_property
    def items(self) -> Mapping[tuple[Phase, str], tuple[JudgedItem, Judged]]:
        """Every item of the newest round with its newest result, in the order of the checklist. A
        row that no event of the trail tells of counts for nothing: somebody else put it there.
        """
        return known_items(self.found, self.told)

    @cached_property
    def rehearsals(self) -> tuple[Rehearsal, ...]:
        """The rehearsals that the manifest names. Raises Tampered (manifest-damaged)."""
        digests = set(self.manifest.rehearsals.values())
        return tuple(one for one in self.beside["rehearsals"] if one.digest in digests)

    def judged(self, phase: Phase) -> tuple[Judged, ...]:
        """The newest results of a phase."""
        return tuple(one for _, one in self.items.values() if one.item.phase is phase)

    @property
    def unfinished(self) -> tuple[Judged, ...]:
        """The items of every phase that neither passed nor were waived."""
        found = (one for phase in Phase for one in self.judged(phase))
        return tuple(one for one in found if not one.lets_go_on)

    def member(self, user: AbstractUser) -> Member:
        """A person as he or she is now; one who was not asked for has no rights."""
        return self.people.get(user.pk) or Member(user, frozenset(), frozenset())

    def operators(self, purpose: RunPurpose | None = None) -> tuple[str, ...]:
        """Everybody who ran something of the ceremony, under every name that is known."""
        rows = [one for one in self.runs if purpose is None or one.purpose == purpose]
        known, accounts = conf.load().people, [one.user for one in self.people.values()]
        actors = dict.fromkeys(one.run.actor for one in rows)
        return tuple(name for actor in actors for name in names_among(actor, known, accounts))


def judged_of(row: JudgedItem) -> Judged:
    """The value behind a row."""
    item = Item(row.item, row.text, ItemKind(row.kind), Phase(row.phase))
    by = row.user.get_username() if row.user else row.by
    return Judged(item, ItemResult(row.result), row.explanation, row.evidence, by, row.at)


def known_items(
    rows: Iterable[JudgedItem], told: Collection[str]
) -> dict[tuple[Phase, str], tuple[JudgedItem, Judged]]:
    """The newest result of every item among ``rows``, oldest first, with its row."""
    found = ((row, judged_of(row)) for row in rows if row_digest(row) in told)
    return {(one.item.phase, one.item.id): (row, one) for row, one in found}


def dossier_of(ceremony: Ceremony) -> Dossier:
    """That of one ceremony, without what its gates rest on."""
    (found,) = dossiers_of([ceremony])
    return found


def whole_dossier_of(ceremony: Ceremony) -> Dossier:
    """That of one ceremony with all that its gates rest on."""
    (found,) = dossiers_of([ceremony], whole=True)
    return found


def dossiers_of(
    ceremonies: Sequence[Ceremony],
    *,
    viewers: Collection[int] = (),
    whole: bool = False,
    certificates: bool = False,
    beside: Mapping[str, "QuerySet[Any]"] = MappingProxyType({}),
) -> tuple[Dossier, ...]:
    """Those of ``ceremonies``, which come with their targets, in their order.

    ``viewers`` are numbers of accounts to be told of, too. A ``whole`` one knows everybody who may
    sign, the ceremonies that ran without an approval on the same database, and what else its gates
    rest on; ``certificates``: its rehearsals with all that they measured. ``beside`` are other rows
    to be read with them (``models.together``).
    """
    if not ceremonies:
        return ()
    rows = together(**first(ceremonies, whole=whole))
    join(rows)
    given = {one.pk for one in ceremonies}
    others = [one for one in rows["ceremonies"] if one.pk not in given]
    people = people_of(rows, [*ceremonies, *others], viewers, whole=whole)
    gated = given if whole else ()
    more = together(**second(rows, gated=gated, certificates=certificates), **beside)
    trail, told = trail_from(more["events"], more["heads"]), items_told(more["items"])
    by, halts = by_ceremony(rows), {"halts": rows["halts"]}
    found = {
        one.pk: replace(
            _dossier(one, {**by.get(one.pk, {}), **halts}, people, trail), told=told, beside=more
        )
        for one in (*ceremonies, *others)
    }
    ran = [one for one in found.values() if whole and one.ceremony.overridden]
    return tuple(_with_others(found[one.pk], ran) for one in ceremonies)


def _dossier(ceremony: Ceremony, rows: Rows, people: Mapping[int, Member], trail: Trail) -> Dossier:
    """What of all that was read is about one ceremony; ``rows`` are those of ``by_ceremony``, and
    the steps of every halt.
    """
    about = {one.halt for one in rows["halts"] if one.ceremony_id == ceremony.pk}
    halts = (o for o in rows["halts"] if o.halt in about or are_same(o.target, ceremony.target))
    return Dossier(
        ceremony=ceremony,
        newest=next(iter(rows.get("newest", ())), None),
        rounds=tuple(rows.get("rounds", ())),
        sign_offs=tuple(rows.get("sign_offs", ())),
        runs=tuple(rows.get("ceremony_runs", ())),
        found=tuple(rows.get("found", ())),
        halts=tuple(halts),
        remarks=tuple(rows.get("remarks", ())),
        people=people,
        trail=trail,
    )


def _with_others(dossier: Dossier, ran: Iterable[Dossier]) -> Dossier:
    """The same, with those that ran without an approval on its database, itself left out."""
    here = dossier.ceremony
    others = tuple(
        one
        for one in ran
        if one.ceremony.pk != here.pk and are_same(one.ceremony.target, here.target)
    )
    return replace(dossier, others=others)
