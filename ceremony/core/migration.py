"""A migration: one SQL file of a series with its siblings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ceremony.core.check import Check, When
from ceremony.core.header import Header
from ceremony.core.script import Script
from ceremony.core.version import Version


class Kind(StrEnum):
    """Whether a migration can ever be in a plan."""

    RUNNABLE = "runnable"
    PLANNED = "planned"
    RETIRED = "retired"


@dataclass(frozen=True)
class Migration:
    """``path`` is that of the change, relative to the folder of series.

    ``rollbacks`` maps the variant's name (``""`` for the plain ``.rollback.sql``) to its script.
    ``verify_digest`` is the bytes digest of the ``.verify.sql``, ``""`` without one.
    """

    series: str
    version: Version
    name: str
    path: str
    kind: Kind
    header: Header
    script: Script
    checks: tuple[Check, ...] = ()
    rollbacks: Mapping[str, Script] = field(default_factory=dict)
    verify_digest: str = ""

    @property
    def label(self) -> str:
        """``0013_5_rebalancing_base_tables``: version and name, as in the file name."""
        return f"{self.version}_{self.name}"

    def checks_when(self, *when: When) -> tuple[Check, ...]:
        """The checks that run at one of these times, in file order."""
        return tuple(check for check in self.checks if check.when in when)
