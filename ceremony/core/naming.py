"""File names of a series folder: which file is the change, which its sibling, which is no file of
ours.

The endings are judged first, the name in front of them afterwards (by a layout), so that a rollback
can never be taken for a migration.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from ceremony.core.finding import Finding, refuse, warn

SETTINGS = "series.toml"
CONTRACT = "contract.toml"

NAME_BYTES = 255
"""The longest file name that common file systems hold (NAME_MAX of POSIX ``limits.h`` on Linux)."""

_VARIANT = re.compile(r"[a-z0-9_]+")
_NUMBERED = re.compile(r"[0-9]{3,}[_-]")
_NOT_SQL = frozenset({"", "pgsql", "psql", "ddl", "sq", "slq", "sqll", "qsl", "sq1"})
_BREAKS_OUT = re.compile(r"(^|[/\\])\.\.($|[/\\])|^/|^[A-Za-z]:|\\")


class Role(StrEnum):
    """What a file of a series folder is."""

    CHANGE = "change"
    VERIFY = "verify"
    ROLLBACK = "rollback"
    RETIRED = "retired"
    RETIRED_SIBLING = "sibling of a retired migration"
    SETTINGS = "settings"
    CONTRACT = "contract"
    MISNAMED = "misnamed"
    NEAR_MISS = "near miss"
    OTHER = "other"


@dataclass(frozen=True)
class FileName:
    """``stem`` is the name without its endings; ``variant`` that of a rollback, ``""`` for the
    plain one.
    """

    path: str
    role: Role
    stem: str = ""
    variant: str = ""


def classify(path: str) -> FileName:
    """What the file at ``path`` is, from its last part alone."""
    name = path.rpartition("/")[2]
    if name.startswith("."):
        return FileName(path, Role.OTHER)
    if name in (SETTINGS, CONTRACT):
        return FileName(path, Role.SETTINGS if name == SETTINGS else Role.CONTRACT)
    if name.endswith(".sql.retired"):
        stem, _, sibling = name.removesuffix(".sql.retired").partition(".")
        return FileName(path, Role.RETIRED_SIBLING if sibling else Role.RETIRED, stem)
    if name.endswith(".sql"):
        return _sql(path, name.removesuffix(".sql"))
    return FileName(path, Role.NEAR_MISS if _is_near_miss(name) else Role.OTHER)


def _sql(path: str, body: str) -> FileName:
    stem, dot, ending = body.partition(".")
    if not dot:
        return FileName(path, Role.CHANGE, stem)
    if ending == "verify":
        return FileName(path, Role.VERIFY, stem)
    if ending == "rollback":
        return FileName(path, Role.ROLLBACK, stem)
    kind, _, variant = ending.partition(".")
    if kind == "rollback" and _VARIANT.fullmatch(variant):
        return FileName(path, Role.ROLLBACK, stem, variant)
    return FileName(path, Role.MISNAMED, stem, ending)


def _is_near_miss(name: str) -> bool:
    folded = name.casefold()
    if folded.endswith(".toml"):
        return bool(get_close_matches(folded, (SETTINGS, CONTRACT), cutoff=0.8))
    if ".sql" in folded:
        return True
    return bool(_NUMBERED.match(name)) and folded.partition(".")[2] in _NOT_SQL


def name_findings(names: Sequence[FileName]) -> tuple[Finding, ...]:
    """What is wrong with endings: files that look like ours and are not read, unknown endings,
    collisions.
    """
    found: list[Finding] = []
    for name in names:
        if name.role is Role.NEAR_MISS:
            found.append(_never_read(name.path))
        elif name.role is Role.MISNAMED:
            found.append(_unknown_ending(name))
    return (*found, *_collisions(n.path for n in names if n.role is not Role.OTHER))


def _never_read(path: str) -> Finding:
    name = path.rpartition("/")[2]
    wanted = ".sql" if not name.casefold().endswith(".toml") else f"{SETTINGS} or {CONTRACT}"
    return warn(
        path,
        "name-ignored",
        f"{name!r} is never read and never runs: its name is not quite one of ours.",
        "Let it end in .sql (a retired file in .sql.retired), or move it out of the folder."
        if wanted == ".sql"
        else f"Call it {wanted}, or move it out of the folder.",
    )


def _unknown_ending(name: FileName) -> Finding:
    kind = name.variant.partition(".")[0]
    close = get_close_matches(kind.casefold(), ("verify", "rollback"), n=1)
    if kind == "rollback":
        hint = f"A variant's name is a-z, 0-9 and '_': {name.stem}.rollback.keep_data.sql."
    elif kind.casefold() in ("down", "undo", "revert"):
        hint = f"The way back is called {name.stem}.rollback.sql."
    elif close:
        hint = f"Did you mean {name.stem}.{close[0]}.sql?"
    else:
        hint = "A change ends in .sql, its siblings in .verify.sql and .rollback[.VARIANT].sql."
    return refuse(
        name.path,
        "name-ending",
        f"{name.path.rpartition('/')[2]!r} has the unknown ending '.{name.variant}.sql'.",
        hint,
    )


def _collisions(paths: Iterable[str]) -> list[Finding]:
    first: dict[str, str] = {}
    found: list[Finding] = []
    for path in sorted(paths):
        other = first.setdefault(_folded(path), path)
        if other != path:
            found.append(
                refuse(
                    path,
                    "name-collision",
                    f"{path!r} and {other!r} are one name where case or Unicode form is ignored.",
                    "Rename one of them: on another machine one would overwrite the other.",
                )
            )
    return found


def _folded(path: str) -> str:
    if path.isascii():
        return path.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def path_finding(path: str) -> Finding | None:
    """Why no file of this path is opened: ``path-outside-root`` or ``path-bad-name``."""
    shown = path.encode("unicode_escape").decode()
    if _BREAKS_OUT.search(path):
        return refuse(
            shown,
            "path-outside-root",
            f"The path '{shown}' leads out of its folder, or holds a backslash.",
            "Paths are relative to the folder of series, with '/' between their parts.",
        )
    if not _is_plain(path):
        return refuse(
            shown,
            "path-bad-name",
            f"The name '{shown}' holds a control character, is no UTF-8, or has over 255 bytes.",
            "Rename the file.",
        )
    return None


def _is_plain(path: str) -> bool:
    if path.isascii():
        return path.isprintable() and all(len(part) <= NAME_BYTES for part in path.split("/"))
    try:
        long = any(len(part.encode()) > NAME_BYTES for part in path.split("/"))
    except UnicodeEncodeError:
        return False
    return not long and not any(unicodedata.category(character) == "Cc" for character in path)
