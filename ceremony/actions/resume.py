"""Resume: the stations of a halt, up to the row ``resumed`` in the ledger that lifts it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from django.contrib.auth.models import AbstractUser

from ceremony.actions import evidence
from ceremony.actions.compensating import export_rows, offers
from ceremony.actions.control import control_errors
from ceremony.actions.halt_decision import decide, execute_acceptance, settle_execution
from ceremony.actions.halt_report import asks_people, halt_report, no_halt
from ceremony.actions.halt_settle import settle_halt
from ceremony.actions.halt_target import settings_of
from ceremony.actions.halts import Halt, Said, state_of, take
from ceremony.actions.people import HALT, refuse_without
from ceremony.actions.ready import Caller, Ready, now, ready
from ceremony.actions.record import audit_head, recording
from ceremony.actions.targets import ledger_seen
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.halting import Course, HaltReport, Station, resumed_detail
from ceremony.core.ledger_row import Event
from ceremony.errors import Refused, UsageError
from ceremony.pg.ledger import Facts

_UNDECIDED = frozenset({Station.ASSESS, Station.DECIDE, Station.EXECUTE})


@dataclass(frozen=True)
class ResumeRequest:
    """What is said at which stations; all empty shows where the halt stands. ``reason`` goes with
    ``course``. ``export`` is a folder for the rows that a way back would lose. ``account`` is the
    person, authenticated for this.
    """

    alias: str
    caller: Caller
    assess: str = ""
    course: Course | None = None
    reason: str = ""
    document: str = ""
    export: str = ""
    account: AbstractUser | None = None

    @property
    def says(self) -> bool:
        """Whether any station is to be taken."""
        return bool(self.assess or self.course or self.document or self.export)

    def said(self, text: str) -> Said:
        """Who says the text, now."""
        by = self.account.get_username() if self.account else self.caller.actor.shown
        return Said(by, evidence.bounded(text.strip()), now(), self.account)


@control_errors()
def resume(request: ResumeRequest, watcher: Watcher) -> HaltReport:
    """Take the stations that are asked for, in order; after DOCUMENT the halt is lifted.

    Where policies ask for approvals, deciding and documenting ask for a person with the right to
    halt. Raises UsageError (halt-none), Refused (halt-station, halt-person, right-missing,
    decision-impossible, decision-unsigned, export-failed), and what ``ready``, ``QueryFailed`` and
    ``Ledger.append`` raise.
    """
    target, settings = settings_of(request.alias)
    with ready(target, settings, request.caller, watcher) as here:
        halt = settle_halt(here)
        if halt is None:
            if request.says:
                raise _no_halt(request.alias)
            return no_halt(here.target)
        settle_execution(halt)
        _refuse_person(request, halt, protected=target.protected)
        exported = _exported(request, here, halt, settings)
        for station, text, act in _asked(request, here, halt):
            if text:
                _refuse_station(halt, station)
                act()
        report = replace(halt_report(halt), exported=exported)
        if report.state.next in _UNDECIDED:
            report = replace(report, offers=offers(here, halt, settings))
        return report


def _exported(
    request: ResumeRequest, here: Ready, halt: Halt, settings: Settings
) -> tuple[str, ...]:
    """Before anything is decided: what is written out is what stands there now."""
    if not request.export:
        return ()
    made = export_rows(here, halt, settings, Path(request.export), request.said(""))
    return tuple(str(one.path) for one in made)


def _asked(
    request: ResumeRequest, here: Ready, halt: Halt
) -> tuple[tuple[Station, str, Callable[[], object]], ...]:
    course = request.course
    return (
        (Station.ASSESS, request.assess, lambda: _take(halt, Station.ASSESS, request)),
        (
            Station.DECIDE,
            request.reason if course else "",
            lambda: decide(here, halt, course or Course.ACCEPT, request.said(request.reason)),
        ),
        (Station.DOCUMENT, request.document, lambda: _document(here, halt, request)),
    )


def _take(halt: Halt, station: Station, request: ResumeRequest) -> None:
    text = request.assess if station is Station.ASSESS else request.document
    with recording() as head:
        take(head, halt, station, request.said(text))


def _document(here: Ready, halt: Halt, request: ResumeRequest) -> None:
    _take(halt, Station.DOCUMENT, request)
    _lift(here, halt, request.said(request.document))


def _lift(here: Ready, halt: Halt, said: Said) -> None:
    """The target hears of it first; a crash between the two is made up for by the next command."""
    course = state_of(halt.id).course
    detail = resumed_detail(halt.id, course.value if course else "", said.text)
    head = audit_head()
    context = here.context(lambda: (head.sequence, head.hash), "")
    row = here.access.ledger.append(Facts(Event.RESUMED, detail=detail), context)
    ledger_seen(here.target, row.sequence, row.hash)
    lifted = replace(said, text=f"Row {row.sequence} of the ledger says so.")
    with recording() as locked_head:
        stands = (row.sequence, row.hash)
        take(locked_head, halt, Station.LIFT, lifted, course=course, ledger_row=stands)


def _refuse_station(halt: Halt, station: Station) -> None:
    """Stations come in order. An acceptance that all have signed is carried out on the way."""
    if station is Station.DOCUMENT:
        execute_acceptance(halt)
    state = state_of(halt.id)
    if state.allows(station):
        return
    following = state.next.value.upper() if state.next else "none"
    steps = halt_report(halt).steps
    raise Refused(
        "halt-station",
        f"The halt of {halt.target.alias!r} cannot take {station.value.upper()} now: its next "
        f"station is {following}.",
        next_step=("; or: " if state.next is Station.DECIDE else "; then: ").join(steps),
    )


def _refuse_person(request: ResumeRequest, halt: Halt, *, protected: bool) -> None:
    """Who decides about a target that a policy protects shows who he is."""
    if request.account is not None:
        refuse_without(request.account, HALT, "decide about a halt")
        return
    decides = request.course is not None or bool(request.document or request.export)
    if decides and asks_people(halt.row, protected):
        raise Refused(
            "halt-person",
            f"The policy of {halt.target.alias!r} asks people, and a shell user name is no "
            "signature.",
            next_step="Say who you are, with an account that has the permission "
            "ceremony.halt_ceremony; add: --user NAME",
        )


def _no_halt(alias: str) -> UsageError:
    return UsageError(
        "halt-none",
        f"The target {alias!r} is under no halt.",
        next_step=f'To stop the world there: manage.py halt_sql --database {alias} --reason "why"',
    )
