"""The gate of promotion: what counts as signed off elsewhere before."""

from dataclasses import replace

import pytest

from ceremony.actions.gates import gates_of
from ceremony.actions.rounds import manifest_of
from ceremony.core.gates import Gate, GateState
from ceremony.core.manifest import FrozenFile
from ceremony.core.plan import Direction
from ceremony.core.policy import Policy
from ceremony.core.states import Act, State
from ceremony.models import CeremonyRun, RunPurpose
from tests.django.ceremonies import move
from tests.django.factories import NOON, AttemptFactory, OutcomeFactory, RunFactory, digest
from tests.django.manifests import step, under

pytestmark = pytest.mark.django_db

ASKS_NOTHING = Policy("nothing")


def promotion(ceremony):
    """The one gate that is about it."""
    (found,) = [one for one in gates_of(ceremony, NOON) if one.name.startswith("Promotion")]
    return found


PROMOTED = replace(ASKS_NOTHING, promotion="staging")


def accepted(state=State.SIGNED_OFF, *, runs=True, came_to="done", steps=None, **fields):
    """Another ceremony with the same files, as it ended on staging."""
    of = {"steps": steps} if steps else {}
    made = under(ASKS_NOTHING, state, of, **{"environment": "staging", **fields})
    if runs:
        in_ceremony(made, RunPurpose.CHANGE, came_to)
    return made


def in_ceremony(ceremony, purpose, came_to):
    stored = ceremony.manifests.latest("round")
    run = RunFactory(target=ceremony.target, actor="olga")
    CeremonyRun.objects.create(run=run, ceremony=ceremony, manifest=stored, purpose=purpose)
    for one in manifest_of(stored).steps:
        attempt = AttemptFactory(run=run, version=one.version, name=one.name)
        OutcomeFactory(attempt=attempt, state=came_to)


def other(version="0001", character="d"):
    return step(version, files=(FrozenFile("shop/x.sql", digest(character)),))


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ({}, ""),
        ({"steps": (step("0002"), step("0001"))}, ""),
        ({"steps": (step("0001", files=(*step().files, *other().files)),)}, ""),
        ({"steps": (other(),)}, "0001_orders"),
        ({"steps": (step("0002"),)}, "0001_orders"),
        ({"state": State.AWAITING_SIGN_OFF}, "0001_orders"),
        ({"state": State.HALTED}, "0001_orders"),
        ({"runs": False}, "0001_orders"),
        ({"came_to": "failed"}, "0001_orders"),
        ({"environment": "qa"}, "0001_orders"),
        ({"series": "other"}, "0001_orders"),
    ],
)
def test_the_same_files_were_signed_off_elsewhere_first(there, missing):
    accepted(**there)
    ceremony = under(PROMOTED)
    gate = promotion(ceremony)

    if not missing:
        assert gate == Gate(
            "Promotion from staging", GateState.OPEN, "The same files were signed off there."
        )
    else:
        assert gate == Gate(
            "Promotion from staging",
            GateState.SHUT,
            f"Not signed off there as they are: {missing}.",
            "Take the same files through a ceremony on a target of staging first.",
            "promotion-missing",
        )


def test_what_was_taken_there_in_two_ceremonies_counts_together():
    accepted()
    accepted(steps=(step("0002"),))

    both = under(PROMOTED, of={"steps": (step("0001"), step("0002"))})

    assert promotion(both).is_open


def test_what_others_promote_is_not_looked_at_instead(monkeypatch):
    monkeypatch.setattr("ceremony.actions.promotion.LOOKED_AT", 1)
    accepted()
    ceremony = under(PROMOTED)
    # One of another series ran on the same database without an approval.
    series = {"series": "billing", "target": ceremony.target}
    move(under(PROMOTED, of={"series": "billing"}, **series), Act.OVERRIDE)
    for _ in range(2):
        accepted(series="billing")

    assert promotion(ceremony).is_open


def test_a_way_back_comes_from_nowhere():
    of = {"direction": Direction.ROLL_BACK}
    ceremony = under(replace(PROMOTED, rehearsal=True), of=of)

    assert [one.name for one in gates_of(ceremony, NOON)] == ["Expiry"]
