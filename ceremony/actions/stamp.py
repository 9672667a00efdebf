"""Stamp: rows in the ledger that say what is so, with nothing run. All of them or none.

As a run does it: the intents are committed in control, then the rows in the target in one
transaction, then the outcomes in control. A crash in between is settled by the next command, from
the ledger.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from ceremony.actions.ready import Ready, now
from ceremony.actions.record import audit_head, record_intents, record_outcomes
from ceremony.core.chain import Json, canonical
from ceremony.core.outcome import StepOutcome, StepRun, StepState
from ceremony.core.plan import Plan, plan_digest
from ceremony.models import Run
from ceremony.pg.ledger import Facts
from ceremony.pg.step_rows import step_facts

Details = Mapping[str, Mapping[str, Json]]
"""What stands in the ``detail`` of a row, by version."""


def stamp(here: Ready, run: Run, plan: Plan, details: Details) -> tuple[StepOutcome, ...]:
    """Write one row for each step of ``plan`` (at least one, without refusals).

    ``here`` must have a ledger. Raises what ``Ledger.append_all`` raises; the attempts are then
    open, and the next command settles them.
    """
    runs = [StepRun(step, uuid4()) for step in plan.steps]
    began = now()
    record_intents(run, runs, planned_at=began)
    head = audit_head()
    context = here.context(lambda: (head.sequence, head.hash), plan_digest(plan))
    facts = [_facts(one, details) for one in runs]
    rows = here.access.ledger.append_all(facts, context)
    ended = now()
    outcomes = tuple(
        StepOutcome(
            one.attempt,
            one.step,
            StepState.DONE,
            began,
            ended,
            ledger_sequence=row.sequence,
            ledger_hash=row.hash,
        )
        for one, row in zip(runs, rows, strict=True)
    )
    record_outcomes(run, outcomes, keep_error_detail=here.access.keep_detail)
    return outcomes


def _facts(run: StepRun, details: Details) -> Facts:
    detail = details.get(str(run.step.migration.version), {})
    return replace(step_facts(run.step, run.attempt), detail=canonical(detail).decode())
