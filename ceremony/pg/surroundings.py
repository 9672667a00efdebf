"""What a step runs in: its time limits, and the session as it must be before and after."""

from dataclasses import dataclass

from ceremony.core.plan import Step
from ceremony.pg.context import RunContext
from ceremony.pg.session import Session


@dataclass(frozen=True)
class Limits:
    """Milliseconds; 0 for none.

    ``lock`` and ``statement`` are ``None`` where the session's own hold. ``check_connection`` is 0
    where the server cannot look for a dead client; not every server takes it as a startup option,
    so RESET ALL loses it and each transaction sets it again.
    """

    lock: int | None
    statement: int | None
    check_connection: int

    def statements(self) -> tuple[bytes, ...]:
        """What sets them for one transaction."""
        wanted = (
            (b"lock_timeout", self.lock),
            (b"statement_timeout", self.statement),
            (b"client_connection_check_interval", self.check_connection or None),
        )
        return tuple(b"SET LOCAL %s = %d" % (name, n) for name, n in wanted if n is not None)


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
    """The limits that settings give: the session has them by itself."""
    alive = session.settings.check_connection if session.checks_connection else 0
    return Limits(None, None, alive)


def limits_of(step: Step, session: Session) -> Limits:
    """The header's limits, else those of the settings."""
    header = step.migration.header
    alive = session_limits(session).check_connection
    return Limits(header.lock_timeout, header.statement_timeout, alive)


def surroundings(session: Session, context: RunContext, limits: Limits) -> Surroundings:
    """What the answers of a step on this session are judged against."""
    identity, settings = session.identity, session.settings
    statement = limits.statement
    return Surroundings(
        clean=session.clean,
        backend_pid=identity.backend_pid,
        user=identity.current_user,
        database=identity.place,
        command=context.command,
        keep_detail=settings.keep_detail,
        statement_timeout=settings.statement_timeout if statement is None else statement,
    )
