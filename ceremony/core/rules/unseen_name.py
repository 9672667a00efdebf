r"""Names that show as other names: invisible characters in them, blanks at their ends.

Characters that cannot be seen are refused in every file (``file-invisible-character``,
``file-bidi-control``). Written as an escape, ``U&"na\200Bme"``, they can be read in the file; in
the catalog, in psql and in logs they cannot.
"""

import unicodedata
from collections.abc import Iterator

from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import created, renamed
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject

_UNSEEN = frozenset({"Cf", "Cc", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        for name in dict.fromkeys(_names(command)):
            wrong = _unseen(name)
            if wrong:
                yield command.remark(
                    f"The name {name!a} {wrong}: it shows as another name.",
                    "Write the name without it.",
                )


def _names(command: Command) -> Iterator[str]:
    """The names that a command gives."""
    for key, _ in created(command):
        yield key.part or key.name.name
    for _, new in renamed(command):
        yield new.part or new.name.name


def _unseen(name: str) -> str:
    """What of the name cannot be seen, in words; ``""`` where all of it can be.

    Joiners belong to the spelling of some scripts (Persian, Hindi).
    """
    if name != name.strip():
        return "begins or ends with a blank"
    for at, character in enumerate(name):
        category = unicodedata.category(character)
        if character in _JOINERS and not name[:at].isascii():
            continue
        if category in _UNSEEN or (category == "Zs" and character != " "):
            words = unicodedata.name(character, "control character")
            return f"contains U+{ord(character):04X} {words}"
    return ""


RULE = Rule(
    code="lint-unseen-name",
    title="name with characters that cannot be seen",
    reason="Two names that look alike are two objects. Whoever types the name that is seen gets "
    "“does not exist”, or the other object.",
    link="https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS",
    look=_look,
)
