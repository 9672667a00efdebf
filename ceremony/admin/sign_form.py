"""The form of a signature: a decision, and what it asks of a person, which grows with the risk.

Low: a button. Medium: a tick besides. High, or not stated: the first characters of the digest, and
the password, too.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.signing import TYPED, is_typed
from ceremony.admin.forms import ActForm, Offer, Words, password_field, ticked
from ceremony.models import Decision
from ceremony.templatetags.ceremony_pages import visible_line

_PLACE = re.compile(r"(?P<code>[^,]+), (?P<path>.+?)(:(?P<line>\d+))?(:\d+)?: ", re.DOTALL)
"""How a sentence begins in which a warning is accepted: its code, and its place."""

ATTESTED = ("accepted", "warnings", "read", "typed", "password")
"""The fields in which a person says something of exactly what the page showed."""

NAMED = 12
"""How many warnings the tick names; each stands at its line above."""


@dataclass(frozen=True)
class Asked:
    """What the form asks for. ``losses`` are accepted one by one, ``warnings`` with one tick;
    ``reading`` asks for a tick, ``typing`` for the beginning of the digest ``subject``,
    ``password`` for the password; ``always``: with every decision.
    """

    decisions: Sequence[tuple[str, Offer]]
    losses: Sequence[str] = ()
    warnings: Sequence[str] = ()
    reading: bool = False
    typing: bool = False
    password: bool = False
    always: bool = False
    subject: str = ""


class SignForm(ActForm):
    """A decision. Only a comment is preselected."""

    places: ClassVar[Mapping[str, str]] = {
        "comment-missing": "comment",
        "data-loss-unaccepted": "accepted",
        "fingerprint-typed-wrong": "typed",
        "password-missing": "password",
        "password-wrong": "password",
        "password-locked": "password",
    }

    warned = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, asked: Asked, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked = asked
        self.fields["decision"] = forms.ChoiceField(
            choices=asked.decisions,
            initial=Decision.COMMENT.value,
            widget=forms.RadioSelect,
            label=_("Your decision"),
        )
        self.fields["comment"] = Words(
            required=False, label=_("Comment"), help_text=_("Kept for ever, cannot be edited.")
        )
        for name, field in self._friction():
            self.fields[name] = field

    def clean(self) -> dict[str, Any]:
        """Say what should change; and to approve, tick what is to be ticked."""
        found = super().clean() or {}
        decision = found.get("decision")
        if decision == Decision.REQUEST_CHANGES and not found.get("comment"):
            self.add_error("comment", gettext("Say what should change."))
        if decision == Decision.APPROVE:
            for name, sentence in self._unticked(found):
                self.add_error(name, sentence)
        return found

    def accepted(self) -> tuple[str, ...]:
        """What was ticked: the losses as the manifest says them, and each warning."""
        losses = (self.asked.losses[int(place)] for place in self.cleaned_data.get("accepted", ()))
        ticked_off = self.cleaned_data.get("warnings")
        warnings = self.asked.warnings if ticked_off else ()
        return (*losses, *warnings)

    def _friction(self) -> list[tuple[str, forms.Field]]:
        asked = self.asked
        found: list[tuple[str, forms.Field]] = []
        if asked.losses:
            found.append(("accepted", _losses(asked.losses)))
        if asked.warnings:
            label = _accepting(asked.warnings)
            found.append(("warnings", forms.BooleanField(required=False, label=label)))
        if asked.reading:
            label = gettext("I have read all of the above, and approve exactly this.")
            found.append(("read", forms.BooleanField(required=False, label=label)))
        if asked.typing:
            found.append(("typed", _typed(asked.subject)))
        if asked.password:
            found.append(("password", password_field(_why_password(asked))))
        return found

    def _unticked(self, found: Mapping[str, Any]) -> list[tuple[str, str]]:
        missing = []
        if sentence := self._not_accepted(found):
            missing.append(("warnings", sentence))
        if "read" in self.fields and not found.get("read"):
            missing.append(("read", gettext("Tick this to approve.")))
        signed = found.get("fingerprint", "")
        if "typed" in self.fields and not is_typed(found.get("typed", ""), signed):
            wrong = gettext("These are not the first %(count)s characters.")
            missing.append(("typed", wrong % {"count": TYPED}))
        # What the policy asks for with every signature, the action asks for itself.
        if self.asked.password and not self.asked.always and not found.get("password"):
            missing.append(
                ("password", gettext("Type your password to approve: the risk is high."))
            )
        return missing

    def _not_accepted(self, found: Mapping[str, Any]) -> str:
        """Why the warnings do not count as accepted; ``""`` where they do, or where there are none.
        What the lint says of a round depends on files beside it, too.
        """
        if "warnings" not in self.fields:
            return ""
        if not found.get("warnings"):
            return gettext("Accept the warnings, or do not approve.")
        if found.get("warned") == warned_of(self.asked.warnings):
            return ""
        sent = cast("QueryDict", self.data).copy()
        sent.pop("warnings", None)
        self.data = sent
        return gettext("These are other warnings than those you were shown. Read them anew.")


def warned_of(warnings: Sequence[str]) -> str:
    """What a form carries of the warnings that its page shows: their digest."""
    return hashlib.sha256("\0".join(warnings).encode()).hexdigest() if warnings else ""


def _losses(losses: Sequence[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        required=False,
        choices=ticked(losses),
        widget=forms.CheckboxSelectMultiple,
        label=_("Data that is lost, which you accept"),
    )


def _accepting(warnings: Sequence[str]) -> str:
    found = [_PLACE.match(one) for one in warnings]
    several = len({one["path"] for one in found if one}) > 1
    named = [_named(one, several=several) for one in found[:NAMED] if one]
    if len(warnings) > NAMED:
        named.append(gettext("and %(count)s more") % {"count": len(warnings) - NAMED})
    begin = ngettext("I accept %(count)s warning:", "I accept %(count)s warnings:", len(warnings))
    return visible_line(f"{begin % {'count': len(warnings)}} {', '.join(named)}")


def _named(found: re.Match[str], *, several: bool) -> str:
    """A warning by its code and line; with its file, where there are several."""
    line = gettext("line %(line)s") % {"line": found["line"]} if found["line"] else ""
    file = found["path"].rpartition("/")[2] if several or not line else ""
    return f"{found['code']} ({' '.join(filter(None, (file, line)))})"


def _typed(subject: str) -> forms.CharField:
    digits = subject.partition(":")[2]
    shown = f"{digits[:4]} {digits[4:TYPED]} …"
    return forms.CharField(
        required=False,
        max_length=80,
        label=gettext("Type the first %(count)s of the fingerprint") % {"count": TYPED},
        help_text=gettext("%(digits)s To approve: the risk is high, or nobody stated it.")
        % {"digits": visible_line(shown)},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "size": 12}),
    )


def _why_password(asked: Asked) -> str:
    if asked.always:
        return gettext("The policy asks for it with every signature.")
    return gettext("To approve: the risk is high, or nobody stated it.")
