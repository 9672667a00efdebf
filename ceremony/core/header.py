"""The header directives of a migration."""

from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    """What the author says about the danger of a change."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


DJANGO = "django"
"""The series name that stands for Django's own migrations in ``django:app.0002_x``."""


@dataclass(frozen=True)
class Dependency:
    """``series`` is ``""`` for the migration's own series and ``"django"`` for
    ``django:app.0002_x``.

    ``version`` is the version (text) it names, or ``app.name`` for Django. For another series it is
    the version as written, with the name behind it where one was given (``0003_orders``): only that
    series' numbering can tell them apart (``core.graph.resolve``). ``name`` is the name that was
    written behind a version of the own series. ``reason`` is what stood in brackets.
    """

    series: str
    version: str
    reason: str = ""
    line: int = 0
    name: str = ""

    def __str__(self) -> str:
        return f"{self.series}:{self.version}" if self.series else self.version


@dataclass(frozen=True)
class Silence:
    """One code that the author does not want to hear about this file, and why."""

    code: str
    reason: str
    line: int = 0


@dataclass(frozen=True)
class Header:
    """Directives before the first statement. Timeouts are milliseconds, ``None`` where not given.

    ``data_loss`` is the text as written: ``rollback``, ``apply`` or ``both``, with the reason in
    brackets; ``none`` where the line says so, ``""`` without the line. ``about`` holds Author,
    Ticket and Date as (key, value), in file order.
    """

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
    silences: tuple[Silence, ...] = ()

    @property
    def loses_on_apply(self) -> bool:
        """Whether applying loses data."""
        return self.data_loss.startswith(("apply", "both"))

    @property
    def loses_on_rollback(self) -> bool:
        """Whether rolling back loses data."""
        return self.data_loss.startswith(("rollback", "both"))

    @property
    def directives(self) -> tuple[tuple[str, str], ...]:
        """The directives that change what the migration does or is judged by, for the meaning
        digest.

        Prose (purpose, reasons, author, ticket, date, risk), dependencies and silences are left
        out: they may be corrected in an applied file, which is then reworded and not changed. So
        are timeouts: they say how long to wait and change nothing that is built, and a file that
        stopped half way because its limit was too short must be able to get a longer one. A
        directive that is not given is left out too, so that a later version of this software can
        add one.
        """
        said = (
            ("data loss", self.data_loss.partition(" ")[0].removeprefix("none")),
            ("reversible", "" if self.reversible else "no"),
            ("supersedes", "-".join(self.supersedes or ())),
            ("transaction", "" if self.transactional else "none"),
        )
        return tuple((key, value) for key, value in said if value)
