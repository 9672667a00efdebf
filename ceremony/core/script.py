"""A script: an SQL file as the parser understood it, statement by statement."""

from dataclasses import dataclass
from enum import StrEnum


class Probe(StrEnum):
    """How to find out afterwards whether a statement outside a transaction took effect."""

    INDEX_VALID = "index valid"
    INDEX_GONE = "index gone"
    DETACHED = "partition detached"
    REPEATABLE = "repeatable"
    NONE = "none"


@dataclass(frozen=True)
class ProbeTarget:
    """The object a probe looks for; ``schema`` is ``None`` where the file does not name one.

    ``rebuilt`` is an index's statement as it would build the same index on a temporary table with
    the name of its table; ``""`` where the tree was too deep for that.
    """

    probe: Probe
    schema: str | None = None
    name: str = ""
    table_schema: str | None = None
    table: str = ""
    rebuilt: str = ""


@dataclass(frozen=True)
class CopyData:
    """Inline data of ``COPY … FROM STDIN``, as in the file, without the closing ``\\.`` line."""

    data: bytes
    first_line: int


@dataclass(frozen=True)
class Statement:
    """One statement, exactly as it is sent.

    ``number`` counts from 1 over all statements of the file, sent or not. ``text`` runs from the
    first to the last token (no leading comment, no final semicolon). ``line`` and ``column`` are
    the place of its first character in the file, from 1, in characters; ``offset`` the same in
    characters from 0. ``kind`` is the parser's node name (``create_stmt``). ``not_sent`` says why a
    statement is understood but not sent (the file's own BEGIN/COMMIT, a dump's preamble), ``""``
    otherwise. ``in_transaction`` is false for what cannot run inside a transaction; ``probe`` is
    given in files outside a transaction only.
    """

    number: int
    text: str
    line: int
    column: int
    offset: int
    kind: str
    in_transaction: bool = True
    copy: CopyData | None = None
    not_sent: str = ""
    probe: ProbeTarget = ProbeTarget(Probe.NONE)

    @property
    def is_concurrent(self) -> bool:
        """Whether it runs outside a transaction and works concurrently with others. It is sent
        without a ``lock_timeout``, which would interrupt it and leave an INVALID index.
        """
        return not self.in_transaction and self.kind in _CONCURRENT_KINDS

    @property
    def summary(self) -> str:
        """The statement on one line, cut to 72 characters."""
        words = " ".join(self.text.split())
        return words if len(words) <= 72 else words[:71] + "…"


_CONCURRENT_KINDS = frozenset({"index_stmt", "drop_stmt", "reindex_stmt", "alter_table_stmt"})


@dataclass(frozen=True)
class Script:
    """A file's statements in order. ``path`` is relative to the folder of series."""

    path: str
    text: str
    statements: tuple[Statement, ...]
    bytes_digest: str
    meaning_digest: str

    @property
    def sent(self) -> tuple[Statement, ...]:
        """The statements that go to the server."""
        return tuple(s for s in self.statements if not s.not_sent)
