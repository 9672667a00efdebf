"""The questions of a snapshot, from ``catalog.sql``, in the form for one server version."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_BLOCK = re.compile(r"^-- name: (.+)$", re.MULTILINE)
_SINCE = re.compile(r" *--@ (\d+)([+-])$")
_USER_SCHEMAS = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
    "AND n.nspname !~ '^pg_(toast_)?temp_'"
)


class Question(NamedTuple):
    """One block of ``catalog.sql``."""

    name: str
    text: str


@cache
def questions(major: int) -> tuple[Question, ...]:
    """All blocks in the order in which they are read, for PostgreSQL ``major``."""
    text = files("ceremony.pg").joinpath("catalog.sql").read_text(encoding="utf-8")
    parts = _BLOCK.split(text)[1:]
    return tuple(
        Question(name.strip(), _for(major, body.strip().rstrip(";")))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    )


def _for(major: int, body: str) -> str:
    lines = (_SINCE.sub("", line) for line in body.splitlines() if _holds(major, line))
    return "\n".join(lines).replace("{user schemas}", _USER_SCHEMAS)


def _holds(major: int, line: str) -> bool:
    """Whether a line is meant for this version."""
    mark = _SINCE.search(line)
    if mark is None:
        return True
    return major >= int(mark[1]) if mark[2] == "+" else major <= int(mark[1])
