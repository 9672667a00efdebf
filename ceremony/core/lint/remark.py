"""A remark: what a rule has to say, before it has a code and a severity."""

from dataclasses import dataclass

from ceremony.core.script import Statement


@dataclass(frozen=True)
class Remark:
    """What was found and what to change, about one statement or the whole file (``None``).

    ``line`` and ``column`` are the place in the file, from 1, in characters; 0 and 0 stand for the
    statement's first character.
    """

    message: str
    hint: str
    statement: Statement | None = None
    line: int = 0
    column: int = 0
