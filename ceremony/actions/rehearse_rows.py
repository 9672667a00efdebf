"""Rows in a rehearsal: which tables a change writes to, what a way back would lose, and rows made
up so that figures mean something.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ceremony.core.catalog import Change, ObjectKind, diff
from ceremony.core.outcome import StepOutcome
from ceremony.core.plan import Step
from ceremony.core.rehearsal.drill import Loss
from ceremony.core.rehearsal.picture import Picture
from ceremony.core.xray import covered
from ceremony.pg.session import Session
from ceremony.pg.table_rows import Stored, empty, gone, stored_in

_WRITING = frozenset(
    {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "copy_stmt", "do_stmt",
     "call_stmt", "select_stmt", "execute_stmt"}
)  # fmt: skip
_WRITERS_LOCK = "RowExclusiveLock"


@dataclass
class Filler:
    """Makes up ``rows`` rows in every table that a change makes; ``None`` makes none.

    ``filled`` are the tables with rows of ours.
    """

    rows: int | None = None
    filled: list[str] = field(default_factory=list)

    def fill(self, session: Session, before: Picture, changed: Picture) -> None:
        """Fill the tables that came with the change."""
        return

    def empty(self, session: Session) -> None:
        """Take the rows out again."""
        empty(session, self.filled)
        self.filled.clear()


def written(step: Step, up: StepOutcome) -> tuple[str, ...]:
    """The relations that the statements of a step may have written rows to.

    Those that were locked as writers lock them (manual, 13.3.1), and those that it made itself.
    """
    if step.script is None or not any(s.kind in _WRITING for s in step.script.sent):
        return ()
    names: set[str] = set()
    for xray in up.xrays:
        names |= {lock.relation for lock in xray.locks if covered(_WRITERS_LOCK, (lock.mode,))}
        names |= set(xray.created)
    return tuple(sorted(names))


def may_lose(session: Session, before: Picture, changed: Picture) -> tuple[Stored, ...]:
    """What the change made and the way back will take: tables with their rows, columns of other
    tables with their values.
    """
    made = [d for d in diff(before.snapshot, changed.snapshot) if d.change is Change.APPEARED]
    tables = [d.key.name for d in made if d.key.kind == ObjectKind.TABLE]
    columns: dict[str, list[str]] = {}
    for one in made:
        parent = changed.snapshot.objects[one.key].parent
        if one.key.kind == ObjectKind.COLUMN and parent is not None:
            column = one.key.name.removeprefix(f"{parent.name}.")
            columns.setdefault(parent.name, []).append(column)
    return stored_in(session, tables, columns)


def lost(session: Session, endangered: Sequence[Stored], *, declared: bool) -> tuple[Loss, ...]:
    """What of it is gone after the way back. What only has another name is not lost."""
    return tuple(
        Loss(one.what, one.count, declared)
        for one in sorted(gone(session, endangered), key=lambda one: one.what)
    )
