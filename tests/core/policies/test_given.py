import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.header import Header, Risk
from ceremony.core.plan import Direction, Plan
from ceremony.core.policies.given import (
    LONGEST_NAME,
    Policies,
    objections,
    read_policies,
    risk_of,
    tightened,
)
from ceremony.core.policies.strictness import weaknesses
from ceremony.core.policy import OPEN, PROTECTED, Duty, Quorum
from ceremony.core.series import Numbering, SeriesSettings
from tests.core.policies.strategies import policies
from tests.django.factories import MigrationFactory, StepFactory


def policies_of(**said) -> Policies:
    found, wrong = read_policies(said)
    assert wrong == ()
    return found


def series(toml: str) -> SeriesSettings:
    return SeriesSettings("Shop", Numbering.SEQUENCE, 4, extra=tomllib.loads(toml))


@pytest.mark.parametrize(
    ("environment", "policy"),
    [("local", OPEN), ("staging", PROTECTED), ("unknown", PROTECTED), ("", PROTECTED)],
)
def test_without_a_word_local_is_open_and_everything_else_is_protected(environment, policy):
    assert Policies().policy_in(environment, "low") == policy


def test_a_word_replaces_that_of_the_base_and_the_rest_stays():
    found = policies_of(production={"APPROVALS": {"dba": 2}}).policy_in("production", "low")

    assert found == replace(PROTECTED, name="production", approvals=(Quorum("dba", 2),))


def test_a_risk_replaces_what_the_environment_says():
    said = policies_of(production={"APPROVALS": 1, "RISKS": {"high": {"APPROVALS": 2}}})

    assert said.policy_in("production", "low").approvals == (Quorum("", 1),)
    assert said.policy_in("production", "high").approvals == (Quorum("", 2),)
    assert said.policy_in("production", "high").name == "production, high risk"


def test_a_risk_that_nobody_stated_is_a_high_one():
    said = policies_of(production={"RISKS": {"high": {"APPROVALS": 2}}})

    assert said.policy_in("production", "") == said.policy_in("production", "high")


def test_the_star_is_for_environments_without_a_word_but_not_for_local():
    said = policies_of(**{"*": {"APPROVALS": 3}, "staging": {"VERIFY": False}})

    assert said.policy_in("qa", "low") == replace(PROTECTED, name="qa", approvals=(Quorum("", 3),))
    assert said.policy_in("staging", "low").approvals == PROTECTED.approvals
    assert said.policy_in("local", "low") == OPEN


def test_local_can_be_given_a_policy():
    found = policies_of(local={"APPROVALS": 1}).policy_in("local", "low")

    assert found == replace(OPEN, name="local", approvals=(Quorum("", 1),))


def test_unknown_is_protected_whatever_the_star_says():
    found = policies_of(**{"*": {"APPROVALS": 0, "HALT": False, "SEPARATE": False}})

    assert weaknesses(found.policy_in("unknown", "low")) == ()
    assert found.policy_in("qa", "low").is_open


BEFORE = (
    "Nothing can be signed off on an environment before it is run there.",
    "Name the environment that comes before this one.",
)
WEAK = (
    "It asks for less than the protected policy, and unknown is protected.",
    "Give the target an ENVIRONMENT, and the policy that name.",
)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ([], ("", "It is no dictionary.", "Write {environment: {…}}.")),
        (
            {"staging": 3},
            ("['staging']", "It is no policy of an environment.", "Write {environment: {…}}."),
        ),
        (
            {"staging": {"HALT": 1}},
            ("['staging'] HALT", "1 is no value of 'HALT'.", "Write True or False."),
        ),
        ({"staging": {"PROMOTION": "staging"}}, ("['staging'] PROMOTION", *BEFORE)),
        (
            {"staging": {"RISKS": {"low": {"PROMOTION": "staging"}}}},
            ("['staging'] PROMOTION", *BEFORE),
        ),
        ({"unknown": {"APPROVALS": 0}}, ("['unknown']", *WEAK)),
    ],
)
def test_what_is_wrong_with_policies(raw, told):
    _, wrong = read_policies(raw)

    assert [(one.place, one.message, one.hint) for one in wrong] == [told]


def test_unknown_may_ask_for_more():
    assert policies_of(unknown={"APPROVALS": 2}).policy_in("unknown", "").approvals == (
        Quorum("", 2),
    )


@pytest.mark.parametrize(
    ("risks", "highest"),
    [
        ([], ""),
        ([Risk.LOW], "low"),
        ([Risk.LOW, Risk.HIGH, Risk.MEDIUM], "high"),
        ([Risk.MEDIUM, Risk.LOW], "medium"),
        ([Risk.LOW, None], ""),
    ],
)
def test_the_risk_of_a_plan_is_the_highest_that_is_said(risks, highest):
    steps = tuple(
        StepFactory(migration=MigrationFactory(header=Header(risk=risk))) for risk in risks
    )

    assert risk_of(Plan("shop", Direction.APPLY, steps)) == highest


def test_a_series_tightens():
    said = series(
        '[policy]\ndrift = "block"\nrehearsal = "required"\nexpires_hours = 24\n'
        'windows = ["sat 08:00-12:00"]\n'
        "[policy.approvals]\ndba = 1\n[policy.risks.high]\napprovals = 2\nreauthenticate = true\n"
    )

    low, high = tightened(PROTECTED, said, "low"), tightened(PROTECTED, said, "high")

    assert low.name == "protected, tightened"
    assert low.approvals == (Quorum("dba", 1),)
    assert (low.rehearsal, low.expires_hours, low.reauthenticate) == (True, 24, False)
    assert (high.approvals, high.reauthenticate) == ((Quorum("", 2),), True)
    assert weaknesses(low) == weaknesses(high) == ()


def test_a_series_without_a_word_changes_nothing():
    assert tightened(PROTECTED, series('[policy]\nrights = "block"\n'), "low") is PROTECTED
    assert tightened(PROTECTED, series('policy = "strict"\n'), "low") is PROTECTED
    assert tightened(PROTECTED, series("[policy]\napprovals = 1\n"), "low") is PROTECTED


@pytest.mark.parametrize("harm", ["halt = false", "promotion = 'qa'", "approvals = 0", "x = 1"])
def test_what_a_series_may_not_say_loosens_nothing_even_where_nobody_lints(harm):
    assert tightened(PROTECTED, series(f"[policy]\n{harm}\n"), "low") is PROTECTED


@given(policies, st.sampled_from(("", "low", "high")))
def test_no_series_makes_a_policy_weaker(policy, risk):
    said = series(
        "[policy]\nexpires_hours = 48\nwindows = ['22:00-02:00']\nseparate = true\n"
        "[policy.acceptances]\nteam = 1\n[policy.risks.high]\napprovals = 3\n"
    )

    assert weaknesses(tightened(policy, said, risk), policy) == ()
    assert tightened(policy, said, risk).promotion == policy.promotion


def test_a_name_has_an_end():
    long = policies_of(**{"e" * 90: {"RISKS": {"high": {"APPROVALS": 2}}}})
    policy = long.policy_in("e" * 90, "high")

    assert len(policy.name) == LONGEST_NAME
    assert len(tightened(policy, series("[policy]\napprovals = 5\n"), "high").name) == LONGEST_NAME


KNOWN = (
    "Known: acceptances, approvals, data_loss, drift, expires_hours, halt, preflight, "
    "reauthenticate, rehearsal, rehearsal_days, rights, risks, separate, verify, windows."
)
LOOSENS = "Leave it out: a series may tighten what the settings say, never loosen it."


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ("aprovals = 1", "There is no setting 'aprovals' in [policy].", KNOWN),
        ("promotion = 'qa'", "There is no setting 'promotion' in [policy].", KNOWN),
        (
            "risks.low.promotion = 'qa'",
            "'risks.low.promotion' is nothing for [policy]: settings order the environments.",
            "Leave it out; CEREMONY['POLICIES'] has PROMOTION.",
        ),
        ("halt = false", "'halt' in [policy] asks for nothing.", LOOSENS),
        ("approvals = 0", "'approvals' in [policy] asks for nothing.", LOOSENS),
        ("windows = []", "'windows' in [policy] asks for nothing.", LOOSENS),
        ("risks.high.verify = false", "'risks.high.verify' in [policy] asks for nothing.", LOOSENS),
        (
            "expires_hours = 'x'",
            "'x' is no value of 'expires_hours' in [policy].",
            "Write a whole number of hours; 0 for no limit.",
        ),
        (
            "risks = 1",
            "risks is no table of risks in [policy].",
            "Known: low, medium, high; each has keys of its own.",
        ),
    ],
)
def test_what_is_wrong_with_the_policy_of_a_series(toml, message, hint):
    found = list(objections(tomllib.loads(f"[policy]\n{toml}\n")))

    assert [(one.key, one.message, one.hint) for one in found] == [("policy", message, hint)]


def test_nothing_is_wrong_with_every_word():
    text = (
        "[policy]\napprovals = 2\nacceptances = { dba = 1 }\nseparate = true\n"
        "rehearsal = 'required'\nrehearsal_days = 7\nwindows = ['22:00-02:00']\nexpires_hours = 9\n"
        "data_loss = true\nreauthenticate = true\nverify = true\nhalt = true\npreflight = true\n"
        "drift = 'block'\nrights = 'block'\n"
    )

    assert list(objections(tomllib.loads(text))) == []
    assert list(objections({"policy": "strict"})) == []
    assert tightened(OPEN, series(text), "low").separate == frozenset(Duty)
