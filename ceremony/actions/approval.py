"""Approval: find the approved ceremony that a run may spend, and say why where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from ceremony.actions.judge import (
    again,
    expired,
    refuse_now,
    refuse_state,
    request_command,
    waits_for,
)
from ceremony.actions.manifest import manifest_for
from ceremony.actions.permit import Permit, PermitKind
from ceremony.actions.ready import Ready
from ceremony.actions.rounds import newest_round
from ceremony.actions.stale import stale
from ceremony.conf import Settings
from ceremony.core.manifest import Manifest
from ceremony.core.plan import Direction, Plan
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.core.states import State
from ceremony.errors import Refused
from ceremony.models import Ceremony

_WAITING = (State.REQUESTED, State.CHANGES_REQUESTED, State.APPROVED, State.EXPIRED)


@dataclass(frozen=True)
class Wanted:
    """What is about to run, and where."""

    here: Ready
    plan: Plan
    series: Series
    policy: Policy
    settings: Settings

    @property
    def command(self) -> str:
        """What asks for an approval of it."""
        back = " --rollback" if self.plan.direction is Direction.ROLL_BACK else ""
        alias = self.here.access.target.alias
        return f"manage.py request_sql {self.plan.series} --database {alias}{back}"


def approved(wanted: Wanted, number: int = 0, fingerprint: str = "") -> Permit:
    """The permit of ceremony ``number``, or of the one approved ceremony that fits (0); with a
    ``fingerprint`` for that round alone.

    Raises Refused: approval-missing, approval-ambiguous, approval-stale, and as
    ``judge.refuse_now``.
    """
    if number:
        ceremony = Ceremony.objects.select_related("target").get(pk=number)
        refuse_state(ceremony)
        _refuse_another(ceremony, fingerprint)
        return _permit(wanted, ceremony)
    fitting = fitting_ceremonies(wanted)
    if len(fitting) > 1:
        raise _ambiguous(wanted, fitting)
    if not fitting:
        raise _none(wanted)
    return _permit(wanted, fitting[0])


def _refuse_another(ceremony: Ceremony, fingerprint: str) -> None:
    """What was pressed on a page counts for the round that the page showed."""
    if fingerprint and fingerprint != ceremony.fingerprint:
        raise Refused(
            "approval-stale",
            f"Ceremony {ceremony.pk} has a new round ({ceremony.round}); what was meant is the one "
            "before.",
            next_step=f"Read what it is now; then: {again(ceremony)}",
        )


def fitting_ceremonies(wanted: Wanted) -> list[Ceremony]:
    """The approved ceremonies that were approved for exactly this."""
    return [one for one in _waiting(wanted, State.APPROVED) if not _changed(wanted, one)]


def _permit(wanted: Wanted, ceremony: Ceremony) -> Permit:
    changed = _changed(wanted, ceremony)
    if changed:
        raise _stale(ceremony, changed)
    refuse_now(ceremony, wanted.here.caller, wanted.settings, looked=False)
    manifest = _manifest(wanted, ceremony)
    return Permit(PermitKind.APPROVED, wanted.policy, wanted.series, ceremony.pk, manifest)


def _manifest(wanted: Wanted, ceremony: Ceremony) -> Manifest:
    """The manifest of disk, ledger and settings as they are now, as the ceremony's newest round."""
    return manifest_for(
        wanted.here,
        wanted.plan,
        wanted.series,
        wanted.policy,
        ceremony=ceremony.pk,
        round=ceremony.round,
    )


def _changed(wanted: Wanted, ceremony: Ceremony) -> Sequence[str]:
    return stale(newest_round(ceremony), wanted.here, wanted.plan, wanted.series, wanted.policy)


def _waiting(wanted: Wanted, *states: State) -> list[Ceremony]:
    found = Ceremony.objects.filter(
        target=wanted.here.target,
        series=wanted.plan.series,
        direction=wanted.plan.direction.value,
        state__in=[state.value for state in states],
    )
    return list(found.select_related("target"))


def _ambiguous(wanted: Wanted, fitting: Sequence[Ceremony]) -> Refused:
    numbers = ", ".join(str(one.pk) for one in fitting)
    return Refused(
        "approval-ambiguous",
        f"Ceremonies {numbers} are all approved for exactly this.",
        next_step=f"Say which one to use: {again(fitting[-1])}",
    )


def _stale(ceremony: Ceremony, changed: Sequence[str]) -> Refused:
    told = "\n".join(f"  {sentence}" for sentence in changed)
    return Refused(
        "approval-stale",
        f"Ceremony {ceremony.pk} was approved for something else than what would run now:\n{told}",
        next_step=f"Undo the change, or ask for a new round: {request_command(ceremony)} "
        f"--again {ceremony.pk}",
    )


def _none(wanted: Wanted) -> Refused:
    """No approved ceremony fits: the newest one that comes near is told of."""
    alias, environment = wanted.here.access.target.alias, wanted.here.access.target.environment
    near = _waiting(wanted, *_WAITING)
    ready = [one for one in near if State(one.state) is State.APPROVED]
    if ready:
        return _stale(ready[0], _changed(wanted, ready[0]))
    happened = (
        f"The target {alias!r} is {environment}, and its policy ({wanted.policy.name}) asks for an "
        f"approval before anything runs."
    )
    if not near:
        return Refused(
            "approval-missing",
            f"{happened} No ceremony asks for one.",
            next_step=f"Ask for it: {wanted.command}",
        )
    newest = near[0]
    if State(newest.state) is State.EXPIRED:
        return expired(newest)
    told = f"Ceremony {newest.pk} is {newest.state}. {waits_for(newest)}".rstrip()
    fix = f"When it is approved: {again(newest)}"
    return Refused("approval-missing", f"{happened} {told}", next_step=fix)
