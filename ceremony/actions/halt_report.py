"""What is told of a halt: where it stands, and what to type next."""

from collections.abc import Sequence

from ceremony.actions.dossier import Dossier, dossier_of
from ceremony.actions.halts import Halt, state_among
from ceremony.actions.quorums import quorum_in
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.core.halting import Course, HaltReport, HaltState, Station, Stopped, halt_state
from ceremony.core.plan import Direction
from ceremony.core.policies.given import LOCAL
from ceremony.core.states import State
from ceremony.models import Ceremony, HaltStep, Purpose, Target


def no_halt(target: Target) -> HaltReport:
    """The report of a target that is under no halt."""
    return HaltReport(target.alias, target.environment, None, halt_state(()))


def halt_report(
    halt: Halt, stopped: Stopped | None = None, steps: Sequence[HaltStep] = ()
) -> HaltReport:
    """The report of a halt as control knows it now. ``steps`` are those of the halt, where they
    were read already.
    """
    steps = steps or steps_of(halt)
    state, row = state_among(steps, halt.id), halt.row
    dossier = dossier_of(row) if row is not None else None
    missing = _missing(dossier) if dossier and state.awaits is Course.ACCEPT else 0
    asks = not dossier.policy.is_open if dossier else halt.target.environment != LOCAL
    return HaltReport(
        alias=halt.target.alias,
        environment=halt.target.environment,
        halt=halt.id,
        state=state,
        ceremony=halt.ceremony,
        ceremony_state=row.state if row else "",
        ledger_sequence=steps[0].ledger_sequence,
        stopped=stopped,
        missing=missing,
        lifted=state.next is None,
        steps=_typed_next(halt, state, row, missing, asks=asks),
    )


def steps_of(halt: Halt) -> tuple[HaltStep, ...]:
    """The stations that were taken, in order; the first is STOP."""
    return tuple(HaltStep.objects.filter(halt=halt.id).order_by("pk"))


def missing_for(ceremony: Ceremony) -> int:
    """How many people have still to sign that a halted ceremony is accepted as it is."""
    return _missing(dossier_of(ceremony))


def _missing(dossier: Dossier) -> int:
    if dossier.ceremony.state != State.HALTED.value:
        return 0
    return quorum_in(dossier, Purpose.DECISION).missing


def asks_people(ceremony: Ceremony | None, protected: bool) -> bool:
    """Whether deciding and documenting takes a person with an account: the policy of the halted
    ceremony says so, without one whether the target is protected.
    """
    if ceremony is None:
        return protected
    return not policy_of(newest_round(ceremony)).is_open


def _typed_next(
    halt: Halt, state: HaltState, row: Ceremony | None, missing: int, *, asks: bool
) -> tuple[str, ...]:
    resume = f"manage.py resume_sql --database {halt.target.alias}"
    signed = f"{resume} --user NAME" if asks else resume
    if state.next is Station.ASSESS:
        return (f'{resume} --assess "what you found"',)
    if state.next is Station.DECIDE:
        return tuple(f'{signed} --decide {_typed(one)} --reason "why"' for one in Course)
    if state.next is Station.EXECUTE and row is not None and state.course is not None:
        return _execution(state.course, row, resume, signed, missing)
    if state.next in {Station.DOCUMENT, Station.LIFT}:
        return (f'{signed} --document "what is to be remembered"',)
    return ()


def _typed(course: Course) -> str:
    return course.value.replace(" ", "-")


def _execution(
    course: Course, row: Ceremony, resume: str, signed: str, missing: int
) -> tuple[str, ...]:
    place = f"{row.series} --database {row.target.alias}"
    if course is Course.ROLL_BACK:
        return (f"manage.py rollback_sql {place} --ceremony {row.pk}", resume)
    if course is Course.FIX_FORWARD:
        back = row.direction == Direction.ROLL_BACK.value
        verb = "rollback_sql" if back else "apply_sql"
        return (
            f"manage.py request_sql {place} --again {row.pk}",
            f"manage.py {verb} {place} --ceremony {row.pk}   when it is approved",
            resume,
        )
    more = "1 person has" if missing == 1 else f"{missing} people have"
    signing = (f"{more} to sign the decision on the ceremony's page",) if missing else ()
    return (*signing, f'{signed} --document "what is to be remembered"')
