"""Names of objects as people write them in ``contract.toml``: as in SQL, with or without schema."""

import re

PUBLIC = "public"
"""The schema of a name without one: sessions of Ceremony look nowhere else."""

_PART = re.compile(r'"((?:[^"\0]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)')
_BARE = re.compile(r"[a-z_][a-z0-9_$]*")
_LONGEST = 63
"""Bytes of an identifier that the server keeps (manual, 4.1.1: NAMEDATALEN - 1)."""

_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def split_name(text: str) -> tuple[str, ...] | None:
    """The parts of a name, folded and cut as PostgreSQL does it (manual, 4.1.1: ASCII letters
    outside quotes become small, of a long one the first 63 bytes stay); ``None`` where ``text`` is
    no name.
    """
    parts: list[str] = []
    position = 0
    while match := _PART.match(text, position):
        quoted, bare = match.groups()
        parts.append(_cut(bare.translate(_TO_LOWER) if bare else quoted.replace('""', '"')))
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            return None
        position += 1
    return None


def _cut(part: str) -> str:
    """No character is cut in two: of one that does not fit, nothing stays."""
    return part.encode()[:_LONGEST].decode(errors="ignore")


def shown_name(*parts: str) -> str:
    """``auth.users``; a part that SQL would fold or not take is quoted. Empty parts are left out.

    A reserved word stays bare: the text is for people, and it is what they wrote.
    """
    quoted = (
        part if _BARE.fullmatch(part) else '"' + part.replace('"', '""') + '"'
        for part in parts
        if part
    )
    return ".".join(quoted)
