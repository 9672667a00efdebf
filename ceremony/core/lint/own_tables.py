"""The tables of a script's own: created by it, or temporary. Nobody else's rows are in them."""

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import created
from ceremony.core.lint.inventory import Inventory
from ceremony.core.sql.relations import Name

_TEMPORARY = "pg_temp"
_TABLES = frozenset({ObjectKind.TABLE, ObjectKind.MATERIALIZED_VIEW})


class OwnTables:
    """Followed command by command; a table that was there before is not the script's own."""

    def __init__(self, before: Inventory) -> None:
        self._before = before
        self._names: set[Name] = set()

    def follow(self, command: Command) -> None:
        """Take in what a command creates."""
        for key, _ in created(command):
            if key.kind in _TABLES and key not in self._before.objects:
                self._names.add(key.name)

    def has(self, table: Name) -> bool:
        """Whether the script made this table; a temporary one hides another of the same name."""
        return table in self._names or Name(_TEMPORARY, table.name) in self._names
