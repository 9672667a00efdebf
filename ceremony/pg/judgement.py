"""May this step be committed? The answers of its block, judged before COMMIT is sent."""

from collections.abc import Iterator, Sequence

from psycopg.pq import DiagnosticField as Field
from psycopg.pq import TransactionStatus

from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.outcome import CheckOutcome, Problem, ServerError
from ceremony.core.plan import Direction
from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import CHECK_PARTS, Part
from ceremony.pg.contract import contract_problem
from ceremony.pg.errors import LINK_LOST, meaning, server_error
from ceremony.pg.prepared import PreparedRow
from ceremony.pg.surroundings import Surroundings
from ceremony.pg.wire import Answer, AnswerState
from ceremony.pg.xray import unexpected

_SETTINGS = (
    "the user",
    "the login",
    "role",
    "search_path",
    "client_encoding",
    "standard_conforming_strings",
    "session_replication_role",
    "lock_timeout",
    "statement_timeout",
    "default_transaction_read_only",
)
"""The columns of the query ``settings-now``, in words: what could change how the next file is read,
whose it is, and what it waits for. Everything else is left to RESET ALL and its like."""

_ENDED = ("57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04")
"""Cancelled, terminated, timed out: a check that ends so says nothing about its question."""

TX_BROKEN = "tx-broken"
"""The code of a file that left the transaction it ran in."""


def problem_before_commit(
    attempt: Attempt,
    around: Surroundings,
    *,
    interrupted: bool,
    status: TransactionStatus | None,
    prepared: frozenset[PreparedRow] = frozenset(),
) -> Problem | None:
    """Why the step must be rolled back, ``None`` when it may be committed.

    ``status`` is the transaction's status after the last Sync, ``None`` where only a first part
    of the block was answered. ``prepared`` are our own queries as they were prepared.
    """
    for found in _prepared_probed(attempt, around, prepared):
        return found
    for found in _problems(attempt, around, interrupted, status):
        return found
    return None


def _problems(
    attempt: Attempt, around: Surroundings, interrupted: bool, status: TransactionStatus | None
) -> Iterator[Problem]:
    if drift := _drift_after_reset(attempt, around):
        yield drift
    failed = problem_of_answers(attempt, around, interrupted=interrupted)
    if failed and _hidden_by_role(attempt):
        yield from _session_probed(attempt, around, status)
    if failed:
        yield failed
    if interrupted:
        yield cancelled(attempt, around.command)
    asked = attempt.judge_checks()
    if status is None:
        asked = asked[: len(attempt.run.step.checks_before)]
    if refused := checks_problem(attempt, asked, around):
        yield refused
    if status is not None:
        yield from _session_probed(attempt, around, status)
        yield from _ledger_probed(attempt, around)
        if broken := contract_problem(
            attempt.run.step, attempt.answers, state=rolled_back(attempt), command=around.command
        ):
            yield broken
        if surprise := unexpected(
            attempt.run, attempt.xrays(), state=rolled_back(attempt), command=around.command
        ):
            yield surprise


def _prepared_probed(
    attempt: Attempt, around: Surroundings, prepared: frozenset[PreparedRow]
) -> Iterator[Problem]:
    """Where another statement answers under our name, no later answer means anything."""
    for answer in attempt.answers:
        asked = answer.item.what.part is Part.GUARD and answer.state is AnswerState.OK
        if asked and not prepared <= set(answer.rows):
            yield _problem(
                attempt,
                "session-drift",
                f"{attempt.path} deallocated or replaced what ceremony had prepared in the "
                "session.",
                f"Take that out of {attempt.path} and out of what it calls; then: {around.command}",
            )


def problem_of_answers(
    attempt: Attempt, around: Surroundings, *, interrupted: bool
) -> Problem | None:
    """The first error or the broken link among the answers, ``None`` where there is neither."""
    failed = _ended_check(attempt) or attempt.first(AnswerState.ERROR)
    if failed is not None:
        return _failed(attempt, failed, around, interrupted)
    lost = attempt.first(AnswerState.LOST)
    return _lost(attempt, lost, around) if lost else None


def rolled_back(attempt: Attempt) -> str:
    """The state of the database after a step that was not committed."""
    if attempt.run.step.direction is Direction.ROLL_BACK:
        return f"What the way back did was undone: {attempt.label} is still applied."
    return f"{attempt.label} was rolled back: nothing of it is in the database."


def cancelled(attempt: Attempt, command: str) -> Problem:
    """Stopped from the keyboard or by a signal."""
    return Problem(
        "cancelled",
        f"{attempt.label} was interrupted.",
        rolled_back(attempt),
        f"When you want to go on: {command}",
    )


def _failed(attempt: Attempt, answer: Answer, around: Surroundings, interrupted: bool) -> Problem:
    what = answer.item.what
    statement = what.statement if what.part is Part.STATEMENT else None
    error = server_error(
        answer.error or {},
        doing="" if statement else what.part.value,
        script=attempt.run.step.script,
        statement=statement,
        keep_detail=around.keep_detail,
    )
    if error.sqlstate == "57014":
        return _stopped(attempt, answer, error, around, interrupted)
    if what.part is Part.LEDGER and error.sqlstate == "23505":
        return Problem(
            "ledger-moved",
            f"Row {attempt.row.sequence} of the ledger was written by somebody else meanwhile.",
            rolled_back(attempt),
            f"Find out who else writes to {around.database}, then: {around.command}",
            error,
        )
    code, step = _meant(attempt, answer, error, around)
    happened = f"{_where(attempt, answer, error)} failed: {error.message} ({error.sqlstate})."
    return Problem(code, happened, rolled_back(attempt), step, error)


def _meant(
    attempt: Attempt, answer: Answer, error: ServerError, around: Surroundings
) -> tuple[str, str]:
    part = answer.item.what.part
    on_ledger = error.table == "ceremony_ledger" and part is Part.STATEMENT
    if part is Part.LEDGER_PROBES or (on_ledger and error.sqlstate == "42501"):
        return "ledger-touched", (
            f"The ledger belongs to ceremony alone: take what touches it out of {attempt.path}, "
            f"then: {around.command}"
        )
    rule = meaning(error.sqlstate)
    step = rule.next_step.format(path=attempt.path, command=around.command, user=around.user)
    return rule.code, step


def _stopped(
    attempt: Attempt, answer: Answer, error: ServerError, around: Surroundings, interrupted: bool
) -> Problem:
    """57014 says that a statement was stopped, not by whom: the clock and our own flag tell."""
    where = _where(attempt, answer, error)
    limit = around.statement_timeout
    if interrupted:
        return Problem(
            "cancelled",
            f"{where} was interrupted and cancelled in the server.",
            rolled_back(attempt),
            f"When you want to go on: {around.command}",
            error,
        )
    if limit and attempt.seconds_until(answer) * 1000 >= limit * 0.95:
        return Problem(
            "statement-timeout",
            f"{where} took longer than its limit of {limit} ms.",
            rolled_back(attempt),
            "Give the file more time with `-- Timeout: statement 10min`, or make the statement "
            f"quicker; then: {around.command}",
            error,
        )
    return Problem(
        "cancelled",
        f"{where} was cancelled in the server by somebody else (pg_cancel_backend).",
        rolled_back(attempt),
        f"Ask who cancelled it and why (the server's log has the time); then: {around.command}",
        error,
    )


def _where(attempt: Attempt, answer: Answer, error: ServerError) -> str:
    """``Statement 3 of 5 (calendar/0001_x.sql:12:8)``, or what of ours failed."""
    what = answer.item.what
    script = attempt.run.step.script
    if what.part is Part.STATEMENT and script is not None:
        place = f"{script.path}:{error.line}:{error.column}"
        return f"Statement {error.statement} of {len(script.statements)} ({place})"
    if what.part in CHECK_PARTS:
        check = attempt.checks()[what.check]
        return f'The check "{check.name}" ({check.path}:{check.line})'
    words = what.part.value
    return f"{words[0].upper()}{words[1:]} of {attempt.label}"


def _lost(attempt: Attempt, answer: Answer, around: Surroundings) -> Problem:
    error = ServerError(LINK_LOST, "the connection broke", doing=answer.item.what.part.value)
    what = answer.item.what
    statement = what.statement if what.part is Part.STATEMENT else None
    if statement is not None:
        error = server_error(
            {Field.SQLSTATE: LINK_LOST, Field.MESSAGE_PRIMARY: "the connection broke"},
            script=attempt.run.step.script,
            statement=statement,
        )
    return Problem(
        "connection-lost",
        f"The connection to {around.database} broke. "
        f"In flight was: {_where(attempt, answer, error)}.",
        f"The COMMIT of {attempt.label} was not sent: the server rolls it back.",
        f"See that the server is up, then: {around.command}",
        error,
    )


def _ended_check(attempt: Attempt) -> Answer | None:
    for answer in attempt.answers:
        if answer.state is AnswerState.ERROR and answer.item.what.part in CHECK_PARTS:
            if (answer.error or {}).get(Field.SQLSTATE) in _ENDED:
                return answer
        elif answer.state is AnswerState.ERROR:
            return None
    return None


def _refuses(check: CheckOutcome) -> bool:
    blocking = check.check.severity is CheckSeverity.BLOCK
    return blocking and check.result in (CheckResult.FAIL, CheckResult.NOT_RUN)


def checks_problem(
    attempt: Attempt, outcomes: Sequence[CheckOutcome], around: Surroundings
) -> Problem | None:
    """The checks that refuse, in one problem; ``None`` where none does."""
    broken = [one for one in outcomes if _refuses(one)]
    if not broken:
        return None
    told = " ".join(
        f'"{c.check.name}" ({c.check.path}:{c.check.line}): {c.explanation.rstrip(".")}.'
        for c in broken
    )
    count = "A check" if len(broken) == 1 else f"{len(broken)} checks"
    return Problem(
        "check-failed",
        f"{count} of {attempt.label} did not hold. {told}",
        rolled_back(attempt),
        f"Correct {attempt.path}, the data, or the check; then: {around.command}",
    )


def _drift_after_reset(attempt: Attempt, around: Surroundings) -> Problem | None:
    told = attempt.rows_of(Part.LEDGER) or ()
    now = told[1 : 1 + len(around.clean)]
    if not now or now == around.clean:
        return None
    changed = [
        f"{name} is {after}, was {before}"
        for name, before, after in zip(_SETTINGS, around.clean, now, strict=True)
        if before != after
    ]
    return Problem(
        "session-drift",
        f"After the reset the session is not what it was: {'; '.join(changed)}.",
        rolled_back(attempt),
        f"Run it again on a new connection: {around.command}",
    )


def _hidden_by_role(attempt: Attempt) -> bool:
    """The look at the ledger was refused: perhaps the file changed the role, which says more."""
    error = attempt.first(AnswerState.ERROR)
    return error is not None and error.item.what.part is Part.LEDGER_PROBES


def _session_probed(
    attempt: Attempt, around: Surroundings, status: TransactionStatus | None
) -> Iterator[Problem]:
    row = attempt.rows_of(Part.PROBES)
    open_still = status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)
    if row is None or not open_still or row[0] != attempt.xid:
        yield _problem(
            attempt,
            TX_BROKEN,
            f"{attempt.path} ended or replaced the transaction it ran in.",
            f"Take the transaction control out of {attempt.path} and out of what it calls; "
            f"then: {around.command}",
        )
        return
    if row[1] != str(around.backend_pid):
        yield _problem(
            attempt,
            "pooled-connection",
            f"The server process changed from {around.backend_pid} to {row[1]} within the session.",
            "Give this target the address of PostgreSQL itself, or a pool in session mode.",
        )
    wanted = (*around.clean[:3], *around.clean[4:7])
    names = (*_SETTINGS[:3], *_SETTINGS[4:7])
    changed = [
        f"{name} to {after} (was {before})"
        for name, before, after in zip(names, wanted, row[2:8], strict=True)
        if after != before
    ]
    out = f"Take that out of {attempt.path} and out of what it calls; then: {around.command}"
    if changed:
        happened = f"{attempt.path} changed {'; '.join(changed)} and did not put it back."
        yield _problem(attempt, "session-drift", happened, out)
    if row[8] != "1":
        happened = (
            f"{attempt.path} released the lock of this run (pg_advisory_unlock_all or the like)."
        )
        yield _problem(attempt, "runner-lock-lost", happened, out)


def _ledger_probed(attempt: Attempt, around: Surroundings) -> Iterator[Problem]:
    """One new row, ours, behind the one it must follow; and the table itself was left alone."""
    wanted = ("1", attempt.row.hash, attempt.row.previous_hash)
    session = attempt.rows_of(Part.PROBES)
    locked = session is None or session[9] != "0"
    if locked or attempt.rows_of(Part.LEDGER_PROBES) != wanted:
        yield _problem(
            attempt,
            "ledger-touched",
            f"{attempt.path} changed the ledger, its triggers, rules or policies.",
            f"The ledger belongs to ceremony alone: take that out of {attempt.path}; "
            f"then: {around.command}",
        )


def _problem(attempt: Attempt, code: str, happened: str, step: str) -> Problem:
    return Problem(code, happened, rolled_back(attempt), step)
