"""A run with an approval that dies, or loses a link, between any two messages.

What was spent is spent; what ran without an end is halted, in the target too, and goes on by
decision alone. ``CEREMONY_FAULTS=kills`` tries every message.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from ceremony import conf
from ceremony.actions.actor import current_actor
from ceremony.actions.audit_rows import row_faults
from ceremony.actions.halt_decision import decide
from ceremony.actions.halt_settle import settle_halt
from ceremony.actions.halts import Said, take
from ceremony.actions.ready import Caller, ready
from ceremony.actions.record import recording
from ceremony.actions.trail import read_trail
from ceremony.actions.watching import Unwatched
from ceremony.core.halting import Course, Station
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


WRONG = {"0004_wrong.sql": "SELECT 1 / 0;\n", "0004_wrong.rollback.sql": "SELECT 1;\n"}


def halted(stage: Stage, anna: User) -> str:
    """The number of a ceremony that failed at its last step, and is to be taken back."""
    number = approved(stage, anna)
    assert stage.run("apply_sql", "shop", "--ceremony", number).status == 1
    assert stage.seen().applied == VERSIONS
    settings_of = conf.load()
    said = Said("anna", "Back.", datetime.now(UTC))
    target = conf.target("shop", settings_of)
    caller = Caller(current_actor(), "test")
    with ready(target, settings_of, caller, Unwatched()) as here:
        found = settle_halt(here)
        assert found is not None
        with recording() as head:
            take(head, found, Station.ASSESS, said)
        decide(here, found, Course.ROLL_BACK, said)
    return number


@pytest.mark.parametrize("kind", [Kind.KILL_BEFORE, Kind.KILL_AFTER])
def test_the_way_back_is_taken_up_again(
    stage: Stage, anna: User, kind: Kind, series_folder
) -> None:
    """A way back that was killed goes on where it was; no new decision, no new quorum. One that
    lived to tell of its failure is decided about anew.
    """
    series_folder("shop", WRONG, root=stage.root)
    found, faults = [], 0
    for at in range(random.randint(1, SPARSE), FAR, SPARSE):
        number = halted(stage, anna)
        back = ("rollback_sql", "shop", "--ceremony", number)
        if not stage.disturbed(Fault(kind, at), *back).reached:
            break
        faults += 1
        told = [stage.run(*back) for _ in range(2)]
        seen = stage.seen()
        state = Ceremony.objects.get().state
        if (seen.applied, state) != ((), State.ROLLED_BACK):
            words = "\n".join(one.told() for one in told)
            found.append(f"at message {at}: {seen.applied}, {state}:\n{words}")
        found += stage.record(seen.ledger).complaints
    sys.stdout.write(f"\nway back, {kind.value}: {faults} faults, {len(found)} violations\n")
    assert found == []
    assert faults >= 3


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
