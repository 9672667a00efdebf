from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.policies.strictness import both, tighten, weaknesses
from ceremony.core.policies.window import is_open, normal
from ceremony.core.policy import OPEN, PROTECTED, Duty, Policy, Quorum
from ceremony.core.quorum import is_complete
from tests.core.policies.strategies import moments, policies, quorums, signers

SWITCHES = ("rehearsal", "data_loss", "reauthenticate", "verify", "halt", "preflight")


@given(quorums, quorums, signers)
def test_whoever_fills_both_fills_each(left, right, people):
    if is_complete(both(left, right), people):
        assert is_complete(left, people)
        assert is_complete(right, people)


@given(policies, policies, moments)
def test_what_is_tightened_lets_nothing_through_that_one_of_them_stops(policy, more, moment):
    found = tighten(policy, more)

    for one in (policy, more):
        assert found.separate >= one.separate
        assert all(getattr(found, name) >= getattr(one, name) for name in SWITCHES)
        for name in ("rehearsal_days", "expires_hours"):
            limit, was = getattr(found, name), getattr(one, name)
            assert not was or 0 < limit <= was
        if is_open(found.windows, moment):
            assert is_open(one.windows, moment)
    if is_open(policy.windows, moment) and is_open(more.windows, moment):
        assert is_open(found.windows, moment)


@given(policies, policies)
def test_what_is_tightened_is_no_weaker_than_either(policy, more):
    found = tighten(policy, more)

    assert weaknesses(found, policy) == ()
    assert weaknesses(found, replace(more, promotion="")) == ()


@given(policies)
def test_a_policy_is_not_weaker_than_itself_and_tightening_it_with_itself_adds_nothing(policy):
    assert weaknesses(policy, policy) == ()
    again = tighten(policy, policy)
    assert replace(again, windows=()) == replace(policy, windows=())
    assert again.windows == normal(policy.windows)


@given(policies)
def test_the_open_policy_adds_nothing(policy):
    found = tighten(policy, OPEN)

    assert replace(found, windows=()) == replace(policy, windows=())
    assert found.windows == normal(policy.windows)


WEAKER = {
    "no approval": (
        {"approvals": ()},
        "Before the run nobody approves.",
    ),
    "no acceptance": (
        {"acceptances": ()},
        "After the run nobody signs off.",
    ),
    "author approves": (
        {"separate": frozenset(Duty) - {Duty.AUTHOR_APPROVER}},
        "The author and approver may be one person.",
    ),
    "author operates": (
        {"separate": frozenset(Duty) - {Duty.AUTHOR_OPERATOR}},
        "The author and operator may be one person.",
    ),
    "approver operates": (
        {"separate": frozenset(Duty) - {Duty.APPROVER_OPERATOR}},
        "The approver and operator may be one person.",
    ),
    "longer": ({"expires_hours": 9000}, "An approval counts for 9000 hours."),
    "for ever": ({"expires_hours": 0}, "An approval never expires."),
    "loss": ({"data_loss": False}, "A loss of data needs nobody's acceptance."),
    "verify": ({"verify": False}, "Nothing is verified after the run."),
    "halt": ({"halt": False}, "A failure does not halt the target."),
    "preflight": ({"preflight": False}, "A pre-flight item that fails stops nothing."),
}


@pytest.mark.parametrize("name", WEAKER)
def test_each_thing_that_is_missing_has_its_sentence(name):
    change, sentence = WEAKER[name]

    assert weaknesses(replace(PROTECTED, **change)) == (sentence,)


def test_the_protected_policy_is_the_measure_and_the_open_one_says_all():
    assert weaknesses(PROTECTED) == ()
    assert weaknesses(OPEN) == tuple(WEAKER[name][1] for name in WEAKER if name != "longer")


def test_against_a_measure_that_asks_for_more():
    measure = replace(
        PROTECTED,
        approvals=(Quorum("dba", 2),),
        rehearsal=True,
        rehearsal_days=7,
        reauthenticate=True,
        promotion="staging",
    )

    assert weaknesses(replace(measure, approvals=(Quorum("dba", 1), Quorum("", 1))), measure) == (
        "Before the run 2 people approve.",
    )
    assert weaknesses(replace(measure, approvals=(Quorum("", 1),)), measure) == (
        "Before the run one person approves.",
    )
    assert weaknesses(
        replace(measure, rehearsal=False, rehearsal_days=0, reauthenticate=False, promotion=""),
        measure,
    ) == (
        "A rehearsal may be older.",
        "Nothing has to be signed off on staging first.",
        "Nothing has to be rehearsed.",
        "A sign-off asks for no password.",
    )


@given(st.lists(quorums, min_size=1, max_size=3))
def test_quorums_come_together_the_same_in_any_order(found):
    forwards, backwards = (), ()
    for one in found:
        forwards = both(forwards, one)
    for one in reversed(found):
        backwards = both(backwards, one)

    assert is_sum(forwards) >= max(is_sum(one) for one in found)
    assert {q for q in forwards if q.group} == {q for q in backwards if q.group}


def is_sum(found: tuple[Quorum, ...]) -> int:
    return sum(one.count for one in found)


def test_of_each_group_the_larger_number_and_of_people_altogether():
    assert both((Quorum("", 1),), (Quorum("dba", 1),)) == (Quorum("dba", 1),)
    assert both((Quorum("", 2),), (Quorum("dba", 1),)) == (Quorum("", 1), Quorum("dba", 1))
    assert both((Quorum("dba", 2),), (Quorum("dba", 1), Quorum("team", 1))) == (
        Quorum("dba", 2),
        Quorum("team", 1),
    )
    assert both((), ()) == ()


def test_a_name_stays():
    assert tighten(Policy("production"), PROTECTED).name == "production"
