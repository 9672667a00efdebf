"""Digests of files, each with its algorithm in front.

*bytes* is the SHA-256 of the file. *meaning* is the SHA-256 over the parser's tokens, the inline
data of COPY and the directives: comments, blank space and line ends do not count, everything inside
literals and bodies does. A digest names its algorithm, and algorithms stay here for ever: what was
recorded years ago can still be compared, and a new parser or rule never turns an unchanged file
into a changed one.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

CURRENT_MEANING = "meaning1"
"""The algorithm that new rows are written with."""


class UnknownAlgorithmError(ValueError):
    """A recorded digest names an algorithm that this version does not have."""


@dataclass(frozen=True)
class Meaning:
    """What a file says, independent of any algorithm.

    ``tokens`` are the token texts in order, without comments, as they stand in the file. ``copies``
    maps the index of a token to the data of the COPY whose final semicolon that token is.
    """

    tokens: tuple[bytes, ...]
    copies: Mapping[int, bytes]


def bytes_digest(data: bytes) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def meaning_digest(
    meaning: Meaning,
    directives: Sequence[tuple[str, str]] = (),
    algorithm: str = CURRENT_MEANING,
) -> str:
    """The meaning digest under ``algorithm``, which stands in front of it. Raises
    UnknownAlgorithmError.

    ``directives`` are (key, value) pairs of the header in the order in which they count; the caller
    has already brought them into one spelling.
    """
    try:
        compute = ALGORITHMS[algorithm]
    except KeyError as error:
        raise UnknownAlgorithmError(algorithm) from error
    return f"{algorithm}:{compute(meaning, directives)}"


def same_meaning(
    recorded: str, meaning: Meaning, directives: Sequence[tuple[str, str]] = ()
) -> bool:
    """Whether a file still means what was recorded, judged by the algorithm of then. Raises
    UnknownAlgorithmError.
    """
    algorithm = recorded.partition(":")[0]
    return recorded == meaning_digest(meaning, directives, algorithm)


_PREFIXED = frozenset(b"bBeEnNuUxX")
_QUOTES = frozenset(b"'\"")
_CONTINUED = re.compile(rb"'[ \t\f\v]*[\r\n][ \t\f\v\r\n]*'")
_SEGMENT = {
    False: re.compile(rb"'((?:[^']|'')*)'\s*"),
    True: re.compile(rb"'((?:[^'\\]|\\.|'')*)'\s*", re.DOTALL),
}


def _meaning1(meaning: Meaning, directives: Sequence[tuple[str, str]]) -> str:
    frames = [b"ceremony-meaning-1\0"]
    ended = True
    for index, token in enumerate(meaning.tokens):
        if token == b";":
            if not ended:
                frames.append(b"1:;")
            ended = True
        else:
            folded = _fold(token)
            frames.append(b"%d:%b" % (len(folded), folded))
            ended = False
        if index in meaning.copies:
            frames.append(b"copy:" + hashlib.sha256(meaning.copies[index]).digest())
    if frames[-1] == b"1:;":
        frames.pop()
    for key, value in directives:
        frames.extend(
            b"directive%d:%b" % (len(part), part) for part in (key.encode(), value.encode())
        )
    return hashlib.sha256(b"".join(frames)).hexdigest()


def _fold(token: bytes) -> bytes:
    """One spelling of a token: ASCII letters folded outside quotes, continued literals joined."""
    first = token[0]
    if first in b'$"':
        return token
    if first in b"'":
        return _joined(token, 0)
    if first in _PREFIXED and len(token) > 2:
        quote = 1 if token[1] in _QUOTES else 2 if token[1] == 0x26 and token[2] in _QUOTES else 0
        if quote:
            return _joined(token[:quote].lower() + token[quote:], quote)
    return token.lower()


def _joined(token: bytes, quote: int) -> bytes:
    """``'a'`` newline ``'b'`` is the literal ``'ab'`` (PostgreSQL manual, 4.1.2.1)."""
    if token[quote] != 0x27 or not _CONTINUED.search(token):
        return token
    segment = _SEGMENT[token[:quote] == b"e"]
    parts = []
    position = quote
    while position < len(token):
        match = segment.match(token, position)
        if match is None:
            return token
        parts.append(match.group(1))
        position = match.end()
    return token[:quote] + b"'" + b"".join(parts) + b"'"


ALGORITHMS: Mapping[str, Callable[[Meaning, Sequence[tuple[str, str]]], str]] = MappingProxyType(
    {"meaning1": _meaning1}
)
"""Every algorithm that ever wrote a digest."""
