"""Text of others made safe for a terminal: nothing invisible stays invisible, nothing moves the
cursor.

Names, server messages and SQL come from files and databases that somebody else wrote. Escape
sequences in them could repaint the screen, and bidirectional controls could show other code than
what runs (the "Trojan Source" attack, CVE-2021-42574; Unicode Technical Report 36, section 3.5).
"""

import unicodedata

#: Controls, formats (bidirectional, zero-width), surrogates, private use, unassigned, line and
#: paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """``text`` on one line: a tab is four blanks, every other hidden character is shown as
    ``<U+202E>``.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def visible_lines(text: str) -> tuple[str, ...]:
    """The lines of ``text``, each made visible. CRLF and LF end a line; nothing else does."""
    return tuple(visible(line) for line in text.replace("\r\n", "\n").split("\n"))


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    if unicodedata.category(character) in _HIDDEN:
        return f"<U+{ord(character):04X}>"
    return character
