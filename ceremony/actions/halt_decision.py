"""What is decided about a halt, and that it was carried out."""

from collections.abc import Iterable

from ceremony.actions.ceremonies import advance, locked
from ceremony.actions.conclude import verified
from ceremony.actions.halt_report import missing_for
from ceremony.actions.halts import Halt, Said, open_halt_of, state_of, take
from ceremony.actions.ready import Ready, now
from ceremony.actions.record import recording
from ceremony.actions.rounds import manifest_of, newest_round, policy_of
from ceremony.core.halting import Course, Station, open_halt
from ceremony.core.history import History
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.plan import Direction
from ceremony.core.states import BEFORE_THE_RUN, Act, State
from ceremony.errors import Refused
from ceremony.models import AuditHead, Ceremony, Transition

_CARRIED_OUT = {
    Course.ROLL_BACK: Act.ROLL_BACK,
    Course.FIX_FORWARD: Act.VERIFY,
}
"""The act of the ceremony that says that a decision was carried out by a run."""


def decide(here: Ready, halt: Halt, course: Course, said: Said) -> None:
    """Record the decision. Where nothing needs to run or to be signed, it is carried out at once.

    Raises Refused (decision-impossible).
    """
    row = halt.row
    under_way = row is not None and _is_fixed_forward(halt, row)
    if row is not None and under_way and course is not Course.FIX_FORWARD:
        raise _round_under_way(halt, row)
    halted = row is not None and row.state == State.HALTED.value
    if course is Course.ROLL_BACK:
        _refuse_impossible(here, halt, row if halted else None)
    with recording() as head:
        take(head, halt, Station.DECIDE, said, course=course)
        if row is not None and halted:
            _at_once(here, head, halt, course, said)
        elif not under_way:
            _take(head, halt, course, _nothing_to_do(here, row), said)


def _at_once(here: Ready, head: AuditHead, halt: Halt, course: Course, said: Said) -> None:
    """What is decided about a halted ceremony, as far as no run and no signature is needed."""
    ceremony = locked(halt.ceremony)
    if course is Course.ROLL_BACK and not _left_in(here, ceremony):
        _take(head, halt, course, "Nothing of the ceremony is in the database.", said)
        advance(head, ceremony, Act.ROLL_BACK, said.by, {"halt": str(halt.id)})
    elif not policy_of(newest_round(ceremony)).is_open:
        return
    elif course is Course.FIX_FORWARD:
        text = "The policy asks nobody: the next apply_sql goes on."
        _take(head, halt, course, text, said)
    elif course is Course.ACCEPT:
        _accepted(head, halt, ceremony, said)


def _is_fixed_forward(halt: Halt, row: Ceremony) -> bool:
    """Whether a new round of the ceremony is under way because that was decided."""
    asked = State(row.state) in BEFORE_THE_RUN
    return asked and state_of(halt.id).awaits is Course.FIX_FORWARD


def _nothing_to_do(here: Ready, row: Ceremony | None) -> str:
    if row is not None and _left_in(here, row):
        return f"Ceremony {row.pk} is {row.state}: what it did stays, and nobody is asked to sign."
    return "Nothing of a ceremony stands against going on."


def execute_acceptance(halt: Halt) -> None:
    """Carry out a decision to accept that all who are asked have signed.

    Raises Refused (decision-unsigned) where somebody has not.
    """
    row = halt.row
    state = state_of(halt.id)
    if state.awaits is not Course.ACCEPT or row is None:
        return
    if missing := missing_for(row):
        more = "1 person has" if missing == 1 else f"{missing} people have"
        raise Refused(
            "decision-unsigned",
            f"{more} still to sign that ceremony {row.pk} is accepted as it is.",
            next_step="They sign on its page in the admin; then run the same command again.",
        )
    decided = state.taken[-1]
    _accept(halt, Said(decided.by, "All who are asked have signed.", decided.at))


def accept_as_is(head: AuditHead, ceremony: Ceremony, by: str) -> None:
    """Carry out a decision to accept, with the signature that completes its quorum; head and
    ceremony are locked. Nothing follows where no such decision waits.
    """
    halt = open_halt_of(ceremony.target)
    if (
        halt is None
        or halt.ceremony != ceremony.pk
        or state_of(halt.id).awaits is not Course.ACCEPT
    ):
        return
    said = Said(by, "All who are asked have signed.", now())
    _accepted(head, halt, ceremony, said)


def carried_out(here: Ready) -> None:
    """Record EXECUTE for the halt that a run was let through for; ``here`` is the target as the run
    met it.
    """
    halt = open_halt_of(here.target) if open_halt(here.rows) else None
    if halt is not None:
        settle_execution(halt)


def settle_execution(halt: Halt) -> None:
    """Record EXECUTE where the ceremony shows that what was decided was carried out by a run."""
    row, state = halt.row, state_of(halt.id)
    course = state.awaits
    if row is None or course is None or course not in _CARRIED_OUT:
        return
    decided = max(one.at for one in state.taken if one.station is Station.DECIDE)
    done = _done(row, _CARRIED_OUT[course], decided.isoformat())
    if done is not None:
        text = f"Ceremony {row.pk} is {done.after}."
        _executed(halt, course, text, Said(done.actor, text, done.at))


def _done(row: Ceremony, act: Act, since: str) -> Transition | None:
    """The transition that a run which came after the decision led to, if it still stands."""
    found = row.history.filter(act=act.value, at__gte=since).last()
    halted = row.state == State.HALTED.value
    return None if halted else found


def _executed(halt: Halt, course: Course, text: str, said: Said) -> None:
    with recording() as head:
        _take(head, halt, course, text, said)


def _take(head: AuditHead, halt: Halt, course: Course, text: str, said: Said) -> None:
    told = Said(said.by, text, said.at, said.user)
    take(head, halt, Station.EXECUTE, told, course=course)


def _accept(halt: Halt, said: Said) -> None:
    """The ceremony goes on to its sign-off as it is; what was not verified stays so."""
    with recording() as head:
        _accepted(head, halt, locked(halt.ceremony), said)


def _accepted(head: AuditHead, halt: Halt, ceremony: Ceremony, said: Said) -> None:
    policy = policy_of(newest_round(ceremony))
    _take(head, halt, Course.ACCEPT, said.text, said)
    advance(head, ceremony, Act.ACCEPT_AS_IS, said.by, {"halt": str(halt.id)})
    verified(head, ceremony, policy, said.by)


def _round_under_way(halt: Halt, row: Ceremony) -> Refused:
    return Refused(
        "decision-impossible",
        f"Ceremony {row.pk} is {row.state}: to fix it forward was decided, and its new round is "
        "under way.",
        next_step="; or take the round back, and decide then: ".join(
            (
                f"manage.py resume_sql --database {halt.target.alias} shows how it goes on",
                f'manage.py request_sql {row.series} --cancel {row.pk} --why "why"',
            )
        ),
    )


def _refuse_impossible(here: Ready, halt: Halt, row: Ceremony | None) -> None:
    """Raises Refused (decision-impossible) where nothing leads back."""
    resume = f"manage.py resume_sql --database {halt.target.alias}"
    other = f'Decide otherwise: {resume} --decide fix-forward|accept --reason "why"'
    if row is None:
        raise Refused(
            "decision-impossible",
            f"No halted ceremony belongs to the halt of {halt.target.alias!r}, so there is nothing "
            "to roll back.",
            next_step=other,
        )
    manifest = manifest_of(newest_round(row))
    if _left_in(here, row) and not manifest.way_back:
        why = (
            "it is a rollback itself"
            if manifest.direction is Direction.ROLL_BACK
            else "no way back was approved with it"
        )
        raise Refused(
            "decision-impossible",
            f"Ceremony {row.pk} cannot be rolled back: {why}.",
            next_step=f"{other}; what can be done instead: {resume} lists it",
        )


def _left_in(here: Ready, row: Ceremony) -> bool:
    """Whether anything that the ceremony did is in the target, by its ledger."""
    fingerprints = set(row.manifests.values_list("fingerprint", flat=True))
    return any(one.manifest_digest in fingerprints for one in _standing(here.history))


def _standing(history: History) -> Iterable[LedgerRow]:
    """The newest row of every version that is in place or partly in."""
    for series in history.series_names:
        for state in history.states(series).values():
            if state.in_place or state.partly:
                yield state.newest
