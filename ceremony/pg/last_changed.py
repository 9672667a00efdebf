"""When objects of the catalog were last changed, as far as the server still knows.

With ``track_commit_timestamp`` the server keeps the time of each commit, and every row of the
catalog names the transaction that wrote it (manual, 9.27.8, ``pg_xact_commit_timestamp``). Times
are kept until the transaction is frozen; what is gone has no row left to ask.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ceremony.core.catalog import ObjectKey, ObjectKind
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "last_changed.sql"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def last_changed(session: Session, keys: Sequence[ObjectKey]) -> Mapping[ObjectKey, datetime]:
    """When each of these objects was last changed (UTC); those that nobody knows are left out.

    Empty where ``track_commit_timestamp`` is off. Raises CeremonyError for what the server refuses.
    """
    if not keys or not session.ask(query("commit-timestamps-on", _FILE))[0][0]:
        return {}
    single = [key for key in keys if not _gathered(key)]
    kinds, names = [key.kind.value for key in single], [key.name for key in single]
    found = session.ask(query("last-changed", _FILE), (kinds, names))
    return {single[number - 1]: at.astimezone(UTC) for number, at in found if at is not None}


def _gathered(key: ObjectKey) -> bool:
    """Whether it stands for several partitions (``core.catalog.dated``): the server knows no such
    name, and refuses to read it. The names of operators alone may hold a star unquoted.
    """
    return key.kind is not ObjectKind.OPERATOR and "*" in _QUOTED.sub("", key.name)
