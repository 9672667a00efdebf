"""Every state in one sentence, with what is next, by whom."""

import pytest

from ceremony.admin.ceremony_words import Stop, standing_of
from ceremony.core.gates import Gate, GateState
from ceremony.core.states import ENDED, State
from ceremony.models import Ceremony, Decision, SignOff, Target

PLACE = "shop --database db1"


def ceremony(state, direction="apply"):
    target = Target(alias="db1")
    return Ceremony(pk=7, state=state.value, series="shop", direction=direction, target=target)


def next_of(state, gates=(), sign_offs=(), direction="apply"):
    return standing_of(ceremony(state, direction), gates, sign_offs).next


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_sentence_and_all_but_the_last_have_a_next(state):
    told = standing_of(ceremony(state), (), ())
    assert told.sentence.endswith(".")
    assert bool(told.next) == (state not in ENDED)


def test_what_is_shut_is_next():
    gates = (
        Gate("Expiry", GateState.OPEN, "It counts."),
        Gate("Approval: 2 of dba", GateState.WAITS, "1 more needed.", "Any of these: ada."),
    )
    assert next_of(State.REQUESTED, gates) == (
        "Approval: 2 of dba. 1 more needed. Any of these: ada."
    )


@pytest.mark.parametrize(
    ("stop", "sentence", "following"),
    [
        (
            Stop.ALONE,
            "It was stopped. Its target is not halted.",
            "With files that mend it, a new round is asked for: manage.py request_sql "
            f"{PLACE} --again 7",
        ),
        (
            Stop.TARGET,
            "The world is stopped. Nothing else starts on this target.",
            "Whoever may halt takes the next station, on the page of the halt or with manage.py "
            "resume_sql --database db1",
        ),
        (
            Stop.GOES_BACK,
            "The world is stopped. Nothing else starts on this target.",
            "To roll back was decided: an operator does, from the page or with manage.py "
            f"rollback_sql {PLACE} --ceremony 7",
        ),
    ],
)
def test_what_is_next_of_a_halt_is_what_was_decided(stop, sentence, following):
    told = standing_of(ceremony(State.HALTED), (), (), stop)
    assert (told.sentence, told.next) == (sentence, following)


def test_whoever_wants_changes_is_quoted():
    wish = SignOff(username="t.silva", decision=Decision.REQUEST_CHANGES, comment="Batch it.")
    later = SignOff(username="ada", decision=Decision.COMMENT, comment="Yes.")
    assert next_of(State.CHANGES_REQUESTED, (), (wish, later)) == (
        "t.silva asks: “Batch it.” The author changes it and asks anew: manage.py request_sql "
        f"{PLACE} --again 7"
    )


@pytest.mark.parametrize(
    ("direction", "command"), [("apply", "apply_sql"), ("roll back", "rollback_sql")]
)
def test_what_is_approved_is_run_by_a_command(direction, command):
    assert next_of(State.APPROVED, direction=direction) == (
        f"An operator runs it: manage.py {command} {PLACE} --ceremony 7"
    )
