"""The header directives of a migration."""

from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True)
class Dependency:
    """``series`` is ``""`` for the migration's own series and ``"django"`` for ``django:app.0002_x``.

    ``version`` is the version (text) it names, or ``app.name`` for Django. ``reason`` is what stood in brackets.
    """

    series: str
    version: str
    reason: str = ""
    line: int = 0


@dataclass(frozen=True)
class Header:
    """Directives before the first statement. Timeouts are milliseconds, ``None`` where not given."""

    purpose: str = ""
    depends: tuple[Dependency, ...] = ()
    risk: Risk | None = None
    reversible: bool = True
    irreversible_why: str = ""
    data_loss: str = ""
    transactional: bool = True
    lock_timeout: int | None = None
    statement_timeout: int | None = None
    planned: str = ""
    retired: str = ""
    supersedes: tuple[str, str] | None = None
    about: tuple[tuple[str, str], ...] = ()
