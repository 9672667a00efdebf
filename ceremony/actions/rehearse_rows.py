"""Rows for a rehearsal, made up or loaded, so that its figures mean something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ceremony.actions.rehearse_stage import Stage
from ceremony.core.catalog import ObjectKind
from ceremony.core.header import Header
from ceremony.core.history import Event
from ceremony.core.migration import Kind, Migration
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction, Step
from ceremony.core.rehearsal.picture import Picture
from ceremony.core.script import Script, Statement
from ceremony.core.sql import parse_script
from ceremony.core.version import Version
from ceremony.errors import Failed, UsageError
from ceremony.pg.filling import fill
from ceremony.pg.table_rows import empty

_NOT_YET = frozenset({"42P01", "42703", "3F000"})
"""SQLSTATEs of what is not there: table, column, schema (manual, appendix A)."""


@dataclass
class Rows:
    """Rows for the tables of a stage: ``number`` made up per table, and the statements of ``data``.

    Reference tables hold what their migrations put there and are never filled. ``filled`` are the
    tables with made-up rows, ``missing`` says of tables why they did not get all of them.
    """

    number: int | None = None
    data: Script | None = None
    reference: tuple[str, ...] = ()
    filled: list[str] = field(default_factory=list)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _waiting: list[Statement] = field(default_factory=list)
    _loaded: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start_over()

    @property
    def wanted(self) -> bool:
        """Whether there are any rows to be had."""
        return self.number is not None or self.data is not None

    @property
    def never(self) -> tuple[Statement, ...]:
        """The statements of ``data`` that found their tables at no time."""
        sent = self.data.sent if self.data else ()
        return tuple(one for one in sent if one.number not in self._loaded)

    @property
    def waiting(self) -> tuple[Statement, ...]:
        """The statements of ``data`` whose tables have not come yet."""
        return tuple(self._waiting)

    def start_over(self) -> None:
        """The database was made anew: nothing is in it."""
        self.filled.clear()
        self._waiting = list(self.data.sent) if self.data else []

    def put(self, stage: Stage, picture: Picture) -> None:
        """Load what can be loaded by now, then fill the tables that are still empty.

        Raises Failed (rehearsal-data-failed).
        """
        self._load(stage)
        if self.number is None:
            return
        names = [
            key.name
            for key in picture.snapshot.objects
            if key.kind == ObjectKind.TABLE
            and key.name not in self.filled
            and not _among(key.name, self.reference)
        ]
        if names:
            made = fill(stage.session, self.number, ledger=stage.ledger_table, names=names)
            self.filled += [one.table for one in made if one.rows]
            self.missing |= {one.table: one.missing for one in made if one.rows < self.number}

    def take_out(self, stage: Stage) -> None:
        """Empty the tables that were filled; they may be filled again."""
        empty(stage.session, self.filled)
        self.filled.clear()

    def went(self, names: Iterable[str]) -> None:
        """These tables were dropped, and what is there now by their names is empty."""
        gone = set(names)
        self.filled = [name for name in self.filled if name not in gone]

    def _load(self, stage: Stage) -> None:
        """The statements of the data file in their order, up to the first whose table is not
        there yet.
        """
        while self._waiting and self.data is not None:
            outcome = stage.run(_loading(self.data, self._waiting[0]))
            problem = outcome.problem
            if outcome.state is not StepState.DONE:
                state = problem.server.sqlstate if problem and problem.server else ""
                if state in _NOT_YET:
                    return
                raise Failed(
                    "rehearsal-data-failed",
                    f"The data file could not be loaded: {problem.happened if problem else state}",
                    state="The scratch database is dropped; the target was not touched.",
                    next_step=f"Mend {self.data.path}, then rehearse again.",
                )
            self._loaded.add(self._waiting.pop(0).number)


def read_data(path: Path | None) -> Script | None:
    """The data file as a script. Raises UsageError (data-unreadable)."""
    if path is None:
        return None
    try:
        data = path.read_bytes()
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            "data-unreadable",
            f"The data file {str(path)!r} cannot be read: {why}.",
            next_step="Name a file of SQL (INSERT, COPY … FROM stdin) in UTF-8.",
        ) from None
    script, findings = parse_script(path.name, text, data, transactional=True)
    if script is None:
        told = findings[0].message if findings else "it holds no statement."
        raise UsageError(
            "data-unreadable",
            f"The data file {str(path)!r} cannot be used: {told}",
            next_step="Mend the file, then rehearse again.",
        )
    return script


def _loading(data: Script, statement: Statement) -> Step:
    """A step that runs one statement of the data file."""
    script = Script(data.path, data.text, (statement,), data.bytes_digest, data.meaning_digest)
    version = Version.of("0")
    migration = Migration("", version, "data", data.path, Kind.RUNNABLE, Header(), script)
    return Step(0, migration, Direction.APPLY, Event.APPLIED, script)


def _among(name: str, tables: Sequence[str]) -> bool:
    """Whether a qualified name is one of those that ``series.toml`` names, qualified or not."""
    return any(name in (table, f"public.{table}") for table in tables)
