from dataclasses import replace
from uuid import uuid4

import pytest

from ceremony.core.finding import Severity
from ceremony.core.history import Event, History, Intent, Standing, chain_fault
from ceremony.core.ledger_hash import sealed
from tests.core.folders import Book, complete, series_of

SERIES = series_of(complete("0001_a", "0002_b", "0003_c"))


def test_an_empty_ledger_knows_nothing():
    history = History([])
    assert history.state("shop", "0001") is None
    assert (history.applied("shop"), history.partly("shop"), history.record_states()) == (
        {},
        {},
        (),
    )
    assert history.chain_findings() == ()


def test_the_state_is_the_last_event():
    book = Book(SERIES).applied("0001", "0003").write(Event.ROLLED_BACK, "0003")
    book.write(Event.SUPERSEDED, "0002").write(Event.BASELINED, "0003")
    history = book.history
    assert list(history.applied("shop")) == ["0001", "0002", "0003"]
    assert [row.sequence for row in history.applied("shop").values()] == [2, 5, 6]
    state = history.state("shop", "0003")
    assert state
    assert (state.standing, state.in_place, state.newest.sequence) == (Standing.BASELINED, True, 6)
    assert history.applied("other") == {}


def test_what_is_rolled_back_or_retired_is_not_applied():
    book = (
        Book(SERIES).applied("0001").write(Event.ROLLED_BACK, "0001").write(Event.RETIRED, "0002")
    )
    assert book.history.applied("shop") == {}
    assert [(s, r.version) for s, r in book.history.record_states()] == [
        (Standing.ROLLED_BACK, "0001"),
        (Standing.RETIRED, "0002"),
    ]


def test_applied_is_in_the_order_of_the_ledger():
    assert list(Book(SERIES).applied("0003", "0001").history.applied("shop")) == ["0003", "0001"]


def test_a_step_outside_a_transaction_is_partly_in_until_it_is_settled():
    book = Book(SERIES).write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=1)
    book.write(Event.FAILED, "0001", statement=2)
    partly = book.history.partly("shop")["0001"]
    assert (partly.done, partly.rolling_back, partly.started.sequence) == ({1}, False, 2)
    assert (partly.last.event, book.history.applied("shop")) == (Event.FAILED, {})
    book.write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=2)
    partly = book.history.partly("shop")["0001"]
    assert (partly.done, partly.started.sequence, partly.last.sequence) == ({1, 2}, 2, 6)
    book.write(Event.FINISHED, "0001")
    assert book.history.record_states()[0][0] is Standing.PARTLY
    book.write(Event.APPLIED, "0001")
    assert (book.history.partly("shop"), list(book.history.applied("shop"))) == ({}, ["0001"])


def test_an_unfinished_rollback_is_known_by_what_was_applied():
    book = Book(SERIES).applied("0001").write(Event.STARTED, "0001")
    book.write(Event.STATEMENT, "0001", statement=1)
    partly = book.history.partly("shop")["0001"]
    assert (partly.rolling_back, partly.done) == (True, {1})
    assert list(book.history.applied("shop")) == ["0001"]


def test_the_row_itself_says_which_way_it_goes():
    book = Book(SERIES).write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=1)
    book.write(Event.STARTED, "0001", detail='{"direction":"roll back"}')
    partly = book.history.partly("shop")["0001"]
    assert (partly.rolling_back, partly.done, partly.started.sequence) == (True, frozenset(), 4)


def test_a_sound_ledger_has_no_fault():
    book = Book(SERIES).applied("0001", "0002")
    assert chain_fault(book.rows) == ""
    assert book.history.chain_findings() == ()


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda rows: [rows[0], *rows[2:]], "row 2 is missing; row 3 stands in its place."),
        (
            lambda rows: [rows[0], replace(rows[1], name="x"), rows[2]],
            "row 2 was changed after it was written.",
        ),
        (
            lambda rows: [rows[0], sealed(replace(rows[1], name="x")), rows[2]],
            "row 3 does not follow the row before it.",
        ),
        (lambda rows: [rows[1], rows[0], rows[2]], "row 1 is missing; row 2 stands in its place."),
    ],
)
def test_a_damaged_ledger_says_where(damage, fault):
    rows = damage(Book(SERIES).applied("0001", "0002").rows)
    assert chain_fault(rows) == fault
    [finding] = History(rows).chain_findings()
    assert (finding.code, finding.severity) == ("ledger-chain-broken", Severity.ERROR)
    assert finding.message == f"The ledger is damaged: {fault}"
    assert finding.hint == (
        "Run nothing here. Compare with a backup, and find out who wrote to the ledger."
    )


LEFT_NOTHING = '{"code":"statement-failed","done":[]}'


def test_a_failure_that_left_nothing_is_as_if_nothing_was_begun():
    book = Book(SERIES).write(Event.STARTED, "0001")
    book.write(Event.STATEMENT, "0001", statement=1, detail='{"state":"intent"}')
    assert book.history.partly("shop")["0001"].done == frozenset()
    book.write(Event.FAILED, "0001", detail=LEFT_NOTHING)
    assert (book.history.state("shop", "0001"), book.history.record_states()) == (None, ())


def test_a_statement_that_has_its_row_is_in_whatever_the_failure_says():
    """A Ctrl-C may hit between its COMMIT and the runner, which then knows of nothing."""
    book = Book(SERIES).write(Event.STARTED, "0001")
    book.write(Event.STATEMENT, "0001", statement=1, detail='{"state":"done"}')
    book.write(Event.FAILED, "0001", detail='{"code":"cancelled","done":[]}')
    assert book.history.partly("shop")["0001"].done == {1}


def test_a_failed_rollback_that_left_nothing_leaves_it_applied():
    book = Book(SERIES).applied("0001").write(Event.STARTED, "0001")
    book.write(Event.FAILED, "0001", detail=LEFT_NOTHING)
    state = book.history.state("shop", "0001")
    assert state
    assert (state.standing, state.partly) == (Standing.APPLIED, None)


@pytest.mark.parametrize(
    "detail",
    [
        '{"code":"index-invalid","done":[]}',
        '{"code":"needs-decision","done":[]}',
        '{"code":"statement-failed","done":[1]}',
    ],
)
def test_a_failure_that_left_something_stays_partly_in(detail):
    book = Book(SERIES).write(Event.STARTED, "0001").write(Event.FAILED, "0001", detail=detail)
    assert "0001" in book.history.partly("shop")


def test_a_file_that_committed_its_own_transaction_is_partly_applied():
    book = Book(SERIES).applied("0001").write(Event.FAILED, "0001", detail='{"code":"tx-broken"}')
    state = book.history.state("shop", "0001")
    assert state
    assert (state.standing, state.in_place) == (Standing.PARTLY, False)
    assert state.partly
    assert state.partly.rolling_back is False


def test_a_rollback_that_committed_its_own_transaction_is_partly_rolled_back():
    book = Book(SERIES).applied("0001").write(Event.ROLLED_BACK, "0001")
    state = book.write(Event.FAILED, "0001").history.state("shop", "0001")
    assert state
    assert state.partly
    assert (state.in_place, state.partly.rolling_back) == (True, True)


@pytest.mark.parametrize(
    ("event", "in_place", "rolling_back"),
    [(Event.ROLLED_BACK, False, False), (Event.APPLIED, True, True)],
)
def test_a_file_that_rolled_its_own_transaction_back(event, in_place, rolling_back):
    book = Book(SERIES).write(event, "0001", attempt=uuid4())
    state = book.write(Event.FAILED, "0001", attempt=uuid4()).history.state("shop", "0001")
    assert state
    assert state.partly
    assert (state.in_place, state.partly.rolling_back) == (in_place, rolling_back)


def test_a_failure_before_anything_was_begun_leaves_no_trace():
    book = Book(SERIES).write(Event.FAILED, "0001", detail=LEFT_NOTHING, attempt=uuid4())
    assert (book.history.state("shop", "0001"), book.history.record_states()) == (None, ())


@pytest.mark.parametrize("begun", [True, False])
def test_a_rollback_that_left_nothing_leaves_what_is_partly_applied(begun):
    book = Book(SERIES).write(Event.STARTED, "0001", attempt=uuid4())
    book.write(Event.STATEMENT, "0001", statement=1, attempt=book.rows[-1].attempt)
    back = uuid4()
    if begun:
        book.write(Event.STARTED, "0001", detail='{"direction":"roll back"}', attempt=back)
    book.write(Event.FAILED, "0001", detail=LEFT_NOTHING, attempt=back)
    partly = book.history.partly("shop")["0001"]
    assert (partly.rolling_back, partly.done) == (False, {1})


def test_an_intent_ends_with_the_word_done_or_with_the_failure_of_its_attempt():
    first, second = uuid4(), uuid4()
    book = Book(SERIES).write(Event.STARTED, "0001", attempt=first)
    intent = {"detail": '{"existed":true,"state":"intent"}', "attempt": first}
    book.write(Event.STATEMENT, "0001", statement=1, **intent)
    book.write(Event.STATEMENT, "0001", statement=2, **intent)
    book.write(Event.STATEMENT, "0001", statement=1, attempt=first)
    assert book.history.partly("shop")["0001"].intents == {2: Intent(first, True, False)}
    book.write(Event.FAILED, "0001", detail='{"done":[1]}', attempt=second)
    assert not book.history.partly("shop")["0001"].intents[2].refused
    book.write(Event.FAILED, "0001", detail='{"done":[1]}', attempt=first)
    assert book.history.partly("shop")["0001"].intents[2].refused


def test_an_intent_that_nobody_answered_outlives_a_later_failure_that_left_nothing():
    first, second = uuid4(), uuid4()
    book = Book(SERIES).write(Event.STARTED, "0001", attempt=first)
    book.write(Event.STATEMENT, "0001", statement=1, detail='{"state":"intent"}', attempt=first)
    book.write(Event.STARTED, "0001", attempt=second)
    book.write(Event.FAILED, "0001", detail='{"code":"cancelled","done":[]}', attempt=second)
    assert list(book.history.partly("shop")["0001"].intents) == [1]
