"""The objects of a script's own: created by it, or temporary. Nobody else's data is in them."""

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import created
from ceremony.core.lint.inventory import Inventory, Key
from ceremony.core.sql.relations import TEMPORARY, Name


class Own:
    """Followed command by command; what was there before is not the script's own, and what the
    script drops again was.
    """

    def __init__(self, before: Inventory) -> None:
        self._before = before
        self._keys: set[Key] = set()

    def follow(self, command: Command) -> None:
        """Take in what a command creates."""
        self._keys.update(key for key, _ in created(command) if key not in self._before.objects)

    def has(self, key: Key) -> bool:
        """Whether the script made this object."""
        return key in self._keys

    def has_table(self, name: Name) -> bool:
        """The same of a table; a temporary one hides another of its name."""
        return any(
            Key(ObjectKind.TABLE, each) in self._keys for each in (name, Name(TEMPORARY, name.name))
        )
