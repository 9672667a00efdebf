"""What a change writes, and what its way back deletes."""

from collections.abc import Sequence

from ceremony.core.catalog import Change, ObjectKind, diff
from ceremony.core.outcome import StepOutcome
from ceremony.core.plan import Step
from ceremony.core.rehearsal.drill import Loss
from ceremony.core.rehearsal.picture import Picture
from ceremony.core.xray import covered
from ceremony.pg.session import Session
from ceremony.pg.table_rows import Stored, gone, stored_in

_WRITING = frozenset(
    {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "copy_stmt", "do_stmt",
     "call_stmt", "select_stmt", "execute_stmt"}
)  # fmt: skip
_WRITERS_LOCK = "RowExclusiveLock"


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
    columns: dict[str, list[str]] = {}
    for one in made:
        parent = changed.snapshot.objects[one.key].parent
        if one.key.kind == ObjectKind.COLUMN and parent is not None:
            column = one.key.name.removeprefix(f"{parent.name}.")
            columns.setdefault(parent.name, []).append(column)
    tables = [one.key.name for one in made if one.key.kind == ObjectKind.TABLE]
    return stored_in(session, tables, columns)


def lost(session: Session, endangered: Sequence[Stored], *, declared: bool) -> tuple[Loss, ...]:
    """What of it is gone after the way back. What only has another name is not lost."""
    return tuple(
        Loss(one.what, one.count, declared)
        for one in sorted(gone(session, endangered), key=lambda one: one.what)
    )
