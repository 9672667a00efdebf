"""Pages of the documentation as what can be played: files to write and commands to run.

The convention, which renders as plain Markdown:

- ``<!-- file: sql/shop/0001_x.sql -->`` above a fenced block: the block is that file;
  ``<!-- append: shop/settings.py -->``: the block goes to its end.
- A ``console`` block: a line that begins with ``$ `` is a command (a backslash at its end goes on
  in the next line), the lines below it are what it prints. ``…`` alone on a line stands for any
  lines.

``CEREMONY_WRITE_DOCS=1`` writes into the pages what the commands print, and fails.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
ANY_LINES = "…"

#: What a terminal shows in its live line and takes away again.
PASSING = re.compile(
    r"\s*(\[\d+/\d+\] .*(?:✓ PASS|≡ RECORDED)|(Applying|Rolling back) .*server process)"
)

_FENCE = re.compile(r"^```(\w*)\s*$")
_FILE = re.compile(r"^<!-- (file|append): (\S+) -->$")
_ACT = re.compile(r"^<!-- (act: .+) -->$")


@dataclass(frozen=True)
class File:
    """A file that the page shows whole, or what it adds to one."""

    path: str
    text: str
    append: bool


@dataclass(frozen=True)
class Command:
    """A command line, where it stands, and what the page says that it prints. What somebody does
    in the admin is one, too: ``act: reviewer sign 1 decision=approve``.
    """

    line: int
    text: str
    shown: tuple[str, ...]


def pages() -> tuple[Path, ...]:
    """Every page that speaks to a reader."""
    top = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
    named = [CHECKOUT / name for name in (*top, "migrations_sql/README.md")]
    return (*named, *sorted((CHECKOUT / "docs").rglob("*.md")))


def name_of(page: Path) -> str:
    """The page's path in the checkout."""
    return page.relative_to(CHECKOUT).as_posix()


def steps(text: str) -> Iterator[File | Command]:
    """What is to be done, in the order of the page."""
    lines = text.splitlines()
    for title, language, first, body in blocks(text):
        if title:
            yield File(title[2], "\n".join(body) + "\n", title[1] == "append")
        elif act := _ACT.match(lines[first - 3]):
            yield Command(first - 1, act[1], tuple(body))
        elif language == "console":
            yield from _commands(first, body)


def blocks(text: str) -> Iterator[tuple[re.Match[str] | None, str, int, list[str]]]:
    """Fenced blocks: the line that makes one a file, language, number of the first line, lines."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        title = _FILE.match(lines[number - 2]) if number > 1 else None
        end = lines.index("```", number)
        yield title, fence[1], number + 1, lines[number:end]
        number = end + 1


def _commands(first: int, body: list[str]) -> Iterator[Command]:
    starts = [i for i, line in enumerate(body) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        last = start
        while body[last].endswith("\\"):
            last += 1
        text = "\n".join(body[start : last + 1])[2:]
        yield Command(first + start, text.replace("\\\n", " "), tuple(body[last + 1 : end]))


def rewritten(text: str, printed: Mapping[Command, str]) -> str:
    """The page with what these commands really print below them."""
    lines = text.splitlines()
    for command in sorted(printed, key=lambda one: one.line, reverse=True):
        start = command.line
        while lines[start - 1].endswith("\\"):
            start += 1
        end = start + len(command.shown)
        gap = [] if lines[end] == "```" else [""]
        lines[start:end] = [*_told(printed[command]), *gap]
    return "\n".join(lines) + "\n"


def _told(printed: str) -> Iterator[str]:
    """Without passing lines, and with a reader's names instead of the test's."""
    before = ""
    for written in printed.splitlines():
        if PASSING.match(written):
            continue
        line = written
        for pattern, instead in _READERS_NAMES:
            line = re.sub(pattern, instead, line)
        if _ERROR.match(line) and before:
            yield ""
        yield line.rstrip()
        before = line


_ERROR = re.compile(r"✕ .*  \[[a-z-]+\]$")
_READERS_NAMES = (
    (r"(?<=PostgreSQL 18\.4 at ).*", "127.0.0.1:5432, database shop, as anna"),
    (r"(?<=UTC   )operator@\S+ *", "operator@desk   "),
    (r"\boperator@(?!desk)[\w.-]+", "operator@desk"),
    (r"(?<=UTC   )(?!operator)\S+@\S+", "anna@desk"),
    (r"after \S+@\S+ applied it", "after anna@desk applied it"),
    (r"\bd\d+-(?=\d{8}T)", "shop-"),
    (r'(?<=Reached: database ").*', 'shop" on 127.0.0.1:5432.'),
    (r"(?<=plan1:[0-9a-f]{12})[0-9a-f]{52}", "…"),
    (r"(?<=manifest1:[0-9a-f]{12})[0-9a-f]{52}", "…"),
    (r"(?<=meaning1:[0-9a-f]{12})[0-9a-f]{52}", "…"),
)
