"""The hash chain: canonical payloads, and the link from one row to the next.

One rule for the ledger in the target and the audit trail in control. The payload is JSON in one
canonical form (RFC 8785 for the values allowed here: objects, arrays, strings, integers,
booleans, null), so that any program can compute the same bytes; floats are refused, because
their text differs between programs. Domain string, lengths and sequence number are part of what
is hashed: two different rows can never be written as the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

GENESIS = "0" * 64
"""The previous hash of the first row."""

LEDGER = "ceremony-ledger-v1"
AUDIT = "ceremony-audit-v1"


class PayloadInvalid(ValueError):
    """A value that has no canonical form: a float, a NUL, a lone surrogate, a key that is no
    string.
    """


def canonical(payload: Json) -> bytes:
    """The one way to write ``payload``: UTF-8, keys sorted, no blanks. Raises PayloadInvalid."""
    _check(payload)
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if "\\u0000" in text:
        # Either a NUL or the six characters themselves, behind a backslash.
        _check_texts(payload)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise PayloadInvalid("a lone surrogate in a text") from error


def link(domain: str, previous: str, sequence: int, payload: bytes) -> str:
    """The hash (64 hexadecimal digits) of row ``sequence`` that follows the row with hash
    ``previous``.
    """
    digest = hashlib.sha256()
    digest.update(domain.encode() + b"\0")
    digest.update(bytes.fromhex(previous))
    digest.update(sequence.to_bytes(8, "big"))
    digest.update(len(payload).to_bytes(8, "big"))
    digest.update(payload)
    return digest.hexdigest()


_PLAIN = {str, int, bool, type(None)}


def _check(value: object) -> None:
    """See that there are only types which have a canonical form."""
    if type(value) in _PLAIN or isinstance(value, str | int):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise PayloadInvalid(f"a key that is no string: {key!r}")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            if type(item) not in _PLAIN:
                _check(item)
    else:
        raise PayloadInvalid(f"{type(value).__name__} has no canonical form")


def _check_texts(value: object) -> None:
    """See that no text, wherever it stands, holds a NUL."""
    if isinstance(value, str):
        if "\0" in value:
            raise PayloadInvalid("a NUL character in a text")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_texts(key)
            _check_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_texts(item)
