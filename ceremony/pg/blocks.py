"""The messages of one transactional migration, in the order they are sent.

::

    COMMIT                                 of the migration before; judged first
    BEGIN; the reset; COMMIT               so that nothing of one file reaches the next
    BEGIN; ledger row; limits              the row answers with the session as the reset left it
    checks `before`                        then a wait, if one of them may refuse
    the statements
    checks `after`                         each in its own savepoint, each followed by a Sync
    deferred constraints; looks; Sync      judged here; the COMMIT travels with the next block

Why each line stands where it does was measured:

- The reset is a transaction of its own. Without BEGIN and COMMIT around it, it would join the
  transaction of the BEGIN that follows, and a rollback would bring back what it cleaned.
- A Sync ends the skipping that an error started, so behind it the rest would run *outside* any
  transaction if the COMMIT at the start had failed. Every stretch behind a Sync therefore begins
  with ROLLBACK TO a savepoint whose name nobody can guess: it fails where that savepoint is not,
  and the stretch is skipped.
- ``SET CONSTRAINTS ALL IMMEDIATE`` stands alone before must-fail checks, or they would be blamed
  for deferred violations of the file, and again at the end, so that such a violation is named
  here and not at COMMIT.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ceremony.core.check import Check, CheckSeverity
from ceremony.core.expectations import Kind
from ceremony.core.outcome import StepRun
from ceremony.core.script import Statement
from ceremony.pg.queries import query
from ceremony.pg.surroundings import Limits
from ceremony.pg.wire import Item

KEPT_ROWS = 20
"""How many rows of a check's answer are kept as evidence."""


class Part(StrEnum):
    """What a message is for; the words are those of error messages."""

    COMMIT = "the COMMIT"
    RESET = "the reset of the session"
    BEGIN = "the BEGIN"
    LEDGER = "the ledger row"
    STATEMENT = "a statement"
    XRAY = "the look at what a statement did"
    SAVEPOINT = "a savepoint of the checks"
    CONSTRAINTS = "the check of deferred constraints"
    ONLY_IF = "an only-if question"
    SETUP = "a set-up statement of a check"
    QUESTION = "the question of a check"
    PROBES_PATH = "the search path of the looks before COMMIT"
    PROBES = "the look at the session before COMMIT"
    LEDGER_PROBES = "the look at the ledger before COMMIT"
    CONTRACT = "the look at the contract before COMMIT"
    PREPARE = "the preparation of our own queries"
    PREPARED = "the list of our own queries"
    GUARD = "the look at the prepared statements before COMMIT"
    SYNC = "a Sync"


CHECK_PARTS = frozenset({Part.ONLY_IF, Part.SETUP, Part.QUESTION})
"""Their errors stay inside the check's savepoint and belong to its verdict."""


class What(NamedTuple):
    """Which statement or check (by its index) a message belongs to.

    ``number`` counts set-up statements from 1.
    """

    part: Part
    statement: Statement | None = None
    check: int = -1
    number: int = 0


def _own(part: Part, text: str) -> Item:
    return Item(What(part), text.encode(), brief=True)


SYNC = Item(What(Part.SYNC))
#: Answered at once: an answer that waits in the server for the end of the next block would be lost
#: with the link, and leave this migration's outcome unknown.
COMMIT = Item(What(Part.COMMIT), b"COMMIT", flush=True, brief=True)
ROLLBACK = _own(Part.RESET, "ROLLBACK")
_BEGIN_TEXT = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN = _own(Part.BEGIN, _BEGIN_TEXT)
_ALL_IMMEDIATE = _own(Part.CONSTRAINTS, "SET CONSTRAINTS ALL IMMEDIATE")
#: The operators, casts and aggregates of our looks have no schema: those of the file must not be
#: found first. pg_temp comes last only where it is named (manual, CREATE FUNCTION, Writing SECURITY
#: DEFINER Functions Safely).
_PATH = _own(Part.PROBES_PATH, "SET LOCAL search_path = pg_catalog, pg_temp")
_RESETS = (
    "CLOSE ALL",
    "SET SESSION AUTHORIZATION DEFAULT",
    "RESET ALL",
    "UNLISTEN *",
    "DISCARD TEMP",
    "DISCARD SEQUENCES",
)


DEALLOCATE = _own(Part.RESET, "DEALLOCATE ALL")
RESET_BUT_PREPARED = (
    _own(Part.RESET, _BEGIN_TEXT),
    *(_own(Part.RESET, text) for text in _RESETS),
    _own(Part.RESET, "COMMIT"),
)
"""The reset between two migrations, where the statements that we prepared ourselves stay."""
RESET = (DEALLOCATE, *RESET_BUT_PREPARED)
"""Everything that a session keeps and a transaction does not, put back.

DISCARD ALL would drop the lock as well (manual, DISCARD).
"""


@dataclass(frozen=True)
class Probing:
    """What the looks before COMMIT are asked with: table, last row and lock as they must be."""

    table: str
    table_oid: int
    sequence: int
    lock_halves: tuple[int, int]

    def items(self) -> tuple[Item, Item]:
        """The session first, alone: a role that the file switched to may not read the ledger.

        Who changes a table's triggers, rules or policies holds a lock on it that we never take.
        """
        locks = tuple(b"%d" % number for number in (*self.lock_halves, self.table_oid))
        row = (b"%d" % self.sequence,)
        text = query("ledger-probes").replace("{ledger}", self.table)
        return (
            Item(What(Part.PROBES), query("session-probes").encode(), locks, keep=1, brief=True),
            Item(What(Part.LEDGER_PROBES), text.encode(), row, keep=1, brief=True),
        )


def begin(limits: Limits) -> tuple[Item, ...]:
    """BEGIN and the limits of this transaction."""
    return (BEGIN, *limited(limits))


def limited(limits: Limits) -> tuple[Item, ...]:
    """What sets the limits of a transaction that has begun."""
    return tuple(Item(What(Part.BEGIN), text, brief=True) for text in limits.statements())


@dataclass(frozen=True)
class Leg:
    """Messages that go out together.

    ``copy`` instead is one COPY FROM STDIN, which a pipeline cannot hold.
    """

    items: Sequence[Item] = ()
    copy: Statement | None = None
    last: bool = False


def legs(run: StepRun, opening: Sequence[Item], probes: Sequence[Item]) -> Iterator[Leg]:
    """The stretches of one migration. Between two of them the answers are awaited and judged."""
    step = run.step
    items = [*opening]
    first = 0
    for first, check in enumerate(step.checks_before, start=1):
        items += check_items(first - 1, check)
    if any(check.severity is CheckSeverity.BLOCK for check in step.checks_before):
        yield Leg([*items, SYNC])
        items = []
    for statement in step.script.sent if step.script else ():
        if statement.copy is None:
            items.append(file_statement(statement))
            continue
        if items:
            yield Leg([*items, SYNC])
            items = []
        yield Leg(copy=statement)
    items += _after(step.checks_after, first)
    yield _closing(items, probes)


def single(statement: Statement, opening: Sequence[Item], probes: Sequence[Item]) -> Iterator[Leg]:
    """One statement in a transaction of its own, with the row that ``opening`` inserts."""
    items = [*opening]
    if statement.copy is None:
        items.append(file_statement(statement))
    else:
        yield Leg([*items, SYNC])
        yield Leg(copy=statement)
        items = []
    yield _closing(items, probes)


def _closing(items: Sequence[Item], probes: Sequence[Item]) -> Leg:
    return Leg([*items, _ALL_IMMEDIATE, _PATH, *probes, SYNC], last=True)


def _after(checks: Sequence[Check], first: int) -> list[Item]:
    items: list[Item] = []
    if any(check.expectation.must_fail for check in checks):
        mark = _random_name()
        items += [_savepoint(mark), _ALL_IMMEDIATE, _back_to(mark), _release(mark)]
    for index, check in enumerate(checks, start=first):
        items += check_items(index, check)
    return items


def file_statement(statement: Statement) -> Item:
    """A statement of the file, answered at once, so that it is known which one is at work."""
    return Item(What(Part.STATEMENT, statement), statement.text.encode(), flush=True)


def ledger_row(insertion: bytes, parameters: tuple[bytes | None, ...]) -> Item:
    """The ledger row; its answer says that the step has begun."""
    return Item(What(Part.LEDGER), insertion, parameters, keep=1, flush=True, brief=True)


def check_items(index: int, check: Check) -> list[Item]:
    """One check in a savepoint of its own, with a Sync, so that its error is its own.

    The only-if question is asked in the same stretch, and the check runs whatever it answers: the
    client cannot choose without waiting. That is sound because all of it is rolled back, and the
    answer decides afterwards whether the result counts.
    """
    mark = _random_name()
    # Answered at once, so that the time until the next answer is the check's own.
    items = [_savepoint(mark)._replace(flush=True)]
    if check.only_if is not None:
        text = check.only_if.text.encode()
        items.append(Item(What(Part.ONLY_IF, check.only_if, index), text, keep=1))
    if check.expectation.must_fail:
        items.append(Item(What(Part.SETUP, None, index), b"SET CONSTRAINTS ALL IMMEDIATE"))
    for number, statement in enumerate(check.setup, start=1):
        items.append(Item(What(Part.SETUP, statement, index, number), statement.text.encode()))
    text = check.question.text.encode()
    if check.expectation.kind is Kind.PLAN:
        text = b"EXPLAIN (FORMAT JSON) " + text
    items.append(Item(What(Part.QUESTION, check.question, index), text, keep=KEPT_ROWS))
    return [*items, SYNC, _back_to(mark), _release(mark)]


def _random_name() -> str:
    return f"ceremony_{secrets.token_hex(8)}"


def _savepoint(name: str) -> Item:
    return _own(Part.SAVEPOINT, f"SAVEPOINT {name}")


def _back_to(name: str) -> Item:
    return _own(Part.SAVEPOINT, f"ROLLBACK TO SAVEPOINT {name}")


def _release(name: str) -> Item:
    return _own(Part.SAVEPOINT, f"RELEASE SAVEPOINT {name}")
