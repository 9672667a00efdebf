"""What an attempt without outcome turned out to be, by the ledger's rows alone."""

from uuid import uuid4

import pytest

from ceremony.core.history import Event
from ceremony.core.report import SettledAs
from ceremony.core.resolve import OpenAttempt, resolve
from tests.core.folders import Book, complete, series_of

SERIES = series_of(complete("0001_a"))


@pytest.mark.parametrize(
    ("event", "detail", "settled_as", "explanation"),
    [
        (Event.APPLIED, "{}", SettledAs.DONE, "Row 2 of the ledger says applied."),
        (
            Event.STARTED,
            "{}",
            SettledAs.PARTLY,
            "Row 2 of the ledger says started, and none says that it was finished.",
        ),
        (
            Event.FAILED,
            '{"code":"statement-failed","done":[1]}',
            SettledAs.PARTLY,
            "Row 2 of the ledger says failed, and none says that it was finished.",
        ),
        (
            Event.FAILED,
            '{"code":"statement-failed","done":[]}',
            SettledAs.ABORTED,
            "Row 2 of the ledger says failed, with no statement in the database.",
        ),
    ],
)
def test_the_last_row_of_an_attempt_decides(event, detail, settled_as, explanation):
    attempt = uuid4()
    book = Book(SERIES).write(event, "0001", detail=detail, attempt=attempt)
    [found] = resolve([OpenAttempt(attempt, 1, 1, "shop", "0001_a")], book.rows)
    assert (found.settled_as, found.explanation) == (settled_as, explanation)


def test_of_the_attempts_without_a_row_only_the_first_can_have_begun():
    attempts = [OpenAttempt(uuid4(), 1, number, "shop", "0001_a") for number in (1, 2)]
    found = resolve(attempts, Book(SERIES).rows)
    assert [one.settled_as for one in found] == [SettledAs.ABORTED, SettledAs.NOT_STARTED]
