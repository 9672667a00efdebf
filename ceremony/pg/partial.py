"""A step that was begun outside a transaction and not finished: who must look, at what."""

from dataclasses import replace

from ceremony.core.outcome import Problem
from ceremony.core.script import Statement
from ceremony.pg.attempt import Attempt
from ceremony.pg.probes import Finding, Found

UNIQUE_VIOLATION = "23505"

_CURED_IN_THE_FILE = frozenset(
    {"contract-violated", "lock-timeout", "statement-failed", "statement-timeout"}
)


def index_invalid(
    finding: Finding, before: str, command: str, cause: Problem | None = None
) -> Problem:
    """An INVALID index bears the name of ours; ``before`` is a sentence on how we met it."""
    server = cause.server if cause else None
    mend = "Mend the rows that are not unique (Detail names a key). Then: "
    mend = mend if server and server.sqlstate == UNIQUE_VIOLATION else ""
    return Problem(
        "index-invalid",
        f"{before}The index {finding.name} is there but INVALID: queries do not use it, and every "
        "write pays for it.",
        "",
        f"{mend}DROP INDEX CONCURRENTLY {finding.name};   then: {command}",
        server,
    )


def undecided(attempt: Attempt, statement: Statement, finding: Finding, command: str) -> Problem:
    """An earlier attempt meant to run the statement; the catalog says neither yes nor no."""
    differs = finding.found in (Found.DIFFERS, Found.IN)
    intended = " ".join(statement.text.split()) if differs else statement.summary
    begun = (
        f"Statement {statement.number} of {attempt.path} ({intended}) was begun by an "
        "earlier attempt"
    )
    if finding.found is Found.INVALID:
        return index_invalid(finding, f"{begun}. ", command)
    if finding.found is Found.PENDING:
        detach = f"ALTER TABLE {finding.definition} DETACH PARTITION {finding.name} FINALIZE"
        return Problem(
            "detach-pending",
            f"{begun}, and the detach is pending.",
            "",
            f"{detach};   then: {command}",
        )
    if differs:
        return Problem(
            "index-differs",
            f"{begun}, but the name {finding.name} belongs to another index: {finding.definition}.",
            "",
            f"Rename or drop the other index; then: {command}",
        )
    return Problem(
        "needs-decision",
        f"{begun}, and nothing in the catalog tells whether it is in.",
        "",
        "Look whether its effect is there, and put the rest in a new file that can be repeated "
        f"(IF NOT EXISTS). This file cannot go on by itself; it was asked for with: {command}",
    )


def lock_gone(attempt: Attempt, statement: Statement, command: str) -> Problem:
    """The lock was released before this statement."""
    return Problem(
        "runner-lock-lost",
        f"Before statement {statement.number} of {attempt.path} the lock of this run was gone.",
        "",
        f"Find out which statement released it, then: {command}",
    )


def file_stays(problem: Problem, command: str) -> Problem:
    """What to do about a failure in a change that is partly in: it must not be edited as it is
    (``partial-file-changed``), so the usual advice to correct the file does not hold.
    """
    if problem.code not in _CURED_IN_THE_FILE:
        return problem
    number = problem.server.statement if problem.server else 0
    which = f"statement {number}" if number else "the rest"
    return replace(
        problem,
        next_step=f"Leave the file as it is, make {which} possible, then: {command}   Or take "
        "back what is in with rollback_sql, correct the file, and apply it again.",
    )
