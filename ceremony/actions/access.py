"""Access to a target: one pinned session and its ledger, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ceremony import conf
from ceremony.actions.home import home_of
from ceremony.actions.targets import SeenTarget
from ceremony.conf import Settings, TargetSettings
from ceremony.core.report import TargetFacts
from ceremony.errors import Refused
from ceremony.pg.ledger import Ledger
from ceremony.pg.session import Session, SessionSettings, open_session

__all__ = ["Access", "home_of", "reached", "refuse_unconfirmed"]


@dataclass(frozen=True)
class Access:
    """An open session on a target.

    ``keep_detail``: whether DETAIL and CONTEXT of errors may be kept.
    """

    target: TargetSettings
    session: Session
    ledger: Ledger
    keep_detail: bool

    @property
    def facts(self) -> TargetFacts:
        identity = self.session.identity
        return TargetFacts(
            alias=self.target.alias,
            environment=self.target.environment,
            host=self.target.shown("host"),
            port=identity.port,
            database=identity.database,
            user=identity.session_user,
            server_version=identity.server_version,
            protected=self.target.protected,
        )

    def seen(self) -> SeenTarget:
        """What control remembers of this database, before its ledger is looked at."""
        identity = self.session.identity
        return SeenTarget(
            alias=self.target.alias,
            environment=self.target.environment,
            host=self.target.shown("host"),
            port=identity.port,
            database_name=identity.database,
            database_oid=identity.database_oid,
            system_identifier=identity.system_identifier,
            server_version=identity.server_version,
        )


@contextmanager
def reached(target: TargetSettings, settings: Settings, purpose: str) -> Iterator[Access]:
    """Connect to a target; ``purpose`` is shown in ``application_name``.

    Raises what ``open_session`` raises (connect-failed, server-too-old, target-read-only …).
    """
    keep_detail = settings.keep_error_detail
    if keep_detail is None:
        keep_detail = not target.protected
    pins = SessionSettings(
        run=purpose,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout,
        keep_detail=keep_detail,
    )
    with open_session(target.parameters, pins) as session:
        yield Access(target, session, Ledger(session, settings.ledger_schema), keep_detail)


def refuse_unconfirmed(target: TargetSettings, confirmed: str) -> None:
    """A protected target wants its environment's name typed.

    Raises Refused (environment-protected).
    """
    if not target.protected or confirmed == target.environment:
        return
    typed = f" --confirm says {confirmed!r}." if confirmed else ""
    raise Refused(
        "environment-protected",
        f"The target {target.alias!r} is {target.environment}, not local, and so it is "
        f"protected.{typed}",
        next_step=f"When you are sure, add: --confirm {target.environment}"
        if target.environment != conf.UNKNOWN
        else f"Say what it is ({target.alias.upper()}_ENVIRONMENT=staging, say), or add: "
        "--confirm unknown",
    )
