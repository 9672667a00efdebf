"""Request: open a ceremony, or a new round of one, for what would run now; the bytes that people
will sign are frozen.

Nothing is changed in the target. Its lock is held while it is read, so that what is requested is
what stands there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import AbstractUser

from ceremony import conf
from ceremony.actions import evidence
from ceremony.actions.access import home_of
from ceremony.actions.authors import authors_of
from ceremony.actions.ceremonies import (
    acting,
    advance,
    ceremony_unknown,
    expire_due,
    refuse_illegal,
)
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.gates import gates_of
from ceremony.actions.halt import refuse_halted
from ceremony.actions.library import load_library
from ceremony.actions.manifest import manifest_for
from ceremony.actions.open_round import Proposal, Round, open_round
from ceremony.actions.people import REQUEST, refuse_without
from ceremony.actions.planned import PlanAsked, asked_by, planned
from ceremony.actions.policies import policy_for, weaknesses
from ceremony.actions.preflight import look, record
from ceremony.actions.ready import Caller, Ready, now, ready
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.rehearsed import require_rehearsal
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.actions.stale import text_changes
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.manifest_changes import differences
from ceremony.core.plan import Direction, Plan
from ceremony.core.requesting import Cancelled, RequestReport
from ceremony.core.series import Series
from ceremony.core.states import BEFORE_THE_RUN, Act, State
from ceremony.errors import Refused, UsageError
from ceremony.models import Ceremony, StoredManifest

LONGEST_TITLE = 300


@dataclass(frozen=True)
class CeremonyRequest:
    """``alias`` ``None``: the series' home database. ``title`` ``""``: one is made of the plan.

    ``why`` is said to those who sign. ``account`` is the person who was authenticated for it,
    ``None`` where only the shell knows who asks. ``again`` is the number of the ceremony that gets
    a new round; what it asked for in the first place then counts, and not ``direction`` and
    ``asked``.
    """

    series: str
    caller: Caller
    alias: str | None = None
    direction: Direction = Direction.APPLY
    asked: PlanAsked = field(default_factory=PlanAsked)
    title: str = ""
    why: str = ""
    account: AbstractUser | None = None
    again: int = 0


@dataclass(frozen=True)
class CancelRequest:
    """Call ceremony ``number`` off, before it runs."""

    series: str
    number: int
    why: str
    caller: Caller
    alias: str | None = None
    account: AbstractUser | None = None


@control_errors()
def request(request: CeremonyRequest, watcher: Watcher) -> RequestReport:
    """Open a ceremony, its first round requested; or, with ``again``, the next round of one, for
    which earlier sign-offs do not count. Under a policy that asks nobody it is approved at once.

    Raises CeremonyError: what ``apply`` raises before a run; Refused (ceremony-open,
    ceremony-state, target-halted, request-unchanged, right-missing, rehearsal-missing,
    rehearsal-stale, rehearsal-faulty); UsageError (ceremony-unknown, ceremony-elsewhere).
    """
    settings = conf.load()
    require_control()
    _refuse_person(request.account)
    expire_due(now())
    before = _round_before(request)
    if before is not None:
        request = _as_before(request, before)
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    target = home_of(series, request.alias, settings)
    with ready(target, settings, request.caller, watcher) as here:
        if before is not None and State(before.ceremony.state) is State.HALTED:
            # Going on has to be decided first: a halted ceremony may be taken back or accepted.
            refuse_halted(here, before.ceremony_id)
        plan = planned(here, series, request.direction, request.asked, library, settings)
        refuse_plan(plan.findings, f"{series.name} on {target.alias}")
        if not plan.steps:
            return RequestReport(here.access.facts, plan, here.settled)
        proposal = _proposal(here, plan, series, settings)
        said = _said(proposal, request, settings)
        return _requested(proposal, said, before, settings)


@control_errors()
def cancel(request: CancelRequest) -> Cancelled:
    """Call a ceremony off; it ends as it stands, or is halted again where its round was to fix
    forward what is halted.

    Raises UsageError (ceremony-unknown, ceremony-elsewhere) and Refused (ceremony-state,
    right-missing).
    """
    require_control()
    _refuse_person(request.account)
    _ceremony(request.number, request.series, request.alias)
    why = evidence.bounded(request.why)
    with acting(request.number) as (head, ceremony):
        actor = _name_of(request.caller, request.account)
        advance(head, ceremony, Act.CANCEL, actor, {"why": why})
        alias = ceremony.target.alias
    return Cancelled(ceremony.pk, ceremony.series, alias, ceremony.title, why, ceremony.state)


def _refuse_person(account: AbstractUser | None) -> None:
    if account is not None:
        refuse_without(account, REQUEST, "request a ceremony or call one off")


def _name_of(caller: Caller, account: AbstractUser | None) -> str:
    return evidence.bounded(account.get_username() if account else caller.actor.name, 255)


def _round_before(request: CeremonyRequest) -> StoredManifest | None:
    """The newest round of the ceremony that is to get another one."""
    if not request.again:
        return None
    ceremony = _ceremony(request.again, request.series, request.alias)
    refuse_illegal(ceremony, Act.REQUEST)
    return newest_round(ceremony)


def _as_before(request: CeremonyRequest, before: StoredManifest) -> CeremonyRequest:
    """The request for what the ceremony asked for in the first place."""
    return replace(
        request,
        alias=before.ceremony.target.alias,
        direction=Direction(before.ceremony.direction),
        asked=asked_by(before.asked),
        title=request.title.strip() or before.ceremony.title,
    )


def _ceremony(number: int, series: str, alias: str | None) -> Ceremony:
    """Ceremony ``number``, which must be about the series and the target that were named."""
    found = Ceremony.objects.select_related("target").filter(pk=number).first()
    if found is None:
        raise ceremony_unknown(number)
    if found.series != series or alias not in (None, found.target.alias):
        raise UsageError(
            "ceremony-elsewhere",
            f"Ceremony {number} is about {found.series!r} on {found.target.alias!r}.",
            next_step="Name that series and that database, or another number.",
        )
    return found


def _proposal(here: Ready, plan: Plan, series: Series, settings: Settings) -> Proposal:
    target = here.access.target
    policy = policy_for(target, series, plan, settings)
    if policy.rehearsal and plan.direction is Direction.APPLY:
        version = here.access.session.identity.server_version
        require_rehearsal(plan, series, target.alias, version)
    manifest = manifest_for(here, plan, series, policy, ceremony=0, round=0)
    return Proposal(here, plan, series, policy, manifest)


def _said(
    proposal: Proposal,
    request: CeremonyRequest,
    settings: Settings,
) -> Round:
    plan, account = proposal.plan, request.account
    return Round(
        title=evidence.bounded(request.title.strip() or title_of(plan), LONGEST_TITLE),
        why=evidence.bounded(request.why),
        requester=_name_of(request.caller, account),
        account=account,
        authors=authors_of(plan, proposal.manifest, request.caller, account, settings),
        asked=request.asked.to_json(),
    )


def title_of(plan: Plan) -> str:
    """What a change is called where nobody gave it a title: what it does, and to which files."""
    first, last = plan.steps[0].migration.label, plan.steps[-1].migration.label
    what = first if first == last else f"{len(plan.steps)} migrations, {first} to {last}"
    return evidence.bounded(f"{plan.direction.value} {plan.series}: {what}", LONGEST_TITLE)


def _requested(
    proposal: Proposal, said: Round, before: StoredManifest | None, settings: Settings
) -> RequestReport:
    here, plan, policy = proposal.here, proposal.plan, proposal.policy
    number = before.ceremony_id if before else 0
    others = tuple(_others(here, number))
    old = manifest_of(before) if before else None
    changed = differences(old, proposal.manifest) if old else ()
    if before is not None and not changed:
        _refuse_unchanged(before.ceremony)
    if before is None:
        _refuse_twice(proposal, others)
    texts = text_changes(old, proposal.manifest, proposal.series) if old else ()
    judged = look(here, plan, proposal.series, policy, settings)
    ceremony, stored = open_round(proposal, said, number)
    record(stored, judged, said.requester)
    return RequestReport(
        target=here.access.facts,
        plan=plan,
        settled=here.settled,
        number=ceremony.pk,
        round=stored.round,
        title=ceremony.title,
        state=State(ceremony.state),
        fingerprint=stored.fingerprint,
        policy=policy,
        expires_at=ceremony.expires_at,
        gates=gates_of(ceremony, now()),
        items=judged,
        weak=weaknesses(policy),
        changed=changed,
        texts=texts,
        others=tuple(one.pk for one in others),
    )


def _others(here: Ready, number: int) -> Iterator[Ceremony]:
    """Ceremonies on the same target that have been requested and have not run, oldest first."""
    states = [state.value for state in BEFORE_THE_RUN]
    found = here.target.ceremonies.filter(state__in=states, round__gt=0)
    yield from found.exclude(pk=number).order_by("pk")


def _refuse_unchanged(ceremony: Ceremony) -> None:
    """A new round takes the sign-offs of the last one away: not without a reason."""
    if State(ceremony.state) not in {State.REQUESTED, State.APPROVED}:
        return
    raise Refused(
        "request-unchanged",
        f"Nothing changed since round {ceremony.round} of ceremony {ceremony.pk} was requested: "
        "its sign-offs count.",
        next_step="Nothing needs to be requested; its page in the admin shows who is asked.",
    )


def _refuse_twice(proposal: Proposal, others: tuple[Ceremony, ...]) -> None:
    """Two that ask for the same would each wait for people, and a run could not tell which to
    take.
    """
    for one in others:
        if one.series != proposal.series.name or one.direction != proposal.plan.direction.value:
            continue
        if differences(manifest_of(newest_round(one)), proposal.manifest):
            continue
        place = f"{one.series} --database {proposal.here.access.target.alias}"
        raise Refused(
            "ceremony-open",
            f"Ceremony {one.pk} ({one.state}) asks for exactly this already.",
            next_step=f"Go on with it, or call it off: manage.py request_sql {place} "
            f'--cancel {one.pk} --why "…"',
        )
