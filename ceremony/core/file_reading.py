"""One file of a migration, read by itself: its text, its header, its statements, its checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ceremony.core.check import Check
from ceremony.core.directives import read_header
from ceremony.core.finding import Finding
from ceremony.core.header import Header
from ceremony.core.lint.commands import commands_of
from ceremony.core.lint.locks import locks_of
from ceremony.core.naming import Role, classify
from ceremony.core.script import Script
from ceremony.core.sql import parse_script
from ceremony.core.sql.borders import Piece, pieces
from ceremony.core.sql.settings import milliseconds, setting_of
from ceremony.core.sql.trees import trees_of
from ceremony.core.text import UNSEEN, decode
from ceremony.core.verify_file import parse_verify
from ceremony.core.xray import LockTaken


@dataclass(frozen=True)
class FileReading:
    """``text`` is that of the file; bytes that are no text are escaped in it. ``script`` is
    ``None`` for checks, and for what could not be understood. ``unseen`` is what a reader does not
    see as it runs (``core.text.UNSEEN``). ``lost`` says that the text is not that of the file.
    """

    path: str
    role: Role
    text: str
    header: Header
    script: Script | None
    checks: tuple[Check, ...]
    unseen: tuple[Finding, ...]
    lost: bool = False

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The text, cut where its statements begin and end."""
        return pieces(self.text, self.script)

    @cached_property
    def locks(self) -> Mapping[int, tuple[LockTaken, ...]]:
        """By the number of a statement, the locks that its text asks for."""
        return locks_of(commands_of(trees_of(self.script))) if self.script else {}

    @cached_property
    def lock_limits(self) -> Mapping[int, int | None]:
        """By the number of a statement, the ``lock_timeout`` in milliseconds that the file itself
        has set by then; statements that it says nothing about have no entry, and ``None`` stands
        for what cannot be told. Outside a transaction the run sets its own before each statement.
        """
        found: dict[int, int | None] = {}
        limit: int | None = None
        known = False
        for tree in trees_of(self.script) if self.script and self.header.transactional else ():
            if known:
                found[tree.statement.number] = limit
            setting = setting_of(tree)
            if setting is not None and setting.name == "lock_timeout":
                limit, known = milliseconds(setting.value or ""), True
        return found


def read_file(path: str, data: bytes) -> FileReading:
    """What the bytes at ``path`` (relative to the folder of series) say. Raises nothing for what
    they contain.
    """
    role = classify(path).role
    text, found = decode(path, data)
    unseen = tuple(one for one in found if one.code in UNSEEN)
    if text is None:
        shown = data.decode(errors="backslashreplace")
        return FileReading(path, role, shown, Header(), None, (), unseen, lost=True)
    if role is Role.VERIFY:
        checks, _ = parse_verify(path, text)
        return FileReading(path, role, text, Header(), None, checks, unseen)
    header, _ = read_header(path, text)
    script, _ = parse_script(path, text, data, transactional=header.transactional)
    return FileReading(path, role, text, header, script, (), unseen)
