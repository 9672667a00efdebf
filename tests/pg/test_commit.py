"""COMMIT's own answer: committed, rolled back, or unknown; decided by tag and SQLSTATE."""

from datetime import UTC, datetime

import pytest
from psycopg.pq import DiagnosticField as Field

from ceremony.core.chain import GENESIS
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import StepState
from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import COMMIT
from ceremony.pg.commit import judge_commit
from ceremony.pg.surroundings import Surroundings
from ceremony.pg.wire import Answer, AnswerState
from tests.pg.making import step

AROUND = Surroundings(("",) * 10, 1, "pat", 'database "shop" on db:5432', "apply_sql shop", True, 0)
NOW = datetime(2026, 1, 17, tzinfo=UTC)
ROW = LedgerRow(
    2,
    "shop",
    "0001",
    "x",
    Event.APPLIED,
    "",
    "",
    "",
    "",
    None,
    "",
    0,
    "{}",
    "pat",
    NOW,
    "",
    0,
    "",
    GENESIS,
    "",
)


def judged(**answer):
    attempt = Attempt(step("SELECT 1"), ROW, NOW)
    return judge_commit(attempt, Answer(COMMIT, **answer), AROUND)


def error(sqlstate, severity="ERROR"):
    return {
        "state": AnswerState.ERROR,
        "error": {
            Field.SQLSTATE: sqlstate,
            Field.SEVERITY_NONLOCALIZED: severity,
            Field.MESSAGE_PRIMARY: "could not extend file",
        },
    }


def test_the_tag_commit_alone_says_committed():
    assert judged(state=AnswerState.OK, tag="COMMIT") == (StepState.DONE, None)


def test_the_tag_rollback():
    state, problem = judged(state=AnswerState.OK, tag="ROLLBACK")
    assert (state, problem.code) == (StepState.FAILED, "commit-rolled-back")
    assert problem.happened == (
        "The server answered the COMMIT of shop/0001_x with a rollback: the transaction had "
        "failed before."
    )
    assert problem.state == "shop/0001_x was rolled back: nothing of it is in the database."


def test_a_full_disk():
    state, problem = judged(**error("53100"))
    assert (state, problem.code) == (StepState.FAILED, "server-resources")
    assert problem.happened == (
        "The server answered the COMMIT of shop/0001_x with a rollback: could not extend file "
        "(53100)."
    )
    assert problem.server.doing == "the COMMIT"


def test_a_deferred_constraint_after_all():
    state, problem = judged(**error("23503"))
    assert (state, problem.code) == (StepState.FAILED, "commit-rolled-back")


@pytest.mark.parametrize("severity", ["FATAL", "PANIC"])
def test_a_server_that_ends_while_committing_has_not_said_no(severity):
    """A wait for a synchronous standby that is cut off leaves the transaction committed."""
    state, problem = judged(**error("57P01", severity))
    assert (state, problem.code) == (StepState.UNKNOWN, "outcome-unknown")


@pytest.mark.parametrize("state", [AnswerState.LOST, AnswerState.SKIPPED])
def test_no_answer(state):
    found, problem = judged(state=state)
    assert found is StepState.UNKNOWN
    assert problem.state == (
        'It is either in as a whole or not at all; the ledger in database "shop" on db:5432 says '
        "which; the next command reads it first."
    )


def test_another_tag_is_no_commit():
    """Whatever a server might answer: only COMMIT is one."""
    found, _ = judged(state=AnswerState.OK, tag="")
    assert found is StepState.UNKNOWN
