"""PostgreSQL's own progress of a long statement, asked beside the connection that works."""

from typing import Protocol

from ceremony import conf
from ceremony.actions.access import home_of
from ceremony.actions.library import load_library
from ceremony.management.units import counted
from ceremony.pg.progress import Monitor, Progress

_WAITING = "sessions waited for"


class Look(Protocol):
    """A way to ask how far the statement of a server process is."""

    def __call__(self, pid: int) -> str:
        """``43 % (building index: scanning table)``; ``""`` when the server cannot say."""

    def close(self) -> None:
        """Give back what looking needed."""


class NoLook:
    """Looks at nothing."""

    def __call__(self, pid: int) -> str:
        return ""

    def close(self) -> None:
        return


class TargetLook:
    """Looks at the target of a run; finds it when it is first asked, and so mostly never."""

    def __init__(self, series: str, alias: str | None) -> None:
        self._series = series
        self._alias = alias
        self._monitor: Monitor | None = None

    def __call__(self, pid: int) -> str:
        if self._monitor is None:
            settings = conf.load()
            series = load_library(settings.root, [self._series]).series[self._series]
            self._monitor = Monitor(home_of(series, self._alias, settings).parameters, pid)
        progress = self._monitor.look()
        return progress_words(progress) if progress else ""

    def close(self) -> None:
        if self._monitor is not None:
            self._monitor.__exit__(None, None, None)


def progress_words(progress: Progress) -> str:
    """``43 % (phase)``, ``waits for 2 sessions (phase)``, ``12,000 rows (phase)`` or the phase."""
    if progress.unit == _WAITING and progress.total:
        return f"waits for {counted(progress.total - progress.done, 'session')} ({progress.phase})"
    if progress.total:
        return f"{progress.done * 100 // progress.total} % ({progress.phase})"
    if progress.done:
        return f"{progress.done:,} {progress.unit} ({progress.phase})"
    return progress.phase
