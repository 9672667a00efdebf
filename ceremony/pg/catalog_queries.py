"""The questions of a snapshot, from ``catalog.sql`` and ``catalog_changes.sql``, in the form for
one server version.
"""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_BLOCK = re.compile(r"^-- name: (.+)$", re.MULTILINE)
_SINCE = re.compile(r" *--@ (\d+)([+-])$")
_ONLY = re.compile(r"\{only ([\w.]+)\}")
_RECENT = re.compile(r"\{recent (\w+)\}")
_USER_SCHEMAS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
    "AND n.nspname !~ '^pg_(toast_)?temp_'"
)
_UNITS = {"types": "pg_type", "domain constraints": "pg_type", "functions": "pg_proc"}


class Question(NamedTuple):
    """One block of ``catalog.sql``.

    ``text`` asks for all objects, ``of_some`` (empty for a block that is always read whole) for
    those of the relations, types or functions whose numbers are ``$1``; ``unit`` is the catalog
    that the numbers belong to.
    """

    name: str
    text: str
    of_some: str
    unit: str


@cache
def questions(major: int) -> tuple[Question, ...]:
    """All blocks in the order in which they are read, for PostgreSQL ``major``."""
    made = []
    for name, body in _blocks("catalog.sql").items():
        text = _for(major, body)
        some = _ONLY.sub(r"AND \1 = ANY ($1)", text) if _ONLY.search(text) else ""
        unit = _UNITS.get(name, "pg_class") if some else ""
        made.append(Question(name, _ONLY.sub("", text), some, unit))
    return tuple(made)


@cache
def change_question(name: str, *, since: bool = False) -> str:
    """A block of ``catalog_changes.sql``.

    With ``since``, recent rows are those that were written by a transaction not older than ``$1``;
    without, all of them.
    """
    rule = r"age(\1.xmin) <= (SELECT age($1))" if since else "true"
    return _RECENT.sub(rule, _blocks("catalog_changes.sql")[name])


@cache
def _blocks(file: str) -> dict[str, str]:
    text = files("ceremony.pg").joinpath(file).read_text(encoding="utf-8")
    parts = _BLOCK.split(text)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {name.strip(): body.strip().rstrip(";") for name, body in pairs}


def _for(major: int, body: str) -> str:
    lines = (_SINCE.sub("", line) for line in body.splitlines() if _holds(major, line))
    return "\n".join(lines).replace("{user schemas}", _USER_SCHEMAS)


def _holds(major: int, line: str) -> bool:
    """Whether a line is meant for this version."""
    mark = _SINCE.search(line)
    if mark is None:
        return True
    return major >= int(mark[1]) if mark[2] == "+" else major <= int(mark[1])
