"""A round that was to fix forward ends without its ceremony: the halt before it still stands."""

from uuid import uuid4

import pytest

from ceremony.core.halting import Station
from ceremony.core.states import Act, State
from ceremony.models import HaltStep
from tests.django import factories
from tests.django.ceremonies import ceremony_in, move

pytestmark = pytest.mark.django_db


def station(ceremony, halt, station):
    HaltStep.objects.create(
        halt=halt,
        target=ceremony.target,
        ceremony=ceremony,
        station=station.value,
        text="A migration failed.",
        by="lena",
        at=factories.NOON,
    )


@pytest.mark.parametrize("act", [Act.CANCEL, Act.REJECT, Act.EXPIRE])
def test_what_ends_a_request_ends_the_round_alone_while_a_halt_stands(act):
    ceremony = ceremony_in(State.HALTED)
    halt = uuid4()
    station(ceremony, halt, Station.STOP)
    move(ceremony, Act.REQUEST)
    move(ceremony, act)
    newest = ceremony.history.get(number=ceremony.transitions)
    assert (ceremony.state, newest.act) == ("halted", "call off")


@pytest.mark.parametrize("act", [Act.CANCEL, Act.REJECT, Act.EXPIRE])
def test_behind_a_lifted_halt_it_ends_the_ceremony(act):
    ceremony = ceremony_in(State.HALTED)
    halt = uuid4()
    station(ceremony, halt, Station.STOP)
    move(ceremony, Act.REQUEST)
    station(ceremony, halt, Station.LIFT)
    move(ceremony, act)
    assert (
        State(ceremony.state).value
        == {
            Act.CANCEL: "cancelled",
            Act.REJECT: "rejected",
            Act.EXPIRE: "expired",
        }[act]
    )
