"""Silencing a rule for one statement, with the reason.

A comment of its own on the lines right above a statement::

    -- lint: allow lint-foreign-key-on-delete (rows are kept for audit)
    ALTER TABLE …;

``-- Silence: lint-foreign-key-on-delete (why)`` in the header does it for the whole file.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ceremony.core.finding import Finding, refuse, shown, warn
from ceremony.core.header import Header
from ceremony.core.script import Script, Statement
from ceremony.core.sql import Comment, comments

_MARK = re.compile(r"--+[ \t]*lint[ \t]*:(.*)", re.IGNORECASE | re.DOTALL)
_ALLOW = re.compile(r"allow[ \t]+([a-z0-9]+(?:-[a-z0-9]+)+)[ \t]*\((.*\S.*)\)", re.IGNORECASE)


@dataclass(frozen=True)
class Silencer:
    """One line that silences ``code``: for the statement of this number, or, with 0, the file."""

    code: str
    statement: int
    line: int


def silencers(
    script: Script, header: Header, known: Mapping[str, object]
) -> tuple[tuple[Silencer, ...], tuple[Finding, ...]]:
    """The silencers of a script, and the lines that were meant as one and hold nothing.

    Findings: ``silence-invalid``, ``silence-rule-unknown``.
    """
    found: list[Finding] = []
    good = [
        Silencer(silence.code, 0, silence.line)
        for silence in header.silences
        if silence.code.startswith("lint-")
    ]
    good.extend(_above_statements(script, found))
    found.extend(_unknown(script.path, one, known) for one in good if one.code not in known)
    return tuple(one for one in good if one.code in known), tuple(found)


def _above_statements(script: Script, found: list[Finding]) -> Iterator[Silencer]:
    if "lint" not in script.text.lower():
        return
    said = comments(script.text)
    taken = {line for comment in said for line in _lines(comment)}
    first = {each.line: each for each in reversed(script.statements)}
    for comment in said:
        marked = _MARK.fullmatch(comment.text.rstrip())
        if marked is None:
            continue
        allowed = _ALLOW.fullmatch(marked[1].strip())
        below = _statement_below(comment, first, taken)
        if allowed is None:
            found.append(_malformed(script.path, comment))
        elif below is None:
            found.append(_nowhere(script.path, comment))
        else:
            yield Silencer(allowed[1].lower(), below.number, comment.line)


def _statement_below(
    comment: Comment, first: Mapping[int, Statement], taken: Collection[int]
) -> Statement | None:
    """The statement that begins on the first line below that holds no comment."""
    line = comment.line + 1
    while line in taken and line not in first:
        line += 1
    return first.get(line)


def _lines(comment: Comment) -> range:
    return range(comment.line, comment.line + comment.text.count("\n") + 1)


def _malformed(path: str, comment: Comment) -> Finding:
    return refuse(
        path,
        "silence-invalid",
        f"{shown(comment.text.strip())} silences nothing.",
        "Write the code of one rule and, in brackets, why: -- lint: allow lint-some-rule (why)",
        line=comment.line,
        column=comment.column,
    )


def _nowhere(path: str, comment: Comment) -> Finding:
    return refuse(
        path,
        "silence-invalid",
        f"No statement begins below {shown(comment.text.strip())}.",
        "Write the line right above the statement that it is about, without a blank line between.",
        line=comment.line,
        column=comment.column,
    )


def _unknown(path: str, one: Silencer, known: Collection[str]) -> Finding:
    near = get_close_matches(one.code, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else "docs/reference/lint.md lists the rules."
    return refuse(
        path, "silence-rule-unknown", f"There is no rule {one.code!r}.", hint, line=one.line
    )


def unused(path: str, left: Iterable[Silencer]) -> tuple[Finding, ...]:
    """A warning for each silencer that silenced nothing: ``silence-unused``."""
    return tuple(
        warn(
            path,
            "silence-unused",
            f"{one.code} finds nothing here, so this line silences nothing.",
            "Delete the line: left there, it would hide the next finding.",
            line=one.line,
        )
        for one in left
    )
