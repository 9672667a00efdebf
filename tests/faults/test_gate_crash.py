"""A run with an approval that dies, or loses a link, between any two messages.

What was spent is spent; what ran without an end is halted, in the target too, and goes on by
decision alone. ``CEREMONY_FAULTS=kills`` tries every message.
"""

import os
import random
import sys
from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from ceremony.actions.audit_rows import row_faults
from ceremony.actions.trail import read_trail
from ceremony.core.states import State
from ceremony.models import Ceremony, Spending
from tests.acceptance.gatehouse import environment, signed
from tests.django.ceremonies import person
from tests.faults.judge import FAR
from tests.faults.proxy import Fault, Kind
from tests.faults.series import TRANSACTIONAL
from tests.faults.stage import Stage

SPARSE = 1 if os.environ.get("CEREMONY_FAULTS") in ("kills", "all") else 40
VERSIONS = ("0001", "0002", "0003")
AFTER = {State.HALTED, State.VERIFYING, State.AWAITING_SIGN_OFF}
"""Where a ceremony may stand whose approval was spent."""


@pytest.fixture
def anna(stage: Stage, series_folder) -> Iterator[User]:
    """The one who approves. Operator and requester are one user of the system here."""
    series_folder("shop", TRANSACTIONAL, root=stage.root)
    environment("field", SEPARATE=[], PREFLIGHT=False)
    stage.clear()
    anna = person("anna", "sign")
    yield anna
    stage.clear()
    get_user_model().objects.all().delete()


def approved(stage: Stage, anna: User) -> str:
    """The number of a ceremony that may run."""
    stage.clear()
    asked = stage.run("request_sql", "shop")
    assert asked.status == 0, asked.told()
    ceremony = Ceremony.objects.get()
    signed(ceremony, anna)
    return str(ceremony.pk)


def violations(stage: Stage, number: str) -> Iterator[str]:
    """What must not be, after the fault and the next command."""
    left = stage.seen()
    spent = Spending.objects.exists()
    if left.applied and not spent:
        yield f"{left.applied} were applied, and nothing was spent"
    answer = stage.run("apply_sql", "shop", "--ceremony", number)
    after = stage.seen()
    ceremony = Ceremony.objects.get()
    state = State(ceremony.state)
    if not spent and (answer.status, after.applied) != (0, VERSIONS):
        yield f"an approval that nobody used did not let it through:\n{answer.told()}"
    if spent and answer.status != 3:
        yield f"a spent approval was used again:\n{answer.told()}"
    if spent and after.applied != left.applied:
        yield f"{after.applied} are applied now, {left.applied} were before"
    if state not in AFTER:
        yield f"the ceremony is {state.value}"
    told = [line.event for line in after.ledger].count("halted")
    if told != (1 if state is State.HALTED else 0):
        yield f"the ceremony is {state.value}, and its target was told {told} times of a halt"
    yield from stage.record(after.ledger).complaints
    yield from (fault.message for fault in row_faults(read_trail())[1])
    again = stage.run("apply_sql", "shop")
    if stage.seen().applied != after.applied:
        yield f"the next run went on:\n{again.told()}"


@pytest.mark.parametrize("kind", [Kind.KILL_BEFORE, Kind.KILL_AFTER, Kind.CUT_AFTER])
def test_what_is_spent_is_spent(stage: Stage, anna: User, kind: Kind) -> None:
    found, faults = [], 0
    for at in range(random.randint(1, SPARSE), FAR, SPARSE):
        number = approved(stage, anna)
        ended = stage.disturbed(Fault(kind, at), "apply_sql", "shop", "--ceremony", number)
        if not ended.reached:
            break
        faults += 1
        found += [f"at message {at}: {each}" for each in violations(stage, number)]
    sys.stdout.write(
        f"\nwith an approval, {kind.value}: {faults} faults, {len(found)} violations\n"
    )
    assert found == []
    assert faults >= 3
