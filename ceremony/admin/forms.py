"""Forms of the acts that people do on a ceremony. They ask; the actions judge.

Every form carries what its page showed: fingerprint, round, and what was recorded by then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from ceremony.actions.answers import LARGEST
from ceremony.actions.signing import TYPED
from ceremony.models import Decision, RemarkKind
from ceremony.templatetags.ceremony_pages import is_seen, visible_line

LONGEST = 2_000
"""Characters of a comment, a reason, an evidence: as much as the record keeps of a text."""


def _wide() -> forms.TextInput:
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
        told = super().to_python(value) or ""
        told = told.replace("\r\n", "\n").replace("\r", "\n")
        return told if any(is_seen(character) for character in told) else ""


class ActForm(forms.Form):
    """What every form of an act carries."""

    use_required_attribute = False
    error_css_class = "cer-wrong"

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

    def focus_first_error(self) -> None:
        """Without a script, the browser brings the person to the first field that is wrong."""
        for field in self.visible_fields():
            if field.errors:
                field.field.widget.attrs["autofocus"] = True
                return


class SignForm(ActForm):
    """A decision. ``losses`` are accepted one by one; ``typing`` asks for the beginning of the
    digest, ``reading`` for a tick, ``password`` for the password. Only a comment is preselected.
    """

    def __init__(
        self,
        *args: Any,
        decisions: Sequence[tuple[str, str]],
        losses: Sequence[str] = (),
        reading: bool = False,
        typing: bool = False,
        password: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.losses = losses
        self.fields["decision"] = forms.ChoiceField(
            choices=decisions,
            initial=Decision.COMMENT.value,
            widget=forms.RadioSelect,
            label="Your decision",
        )
        self.fields["comment"] = Words(
            required=False, label="Comment", help_text="Kept for ever; it cannot be edited."
        )
        if losses:
            self.fields["accepted"] = _losses(losses)
        if reading:
            self.fields["read"] = forms.BooleanField(
                required=False, label="I have read all of the above, and approve exactly this."
            )
        if typing:
            self.fields["typed"] = _typed()
        if password:
            self.fields["password"] = _password()

    def clean(self) -> dict[str, Any]:
        """To approve what is not of low risk, a tick is needed."""
        found = super().clean() or {}
        approves = found.get("decision") == Decision.APPROVE
        if approves and "read" in self.fields and not found.get("read"):
            self.add_error("read", "Tick this to approve.")
        return found

    def accepted(self) -> tuple[str, ...]:
        """The losses that were ticked, as the manifest says them."""
        return tuple(self.losses[int(place)] for place in self.cleaned_data.get("accepted", ()))


class WithdrawForm(ActForm):
    """Taking one's own signature back."""

    comment = Words(label="Why", help_text="Kept for ever; it cannot be edited.")

    def __init__(self, *args: Any, password: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if password:
            self.fields["password"] = _password()


class WhyForm(ActForm):
    """An act that needs a reason and nothing else."""

    why = Words(label="Why", help_text="Kept for ever; it cannot be edited.")


class AnswerForm(ActForm):
    """An answer to an item, with evidence: words, a place, a file."""

    result = forms.ChoiceField(
        choices=[("PASS", "PASS: it holds"), ("FAIL", "FAIL: it does not hold")],
        widget=forms.RadioSelect,
        label="Result",
    )
    note = Words(required=False, label="What shows it", help_text="In words.")
    path = forms.CharField(required=False, max_length=500, label="Where it lies", widget=_wide())
    size = forms.CharField(required=False, max_length=40, label="Its size")
    digest = forms.CharField(required=False, max_length=200, label="Its digest", widget=_wide())
    file = forms.FileField(required=False, label="A file", allow_empty_file=True)

    def clean_file(self) -> "UploadedFile[Any] | None":
        """A file that is no larger than the record keeps."""
        found: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if found is not None and (found.size or 0) > LARGEST:
            raise forms.ValidationError(
                f"The file has {found.size} bytes; {LARGEST} are the most. Keep it where it is, "
                "and give its path, size and digest."
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
        choices=RemarkKind.choices, widget=forms.RadioSelect, label="What it is"
    )
    text = Words(rows=6, max_length=5_000, label="In words")


def _losses(losses: Sequence[str]) -> forms.MultipleChoiceField:
    # The places are sent and not the sentences: a browser may change the characters of a text.
    return forms.MultipleChoiceField(
        required=False,
        choices=[(str(place), visible_line(loss)) for place, loss in enumerate(losses)],
        widget=forms.CheckboxSelectMultiple,
        label="Data that is lost, which you accept",
    )


def _typed() -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=80,
        label=f"The first {TYPED} characters of the fingerprint",
        help_text="To approve: the risk is high.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 12}),
    )


def _password() -> forms.CharField:
    return forms.CharField(
        required=False,
        strip=False,
        label="Your password",
        help_text="The policy asks for it with every signature.",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
