"""Words of signing: what a decision is called, and what is said once it is recorded."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.gates import gates_of
from ceremony.actions.quorums import quorum_now
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.sign_refusals import in_time
from ceremony.admin.forms import Offer
from ceremony.core.policies.window import next_opening
from ceremony.core.states import State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, Decision, Purpose
from ceremony.templatetags.ceremony_pages import short_digest, visible_line

_WINDOW = "approval-window"

_Said = Mapping[Purpose, tuple[str | Promise, str | Promise]]

_APPROVES: _Said = {
    Purpose.APPROVAL: (_("Approve"), _("I have read the SQL above and the rehearsal result")),
    Purpose.ACCEPTANCE: (_("Accept"), _("I have seen what ran and what was found after it")),
    Purpose.DECISION: (_("Agree"), _("I have seen why it was halted; it stays as it is")),
    Purpose.REVIEW: (_("Reviewed"), _("I have looked at what ran without an approval, and why")),
}

_RECORDED: Mapping[Decision, str | Promise] = {
    Decision.COMMENT: _("Recorded: commented on %(digest)s."),
    Decision.REQUEST_CHANGES: _("Recorded: changes requested of %(digest)s."),
    Decision.REJECT: _("Recorded: rejected %(digest)s."),
    Decision.WITHDRAW: _("Recorded: withdrew the signature of %(digest)s."),
}

_APPROVED: Mapping[Purpose, str | Promise] = {
    Purpose.APPROVAL: _("Recorded: approved %(digest)s."),
    Purpose.ACCEPTANCE: _("Recorded: accepted %(digest)s."),
    Purpose.DECISION: _("Recorded: agreed to %(digest)s."),
    Purpose.REVIEW: _("Recorded: reviewed %(digest)s."),
}


def offers(ceremony: Ceremony, purpose: Purpose) -> Iterator[tuple[Decision, Offer]]:
    """Every decision in the order of the form, with what comes of it; a comment, which decides
    nothing, first.
    """
    yield (
        Decision.COMMENT,
        Offer(gettext("Comment only"), gettext("no decision, everybody sees it")),
    )
    label, beside = _APPROVES[purpose]
    yield Decision.APPROVE, Offer(str(label), str(beside))
    back = gettext("goes back to %(author)s; comment needed")
    author = visible_line(ceremony.requester)
    yield Decision.REQUEST_CHANGES, Offer(gettext("Request changes"), back % {"author": author})
    yield Decision.REJECT, Offer(gettext("Reject"), gettext("it ends here; comment needed"))


def recorded(ceremony: Ceremony, purpose: Purpose, decision: Decision, subject: str) -> str:
    """What was recorded, how many signatures are missing, and what can happen now."""
    approves = decision is Decision.APPROVE
    said = _APPROVED[purpose] if approves else _RECORDED[decision]
    told = [str(said) % {"digest": short_digest(subject)}]
    try:
        told.extend((*_needed(ceremony, purpose), *_follows(ceremony, purpose)))
    except CeremonyError as error:
        # It is recorded, whatever is in the way of telling what comes next: no refusal.
        told.append(visible_line(error.happened))
    return " ".join(told)


def _needed(ceremony: Ceremony, purpose: Purpose) -> Iterator[str]:
    if ceremony.state not in {State.CHANGES_REQUESTED, State.REJECTED}:
        missing = quorum_now(ceremony, purpose).missing
        told = ngettext("%(count)s more needed.", "%(count)s more needed.", missing)
        yield told % {"count": missing}


def _follows(ceremony: Ceremony, purpose: Purpose) -> Iterator[str]:
    """What can happen now, where the signature led to something."""
    if ceremony.state == State.APPROVED and purpose is Purpose.APPROVAL:
        yield _runs(ceremony, timezone.now())
    elif ceremony.state == State.CHANGES_REQUESTED:
        back = gettext("It goes back to %(author)s.")
        yield back % {"author": visible_line(ceremony.requester)}
    elif not in_time(ceremony, purpose, Decision.COMMENT):
        yield gettext("It is %(state)s now.") % {"state": ceremony.state}


def _runs(ceremony: Ceremony, now: datetime) -> str:
    """When it can run, as the gates stand."""
    shut = [gate for gate in gates_of(ceremony, now) if not gate.is_open]
    opens = next_opening(policy_of(newest_round(ceremony)).windows, now)
    if not shut:
        return gettext("It can run now.")
    if opens is not None and all(gate.code == _WINDOW for gate in shut):
        return gettext("It can run from %(time)s UTC.") % {"time": _shown(opens, now)}
    told = ngettext(
        "It cannot run yet: %(count)s gate is not open.",
        "It cannot run yet: %(count)s gates are not open.",
        len(shut),
    )
    return told % {"count": len(shut)}


def _shown(opens: datetime, now: datetime) -> str:
    """The hour; with its day, where that is not today."""
    at, today = opens.astimezone(UTC), now.astimezone(UTC).date()
    return f"{at:%H:%M}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}"
