"""What a halt meets: first runs, runs at their end, other aliases of the same database."""

from typing import Any

import pytest

from ceremony.actions import gated as gated_module
from ceremony.actions import halt as halt_module
from tests.acceptance.halting import events, halted, monkeypatched, state, trail_holds
from tests.acceptance.world import QUIET, WHOLE, World


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that is met waits for the halt: nobody need watch it end."""
    monkeypatch.setattr(halt_module, "ENDING", 0.1)


def test_the_first_run_on_a_target_is_stopped_before_it_has_made_the_ledger(world: World) -> None:
    world.write({**WHOLE, **QUIET})
    world.target()
    run: Any = vars(gated_module)["execute"]
    answers = []

    def late(*arguments: Any) -> Any:
        answers.append(halted())
        return run(*arguments)

    with monkeypatched(gated_module, "execute", late):
        met = world.apply()
    assert "[halt-unfinished]" in answers[0].err, answers[0].told()
    assert (met.status, "Wrong figures.  [run-halted]" in met.err) == (1, True), met.told()
    assert "Next   manage.py resume_sql --database shop\n" in met.err
    assert events(world) == ["opened", "halted"]
    refused = world.apply()
    assert "[target-halted]" in refused.err, refused.told()
    assert state() == "halted"
    trail_holds()
