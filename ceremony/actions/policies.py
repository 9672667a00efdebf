"""Policies: which one holds for a change of a series on a target."""

from ceremony.actions.rehearsed import rehearsal_required
from ceremony.conf import LOCAL, Settings, TargetSettings
from ceremony.core.finding import Finding, warn
from ceremony.core.plan import Plan
from ceremony.core.policies import strictness
from ceremony.core.policies.given import risk_of, tightened
from ceremony.core.policies.strictness import tighten
from ceremony.core.policy import Policy
from ceremony.core.series import Series, SeriesSettings


def policy_for(target: TargetSettings, series: Series, plan: Plan, settings: Settings) -> Policy:
    """What settings say for the target's environment and the risk of the plan, with what the series
    adds.
    """
    return policy_at(target, series.settings, risk_of(plan), settings)


def policy_at(
    target: TargetSettings, series: SeriesSettings, risk: str, settings: Settings
) -> Policy:
    """The same for a risk that is known already (``""``: not said).

    On local targets that settings do not speak of, a series adds the rehearsal alone: what it asks
    of people is asked where people are.
    """
    policy = settings.policies.policy_in(target.environment, risk)
    if target.environment != LOCAL or settings.policies.speaks_of(LOCAL):
        policy = tightened(policy, series, risk)
    if rehearsal_required(target, series):
        policy = tighten(policy, Policy(policy.name, rehearsal=True))
    return policy


def weaknesses(policy: Policy) -> tuple[Finding, ...]:
    """One finding (policy-weak) where the policy asks for less than the protected one."""
    found = strictness.weaknesses(policy)
    if not found:
        return ()
    return (
        warn(
            "",
            "policy-weak",
            f"The policy {policy.name!r} asks for less than the protected one: {' '.join(found)}",
            "Give the environment a policy in CEREMONY['POLICIES'] that asks for more, or leave it "
            "and let the report say so.",
        ),
    )
