"""SQL as lines of a page: coloured by Pygments, numbered, and with what nobody could see made
visible.

Colour is decoration: where Pygments does not give the very text back, and where a file is long or
holds what cannot be seen, lines are plain.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from pygments.lexers.sql import PostgresLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, String

from ceremony.templatetags.ceremony_pages import visible

COLOURED_LINES = 500
"""Longer files are not coloured."""

COLOURED_CHARACTERS = 60_000

LONGEST_LINE = 10_000
"""How many characters of one line a page shows."""

_CLASSES = (
    (Comment, "c"),
    (Keyword, "k"),
    (Name.Builtin, "t"),
    (Number, "n"),
    (String, "s"),
    (Literal, "s"),
)
# Its stub has no types for what it yields.
_LEXER: Any = PostgresLexer(stripnl=False, ensurenl=False)


@dataclass(frozen=True)
class Run:
    """Characters of one colour; ``kind`` is ``""`` for those without."""

    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """One line, or the part of it that belongs to a piece; ``number`` is its own in the file.
    ``cut`` is how many characters of it are left out.
    """

    number: int
    runs: tuple[Run, ...]
    cut: int = 0


def runs_of(text: str) -> list[Run]:
    """The text in colours; in one piece where it gets none."""
    if len(text) > COLOURED_CHARACTERS or text.count("\n") > COLOURED_LINES:
        return [Run("", text)]
    try:
        found = list(_merged(_LEXER.get_tokens_unprocessed(text)))
    except RecursionError:  # bodies in bodies in bodies
        return [Run("", text)]
    return found if "".join(run.text for run in found) == text else [Run("", text)]


def _merged(tokens: Iterable[tuple[int, Any, str]]) -> Iterator[Run]:
    """Neighbours of the same colour as one run."""
    kind, parts = "", list[str]()
    for _, token, text in tokens:
        own = next((short for group, short in _CLASSES if token in group), "")
        if own != kind and parts:
            yield Run(kind, "".join(parts))
            parts = []
        kind = own
        parts.append(text)
    if parts:
        yield Run(kind, "".join(parts))


def shared_out(runs: Sequence[Run], lengths: Iterable[int]) -> list[list[Run]]:
    """The runs, cut into portions of these lengths in characters."""
    portions: list[list[Run]] = []
    waiting = list(reversed(runs))
    for length in lengths:
        portion: list[Run] = []
        left = length
        while left and waiting:
            run = waiting.pop()
            if len(run.text) > left:
                waiting.append(Run(run.kind, run.text[left:]))
                run = Run(run.kind, run.text[:left])
            portion.append(run)
            left -= len(run.text)
        portions.append(portion)
    return portions


def lines_of(runs: Iterable[Run], first: int) -> list[Line]:
    """The lines of a portion, the first with the number ``first``; a line end at its end begins no
    further one.
    """
    lines: list[list[Run]] = [[]]
    for run in runs:
        head, *more = run.text.split("\n")
        lines[-1].append(Run(run.kind, head))
        lines += [[Run(run.kind, text)] for text in more]
    if not "".join(run.text for run in lines[-1]):
        lines.pop()
    return [_line(number, _without_return(line)) for number, line in enumerate(lines, first)]


def _line(number: int, runs: tuple[Run, ...]) -> Line:
    length = sum(len(run.text) for run in runs)
    if length <= LONGEST_LINE:
        return Line(number, runs)
    (kept,) = shared_out(runs, [LONGEST_LINE])
    return Line(number, tuple(kept), length - LONGEST_LINE)


def _without_return(line: list[Run]) -> tuple[Run, ...]:
    """A line without the carriage return of its end, which is part of the line end."""
    kept = [run for run in line if run.text]
    if kept and kept[-1].text.endswith("\r"):
        kept[-1] = Run(kept[-1].kind, kept[-1].text[:-1])
    return tuple(run for run in kept if run.text)


def lines_html(lines: Iterable[Line], anchor: str = "", failed: int = 0) -> SafeString:
    """Lines as elements. Their numbers are attributes, which the style sheet shows and nobody
    copies. With ``anchor`` each has the id ``<anchor>-<number>``; ``failed`` is marked.
    """
    return format_html_join(
        "\n",
        '<span class="cer-line{}"{} data-line="{}">{}</span>',
        (
            (
                " cer-line-failed" if line.number == failed else "",
                format_html(' id="{}-{}"', anchor, line.number) if anchor else "",
                line.number,
                _shown(line),
            )
            for line in lines
        ),
    )


def _shown(line: Line) -> SafeString:
    told = format_html_join("", "{}", ((_run(run),) for run in line.runs))
    if not line.cut:
        return told
    more = ngettext("%(count)s more character", "%(count)s more characters", line.cut)
    return format_html(
        '{}<strong class="cer-line-cut"> … {}</strong>', told, more % {"count": line.cut}
    )


def _run(run: Run) -> SafeString:
    text = visible(run.text)
    if not run.kind:
        return format_html("{}", text)
    return format_html('<span class="cer-sql-{}">{}</span>', run.kind, text)
