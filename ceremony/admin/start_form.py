"""The form that starts something: what it asks for grows with the risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ceremony.admin.forms import ActForm, Words, password_field
from ceremony.templatetags.ceremony_pages import visible_line

LONGEST_SAID = 1_000
"""Characters of what goes along on a command line."""


@dataclass(frozen=True)
class StartAsks:
    """What the form asks for. ``environment`` is the name that is to be typed, ``""`` for none;
    ``loss`` asks for the reason, and for where the backup is.
    """

    environment: str = ""
    password: bool = False
    loss: bool = False


class StartForm(ActForm):
    """Nothing, where nothing is asked: then it is a button."""

    places: ClassVar[Mapping[str, str]] = {
        "environment-typed-wrong": "environment",
        "password-missing": "password",
        "password-wrong": "password",
        "password-locked": "password",
    }

    def __init__(self, *args: Any, asks: StartAsks, **options: Any) -> None:
        super().__init__(*args, **options)
        if asks.loss:
            self.fields["why_lost"] = _said(_("Why the data that is lost may go"))
            self.fields["backup"] = _said(
                _("Where the backup is"), _("Which one, and where it lies. It is recorded.")
            )
        if asks.environment:
            self.fields["environment"] = _environment(asks.environment)
        if asks.password:
            self.fields["password"] = password_field(
                _("The policy asks for it with every start, too.")
            )


def _said(label: Any, help_text: Any = "") -> Words:
    return Words(
        rows=2,
        max_length=LONGEST_SAID,
        label=label,
        help_text=help_text or _("It is recorded in the trail."),
    )


def _environment(name: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=100,
        label=_("The name of the environment"),
        help_text=_("To show that you mean it, type: %(name)s") % {"name": visible_line(name)},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
