"""Which policy holds: settings, then the series, by environment and risk."""

from dataclasses import replace

import pytest

from ceremony import conf
from ceremony.actions.library import load_library
from ceremony.actions.policies import policy_for, weaknesses
from ceremony.conf import TargetSettings
from ceremony.core.header import Header, Risk
from ceremony.core.plan import Direction, Plan
from ceremony.core.policies.given import tightened
from ceremony.core.policy import OPEN, PROTECTED, Policy, Quorum
from ceremony.core.series import Numbering, Series, SeriesSettings
from ceremony.errors import UsageError
from tests.django.factories import MigrationFactory, StepFactory


def plan(risk=Risk.LOW):
    return Plan(
        "shop",
        Direction.APPLY,
        (StepFactory(migration=MigrationFactory(header=Header(risk=risk))),),
    )


def series(**policy):
    return Series(
        "shop", SeriesSettings("Shop", Numbering.SEQUENCE, 4, extra={"policy": policy}), (), ()
    )


def target(environment, **fields):
    return TargetSettings("shop", environment, {}, **fields)


@pytest.fixture
def said(settings, tmp_path):
    """Call with settings: they as values."""

    def load(**given):
        settings.CEREMONY = {"ROOT": tmp_path, **given}
        return conf.load()

    return load


def test_without_a_word(said):
    assert policy_for(target("local"), series(), plan(), said()) == OPEN
    assert policy_for(target("production"), series(), plan(), said()) == PROTECTED


def test_the_risk_of_the_plan_decides(said):
    given = said(POLICIES={"production": {"RISKS": {"high": {"APPROVALS": 3}}}})

    for risk, count in ((Risk.LOW, 1), (Risk.HIGH, 3), (None, 3)):
        found = policy_for(target("production"), series(), plan(risk), given)
        assert found.approvals == (Quorum("", count),)


def test_a_series_asks_for_more_where_people_are_asked(said):
    asking = series(approvals=2, rehearsal="required")

    found = policy_for(target("staging"), asking, plan(), said())

    assert found == replace(
        PROTECTED, name="protected, tightened", approvals=(Quorum("", 2),), rehearsal=True
    )


def test_on_a_local_target_only_the_rehearsal_counts(said):
    asking = series(approvals=2, windows=["22:00-02:00"], rehearsal="required")

    assert policy_for(target("local"), asking, plan(), said()) == replace(OPEN, rehearsal=True)


def test_where_settings_speak_of_local_the_series_is_heard_there_too(said):
    given = said(POLICIES={"local": {"VERIFY": True}})

    found = policy_for(target("local"), series(approvals=2), plan(), given)

    assert found == Policy("local, tightened", approvals=(Quorum("", 2),), verify=True)


def test_the_target_may_demand_the_rehearsal_as_before(said):
    demanding = target("local", rehearsal_required=True)

    assert policy_for(demanding, series(), plan(), said()).rehearsal


def test_an_alias_with_an_address_far_away_and_no_environment(said, settings):
    settings.DATABASES["far"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "orders",
        "HOST": "db.example.org",
    }
    given = said(POLICIES={"*": {"APPROVALS": 0, "ACCEPTANCES": 0, "SEPARATE": False}})
    try:
        far = conf.target("far", given)
    finally:
        del settings.DATABASES["far"]

    found = policy_for(far, series(), plan(), given)

    assert (far.environment, found.approvals, found.separate) == (
        "unknown",
        PROTECTED.approvals,
        PROTECTED.separate,
    )


def test_a_weak_policy_is_a_finding():
    assert weaknesses(PROTECTED) == ()
    (found,) = weaknesses(replace(PROTECTED, name="staging", halt=False, expires_hours=0))
    assert (found.code, found.severity, found.message) == (
        "policy-weak",
        "warning",
        "The policy 'staging' asks for less than the protected one: An approval never expires. A "
        "failure does not halt the target.",
    )


@pytest.mark.parametrize(
    ("given", "happened", "next_step"),
    [
        (
            {"POLICIES": []},
            "CEREMONY['POLICIES']: It is no dictionary.",
            "Write {environment: {…}}.",
        ),
        (
            {"POLICIES": {"production": {"HALT": 2}}},
            "CEREMONY['POLICIES']['production'] HALT: 2 is no value of 'HALT'.",
            "Write True or False.",
        ),
        (
            {"PEOPLE": ["anna"]},
            "CEREMONY['PEOPLE'] is ['anna'].",
            "Write {user of the operating system: username of the account}.",
        ),
        (
            {"PEOPLE": {"anna": 5}},
            "CEREMONY['PEOPLE'] is {'anna': 5}.",
            "Write {user of the operating system: username of the account}.",
        ),
    ],
)
def test_settings_that_cannot_be_understood(said, given, happened, next_step):
    with pytest.raises(UsageError) as caught:
        said(**given)

    error = caught.value
    assert (error.code, error.happened, error.next_step) == (
        "settings-invalid",
        happened,
        next_step,
    )


def test_the_policies_of_the_project_can_be_read_and_are_told_where_they_are_weak():
    policies = conf.load().policies

    assert weaknesses(policies.policy_in("production", "high")) == ()
    assert weaknesses(policies.policy_in("production", "low")) == ()
    (weak,) = weaknesses(policies.policy_in("staging", "high"))
    assert weak.message.endswith(": The approver and operator may be one person.")


@pytest.mark.parametrize("name", ["rebalancing", "content", "listings", "outbox", "calendar"])
def test_each_of_the_five_series_asks_for_more_than_nobody(name):
    library = load_library(conf.load().root, [name])
    loose = Policy("loose")

    found = tightened(loose, library.series[name].settings, "low")

    assert (library.findings, found.name) == ((), "loose, tightened")
    assert weaknesses(loose) != weaknesses(replace(found, name="loose"))
