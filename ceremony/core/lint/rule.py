"""A rule: what it is called, why it is there, and the function that looks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ceremony.core.finding import Severity
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.subject import Subject

_CODE = re.compile(r"lint(?:-[a-z0-9]+)+")


@dataclass(frozen=True)
class Rule:
    """One rule of the lint.

    ``code`` begins with ``lint-`` and never changes. ``title`` names in a few words what is found,
    ``reason`` says in one or two sentences what goes wrong, ``link`` leads to the page of the
    PostgreSQL documentation (or another standard) that says so. ``severity`` holds unless
    ``series.toml`` says otherwise; ``None`` is for rules that a series has to ask for. ``look``
    gets every script of a series that can run: each change, and with ``on_rollbacks`` each way
    back too. It yields what it has to say, in any order, and never raises for what a file contains.
    """

    code: str
    title: str
    reason: str
    link: str
    look: Callable[[Subject], Iterable[Remark]]
    severity: Severity | None = Severity.WARNING
    on_rollbacks: bool = False

    @property
    def silencer(self) -> str:
        """The comment that silences the rule for the statement below."""
        return f"-- lint: allow {self.code} (why)"

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is no code of a rule: write lint-some-words")
