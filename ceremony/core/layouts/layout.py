"""What every naming scheme answers: version and name of a file, or what is wrong with its name."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ceremony.core.version import Version

NAME = re.compile(r"[a-z0-9_]+")
"""What a migration's name may consist of."""


@dataclass(frozen=True)
class Named:
    """A version and the name behind it; ``name`` is ``""`` where a reference gives the version
    alone.
    """

    version: Version
    name: str


@dataclass(frozen=True)
class Misnamed:
    """Why a file name is refused, and what to do about it."""

    code: str
    message: str
    hint: str


class Layout(Protocol):
    """A naming scheme. One file of this folder each."""

    def read(self, stem: str) -> Named | Misnamed:
        """Version and name of a file name without its endings (``0013_5_base_tables``)."""

    def refer(self, text: str) -> Named | None:
        """What a reference names: a version (``0013_5``), or version and name; ``None`` if
        neither.
        """

    def following(self, taken: Iterable[Version], now: datetime) -> str:
        """The version for a new migration, behind all that are taken."""


def misnamed(stem: str) -> Misnamed:
    """The refusal of a name that breaks the rule ``[a-z0-9_]+``, with the corrected name as its
    hint.
    """
    return Misnamed(
        "name-bad",
        f"The name {stem + '.sql'!r} is refused: a name is a number, '_' and then a-z, 0-9 "
        "and '_'.",
        f"Rename it to {corrected(stem)}.sql (and its siblings with it).",
    )


def corrected(stem: str) -> str:
    """The nearest allowed name: ``0033_AddColumn`` becomes ``0033_add_column``, and Flyway's
    ``V33__AddColumn`` too.
    """
    if flyway := re.fullmatch(r"V([0-9]+)__(.+)", stem, re.DOTALL):
        stem = f"{flyway[1]:0>4}_{flyway[2]}"
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()
    number, name = re.fullmatch(r"([0-9]*)(.*)", re.sub(r"[^a-z0-9]+", "_", words)).groups()  # type: ignore[union-attr]
    name = name.strip("_") or "what_it_does"
    return f"{number or '0001'}_{name}"
