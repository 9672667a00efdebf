"""What came of a step: statements, messages, checks, error; values that the executor hands to
the record.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ceremony.core.check import Check, CheckResult
from ceremony.core.expectations import Observation
from ceremony.core.finding import Finding
from ceremony.core.plan import Step
from ceremony.core.xray import XRay


@dataclass(frozen=True)
class StepRun:
    """A step with the id of the attempt at it; the attempt is recorded in control before the
    step starts.

    ``measured`` asks for an X-ray of every statement. ``rehearsed`` are the X-rays of the step's
    rehearsal: then it is measured too, and what they do not show stops it before COMMIT.
    """

    step: Step
    attempt: UUID
    measured: bool = False
    rehearsed: tuple[XRay, ...] | None = None

    @property
    def looked_at(self) -> bool:
        """Whether each statement is measured."""
        return self.measured or self.rehearsed is not None


class StepState(StrEnum):
    """How an attempt ended.

    DONE: its ledger row is committed. FAILED: undone, nothing of it is in the target. PARTLY:
    outside a transaction, some statements are in. UNKNOWN: the link broke during COMMIT; only
    the ledger can tell. NOT_STARTED: an earlier step ended the run.
    """

    DONE = "done"
    FAILED = "failed"
    PARTLY = "partly"
    UNKNOWN = "unknown"
    NOT_STARTED = "not started"


class StatementState(StrEnum):
    """How one statement ended. UNKNOWN was in flight when the link broke."""

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not run"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"
    ALREADY_IN = "already in"


@dataclass(frozen=True)
class Message:
    """A NOTICE, WARNING or the like from the server, with the number of the statement it
    belongs to.

    ``statement`` is 0 for messages of our own statements (COMMIT, checks of constraints).
    """

    statement: int
    severity: str
    sqlstate: str
    text: str
    detail: str = ""
    hint: str = ""
    context: str = ""


@dataclass(frozen=True)
class ServerError:
    """PostgreSQL's error fields, and the place in the file they point at.

    ``statement`` is the number of the failing statement (0: our own, ``doing`` says which).
    ``line`` and ``column`` are places in the file (from 1; 0 unknown); ``source_line`` is that
    line's text and ``caret`` the column of the caret in it. Appendix A of the PostgreSQL manual
    lists the SQLSTATE codes, section 54.8 the fields.
    """

    sqlstate: str
    message: str
    statement: int = 0
    doing: str = ""
    line: int = 0
    column: int = 0
    source_line: str = ""
    detail: str = ""
    hint: str = ""
    context: str = ""
    constraint: str = ""
    schema: str = ""
    table: str = ""
    column_name: str = ""


@dataclass(frozen=True)
class StatementResult:
    """``seconds`` is the time between the previous answer and this one; ``rows`` is ``None``
    where the tag has none. ``waited`` is how many of the seconds it was seen to wait for locks.
    """

    number: int
    state: StatementState
    seconds: float = 0.0
    tag: str = ""
    rows: int | None = None
    waited: float = 0.0


@dataclass(frozen=True)
class CheckOutcome:
    """The verdict on one check and what was observed; ``explanation`` is one sentence for
    people.
    """

    check: Check
    result: CheckResult
    observed: Observation
    explanation: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Problem:
    """An error as recorded: the words of a CeremonyError, and the server's error where there
    was one.
    """

    code: str
    happened: str
    state: str
    next_step: str
    server: ServerError | None = None


@dataclass(frozen=True)
class StepOutcome:
    """``ledger_sequence`` and ``ledger_hash`` are those of the row that says the step is done
    (0, "" otherwise). ``xrays`` has one X-ray per statement that was answered, where the step was
    measured. ``findings`` are warnings about the target as the step leaves it.
    """

    attempt: UUID
    step: Step
    state: StepState
    started_at: datetime
    finished_at: datetime
    statements: tuple[StatementResult, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    messages: tuple[Message, ...] = ()
    problem: Problem | None = None
    ledger_sequence: int = 0
    ledger_hash: str = ""
    xrays: tuple[XRay, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def seconds(self) -> float:
        return (self.finished_at - self.started_at).total_seconds()
