"""Conclude: what the end of a run means for its ceremony, written in the transaction that closes
the run.

A run that failed halts its ceremony. One that went well leads on as far as nobody needs to look:
under a policy that asks for no verification and no acceptance, to the end.
"""

from dataclasses import replace

from ceremony.actions.ceremonies import advance, locked
from ceremony.actions.halts import halt_ceremony, open_halt_of, state_of
from ceremony.actions.outcome_rows import IN_PLACE
from ceremony.actions.record import Within
from ceremony.actions.rounds import policy_of
from ceremony.core.chain import Json
from ceremony.core.halting import Station, Taken
from ceremony.core.policy import Policy
from ceremony.core.report import Verdict
from ceremony.core.states import Act, State
from ceremony.models import AuditHead, Ceremony, CeremonyRun, MigrationRecord, Run, RunPurpose

CUT_OFF = "run-cut-off"
"""The condition of a run that ended without a word: killed, or its machine gone."""

OPEN_POLICY = "open policy"
"""Who acts where a policy asks nobody."""


def ended(verdict: Verdict, code: str = "") -> Within:
    """For ``close_run``: the run came to ``verdict``; ``code`` is that of its problem."""

    def within(head: AuditHead, run: Run) -> None:
        found = _in_ceremony(run)
        if found is None:
            return
        ceremony = locked(found.ceremony_id)
        if found.purpose == RunPurpose.WAY_BACK:
            if verdict is not Verdict.FAIL:
                _taken_back(head, ceremony, run)
        elif State(ceremony.state) is State.RUNNING:
            _ended(head, ceremony, run, policy_of(found.manifest), verdict, code)

    return within


def cut_off(verdict: Verdict) -> Within:
    """For ``close_run``: the run was settled by another one, which found what ``verdict`` says.

    Where everything turned out to be in, a way back is done, and so is a run that nobody was asked
    about. Any other one is halted: what was to be verified behind it was not.
    """

    def within(head: AuditHead, run: Run) -> None:
        found = _in_ceremony(run)
        if found is None:
            return
        nobody_asked = found.purpose == RunPurpose.WAY_BACK or policy_of(found.manifest).is_open
        whole = verdict is Verdict.PARTIAL and nobody_asked
        ended(verdict if whole else Verdict.FAIL, CUT_OFF)(head, run)

    return within


def verified(head: AuditHead, ceremony: Ceremony, policy: Policy, actor: str) -> None:
    """The verification after the run is done, and nothing stands against going on."""
    advance(head, ceremony, Act.VERIFY, actor)
    if not policy.acceptances:
        advance(head, ceremony, Act.SIGN_OFF, OPEN_POLICY)


def halted_meanwhile(head: AuditHead, ceremony: Ceremony, actor: str) -> Taken | None:
    """The STOP of a halt that came while the ceremony was at work, and that nobody has assessed
    yet: the ceremony is halted then, and goes on to nothing.
    """
    halt = open_halt_of(ceremony.target)
    if halt is None or state_of(halt.id).next is not Station.ASSESS:
        return None
    stopped = state_of(halt.id).taken[0]
    halt_ceremony(head, replace(halt, ceremony=ceremony.pk), stopped.condition, actor)
    return stopped


def _in_ceremony(run: Run) -> CeremonyRun | None:
    return CeremonyRun.objects.select_related("manifest").filter(run=run).first()


def _ended(
    head: AuditHead, ceremony: Ceremony, run: Run, policy: Policy, verdict: Verdict, code: str
) -> None:
    told: dict[str, Json] = {"run": run.pk, "verdict": verdict.value, "problem": code}
    if verdict in {Verdict.FAIL, Verdict.NOT_RUN}:
        advance(head, ceremony, Act.HALT, run.actor, told)
        return
    advance(head, ceremony, Act.FINISH, run.actor, told)
    if not policy.verify and halted_meanwhile(head, ceremony, run.actor) is None:
        verified(head, ceremony, policy, OPEN_POLICY)


def _taken_back(head: AuditHead, ceremony: Ceremony, run: Run) -> None:
    """A way back that went well ends the ceremony once nothing of it is left in the target."""
    left = MigrationRecord.objects.filter(
        target=run.target, state__in=IN_PLACE, last_attempt__run__in_ceremony__ceremony=ceremony
    )
    if State(ceremony.state) is State.HALTED and not left.exists():
        advance(head, ceremony, Act.ROLL_BACK, run.actor, {"run": run.pk})
