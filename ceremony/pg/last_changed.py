"""When objects of the catalog were last changed, as far as the server still knows.

With ``track_commit_timestamp`` the server keeps the time of each commit, and every row of the
catalog names the transaction that wrote it (manual, 9.27.8, ``pg_xact_commit_timestamp``). Times
are kept until the transaction is frozen; what is gone has no row left to ask.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ceremony.core.catalog import ObjectKey
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "last_changed.sql"


def last_changed(session: Session, keys: Sequence[ObjectKey]) -> Mapping[ObjectKey, datetime]:
    """When each of these objects was last changed (UTC); those that nobody knows are left out.

    Empty where ``track_commit_timestamp`` is off. Raises CeremonyError for what the server refuses.
    """
    if not keys or not session.ask(query("commit-timestamps-on", _FILE))[0][0]:
        return {}
    kinds, names = [key.kind.value for key in keys], [key.name for key in keys]
    found = session.ask(query("last-changed", _FILE), (kinds, names))
    return {keys[number - 1]: at.astimezone(UTC) for number, at in found if at is not None}
