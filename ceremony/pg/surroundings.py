"""What a step runs in: its time limits, and the session as it must be before and after."""

from dataclasses import dataclass

from ceremony.core.plan import Step
from ceremony.pg.context import RunContext
from ceremony.pg.session import Session

_LIMITS = (
    "SELECT pg_catalog.set_config('lock_timeout', $1, true), "
    "pg_catalog.set_config('statement_timeout', $2, true)"
)
_ALIVE = ", pg_catalog.set_config('client_connection_check_interval', $3, true)"


@dataclass(frozen=True)
class Limits:
    """Milliseconds; 0 for none.

    ``check_connection`` is 0 where the server cannot look for a dead client.
    """

    lock: int
    statement: int
    check_connection: int

    def statement_for_transaction(self) -> tuple[bytes, tuple[bytes, ...]]:
        """The statement that sets them for one transaction, and its parameters.

        The third one is set again each time: not every server takes it as a startup option, so
        RESET ALL loses it.
        """
        values = (b"%d" % self.lock, b"%d" % self.statement)
        if not self.check_connection:
            return _LIMITS.encode(), values
        return (_LIMITS + _ALIVE).encode(), (*values, b"%d" % self.check_connection)


@dataclass(frozen=True)
class Surroundings:
    """What a block is judged against.

    ``clean`` is the session's first answer to ``settings-now``.
    """

    clean: tuple[str | None, ...]
    backend_pid: int
    user: str
    database: str
    command: str
    keep_detail: bool
    statement_timeout: int


def session_limits(session: Session) -> Limits:
    """The limits that settings give."""
    settings = session.settings
    alive = settings.check_connection if session.checks_connection else 0
    return Limits(settings.lock_timeout, settings.statement_timeout, alive)


def limits_of(step: Step, session: Session) -> Limits:
    """The limits in the header of the file that runs, else those of the settings."""
    limits, header = session_limits(session), step.header
    lock, statement = header.lock_timeout, header.statement_timeout
    return Limits(
        limits.lock if lock is None else lock,
        limits.statement if statement is None else statement,
        limits.check_connection,
    )


def surroundings(session: Session, context: RunContext, limits: Limits) -> Surroundings:
    """What the answers of a step on this session are judged against."""
    identity = session.identity
    return Surroundings(
        clean=session.clean,
        backend_pid=identity.backend_pid,
        user=identity.current_user,
        database=identity.place,
        command=context.command,
        keep_detail=session.settings.keep_detail,
        statement_timeout=limits.statement,
    )
