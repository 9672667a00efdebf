"""Gated: the way of a plan through the gate, in either direction.

Under the target's lock: the policy that holds for exactly this change, the permit, drift,
pre-flight, the run, the verification after it.
"""

from dataclasses import dataclass

from django.utils import timezone

from ceremony.actions.access import refuse_unconfirmed
from ceremony.actions.admit import Admission
from ceremony.actions.approval import Wanted, approved, fitting_ceremonies
from ceremony.actions.ceremonies import expire_due
from ceremony.actions.clearance import NOTHING_TO_PREPARE, Asking, Preparation, clear
from ceremony.actions.drift import drift_before
from ceremony.actions.execute import Found, execute
from ceremony.actions.halt import halt_after, refuse_halted
from ceremony.actions.halt_decision import carried_out
from ceremony.actions.override import overriding, refuse_unreviewed
from ceremony.actions.permit import Asked, Permit, PermitKind
from ceremony.actions.policies import policy_for
from ceremony.actions.ready import Ready
from ceremony.actions.rehearsed import XRays, require_rehearsal
from ceremony.actions.verifying import (
    Work,
    not_looked_at,
    remember,
    verify_after,
    with_verification,
)
from ceremony.actions.watching import Watcher
from ceremony.actions.way_back import way_back
from ceremony.conf import Settings
from ceremony.core.plan import Direction, Plan
from ceremony.core.report import RunReport
from ceremony.core.series import Series
from ceremony.sources.git import commit_of


@dataclass(frozen=True)
class Job:
    """What is to run where, and what the caller says of the gate."""

    here: Ready
    plan: Plan
    series: Series
    settings: Settings
    asked: Asked


def permit_for(job: Job) -> Permit:
    """What lets the plan through.

    Raises Refused and UsageError: what ``refuse_halted``, ``refuse_unreviewed``, ``approved``,
    ``overriding`` and ``refuse_unconfirmed`` raise.
    """
    here, plan, asked = job.here, job.plan, job.asked
    policy = policy_for(here.access.target, job.series, plan, job.settings)
    back = way_back(here, plan, job.series, policy, asked.ceremony)
    if back is not None:
        refuse_halted(here, back.ceremony, plan.direction)
        return back
    if asked.ceremony or not policy.is_open:
        expire_due(timezone.now())
    wanted = Wanted(here, plan, job.series, policy, job.settings)
    fitting = [] if asked.ceremony or asked.override else fitting_ceremonies(wanted)
    number = asked.ceremony or (fitting[0].pk if len(fitting) == 1 else 0)
    refuse_halted(here, number or None, plan.direction)
    refuse_unreviewed(here.target)
    if asked.override:
        return overriding(wanted, asked.override)
    if policy.is_open:
        # A request under an open policy is approved by nobody, and shows no more than that.
        refuse_unconfirmed(here.access.target, asked.confirm)
    if asked.ceremony or fitting or not policy.is_open:
        return approved(wanted, number, asked.fingerprint)
    return Permit(PermitKind.OPEN, policy, job.series)


def run_through_the_gate(
    job: Job, permit: Permit, watcher: Watcher, prepare: Preparation = NOTHING_TO_PREPARE
) -> RunReport:
    """Run a plan that has steps and no refusals, with its permit, and verify it.

    ``prepare`` is carried out when nothing stands against the run any more. Raises what ``clear``
    and ``execute`` raise.
    """
    here, plan, settings = job.here, job.plan, job.settings
    drift = drift_before(here, job.series, settings)
    judged = clear(Asking(here, plan, job.series, settings, permit, prepare))
    found = Found(commit_of(settings.root / job.series.name), drift, _rehearsed(job, permit))
    work = Work(here, plan, job.series, permit.policy, settings)
    before = remember(work)
    items = (*judged, *not_looked_at(work, before))
    admission = Admission(here, plan, permit, settings, items)
    report = halt_after(here, permit.policy, execute(here, plan, admission, found, watcher))
    verified = verify_after(work, before, report, watcher)
    carried_out(here)
    return with_verification(report, verified)


def _rehearsed(job: Job, permit: Permit) -> XRays | None:
    """What the rehearsal showed, which the run is held to; a break-glass is held to nothing."""
    applying = job.plan.direction is Direction.APPLY
    if not (applying and permit.policy.rehearsal) or permit.kind is PermitKind.OVERRIDE:
        return None
    version = job.here.access.session.identity.server_version
    return require_rehearsal(job.plan, job.series, job.here.access.target.alias, version)
