"""Refusals as a page says them to the person who is refused: one sentence in front of the evidence.

What was refused, and why, is told by the error itself, with its code; these sentences speak to the
one who reads them.
"""

from datetime import UTC, datetime

from django.utils.translation import gettext

from ceremony.actions.signers import Objection
from ceremony.core.states import State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, SignOff

_OWN = "approval-own"
_RAN_IT = "operator-not-separate"


def said_to(error: CeremonyError | Objection, row: object) -> str:
    """The sentence for a refusal or an objection about ``row``; ``""`` where its own will do."""
    if error.code == _OWN:
        return gettext("You wrote this; a second person signs.")
    if error.code == _RAN_IT:
        return gettext("You ran this; a second person signs.")
    if error.code == "approval-late" and isinstance(row, Ceremony):
        return too_late(row)
    return ""


def too_late(ceremony: Ceremony) -> str:
    """Why nothing is signed any more, where the state alone says it; ``""`` elsewhere."""
    if ceremony.state == State.RUNNING:
        return gettext("The ceremony is already running.")
    return ""


def already_signed(signed: SignOff) -> str:
    """That the person's own signature stands already, and since when."""
    return gettext("Already signed by you at %(time)s.") % {"time": _time(signed.signed_at)}


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC"
