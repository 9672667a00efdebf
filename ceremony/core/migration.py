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
    ``rollback_headers`` has the header of each of them, under the same name.
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
    rollback_headers: Mapping[str, Header] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """``0013_5_rebalancing_base_tables``: version and name, as in the file name."""
        return f"{self.version}_{self.name}"

    def data_loss_of_rollback(self, variant: str) -> str:
        """What is lost by this way back, ``""`` if nothing.

        The script's own ``Data loss:`` line decides (``none`` too), without one that of the
        migration.
        """
        own = self.rollback_headers.get(variant)
        header = own if own is not None and own.data_loss else self.header
        return header.data_loss if header.loses_on_rollback else ""

    def checks_when(self, *when: When) -> tuple[Check, ...]:
        """The checks that run at one of these times, in file order."""
        return tuple(check for check in self.checks if check.when in when)
