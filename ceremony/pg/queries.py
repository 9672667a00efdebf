"""The longer queries, kept in ``queries.sql`` and its like as named blocks (``-- name: …``)."""

from functools import cache
from importlib.resources import files

_MARK = "-- name: "


@cache
def _blocks(file: str) -> dict[str, str]:
    text = files("ceremony.pg").joinpath(file).read_text(encoding="utf-8")
    blocks: dict[str, str] = {}
    for part in text.split(_MARK)[1:]:
        name, _, body = part.partition("\n")
        blocks[name.strip()] = body.strip().rstrip(";")
    return blocks


def query(name: str, file: str = "queries.sql") -> str:
    """The text of one named query of a file, without its semicolon.

    Raises KeyError for a name that is not there.
    """
    return _blocks(file)[name]
