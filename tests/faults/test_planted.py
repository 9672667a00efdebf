"""The harness can fail: with a bug planted in the product, faults are found to break a promise."""

from itertools import pairwise

import pytest

from ceremony.actions import execute, outcome_buffer
from ceremony.core.outcome import StepState
from ceremony.pg import executor
from ceremony.pg.blocks import COMMIT
from tests.faults.judge import enumerate_faults, undisturbed
from tests.faults.proxy import Kind
from tests.faults.series import GOODS

VERSIONS = ("0001",)
RESET = b"DEALLOCATE ALL"
"""What follows the COMMIT of a step in the target, and no other COMMIT."""


def ledger_row_in_its_own_transaction():
    """The row is committed before the statements, and nobody looks before COMMIT."""
    whole = executor.legs

    def apart(run, opening, probes):
        begin = next(item for item in opening if item.sql.startswith(b"BEGIN"))
        return whole(run, [*opening, COMMIT, begin], probes)

    executor.legs = apart
    executor.problem_before_commit = lambda *_, **__: None


def outcome_before_commit():
    """Control is told "done" when the block is judged, before its COMMIT is sent."""
    send = executor.Executor._send_block
    outcome_buffer.FLUSH_OUTCOMES = 1

    def told_too_early(self, block):
        problem = send(self, block)
        outcome = block.attempt.outcome(StepState.DONE, self._context.clock())
        self._listener.step_finished(outcome)
        return problem

    executor.Executor._send_block = told_too_early


def no_intents():
    """The target is touched before control knows of the attempt."""
    execute.record_intents = lambda *_, **__: None


@pytest.fixture
def right(stage, series_folder):
    series_folder("shop", GOODS, root=stage.root)
    return undisturbed(stage, VERSIONS, "apply_sql", "shop")


@pytest.mark.parametrize(
    ("bug", "kind", "statement", "broken"),
    [
        (
            ledger_row_in_its_own_transaction,
            Kind.KILL_BEFORE,
            b"INSERT INTO goods VALUES (1",
            "the ledger calls ('0001',) applied, but: missing",
        ),
        (outcome_before_commit, Kind.KILL_BEFORE, b"COMMIT", "done by row 2, the ledger has []"),
        (no_intents, Kind.KILL_AFTER, b"COMMIT", "attempts that control never intended"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_planted_bug_is_found(stage, right, bug, kind, statement, broken):
    stage.clear()
    planted = stage.disturbed(None, *right.arguments, prepare=bug)
    assert planted.answer is not None
    place = max(
        at
        for at, (text, following) in enumerate(pairwise(planted.said), start=1)
        if text.startswith(statement) and (text != b"COMMIT" or following.startswith(RESET))
    )
    tally = enumerate_faults(stage, right, kind, places=[place], prepare=bug)
    assert any(broken in violation for violation in tally.violations), tally.violations
