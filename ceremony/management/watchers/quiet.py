"""A watcher for ``-v 0``: it looks away."""

from types import TracebackType
from typing import Self

from ceremony.actions.watching import Unwatched


class QuietWatcher(Unwatched):
    """``Unwatched`` that can stand in a ``with`` like the other watchers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return
