"""What the ledger's row says of a step."""

from uuid import UUID

from ceremony.core.chain import Json, canonical
from ceremony.core.ledger_row import Event
from ceremony.core.plan import Direction, Step
from ceremony.pg.ledger import Facts


def step_facts(
    step: Step, attempt: UUID, event: Event | None = None, *, statement: int = 0, **detail: Json
) -> Facts:
    """The facts of one row about ``step``; ``event`` is the step's own unless another is given.

    The digests are those of the change. ``rollback_digest`` is that of the way back: the one that
    runs, or, when the change is applied, the plain one beside it.
    """
    migration = step.migration
    if step.direction is Direction.ROLL_BACK:
        way_back = step.script
        if step.variant:
            detail = {**detail, "variant": step.variant}
    else:
        way_back = migration.rollbacks.get("")
    return Facts(
        event=event or step.event,
        series=migration.series,
        version=migration.version.text,
        name=migration.name,
        bytes_digest=migration.script.bytes_digest,
        meaning_digest=migration.script.meaning_digest,
        checks_digest=migration.verify_digest,
        rollback_digest=way_back.bytes_digest if way_back else "",
        attempt=attempt,
        statement=statement,
        detail=canonical(detail).decode(),
    )
