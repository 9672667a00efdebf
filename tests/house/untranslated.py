"""Texts of templates that no translation can reach."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

WORD = re.compile(r"[A-Za-z]{2,}")
LITERAL = re.compile(r"""(?<!_\()(?:"([^"]*)"|'([^']*)')""")
SAID = frozenset({"alt", "aria-description", "aria-label", "label", "placeholder", "title"})
"""Attributes that a person reads or hears."""

TRANSLATES = frozenset({"blocktranslate", "blocktrans"})
NAMES = frozenset({"CSV", "HTML", "JSON", "Markdown", "NULL", "SQL", "SQLSTATE", "UTC"})
"""Words that are the same in every language."""

TYPED = frozenset({"code", "kbd", "pre"})
"""Elements that hold what a person types or a program wrote, in no language."""


class _Reader(HTMLParser):
    """Collects what a person reads."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._typed = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value or "" for name, value in attrs if name in SAID]
        self._typed += tag in TYPED

    def handle_endtag(self, tag: str) -> None:
        self._typed -= tag in TYPED

    def handle_data(self, data: str) -> None:
        if not self._typed:
            self.said.append(data)


def untranslated(template: Path) -> list[str]:
    """Every text of the template that stands outside ``translate`` and ``blocktranslate``: between
    tags, in attributes that are read aloud, and as literals of ``default`` and of our own tags.
    """
    left = list(_left(template))
    reader = _Reader()
    reader.feed("".join(text for text, _ in left))
    reader.close()
    said = reader.said + [literal for _, literals in left for literal in literals]
    return [" ".join(one.split()) for one in said if set(WORD.findall(one)) - NAMES]


def _left(template: Path) -> Iterator[tuple[str, list[str]]]:
    inside = ""
    for token in Lexer(template.read_text()).tokenize():
        first = token.contents.split()[0] if token.contents.split() else ""
        if inside:
            inside = "" if first == f"end{inside}" else inside
        elif token.token_type is TokenType.TEXT:
            yield token.contents, []
        elif token.token_type is TokenType.VAR:
            yield " ", _shown_by_default(token.contents)
        elif token.token_type is TokenType.BLOCK:
            if first in TRANSLATES or first == "comment":
                inside = first
            if token.contents == "block bodyclass":
                inside = "block"
            yield " ", _shown_by_tag(first, token.contents)


def _shown_by_default(contents: str) -> list[str]:
    found = re.findall(r"""(?:default|default_if_none|yesno|pluralize):"([^"]*)\"""", contents)
    return [one for one in found if " " in one.strip() or one.istitle()]


def _shown_by_tag(name: str, contents: str) -> list[str]:
    if name != "mark":
        return []
    literals = [double or single for double, single in LITERAL.findall(contents)]
    return [one for one in literals[1:] if " " in one]
