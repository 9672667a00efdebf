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
    return text.encode()


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


def _check(value: object) -> None:
    if value is None or isinstance(value, bool | int):
        return
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise PayloadInvalid(f"a key that is no string: {key!r}")
            _check_text(key)
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        raise PayloadInvalid(f"{type(value).__name__} has no canonical form")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise PayloadInvalid("a NUL character in a text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PayloadInvalid("a lone surrogate in a text") from error
