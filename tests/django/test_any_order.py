"""Whatever people do and whatever is done to them, in any order: a ceremony is approved only by
whom the policy asks for, as they are at that moment.
"""

from dataclasses import replace
from itertools import count

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ceremony.actions.quorums import quorum_now
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.errors import Refused
from ceremony.models import Decision, Purpose
from tests.django.ceremonies import move, person
from tests.django.manifests import document, under

pytestmark = pytest.mark.django_db

POLICY = replace(PROTECTED, approvals=(Quorum("dba", 2),))
PEOPLE = range(4)
NUMBERS = count(1)
OPERATIONS = ("approve", "approve", "withdraw", "leave", "join", "deactivate", "activate", "round")


class Model:
    """What ought to be so, told without the product."""

    def __init__(self) -> None:
        self.active = dict.fromkeys(PEOPLE, True)
        # Number 3 wrote it.
        self.member = {who: who != 2 for who in PEOPLE}
        self.signed: set[int] = set()
        self.withdrawn: set[int] = set()
        self.state = State.REQUESTED

    @property
    def counting(self) -> set[int]:
        standing = self.signed - self.withdrawn
        return {who for who in standing if self.active[who] and self.member[who]}

    @property
    def missing(self) -> int:
        return max(0, 2 - len(self.counting))

    def may_approve(self, who: int) -> bool:
        fits = self.active[who] and self.member[who] and who != 3
        return fits and who not in self.signed

    def may_withdraw(self, who: int) -> bool:
        return who in self.signed and who not in self.withdrawn


class World:
    """A ceremony and four people, two of whom are needed."""

    def __init__(self) -> None:
        number = next(NUMBERS)
        self.people = [
            person(f"p{who}-{number}", "sign", groups=("dba",) if who != 2 else ())
            for who in PEOPLE
        ]
        self.ceremony = under(POLICY, authors=[self.people[3].username])

    def sign(self, who: int, decision: Decision) -> bool:
        subject = subject_of(self.ceremony, Purpose.APPROVAL)
        request = SignRequest(self.ceremony.pk, subject, Purpose.APPROVAL, decision, "why")
        try:
            sign(request, self.people[who])
        except Refused:
            return False
        finally:
            self.ceremony.refresh_from_db()
        return True


def approve(world: World, model: Model, who: int) -> None:
    allowed = model.may_approve(who)
    assert world.sign(who, Decision.APPROVE) is allowed
    if allowed:
        model.signed.add(who)
        model.state = State.APPROVED if not model.missing else model.state


def withdraw(world: World, model: Model, who: int) -> None:
    allowed = model.may_withdraw(who)
    assert world.sign(who, Decision.WITHDRAW) is (allowed and model.active[who])
    if allowed and model.active[who]:
        model.withdrawn.add(who)
        model.state = State.REQUESTED if model.missing else model.state


def happen(world: World, model: Model, operation: str, who: int) -> None:
    """Something is done to a person, or a new round begins."""
    user = world.people[who]
    if operation in {"leave", "join"}:
        model.member[who] = operation == "join"
        groups = [Group.objects.get_or_create(name="dba")[0]] if operation == "join" else []
        user.groups.set(groups)
    elif operation in {"deactivate", "activate"}:
        model.active[who] = operation == "activate"
        get_user_model().objects.filter(pk=user.pk).update(is_active=model.active[who])
    else:
        move(world.ceremony, Act.REQUEST, document=document(POLICY))
        model.signed, model.withdrawn, model.state = set(), set(), State.REQUESTED


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.sampled_from(PEOPLE)), max_size=14))
def test_in_any_order(db, operations):
    world, model = World(), Model()
    for operation, who in operations:
        doing = {"approve": approve, "withdraw": withdraw}.get(operation)
        if doing:
            doing(world, model, who)
        else:
            happen(world, model, operation, who)
        assert quorum_now(world.ceremony, Purpose.APPROVAL).missing == model.missing
        assert world.ceremony.state == model.state
