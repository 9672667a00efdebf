"""Header directives: the comments before the first statement, understood.

Only ``--`` comments count; a block comment is prose. A near miss of a known key is an error,
because a misspelt directive would silently not hold; every other comment is a comment.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ceremony.core.finding import Finding, refuse, shown, warn
from ceremony.core.header import Dependency, Header, Risk, Silence
from ceremony.core.spelling import nearest
from ceremony.core.sql import comments

KEYS = (
    "purpose", "depends", "dependencies", "risk", "reversible", "data loss", "transaction",
    "timeout",
    "planned", "retired", "supersedes", "author", "ticket", "date", "silence",
)  # fmt: skip
"""Every key, in lower case."""

_REPEATABLE = frozenset({"depends", "silence"})
_SLIPS = {
    "dependson": "depends", "dependency": "depends", "dependancy": "depends", "dependon": "depends",
    "irreversible": "reversible", "notreversible": "reversible", "notransaction": "transaction",
    "locktimeout": "timeout", "statementtimeout": "timeout", "superseded": "supersedes",
}  # fmt: skip
_ORDINARY = frozenset(
    {
        "data", "dates", "dat", "rich", "rise", "ring", "planner", "planes", "retried", "retries",
        "rewired", "required", "returned", "translation", "transition", "purposed", "silent",
    }
)  # fmt: skip
_KEYED = re.compile(r"--+[ \t]*([A-Za-z][A-Za-z_-]*(?:[ \t]+[A-Za-z_-]+){0,2})[ \t]*:(?!//|:)(.*)")
_NO_COLON = re.compile(
    r"--+[ \t]*(?:(transaction)[ \t]*=?[ \t]*none|(risk)[ \t]*=?[ \t]*(?:low|medium|high)"
    r"|(reversible)[ \t]*=?[ \t]*(?:yes|no)|(depends|dependencies)[ \t]*=?[ \t]*[0-9]{3,}\w*)"
    r"[ \t]*(?:\(.*)?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"(?:([A-Za-z0-9][A-Za-z0-9_-]*):\s*)?([0-9][a-z0-9_]*)(?:\.sql)?")
_DJANGO = re.compile(r"django:([a-zA-Z_]\w*\.\w+)")
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(ms|s|min|h)")
_UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_LONGEST = 2**31 - 1
_NOTHING = frozenset({"none", "-", "–", "—"})
_SPAN = re.compile(r"([0-9][0-9_]*?)(?:\s*[-–]\s*([0-9][0-9_]*))?")


@dataclass(frozen=True)
class Line:
    """One ``--`` comment: the line it stands on (from 1) and its text."""

    number: int
    text: str


@dataclass
class _Reading:
    """What the directives of one file add up to, while they are read."""

    path: str
    header: Header = field(default_factory=Header)
    found: list[Finding] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def wrong(self, line: int, message: str, hint: str) -> None:
        self.found.append(refuse(self.path, "directive-value", message, hint, line=line))

    def set(self, **values: object) -> None:
        self.header = replace(self.header, **values)  # type: ignore[arg-type]


def read_header(path: str, text: str) -> tuple[Header, tuple[Finding, ...]]:
    """The directives of a file and what is wrong with them.

    Works on files that no parser accepts (retired ones): before the first statement there are only
    blanks, comments, empty statements and a dump's ``\\restrict`` line.
    """
    reading = _Reading(path)
    for line in leading_comments(text)[0]:
        _read_line(reading, line)
    return reading.header, tuple(reading.found)


def leading_comments(text: str) -> tuple[tuple[Line, ...], int]:
    """The ``--`` comments before the first statement, and the offset where the first statement may
    begin.
    """
    lines: list[Line] = []
    position, number = 0, 1
    while match := _LEADING.match(text, position):
        if match.lastgroup == "comment":
            lines.append(Line(number, match[0].rstrip()))
        position = match.end()
        if match.lastgroup == "block":
            position = _block_end(text, match.start())
        number += text.count("\n", match.start(), position)
    return tuple(lines), position


_LEADING = re.compile(
    r"(?P<blank>[\s;]+)|(?P<comment>--[^\r\n]*)|(?P<block>/\*)|(?P<meta>\\(?:un)?restrict[^\r\n]*)"
)


def _block_end(text: str, start: int) -> int:
    """Block comments nest (PostgreSQL manual, 4.1.5)."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def keyed(comment: str) -> tuple[str, str] | None:
    """Key (blanks collapsed) and value of a ``-- Key: value`` comment; ``None`` for any other."""
    match = _KEYED.fullmatch(comment.rstrip())
    return (" ".join(match[1].split()), match[2].strip()) if match else None


def _read_line(reading: _Reading, line: Line) -> None:
    pair = keyed(line.text)
    if pair is None:
        _without_colon(reading, line)
        return
    key, value = pair
    known = key.lower()
    if known not in KEYS:
        meant = nearest(key, KEYS, _SLIPS, _ORDINARY)
        if meant:
            reading.found.append(_unknown(reading.path, line.number, key, meant))
        return
    known = "depends" if known == "dependencies" else known
    first = reading.seen.setdefault(known, line.number)
    if first != line.number and known not in _REPEATABLE:
        reading.found.append(_repeated(reading.path, line.number, key, first))
    elif not value:
        reading.wrong(line.number, f"'{key}:' has no value.", "Write a value, or delete the line.")
    else:
        _READERS[known](reading, line.number, value)


def _without_colon(reading: _Reading, line: Line) -> None:
    match = _NO_COLON.fullmatch(line.text.rstrip())
    if match:
        key = next(group for group in match.groups() if group)
        reading.found.append(
            refuse(
                reading.path,
                "directive-unknown",
                f"{shown(line.text.lstrip('- '))} looks like a directive, but has no colon.",
                f"Write '-- {key.capitalize()}: …'.",
                line=line.number,
            )
        )


def _unknown(path: str, line: int, key: str, meant: str) -> Finding:
    return refuse(
        path,
        "directive-unknown",
        f"There is no directive {shown(key)}.",
        f"Did you mean '{meant.capitalize()}:'? For an ordinary comment, leave out the colon.",
        line=line,
    )


def _repeated(path: str, line: int, key: str, first: int) -> Finding:
    return refuse(
        path,
        "directive-repeated",
        f"'{key}:' is given again; it stands on line {first} already.",
        "Keep one of the two lines.",
        line=line,
    )


def _text(field_name: str) -> Callable[[_Reading, int, str], None]:
    def read(reading: _Reading, line: int, value: str) -> None:
        reading.set(**{field_name: value})

    return read


def _about(key: str) -> Callable[[_Reading, int, str], None]:
    def read(reading: _Reading, line: int, value: str) -> None:
        reading.set(about=(*reading.header.about, (key, value)))

    return read


def _split_reason(value: str) -> tuple[str, str]:
    """What stands before the first bracket, and in it, where the value ends with one."""
    before, bracket, inside = value.partition("(")
    if bracket and inside.endswith(")"):
        return before.rstrip(), inside[:-1]
    return value, ""


def _risk(reading: _Reading, line: int, value: str) -> None:
    word, _ = _split_reason(value)
    try:
        reading.set(risk=Risk(word.lower()))
    except ValueError:
        reading.wrong(line, f"{shown(word)} is no risk.", "Write low, medium or high.")


def _reversible(reading: _Reading, line: int, value: str) -> None:
    word, why = _split_reason(value)
    if word.lower() in ("yes", "no"):
        no = word.lower() == "no"
        reading.set(reversible=not no, irreversible_why=why if no else "")
    else:
        reading.wrong(
            line,
            f"{shown(word)} is neither yes nor no.",
            "Write yes, or no with the reason: no (drops a column).",
        )


def _data_loss(reading: _Reading, line: int, value: str) -> None:
    word, why = _split_reason(value)
    if word.lower() in ("rollback", "apply", "both"):
        reading.set(data_loss=f"{word.lower()} ({why})" if why else word.lower())
    elif word.lower() in ("none", "no"):
        reading.set(data_loss="none")
    else:
        reading.wrong(
            line,
            f"{shown(word)} does not say when data is lost.",
            "Write rollback, apply, both or none, with what is lost in brackets: rollback "
            "(drops orders).",
        )


def _transaction(reading: _Reading, line: int, value: str) -> None:
    word, _ = _split_reason(value)
    if word.lower() == "none":
        reading.set(transactional=False)
    else:
        reading.wrong(
            line,
            f"{shown(word)} is no value of Transaction.",
            "Write none for a file outside a transaction, or delete the line: a transaction "
            "is the rule.",
        )


def _timeout(reading: _Reading, line: int, value: str) -> None:
    found: dict[str, int] = {}
    for part in value.split(","):
        kind, _, duration = part.strip().partition(" ")
        length = milliseconds(duration)
        if kind.lower() not in ("lock", "statement") or kind.lower() in found or length is None:
            reading.wrong(
                line,
                f"{shown(part.strip())} is no timeout.",
                "Write lock or statement with a number and ms, s, min or h: lock 3s, "
                "statement 10min.",
            )
            return
        found[kind.lower()] = length
    reading.set(lock_timeout=found.get("lock"), statement_timeout=found.get("statement"))


def milliseconds(text: str) -> int | None:
    """``10min`` in milliseconds; ``None`` for what is no duration or beyond PostgreSQL's 2^31 - 1
    ms.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        return None
    length = round(float(match[1]) * _UNITS[match[2]])
    return length if 0 < length <= _LONGEST else None


def _supersedes(reading: _Reading, line: int, value: str) -> None:
    span, _ = _split_reason(value)
    match = _SPAN.fullmatch(span)
    if match is None:
        reading.wrong(
            line,
            f"{shown(span)} is no range of versions.",
            "Write the first and the last: 0000-0029.",
        )
    else:
        reading.set(supersedes=(match[1], match[2] or match[1]))


def _silence(reading: _Reading, line: int, value: str) -> None:
    code, why = _split_reason(value)
    if re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", code) and why:
        reading.set(silences=(*reading.header.silences, Silence(code, why, line)))
    else:
        reading.wrong(
            line,
            f"{shown(value)} silences nothing.",
            "Write one code and, in brackets, why: some-code (why).",
        )


def _depends(reading: _Reading, line: int, value: str) -> None:
    found = []
    for part in _outside_brackets(value):
        reference, reason = _split_reason(part.strip())
        if reference.lower() in _NOTHING:
            continue
        dependency = _reference(reference, reason, line)
        if dependency is None:
            reading.wrong(
                line,
                f"{shown(reference)} names no migration.",
                "Write 0007, 0007_name, series:0007 or django:app.0002_name; a reason in brackets.",
            )
        else:
            found.append(dependency)
    reading.set(depends=(*reading.header.depends, *found))


def _reference(reference: str, reason: str, line: int) -> Dependency | None:
    django = _DJANGO.fullmatch(reference)
    if django:
        return Dependency("django", django[1], reason, line)
    match = _REFERENCE.fullmatch(reference)
    return Dependency(match[1] or "", match[2], reason, line) if match else None


def _outside_brackets(value: str) -> Iterator[str]:
    depth, start = 0, 0
    for index, character in enumerate(value):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield value[start:index]
            start = index + 1
    yield value[start:]


_READERS: dict[str, Callable[[_Reading, int, str], None]] = {
    "purpose": _text("purpose"), "planned": _text("planned"), "retired": _text("retired"),
    "depends": _depends, "risk": _risk, "reversible": _reversible, "data loss": _data_loss,
    "transaction": _transaction, "timeout": _timeout, "supersedes": _supersedes,
    "silence": _silence,
    "author": _about("author"), "ticket": _about("ticket"), "date": _about("date"),
}  # fmt: skip


_CANDIDATE = re.compile(r"^[ \t]*(--[^\r\n]*)", re.MULTILINE)


def misplaced(path: str, text: str) -> tuple[Finding, ...]:
    """Comments behind the first statement that would be directives before it; they hold nowhere.

    Purpose, author, ticket and date do no harm there and are left alone.
    """
    _, start = leading_comments(text)
    if not any(_would_hold(match[1]) for match in _CANDIDATE.finditer(text, start)):
        return ()
    return tuple(
        _misplaced(path, comment.line, comment.column, key)
        for comment in comments(text)
        if comment.offset >= start and (key := _would_hold(comment.text))
    )


def _would_hold(comment: str) -> str:
    pair = keyed(comment)
    known = pair is not None and pair[0].lower() in KEYS and pair[0].lower() not in _PROSE
    return pair[0] if pair and known else ""


_PROSE = frozenset({"purpose", "author", "ticket", "date"})


def _misplaced(path: str, line: int, column: int, key: str) -> Finding:
    return warn(
        path,
        "directive-misplaced",
        f"'{key}:' stands behind the first statement, where no directive holds.",
        "Move the line above the first statement, or reword the comment.",
        line=line,
        column=column,
    )
