"""Bytes of a file to text: what a file may contain before anybody reads it as SQL.

Two rules come from how PostgreSQL reads: a NUL ends the text for the server (everything behind it
would never run), and a lone carriage return ends a ``--`` comment although most viewers show one
line. The others protect the reviewer: what cannot be seen, or is shown in another order than it
runs, is refused (Unicode Technical Report 36; CVE-2021-42574).
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from ceremony.core.finding import Finding, Severity
from ceremony.core.place import Lines

SIZE_LIMIT = 64 * 1024 * 1024
"""The largest file that is read, in bytes (64 MiB)."""

LINE_LIMIT = 500
"""Longer lines (characters) are reported: a reviewer's window hides their end."""

BLANK_LINES_LIMIT = 50
"""More blank lines in a row are reported: they can push a statement out of sight."""

BLANKS_LIMIT = 200
"""More blanks in a row before something visible are reported, for the same reason."""

REPEATS_LIMIT = 100
"""So many unwanted characters of one kind are reported at most."""

UNSEEN = frozenset(
    {
        "file-bidi-control",
        "file-invisible-character",
        "file-lone-cr",
        "file-nul-byte",
        "file-not-utf8",
    }
)
"""Codes of what a reader of the file does not see as it runs: nobody can sign for that."""

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_JOINERS = "\u200c\u200d"
_INVISIBLE = (
    "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b"
    "\u2028\u2029\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_SUSPICIOUS = re.compile(f"[{_BIDI}{_JOINERS}{_INVISIBLE}]")
_BIDI_ONLY = re.compile(f"[{_BIDI}]")
_HIDDEN = re.compile(
    rf"(?<!\s)(?:[ \t]*+\r?\n){{{BLANK_LINES_LIMIT + 2},}}+[ \t]*+(?=\S)"
    rf"|(?<![ \t])[ \t]{{{BLANKS_LIMIT},}}+(?=\S)"
)
"""Anchored in front of a run of blanks, so that each run is tried once."""

_LONG = re.compile(rf"[^\n]{{{LINE_LIMIT + 1},}}")


def decode(path: str, data: bytes) -> tuple[str | None, tuple[Finding, ...]]:
    """The text of a file and every finding about its bytes.

    The text is without a byte order mark and keeps its line ends. It is ``None`` where nothing can
    be read on (too large, a NUL byte, not UTF-8); other errors among the findings refuse the file
    all the same.
    """
    if len(data) > SIZE_LIMIT:
        return None, (_too_large(path, len(data)),)
    found = list(_nul_bytes(path, data))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return None, (*(found if not _looks_like_utf16(data) else ()), _not_utf8(path, data, error))
    if found:
        return None, tuple(found)
    if text.startswith("\ufeff"):
        text = text[1:]
        found.append(_byte_order_mark(path))
    found.extend(_newlines(path, text))
    found.extend(_characters(path, text))
    found.extend(_out_of_sight(path, text))
    return text, tuple(found)


def _too_large(path: str, size: int) -> Finding:
    return Finding(
        path,
        0,
        0,
        "file-too-large",
        f"The file has {size:,} bytes; the limit is {SIZE_LIMIT:,}.",
        "Split it into several migrations, or load the data by other means.",
    )


def _nul_bytes(path: str, data: bytes) -> Iterator[Finding]:
    position = data.find(0)
    if position < 0 or _looks_like_utf16(data):
        return
    line, column = _place_in_bytes(data, position)
    yield Finding(
        path,
        line,
        column,
        "file-nul-byte",
        f"NUL byte at offset {position}: PostgreSQL would stop reading there without an error.",
        "Remove the byte. It often comes from a file saved as UTF-16 or from a copy that failed.",
    )


def _looks_like_utf16(data: bytes) -> bool:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    head = data[:200]
    return len(head) >= 4 and max(head[::2].count(0), head[1::2].count(0)) * 3 > len(head)


def _not_utf8(path: str, data: bytes, error: UnicodeDecodeError) -> Finding:
    line, column = _place_in_bytes(data, error.start)
    byte = data[error.start]
    if _looks_like_utf16(data):
        return Finding(
            path,
            1,
            1,
            "file-not-utf8",
            f"Not UTF-8 (byte 0x{byte:02x} at offset {error.start}): it looks like UTF-16.",
            "Save the file as UTF-8, for instance: iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    return Finding(
        path,
        line,
        column,
        "file-not-utf8",
        f"Not UTF-8: byte 0x{byte:02x} at offset {error.start}.",
        "Save the file as UTF-8, for instance: iconv -f LATIN1 -t UTF-8 OLD > NEW",
    )


def _place_in_bytes(data: bytes, position: int) -> tuple[int, int]:
    line_start = data.rfind(b"\n", 0, position) + 1
    column = len(data[line_start:position].decode(errors="replace")) + 1
    return data.count(b"\n", 0, position) + 1, column


def _byte_order_mark(path: str) -> Finding:
    return Finding(
        path,
        1,
        1,
        "file-bom",
        "The file begins with a byte order mark; it is not sent.",
        "Nothing needs doing. To be rid of it, save the file as UTF-8 without BOM.",
        Severity.NOTICE,
    )


def _newlines(path: str, text: str) -> Iterator[Finding]:
    returns = text.count("\r")
    if not returns:
        return
    lines = None
    for match in islice(re.finditer(r"\r(?!\n)", text), REPEATS_LIMIT):
        lines = lines or Lines(text)
        yield Finding(
            path,
            *lines.at(match.start()),
            "file-lone-cr",
            "Carriage return without line feed: PostgreSQL ends a line here, most viewers do not.",
            "Replace it by a line feed.",
        )
    pairs = text.count("\r\n")
    plain = text.count("\n") - pairs
    if pairs and plain:
        yield Finding(
            path,
            0,
            0,
            "file-mixed-newlines",
            f"Line ends are mixed: {pairs} CRLF and {plain} LF.",
            "Use one kind. Inside bodies and literals the difference reaches the database.",
            Severity.WARNING,
        )


def _characters(path: str, text: str) -> Iterator[Finding]:
    lines = None
    for match in islice(_SUSPICIOUS.finditer(text), REPEATS_LIMIT):
        character = match.group()
        if character in _JOINERS and _joins(text, match.start()):
            continue
        lines = lines or Lines(text)
        bidi = _BIDI_ONLY.match(character) is not None
        name = f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"
        yield Finding(
            path,
            *lines.at(match.start()),
            "file-bidi-control" if bidi else "file-invisible-character",
            f"{name}: it changes the order in which text is shown."
            if bidi
            else f"{name}: it cannot be seen.",
            f"Remove it. In a literal write it as an escape, for instance {_escape(character)}.",
        )


def _joins(text: str, position: int) -> bool:
    """Whether a joiner stands inside a word of another script (Persian, Hindi) or an emoji."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return bool(before and after) and not before.isascii() and not after.isascii()


def _escape(character: str) -> str:
    code = ord(character)
    return f"U&'\\{code:04X}'" if code <= 0xFFFF else f"U&'\\+{code:06X}'"


def _out_of_sight(path: str, text: str) -> Iterator[Finding]:
    lines = None
    for match in _HIDDEN.finditer(text):
        lines = lines or Lines(text)
        blank_lines = match.group().count("\n") - 1
        amount = f"{blank_lines} blank lines" if blank_lines > 0 else f"{len(match.group())} blanks"
        yield Finding(
            path,
            *lines.at(match.end()),
            "file-hidden-statement",
            f"{amount} before this place can push it out of a reviewer's sight.",
            "Remove the blank space.",
            Severity.WARNING,
        )
    long = _LONG.search(text)
    if long is not None:
        lines = lines or Lines(text)
        length = len(long.group().rstrip("\r"))
        yield Finding(
            path,
            lines.at(long.start())[0],
            LINE_LIMIT + 1,
            "file-long-line",
            f"A line of {length:,} characters: its end is easily overlooked.",
            f"Break lines before {LINE_LIMIT} characters.",
            Severity.WARNING,
        )
