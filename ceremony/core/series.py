"""A series: one folder of migrations with one numbering and one home database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from ceremony.core.contract.requirement import NO_CONTRACT, Contract
from ceremony.core.finding import Finding
from ceremony.core.migration import Kind, Migration


class Numbering(StrEnum):
    """How the files of a series are numbered."""

    SEQUENCE = "sequence"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True)
class SourceFile:
    """One file as read once from the disk. ``path`` is relative to the folder of series, with
    ``/``.
    """

    path: str
    data: bytes


@dataclass(frozen=True)
class SeriesFiles:
    """A series folder as read: every file's bytes, and what the reading itself found wrong."""

    name: str
    files: tuple[SourceFile, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class SeriesSettings:
    """``series.toml``; without one the numbering is recognised and the defaults hold.

    ``database`` is the alias of the home database, ``""`` where not said. ``extra`` keeps the
    tables that other parts read (preflight, flags, checklists, reference tables, risks),
    ``contract`` the tables of ``contract.toml``.
    """

    title: str
    numbering: Numbering
    width: int = 4
    fractions: bool = False
    database: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    contract: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """A series understood: all its migrations in order, every finding about the folder, and what
    it requires of its target. ``sources`` are the bytes of its files, by path, as they were read.
    """

    name: str
    settings: SeriesSettings
    migrations: tuple[Migration, ...]
    findings: tuple[Finding, ...]
    contract: Contract = NO_CONTRACT
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def runnable(self) -> tuple[Migration, ...]:
        """The migrations that can be in a plan, in order."""
        return tuple(m for m in self.migrations if m.kind is Kind.RUNNABLE)

    @cached_property
    def by_version(self) -> Mapping[str, Migration]:
        """The migrations by version text; where a number is used twice, the one that can run."""
        ordered = sorted(self.migrations, key=lambda m: m.kind is not Kind.RETIRED)
        return {str(m.version): m for m in ordered}

    @cached_property
    def _by_label(self) -> Mapping[str, Migration]:
        return {m.label: m for m in self.migrations}

    def find(self, text: str) -> Migration | None:
        """The migration that ``text`` names: a version (``0013_5``), or version and name, with or
        without .sql.
        """
        plain = text.removesuffix(".sql")
        return self.by_version.get(plain) or self._by_label.get(plain)
