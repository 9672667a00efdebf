"""Forms of the acts that people do on a ceremony. They ask; the actions judge.

Every form carries what its page showed: fingerprint, round, and what was recorded by then.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.answers import LARGEST
from ceremony.errors import CeremonyError
from ceremony.models import RemarkKind
from ceremony.templatetags.ceremony_pages import is_seen, visible

LONGEST = 2_000
"""Characters of a comment, a reason, an evidence: as much as the record keeps of a text."""

FOR_EVER = _("Kept for ever; it cannot be edited.")


class Offer(str):
    """The label of a choice, with what stands beside it."""

    beside: str

    def __new__(cls, label: str, beside: str = "") -> "Offer":
        """``beside`` says what comes of choosing it."""
        made = super().__new__(cls, label)
        made.beside = beside
        return made


def wide() -> forms.TextInput:
    """A line that takes a path or a digest."""
    return forms.TextInput(attrs={"size": 60})


class Words(forms.CharField):
    """A text of several lines, with one kind of line end. What nobody could see is no text."""

    def __init__(self, *, rows: int = 4, max_length: int = LONGEST, **options: Any) -> None:
        super().__init__(
            max_length=max_length,
            widget=forms.Textarea(attrs={"rows": rows, "cols": 60}),
            **options,
        )

    def to_python(self, value: Any) -> str:
        """The text with line feeds alone, as it is counted, compared and hashed: a browser counts
        a line end as one character and sends two.
        """
        given = super().to_python(value) or ""
        given = given.replace("\r\n", "\n").replace("\r", "\n")
        return given if any(is_seen(character) for character in given) else ""


class FormOfAct(forms.Form):
    """A form whose errors are told above it and at their fields, where the focus goes.

    ``places`` says at which field the refusal with a code is told.
    """

    use_required_attribute = False
    error_css_class = "cer-wrong"
    places: ClassVar[Mapping[str, str]] = {}

    def place(self, error: CeremonyError) -> bool:
        """Tell of a refusal at the field that it is about, where it is about one."""
        name = self.places.get(error.code, "")
        if name in self.fields:
            self.add_error(name, error.happened)
        return name in self.fields

    def wrong_fields(self) -> list[forms.BoundField]:
        """The fields that a person sees and that are wrong, in order."""
        return [field for field in self.visible_fields() if field.errors]

    def focus_first_error(self) -> None:
        """Without a script, the browser brings the person to the first field that is wrong."""
        for field in self.wrong_fields()[:1]:
            field.field.widget.attrs["autofocus"] = True


class ActForm(FormOfAct):
    """What every form of an act carries."""

    fingerprint = forms.CharField(max_length=80, widget=forms.HiddenInput)
    round = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=200, widget=forms.HiddenInput)

    def is_incomplete(self) -> bool:
        """Whether what the page should have carried is missing: it was not sent by the page."""
        return any(field.errors for field in self.hidden_fields())

    def typed(self) -> tuple[tuple[str, str], ...]:
        """Label and text of what a person wrote, for a page that has no form for it any more."""
        return tuple(
            (str(field.label), str(field.value() or ""))
            for field in self.visible_fields()
            if isinstance(field.field, Words) and field.value()
        )


class WithdrawForm(ActForm):
    """Taking one's own signature back."""

    places: ClassVar[Mapping[str, str]] = {
        "comment-missing": "comment",
        "password-missing": "password",
        "password-wrong": "password",
        "password-locked": "password",
    }
    comment = Words(label=_("Why"), help_text=FOR_EVER)

    def __init__(self, *args: Any, password: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if password:
            self.fields["password"] = password_field(
                _("The policy asks for it with every signature.")
            )


class WhyForm(ActForm):
    """An act that needs a reason and nothing else."""

    why = Words(label=_("Why"), help_text=FOR_EVER)


class AnswerForm(ActForm):
    """An answer to an item, with evidence: words, a place, a file."""

    places: ClassVar[Mapping[str, str]] = {
        "evidence-missing": "note",
        "evidence-too-large": "file",
    }
    result = forms.ChoiceField(widget=forms.RadioSelect, label=_("Result"))
    note = Words(required=False, label=_("What shows it"), help_text=_("In words."))
    path = forms.CharField(required=False, max_length=500, label=_("Where it lies"), widget=wide())
    size = forms.CharField(required=False, max_length=40, label=_("Its size"))
    digest = forms.CharField(required=False, max_length=200, label=_("Its digest"), widget=wide())
    file = forms.FileField(
        required=False,
        label=_("A file"),
        help_text=_("At most 5 MiB. It is kept with the record, under its digest."),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["result"].choices = [  # type: ignore[attr-defined]
            ("PASS", Offer("PASS", gettext("it holds"))),
            ("FAIL", Offer("FAIL", gettext("it does not hold"))),
        ]

    def clean_file(self) -> "UploadedFile[Any] | None":
        """A file that is no larger than the record keeps."""
        found: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if found is not None and (found.size or 0) > LARGEST:
            raise forms.ValidationError(
                gettext(
                    "The file has %(size)s bytes; %(most)s are the most. Keep it where it is, and "
                    "give its path, size and digest."
                )
                % {"size": found.size, "most": LARGEST}
            )
        return found

    def clean(self) -> dict[str, Any]:
        """A size or a digest is one of something that can be found again, or is told of."""
        found = super().clean() or self.cleaned_data
        shown = any(found.get(name) for name in ("note", "path", "file"))
        if not shown and not self.errors and (found.get("size") or found.get("digest")):
            self.add_error(
                "path", gettext("Of what? Say where it lies, or in words what shows it.")
            )
        return found

    def told(self) -> Mapping[str, str]:
        """Words and facts by name, as ``actions.answers`` keeps them."""
        return {name: self.cleaned_data[name] for name in ("note", "path", "size", "digest")}

    def attachment(self) -> "UploadedFile[Any] | None":
        """The file that was sent along."""
        found: UploadedFile[Any] | None = self.cleaned_data.get("file")
        return found


class RemarkForm(ActForm):
    """An issue met, a lesson learned, a recommendation, for the report."""

    kind = forms.ChoiceField(
        choices=RemarkKind.choices, widget=forms.RadioSelect, label=_("What it is")
    )
    text = Words(rows=6, max_length=5_000, label=_("In words"), help_text=FOR_EVER)


def password_field(why: str | Promise) -> forms.CharField:
    """The person's own password, which is never shown again. ``why`` it is asked for."""
    return forms.CharField(
        required=False,
        strip=False,
        label=_("Your password"),
        help_text=str(why),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def ticked(offers: Sequence[str]) -> list[tuple[str, str]]:
    """Sentences to be ticked one by one. The places are sent and not the sentences: a browser may
    change the characters of a text.
    """
    return [(str(place), visible(one).replace("\n", " ")) for place, one in enumerate(offers)]
