"""The work as it stands this moment: which migration, which statement, since when."""

from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size

from ceremony.core.outcome import StepRun
from ceremony.core.plan import Plan
from ceremony.core.script import Statement
from ceremony.management.units import duration
from ceremony.management.visible import visible

#: A statement runs this long (seconds) before anybody asks the server about it.
PATIENCE = 3.0


@dataclass
class Work:
    """Written by the thread that works, read by the thread that draws, one field at a time."""

    total: int = 0
    pid: int = 0
    number: int = 0
    label: str = ""
    statement: int = 0
    statements: int = 0
    summary: str = ""
    since: float = 0.0
    waiting: str = ""
    progress: str = ""
    places: dict[int, int] = field(default_factory=dict)

    def plan(self, plan: Plan, backend_pid: int) -> None:
        self.total, self.pid, self.waiting = len(plan.steps), backend_pid, ""

    def step(self, run: StepRun, now: float) -> None:
        sent = run.step.script.sent if run.step.script else ()
        self.number, self.label = run.step.number, run.step.migration.label
        # Asked for once per statement: looking it up each time would be quadratic in a long file.
        self.places = {one.number: place for place, one in enumerate(sent, 1)}
        self.statement, self.statements = 0, len(sent)
        self.summary, self.progress, self.waiting, self.since = "", "", "", now

    def at(self, statement: Statement, now: float) -> None:
        self.statement = self.places.get(statement.number, 0)
        self.summary, self.progress, self.since = statement.summary, "", now

    def finished(self) -> None:
        self.summary, self.progress, self.statement, self.label = "", "", 0, ""

    def line(self, now: float, width: int = 1000) -> str:
        """``migration 3 of 14 · 0003_x · statement 2/5 · 12 s · 43 % (index build)``.

        Where that is wider than ``width`` terminal cells, the label is cut: numbers matter more.
        """
        if self.waiting:
            return self.waiting
        if not self.label:
            done = f"{self.number} of {self.total} done"
            return done if self.number else "reading, comparing, planning"
        rest = self._numbers(now)
        room = width - cell_len(f"migration {self.number} of {self.total} ·  · {rest}")
        return (
            f"migration {self.number} of {self.total} · {_cut(visible(self.label), room)} · {rest}"
        )

    def _numbers(self, now: float) -> str:
        parts = [duration(now - self.since)]
        if self.statement:
            parts.insert(0, f"statement {self.statement}/{self.statements}")
        if self.progress:
            parts.append(visible(self.progress))
        elif self.summary and now - self.since > PATIENCE:
            parts.append(visible(self.summary))
        return " · ".join(parts)


def _cut(label: str, room: int) -> str:
    """``label`` in at most ``room`` cells, but never less than its first twelve."""
    room = max(room, 12)
    return label if cell_len(label) <= room else f"{set_cell_size(label, room - 1).rstrip()}…"
