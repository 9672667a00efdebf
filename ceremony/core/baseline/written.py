"""The files of a baseline: the change, with its header, and its checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from ceremony.core.baseline.arranging import Group, arrange
from ceremony.core.baseline.names import Name
from ceremony.core.baseline.parts import Part, Taste, parts_of
from ceremony.core.baseline.texts import literal, sql_name
from ceremony.core.sql.source import understand


@dataclass(frozen=True)
class BaselineFacts:
    """What the header says beside the schema. ``supersedes`` is a range (``0000-0029``) or ``""``;
    ``server`` the version that the dump is of.
    """

    title: str
    supersedes: str
    server: str


@dataclass(frozen=True)
class BaselineFiles:
    """The texts of the change and of its checks; ``tables`` counts the tables in them."""

    change: str
    checks: str
    tables: int


_HEADER = """\
-- Purpose: the schema of {title} as it is, {count}
{supersedes}-- Risk: high
-- Reversible: no (it is the schema itself: there is nothing before it to return to)

-- On an empty database this file builds everything. Where the schema is there already, every
-- statement finds its object and leaves it; there the file is recorded by baseline_sql, once it is
-- proved that it builds the same schema, and not run. Written from {server}.

-- Bodies are not looked into here: they may name what is made further down.
SET LOCAL check_function_bodies = off;
"""


def write_baseline(dump: str, facts: BaselineFacts, taste: Taste) -> BaselineFiles:
    """The files that build the schema which ``dump`` (``pg_dump --schema-only``) tells of.

    Raises SqlSyntaxError where the dump has statements that the parser does not know.
    """
    trees = understand(dump).trees
    parts = parts_of(trees, taste)
    tables = [p.home for p in parts if p.creates and trees[p.place - 1].kind == "create_stmt"]
    header = _HEADER.format(
        title=_line(facts.title),
        count="1 table" if len(tables) == 1 else f"{len(tables)} tables",
        supersedes=f"-- Supersedes: {facts.supersedes}\n" if facts.supersedes else "",
        server=facts.server,
    )
    groups = "\n\n".join(_group(group) for group in arrange(parts))
    change = f"{header}\n{groups}\n" if groups else header
    return BaselineFiles(change, _checks(tables), len(tables))


def _group(group: Group) -> str:
    title = f"-- {_line(sql_name(group.name))}" if _titled(group) else ""
    if not group.name:
        title = "-- What refers to objects further up and down, and what concerns the whole schema"
    statements = "\n".join(_terminated(part) for part in group.parts).rstrip("\n")
    return f"{title}\n{statements}" if title else statements


def _titled(group: Group) -> bool:
    return len(group.name) > 1 and group.name[0] != ""


def _terminated(part: Part) -> str:
    """A statement of several lines stands apart from the one before it."""
    return f"{part.text};\n" if "\n" in part.text else f"{part.text};"


def _line(text: str) -> str:
    """A name in a comment must not end it: only printable characters, on one line."""
    return "".join(character if character.isprintable() else "?" for character in text)


_CHECKS = """\
-- check: every table of the baseline is there
-- when: always
-- expect: no rows
SELECT wanted.relation
FROM (VALUES
{values}
) AS wanted (relation)
WHERE to_regclass(wanted.relation) IS NULL;
"""

_NO_TABLE = """\
-- check: the schema can be read
-- when: always
-- expect: success
SELECT count(*) FROM pg_catalog.pg_class;
"""


def _checks(tables: Sequence[Name]) -> str:
    if not tables:
        return _NO_TABLE
    return _CHECKS.format(
        values=_wrapped([f"({literal(sql_name(table))})" for table in sorted(tables)])
    )


def _wrapped(items: Sequence[str]) -> str:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 2 <= 92:
            lines[-1] += f", {item}"
        else:
            lines.append(f"    {item}")
    return ",\n".join(lines)
