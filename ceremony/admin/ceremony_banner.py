"""The banner of a ceremony: how it stands, what is next and by whom, and the one button for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ceremony.actions.dossier import Dossier
from ceremony.actions.halts import open_halt_among
from ceremony.actions.people import REQUEST, RUN
from ceremony.actions.quorums import quorum_in
from ceremony.actions.signers import objection_of, separation
from ceremony.admin.attempt_words import ended, statements_left
from ceremony.admin.ceremony_facts import needed_of
from ceremony.admin.ceremony_words import Standing, again_command
from ceremony.admin.doors import Door, url_of
from ceremony.core.gates import Gate
from ceremony.core.outcome import StepState
from ceremony.core.states import ENDED, State
from ceremony.models import CeremonyRun, Decision, Purpose, RunPurpose
from ceremony.templatetags.ceremony_pages import MARKS, duration

Words = str | Promise

_WAITING = frozenset({State.REQUESTED, State.APPROVED})
_STOPPED = (StepState.FAILED.value, StepState.PARTLY.value, StepState.UNKNOWN.value)
_STOPPED_TITLES = {
    StepState.PARTLY.value: ("partly applied", gettext_lazy("Partly applied")),
    StepState.UNKNOWN.value: ("unknown", gettext_lazy("Outcome unknown")),
}
_CALLED_OFF = frozenset({State.REJECTED, State.CANCELLED, State.EXPIRED})
_SIGNED = {State.REQUESTED: Purpose.APPROVAL, State.AWAITING_SIGN_OFF: Purpose.ACCEPTANCE}
_PRIMARY: Mapping[State, tuple[tuple[str, Words], ...]] = {
    State.CHANGES_REQUESTED: (("again", gettext_lazy("New version")),),
    State.RUNNING: (("halt", gettext_lazy("Stop…")),),
    State.HALTED: (
        ("decision", ""),
        ("way_back", gettext_lazy("Take it back")),
        ("halt", ""),
        ("again", ""),
    ),
    State.VERIFYING: (("verify_again", gettext_lazy("Verify it again")),),
    State.AWAITING_SIGN_OFF: (("accept", ""),),
    State.REQUESTED: (("sign", ""),),
    State.REJECTED: (("again", gettext_lazy("New version")),),
}


@dataclass(frozen=True)
class Banner:
    """``word`` is the status whose icon and colour it has; ``told`` are sentences, in their order.
    ``moment`` stands behind the last of them. ``next`` says what is to come, and by whom. ``share``
    is an address for somebody else.
    """

    word: str
    title: Words
    told: tuple[Words, ...]
    next: Words = ""
    primary: Door | None = None
    moment: datetime | None = None
    share: str = ""

    @property
    def icon(self) -> str:
        return MARKS.get(self.word, ("·", "idle"))[0]

    @property
    def kind(self) -> str:
        """What its colour says, as of every status."""
        return MARKS.get(self.word, ("·", "idle"))[1]


@dataclass(frozen=True)
class Seen:
    """What a banner is told from, beside the dossier. ``attempts`` are those of the newest run;
    ``broken`` counts the checks of the newest run with any that did not pass and are to block.
    """

    user: AbstractUser
    standing: Standing
    gates: Sequence[Gate] = ()
    doors: Sequence[Door] = ()
    changed: Sequence[str] = ()
    attempts: Sequence[Any] = ()
    broken: int = 0
    is_damaged: bool = False


def banner_of(dossier: Dossier, seen: Seen) -> Banner:
    """The banner for the person who looks."""
    state = State(dossier.ceremony.state)
    if seen.is_damaged:
        why = _("What was recorded is not what people signed. Nothing runs before that is cleared.")
        return Banner("failed", _("Tampered with"), (why,))
    if seen.changed and state in _WAITING | {State.CHANGES_REQUESTED}:
        return _stale(dossier, seen)
    word, title, told = _standing(dossier, seen, state)
    you, moment, share = _you(dossier, seen, state)
    said = (seen.standing.sentence, *told, *you)
    primary = _primary(dossier, seen, state)
    return Banner(word, title, said, seen.standing.next, primary, moment, share)


def newest_run(dossier: Dossier) -> CeremonyRun | None:
    """The newest run that changes anything."""
    rows = [one for one in dossier.runs if one.purpose != RunPurpose.WATCH]
    return rows[-1] if rows else None


def _stale(dossier: Dossier, seen: Seen) -> Banner:
    count = len({one.user_id for one in _counting(dossier)})
    after = ngettext("after %(count)s sign-off", "after %(count)s sign-offs", count)
    told = _("It changed %(after)s: %(first)s") if count else _("It changed: %(first)s")
    first = {"after": after % {"count": count}, "first": seen.changed[0]}
    door = _door(seen, "again", gettext_lazy("Ask again"))
    void = _("What is signed here will not run.")
    comes = _("The author asks again: %(command)s") % {"command": again_command(dossier.ceremony)}
    return Banner("warning", _("Approval stale"), (told % first, void), comes, door)


def _counting(dossier: Dossier) -> list[Any]:
    standings = quorum_in(dossier, Purpose.APPROVAL).standings
    return [one.sign_off for one in standings if one.counts]


def _standing(dossier: Dossier, seen: Seen, state: State) -> tuple[str, Words, tuple[Words, ...]]:
    """Status, title, and what is to be told of the state itself."""
    plain = (state.value, state.value.capitalize())
    if state is State.REQUESTED:
        return (*plain, _signatures(dossier))
    if state is State.APPROVED:
        names = ", ".join(one.username for one in _counting(dossier))
        return (*plain, (_("Approved by %(names)s.") % {"names": names},) if names else ())
    if state is State.HALTED:
        return _stopped(dossier, seen)
    if state is State.AWAITING_SIGN_OFF and seen.broken:
        told = _broken(seen.broken)
        return ("warning", _("Applied, but a check did not pass"), (told,))
    if state in ENDED or state is State.AWAITING_SIGN_OFF:
        return (*plain, _ended(dossier, state))
    return (*plain, _running(seen) if state is State.RUNNING else ())


def _signatures(dossier: Dossier) -> tuple[Words, ...]:
    now = quorum_in(dossier, Purpose.APPROVAL)
    needed = needed_of(now)
    if not needed:
        return ()
    told = ngettext(
        "%(there)s of %(needed)s signature.", "%(there)s of %(needed)s signatures.", needed
    )
    return (told % {"there": needed - now.missing, "needed": needed},)


def _stopped(dossier: Dossier, seen: Seen) -> tuple[str, Words, tuple[Words, ...]]:
    one = next((one for one in seen.attempts if one.state in _STOPPED), None)
    if one is None:
        return ("halted", _("Halted"), ())
    word, title = _STOPPED_TITLES.get(one.state, ("failed", _("Stopped")))
    problem: Mapping[str, Any] = one.problem or {}
    where = ended(one.state, problem)
    told = [_("%(label)s stopped %(where)s.") % {"label": one.label, "where": where}]
    if not where:
        told = [problem.get("happened") or _("%(label)s stopped.") % {"label": one.label}]
    left = statements_left(one.statements or (), one.state, transactional=one.transactional)
    fates = left and _("Statements: %(left)s.") % {"left": left}
    # What the run said to type next is refused while a halt is open: its next station is told.
    is_halted = open_halt_among(dossier.halts, dossier.ceremony.target) is not None
    advice = "" if is_halted else problem.get("next_step", "")
    more = (fates, problem.get("state", ""), advice)
    return (word, title, (*told, *filter(None, more)))


def _running(seen: Seen) -> tuple[Words, ...]:
    done = sum(one.state == StepState.DONE.value for one in seen.attempts)
    # How steps ended is recorded late: that none is in yet would be said while some are.
    if not done:
        return ()
    told = _("%(done)s of %(count)s steps are in.")
    return (told % {"done": done, "count": len(seen.attempts)},)


def _ended(dossier: Dossier, state: State) -> tuple[Words, ...]:
    """How long it took; who ended it, and why, where it did not run."""
    if state in _CALLED_OFF:
        return _called_off(dossier, state)
    run = newest_run(dossier)
    outcome = getattr(run.run, "outcome", None) if run else None
    if run is None or outcome is None:
        return ()
    told = _("Run %(run)s took %(time)s.")
    return (told % {"run": run.run_id, "time": duration(outcome.seconds)},)


def _called_off(dossier: Dossier, state: State) -> tuple[Words, ...]:
    """Who called it off, and the reason that was given."""
    if state is State.REJECTED:
        said = [one for one in dossier.sign_offs if one.decision == Decision.REJECT]
        found = [(one.username, one.comment) for one in said[-1:]]
    else:
        events = (one for one in dossier.beside["told"] if one.action == f"ceremony {state.value}")
        found = [(one.actor, str(one.detail().get("why", ""))) for one in events]
    return tuple(
        _("%(name)s: “%(why)s”") % {"name": name, "why": why} for name, why in found[:1] if why
    )


def _broken(count: int) -> str:
    told = ngettext("%(count)s check did not pass.", "%(count)s checks did not pass.", count)
    return told % {"count": count}


def _you(
    dossier: Dossier, seen: Seen, state: State
) -> tuple[tuple[Words, ...], datetime | None, str]:
    """What the person is in it, who signed what when, and what he or she can pass on."""
    purpose = _SIGNED.get(state)
    if purpose is None:
        return (), None, ""
    now, member = quorum_in(dossier, purpose), dossier.member(seen.user)
    own = [one for one in now.standings if one.sign_off.user_id == seen.user.pk]
    if own:
        return (_("You signed"),), own[-1].sign_off.signed_at, ""
    # Of an author's reasons this one stays, whatever rights are given.
    objection = separation(member.user, now.rules) or objection_of(member, now.rules)
    if objection is None:
        groups = [one for one in now.rules.groups if one in member.groups]
        told = _("You can: you may sign, and it is not your own.")
        if groups:
            told = _("You can: you are in %(groups)s, and it is not your own.")
        return (told % {"groups": ", ".join(groups)},), None, ""
    if objection.code == "approval-own":
        share = url_of("sign" if purpose is Purpose.APPROVAL else "accept", dossier.ceremony)
        return (_("You wrote it: somebody else signs."),), None, share
    return (objection.sentence,), None, ""


def _primary(dossier: Dossier, seen: Seen, state: State) -> Door | None:
    """The one thing to do next, where the person can do it."""
    review = _door(seen, "review")
    if review is not None and review.waited_for:
        return review
    for name, label in _PRIMARY.get(state, ()):
        door = _door(seen, name, label)
        if door is not None and (door.waited_for or label):
            return door
    if state in _SIGNED:
        return next((one for one in seen.doors if one.name.startswith("withdraw")), None)
    if state is State.APPROVED:
        return _run(dossier, seen)
    return _after(dossier, seen, state)


def _after(dossier: Dossier, seen: Seen, state: State) -> Door | None:
    """What is left to do once it is over."""
    if state in {State.CANCELLED, State.EXPIRED}:
        return _anew(dossier, seen)
    if state in ENDED and dossier.runs:
        return Door(_("Evidence"), url_of("report", dossier.ceremony), name="report")
    return None


def _door(seen: Seen, name: str, label: Words = "") -> Door | None:
    found = next((one for one in seen.doors if one.name == name and one.url), None)
    if found is None or not label:
        return found
    return Door(label, found.url, waited_for=True, name=name)


def _run(dossier: Dossier, seen: Seen) -> Door | None:
    """To the page that starts it, for those who may, once nothing stands against it."""
    if not dossier.member(seen.user).may(RUN):
        return None
    try:
        url = url_of("run", dossier.ceremony)
    except NoReverseMatch:
        return None
    if not all(one.is_open for one in seen.gates):
        return None
    alias = dossier.ceremony.target.alias
    return Door(_("Run on %(target)s") % {"target": alias}, url, waited_for=True, name="run")


def _anew(dossier: Dossier, seen: Seen) -> Door | None:
    if not dossier.member(seen.user).may(REQUEST):
        return None
    url = reverse("admin:ceremony_ceremony_request")
    return Door(_("Copy as new"), url, name="request")
