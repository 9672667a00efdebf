"""A report as Markdown (CommonMark, with the tables of GitHub Flavored Markdown).

Every text is hostile: it is shown as it is, on one line, and forms neither markup nor HTML
(https://spec.commonmark.org/0.31.2/#backslash-escapes).
"""

import re
import unicodedata
from collections.abc import Iterator

from ceremony.core.execution.blocks import Block, Bullets, Paragraph, Reading, Table

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SPECIAL = re.compile(
    r"[\\`*\[<|~$]"  # wherever they stand
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis begins and ends at the edge of a word alone
    r"|&(?=#?\w+;)|@(?=[\w.-]+\.)|!(?=\[)"  # entities, addresses, images
)
_LINKS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[:.])")
"""Behind these words the extension for autolinks looks for an address."""

_LEADING = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=#>])")
"""What makes a list, a heading, a quotation or a rule of a line."""

_EMPTY = "–"


def markdown(reading: Reading) -> str:
    """The whole report as text, ended by one line feed."""
    return "\n".join(_lines(reading)).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: its marks behind backslashes, hidden characters by their
    code points, line ends as ``↵``, addresses not made into links.
    """
    shown = _SPECIAL.sub(r"\\\g<0>", on_one_line(text))
    shown = _LINKS.sub(r"\g<0>\\", shown)
    return _LEADING.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", shown)


def on_one_line(text: str) -> str:
    """A text as a reader shall see it, before anything is escaped."""
    return "".join(map(_visible, text.strip())).strip()


def _visible(character: str) -> str:
    if character in "\n\r":
        return "↵"
    if character == "\t":
        return " "
    if unicodedata.category(character) in _HIDDEN:
        return f"U+{ord(character):04X}"
    return character


def _lines(reading: Reading) -> Iterator[str]:
    yield f"# {escaped(reading.title)}"
    yield ""
    yield f"**{escaped(reading.headline) or _EMPTY}**"
    for section in reading.sections:
        yield ""
        yield f"## {escaped(section.title)}"
        for block in section.blocks:
            yield ""
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield escaped(block.text)
    elif isinstance(block, Bullets):
        for item in block.items:
            yield f"- {escaped(item) or _EMPTY}"
    else:
        yield from _table(block)


def _table(block: Table) -> Iterator[str]:
    if block.title:
        yield f"### {escaped(block.title)}"
        yield ""
    yield f"| {' | '.join(map(escaped, block.head))} |"
    yield f"|{'---|' * len(block.head)}"
    for row in block.rows:
        yield f"| {' | '.join(escaped(cell) or _EMPTY for cell in row)} |"
