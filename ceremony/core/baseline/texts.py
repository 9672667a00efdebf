"""Editing the text of one statement between its tokens: all else stays as pg_dump wrote it."""

import re
from collections.abc import Sequence
from functools import cache

from ceremony.core.sql.parser import SqlSyntaxError, parse, tokens

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


class Text:
    """One statement with its tokens. Offsets are bytes."""

    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        self.ranges = tokens(self.raw).ranges
        self.words = [self.raw[start:end].decode().lower() for start, end in self.ranges]

    def find(self, word: str, after: int = 0) -> int:
        """The number of the first token ``word`` from number ``after`` on; -1 without one."""
        return self.words.index(word, after) if word in self.words[after:] else -1

    def from_token(self, number: int) -> str:
        """The text from a token to the end."""
        return self.raw[self.ranges[number][0] :].decode()

    def with_words(self, after: str, words: str) -> str:
        """The text with ``words`` behind the first token ``after``."""
        end = self.ranges[self.find(after)][1]
        return (self.raw[:end] + b" " + words.encode() + self.raw[end:]).decode()

    def brackets(self) -> tuple[int, int]:
        """The first bracket and the one that closes it, as numbers of tokens; (-1, -1) without."""
        opening = self.find("(")
        depth = 0
        for number in range(max(opening, 0), len(self.words)):
            depth += (self.words[number] in "([") - (self.words[number] in ")]")
            if depth == 0 and opening >= 0:
                return opening, number
        return -1, -1

    def inside(self, opening: int, closing: int) -> list[str]:
        """What stands between two brackets, cut at the commas that are not in brackets of their
        own.
        """
        parts, depth, start = [], 0, self.ranges[opening][1]
        for number in range(opening + 1, closing):
            word = self.words[number]
            depth += (word in ("(", "[")) - (word in (")", "]"))
            if word == "," and depth == 0:
                parts.append(self.raw[start : self.ranges[number][0]].decode().strip())
                start = self.ranges[number][1]
        last = self.raw[start : self.ranges[closing][0]].decode().strip()
        return [*parts, last] if last else parts

    @property
    def indentable(self) -> bool:
        """Whether no token (a literal, a body) goes over several lines."""
        return not any(b"\n" in self.raw[start:end] for start, end in self.ranges)


def indented(text: str, columns: int) -> str:
    """The text further to the right, where that does not change a literal."""
    margin = " " * columns
    if "\n" in text and not Text(text).indentable:
        return margin + text
    return "\n".join(margin + line if line else line for line in text.split("\n"))


def guarded(condition: str, statement: str) -> str:
    """``statement`` in a block that runs it only where ``condition`` holds."""
    tag = _tag(statement)
    return (
        f"DO {tag} BEGIN\n    IF {condition} THEN\n"
        f"{indented(statement, 8)};\n    END IF;\nEND {tag}"
    )


def tolerated(statement: str) -> str:
    """``statement`` in a block that goes on where its object is there already.

    For kinds whose catalogs have no name to ask for; the conditions are those of the manual,
    appendix A: 42710, 42723, 23505.
    """
    tag = _tag(statement)
    return (
        f"DO {tag} BEGIN\n{indented(statement, 4)};\n"
        "EXCEPTION WHEN duplicate_object OR duplicate_function OR unique_violation THEN\n"
        f"    NULL;\nEND {tag}"
    )


def missing(table: str, *conditions: str) -> str:
    """The condition that a catalog table has no row with all of ``conditions``."""
    lines = "\n          AND ".join(conditions)
    return f"NOT EXISTS (\n        SELECT FROM pg_catalog.{table}\n        WHERE {lines}\n    )"


def literal(text: str) -> str:
    """A text constant (manual, 4.1.2.1), also where it holds a backslash."""
    return "'" + text.replace("'", "''") + "'"


def regclass(name: Sequence[str]) -> str:
    """A relation as a constant."""
    return f"{literal(sql_name(name))}::pg_catalog.regclass"


def sql_name(name: Sequence[str]) -> str:
    """A name as SQL writes it, quoted where it must be."""
    return ".".join(_quoted(part) for part in name)


@cache
def _quoted(part: str) -> str:
    """As it is where the grammar takes it for a name; a quote inside a name is doubled."""
    if _PLAIN.fullmatch(part):
        try:
            parse(f"SELECT NULL::{part}.x".encode())
        except SqlSyntaxError:
            return f'"{part}"'
        return part
    return '"' + part.replace('"', '""') + '"'


def _tag(statement: str) -> str:
    number, tag = 0, "$guard$"
    while tag in statement:
        number += 1
        tag = f"$guard{number}$"
    return tag
