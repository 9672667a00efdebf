"""Admit: let a run through the gate in the very transaction that opens it, and spend its permit.

A run that is refused here was never opened; one that was opened has its ceremony running, its
manifest spent, and the events that say so.
"""

from collections.abc import Sequence

from django.utils import timezone

from ceremony.actions.authors import authors_of
from ceremony.actions.ceremonies import advance, note
from ceremony.actions.conclude import OPEN_POLICY
from ceremony.actions.halts import open_halt_of
from ceremony.actions.items import write_items
from ceremony.actions.judge import refuse_unfit
from ceremony.actions.manifest import manifest_for
from ceremony.actions.open_round import begun, stored_round
from ceremony.actions.override import refuse_unable
from ceremony.actions.people import account
from ceremony.actions.permit import PURPOSES, Permit, PermitKind
from ceremony.actions.ready import Ready
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.way_back import refuse_way_back_over
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.core.finding import Finding, warn
from ceremony.core.item import Judged
from ceremony.core.manifest import Manifest
from ceremony.core.plan import Direction, Plan
from ceremony.core.policies.given import risk_of
from ceremony.core.states import Act, State
from ceremony.models import (
    AuditHead,
    Ceremony,
    CeremonyRun,
    Run,
    Spending,
    StoredManifest,
)
from ceremony.models.audit import Action

_LONGEST_TITLE = 300


class Admission:
    """``open_run`` calls it. Afterwards ``stored`` is the manifest of the run's ceremony, whose
    fingerprint the ledger rows of the run carry. ``judged`` are items of its checklists that are
    recorded with it.
    """

    def __init__(
        self,
        here: Ready,
        plan: Plan,
        permit: Permit,
        settings: Settings,
        judged: Sequence[Judged] = (),
    ) -> None:
        self.stored = StoredManifest()
        self._here = here
        self._plan = plan
        self._permit = permit
        self._settings = settings
        self._judged = judged

    def is_under_halt(self) -> bool:
        """Whether the run was let through although, and because, its target is halted."""
        asks = not self._permit.policy.is_open
        return asks and open_halt_of(self._here.target) is not None

    def __call__(self, head: AuditHead, run: Run) -> None:
        {
            PermitKind.OPEN: self._open,
            PermitKind.APPROVED: self._approved,
            PermitKind.WAY_BACK: self._way_back,
            PermitKind.OVERRIDE: self._override,
        }[self._permit.kind](head, run)

    @property
    def why(self) -> str:
        """Why nobody approved the run; ``""`` for one that was let through."""
        return self._permit.why

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be said about how the run came through the gate, wherever it is told of."""
        if self._permit.kind is not PermitKind.OVERRIDE:
            return ()
        return (
            warn(
                "",
                "override-run",
                f"This ran without an approval ({self.why}); ceremony {self.stored.ceremony_id} "
                "says so for ever.",
                "Nothing else runs on this target until two others have signed the review on its "
                "page in the admin.",
            ),
        )

    def _open(self, head: AuditHead, run: Run) -> None:
        """A ceremony of its own, or the next round of the one that the last failure halted: going
        on is the decision to fix forward.
        """
        halted = _left_halted(run, self._plan)
        ceremony = halted or self._begun(run)
        self._next_round(ceremony, run)
        told: dict[str, Json] = {"decision": "fix forward"} if halted else {}
        advance(head, ceremony, Act.REQUEST, run.actor, told, (self.stored,))
        advance(head, ceremony, Act.APPROVE, OPEN_POLICY)
        self._spend(head, ceremony, run, Act.START)

    def _override(self, head: AuditHead, run: Run) -> None:
        """A ceremony of its own that nobody approved, and that says so for ever. The right to it
        is asked for again: a backup may have taken its time.
        """
        refuse_unable(self._here.caller)
        ceremony = self._begun(run)
        self._next_round(ceremony, run)
        self._spend(head, ceremony, run, Act.OVERRIDE)

    def _approved(self, head: AuditHead, run: Run) -> None:
        self.stored = refuse_unfit(self._permit, self._here.caller, self._settings)
        self._spend(head, self.stored.ceremony, run, Act.START)

    def _way_back(self, head: AuditHead, run: Run) -> None:
        """No approval is spent: the way back was approved with the way there."""
        self.stored = refuse_way_back_over(self._permit)
        ceremony = self.stored.ceremony
        member = self._member(run)
        told: dict[str, Json] = {"run": run.pk}
        note(head, ceremony, Action.WAY_BACK_STARTED, run.actor, told, (member,))
        member.save(force_insert=True)

    def _begun(self, run: Run) -> Ceremony:
        return begun(self._here, self._plan, run.actor)

    def _next_round(self, ceremony: Ceremony, run: Run) -> None:
        """The manifest of what runs now, frozen and stored; the caller's act saves the row."""
        permit = self._permit
        manifest = manifest_for(
            self._here,
            self._plan,
            permit.series,
            permit.policy,
            ceremony=ceremony.pk,
            round=ceremony.round + 1,
        )
        self.stored = stored_round(ceremony, permit.series, manifest, run.actor, permit.why)
        self.stored.save(force_insert=True)
        ceremony.title = _title(self._plan)
        ceremony.policy = permit.policy.name
        ceremony.risk = risk_of(self._plan)
        ceremony.authors = list(self._authors(manifest, run))

    def _authors(self, manifest: Manifest, run: Run) -> tuple[str, ...]:
        """Who made the change, where somebody is asked to look at it afterwards; else who runs it:
        no round trip to git is spent on what nobody signs.
        """
        if self._permit.kind is PermitKind.OPEN and not self._permit.policy.acceptances:
            return (run.actor,)
        caller = self._here.caller
        user = account(caller.account) if caller.account else None
        return authors_of(self._plan, manifest, caller, user, self._settings)

    def _spend(self, head: AuditHead, ceremony: Ceremony, run: Run, act: Act) -> None:
        spending = Spending(manifest=self.stored, run=run, at=timezone.now())
        member = self._member(run)
        told: dict[str, Json] = {"run": run.pk, "by": self._permit.kind.value}
        if self._permit.why:
            told |= {"why": self._permit.why, "account": self._here.caller.account}
        untold = (self.stored,) if act is Act.OVERRIDE else ()
        advance(head, ceremony, act, run.actor, told, (*untold, spending, member))
        spending.save(force_insert=True)
        member.save(force_insert=True)
        if self._judged:
            write_items(head, ceremony, self.stored, self._judged, run.actor)

    def _member(self, run: Run) -> CeremonyRun:
        return CeremonyRun(
            run=run,
            ceremony=self.stored.ceremony,
            manifest=self.stored,
            purpose=PURPOSES[self._permit.kind],
            reason=self._permit.why,
        )


def _left_halted(run: Run, plan: Plan) -> Ceremony | None:
    """The ceremony that the last failure under an open policy left, if nothing came after it."""
    newest = (
        Ceremony.objects.select_for_update()
        .filter(target=run.target, series=plan.series, direction=plan.direction.value)
        .first()
    )
    if newest is None or State(newest.state) is not State.HALTED:
        return None
    return newest if policy_of(newest_round(newest)).is_open else None


def _title(plan: Plan) -> str:
    verb = "Apply" if plan.direction is Direction.APPLY else "Roll back"
    labels = [step.migration.label for step in plan.steps]
    if len(labels) == 1:
        return f"{verb} {labels[0]}"[:_LONGEST_TITLE]
    return f"{verb} {len(labels)} migrations, {labels[0]} to {labels[-1]}"[:_LONGEST_TITLE]
