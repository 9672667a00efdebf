"""Parse trees that are nested too deeply to be decoded in one piece.

The protobuf decoder refuses more than 100 levels. A tree is cut by its wire format (Protocol
Buffers documentation, "Encoding") ``DEPTH`` levels below the last cut; the cut parts are decoded on
their own, so that nothing of a statement stays unread.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.message_factory import GetMessageClass

DEPTH = 60
"""Levels between two cuts, well below the decoder's limit of 100."""

_LENGTH_DELIMITED = 2
_VARINT = 0
_FIXED = {1: 8, 5: 4}


def split_deep(result: Any, data: bytes) -> tuple[Any, dict[int, list[Any]]]:
    """The tree without its deep parts, and those parts by the index of their statement.

    ``result`` is the message class of the whole, ``data`` the whole in wire format.
    """
    index = -1
    top = bytearray()
    cut: dict[int, list[Any]] = {}
    for number, wire, start, value, end in _fields(data, 0, len(data)):
        inner = _message_type(result.DESCRIPTOR, number, wire)
        if inner is None:
            top += data[start:end]
            continue
        index += 1
        pieces: list[Piece] = []
        top += _framed(number, _pruned(data, Piece(inner, value, end), pieces, DEPTH))
        while pieces:
            piece = pieces.pop()
            shallow = _pruned(data, piece, pieces, DEPTH)
            cut.setdefault(index, []).append(GetMessageClass(piece.type).FromString(shallow))
    return result.FromString(bytes(top)), cut


class Piece(NamedTuple):
    """A message in the whole: its type's descriptor and the range of its bytes."""

    type: Any
    start: int
    end: int


def _pruned(data: bytes, piece: Piece, pieces: list[Piece], left: int) -> bytes:
    """The bytes of ``piece`` with every message ``left`` levels down moved to ``pieces``."""
    kept = bytearray()
    for number, wire, start, value, end in _fields(data, piece.start, piece.end):
        inner = _message_type(piece.type, number, wire)
        if inner is None:
            kept += data[start:end]
        elif left <= 0:
            pieces.append(Piece(inner, value, end))
            kept += _framed(number, b"")
        else:
            kept += _framed(number, _pruned(data, Piece(inner, value, end), pieces, left - 1))
    return bytes(kept)


def _message_type(descriptor: Any, number: int, wire: int) -> Any:
    """The type of the message in a field, ``None`` for numbers and texts."""
    if wire != _LENGTH_DELIMITED:
        return None
    return descriptor.fields_by_number[number].message_type


def _fields(data: bytes, position: int, stop: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Number, wire type, start, start of the value and end of each field in a range of ``data``."""
    while position < stop:
        start = position
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        value = position
        if wire == _LENGTH_DELIMITED:
            length, value = _varint(data, position)
            position = value + length
        elif wire == _VARINT:
            _, position = _varint(data, position)
        else:
            position += _FIXED[wire]
        yield number, wire, start, value, position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _framed(number: int, data: bytes) -> bytes:
    return _as_varint(number << 3 | _LENGTH_DELIMITED) + _as_varint(len(data)) + data


def _as_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
