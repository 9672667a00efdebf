"""The longer queries, kept in ``queries.sql`` as named blocks (``-- name: …``)."""

from functools import cache
from importlib.resources import files

_MARK = "-- name: "


@cache
def _blocks() -> dict[str, str]:
    text = files("ceremony.pg").joinpath("queries.sql").read_text(encoding="utf-8")
    blocks: dict[str, str] = {}
    for part in text.split(_MARK)[1:]:
        name, _, body = part.partition("\n")
        blocks[name.strip()] = body.strip().rstrip(";")
    return blocks


def query(name: str) -> str:
    """The text of one named query, without its semicolon.

    Raises KeyError for a name that is not there.
    """
    return _blocks()[name]
