"""What the page of a signature is about, read once and judged in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import Max, Q

from ceremony import conf
from ceremony.actions.dossier import Dossier, dossiers_of
from ceremony.actions.people import Member
from ceremony.actions.quorums import QuorumNow, quorum_in
from ceremony.actions.rounds import manifest_of
from ceremony.actions.sign_refusals import in_time_in
from ceremony.actions.signers import Objection, objection_of, silence_of
from ceremony.actions.signing import losses_of
from ceremony.actions.subjects import subject_in
from ceremony.admin.ceremony_facts import facts_of
from ceremony.admin.ceremony_page import checklists_in, staleness_in
from ceremony.admin.frozen_files import ShownSql, shown_sql
from ceremony.admin.looked import Changed, changed_between, looked_at
from ceremony.core.manifest import Manifest
from ceremony.core.series import SeriesFiles
from ceremony.models import Ceremony, Decision, Purpose, SignOff, StoredManifest
from ceremony.sources.folder import read_series

_EARLIER = "earlier"


@dataclass(frozen=True)
class Reading:
    """A ceremony as one person sees it who is about to sign for one purpose. ``remembered`` is the
    round that was looked at before, as the browser knows it.
    """

    dossier: Dossier
    user: AbstractUser
    purpose: Purpose
    remembered: int = 0

    @property
    def member(self) -> Member:
        """The person with rights and groups as they are now."""
        return self.dossier.member(self.user)

    @cached_property
    def subject(self) -> str:
        """What is signed."""
        return subject_in(self.dossier, self.purpose)

    @cached_property
    def quorum(self) -> QuorumNow:
        """Who signed, and who is missing."""
        return quorum_in(self.dossier, self.purpose)

    @property
    def objection(self) -> Objection | None:
        """Why the person may comment at most; ``None`` where he or she may approve."""
        return objection_of(self.member, self.quorum.rules)

    @property
    def silence(self) -> Objection | None:
        """Why the person may not even comment."""
        return silence_of(self.member)

    @property
    def signed_already(self) -> SignOff | None:
        """The person's own signature, where it stands."""
        own = (one for one in self.quorum.standings if one.sign_off.user_id == self.user.pk)
        return next((one.sign_off for one in own), None)

    @cached_property
    def since(self) -> int:
        """The newest round that the person looked at, 0 for none."""
        return looked_at(self.dossier, self.user, self.remembered)

    @cached_property
    def before(self) -> Manifest | None:
        """What was to be signed in that round, where it was an earlier one."""
        rounds: list[StoredManifest] = self.dossier.beside[_EARLIER]
        stored = next((one for one in rounds if one.round == self.since), None)
        return manifest_of(stored) if stored else None

    @cached_property
    def sql(self) -> ShownSql:
        """What runs, its way back, what both do, and what an approver accepts besides losses."""
        return shown_sql(self.dossier.manifest, before=self.before, files=self.files)

    @cached_property
    def files(self) -> SeriesFiles:
        """The folder of the series as it is now."""
        return read_series(conf.load().root, self.dossier.ceremony.series)

    @property
    def looked(self) -> Changed:
        """What changed since the person last looked."""
        return changed_between(self.since, self.before, self.dossier.manifest, self.sql.since)

    @cached_property
    def shown(self) -> Mapping[str, Any]:
        """What the page shows of it. Raises Tampered (manifest-damaged, frozen-missing,
        frozen-differs).
        """
        dossier, sql = self.dossier, self.sql
        return {
            "stored": dossier.stored,
            "manifest": dossier.manifest,
            "losses": losses_of(dossier.manifest),
            "sql": sql,
            "facts": facts_of(dossier, sql.facts),
            "steps": sql.steps,
            "way_back": sql.way_back,
            "sign_offs": dossier.sign_offs,
            "checklists": checklists_in(dossier, self.member),
            "halts": [one for one in dossier.halts if one.ceremony_id == dossier.ceremony.pk],
            "runs": dossier.runs,
            "looked": self.looked,
            **staleness_in(dossier, self.files),
        }

    def in_time(self, decision: Decision) -> bool:
        """Whether the ceremony asks for this now."""
        return in_time_in(self.dossier, self.purpose, decision)


def reading_of(
    ceremony: Ceremony, user: AbstractUser, purpose: Purpose, remembered: int = 0
) -> Reading:
    """Read it, with what was signed in earlier rounds that the person has looked at."""
    said = SignOff.objects.filter(
        manifest__ceremony=ceremony, user=user.pk, manifest__round__lt=ceremony.round
    )
    newest = said.order_by().values("manifest__ceremony").annotate(newest=Max("manifest__round"))
    earlier = StoredManifest.objects.filter(
        Q(round=remembered) | Q(round__in=newest.values("newest")), ceremony=ceremony
    )
    asked: Collection[int] = (user.pk,)
    (dossier,) = dossiers_of([ceremony], viewers=asked, beside={_EARLIER: earlier})
    return Reading(dossier, user, purpose, remembered)
