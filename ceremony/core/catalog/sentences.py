"""Differences in words, each one sentence that stands by itself."""

from ceremony.core.catalog.snapshot import ObjectKey

WITHHELD = "withheld"
"""The value of a right of the owner's that was revoked: all others are owned without a word."""

_GRANTED = {True: "is now granted to", False: "is no longer granted to"}


def sentence(key: ObjectKey, fact: str, before: str, after: str) -> str:
    """What became of one fact of an object that is still there."""
    return f"{key.kind[0].upper()}{key.kind[1:]} {key.name}: {_what(fact, before, after)}."


def _what(fact: str, before: str, after: str) -> str:
    right, to, grantee = fact.partition(" to ")
    if to and not (before and after):
        granted = bool(after) is not (WITHHELD in (before, after))
        how = after.removeprefix("granted") if after != WITHHELD else ""
        return f"{right} {_GRANTED[granted]} {grantee}{how}"
    if "\n" in before or "\n" in after:
        return _lines(fact, before, after)
    was, now = ("were", "are now") if _many(fact) else ("was", "is now")
    return f"{fact} {was} {before or 'none'}, {now} {after or 'none'}"


def _many(fact: str) -> bool:
    """Whether a fact is named in the plural; ``returns`` is a verb, ``access`` is one."""
    noun = fact.partition(" of ")[0]
    return noun.endswith("s") and not noun.endswith("ss") and noun != "returns"


def _lines(fact: str, before: str, after: str) -> str:
    """A text of several lines: the first line that differs in more than blank space is shown."""
    olds, news = _bare(before), _bare(after)
    if olds == news:
        return f"{fact} changed: only in blank space or line ends"
    number = next(
        (n for n, (old, new) in enumerate(zip(olds, news, strict=False)) if old != new),
        min(len(olds), len(news)),
    )
    old, new = _line(olds, number), _line(news, number)
    return f"{fact} changed: line {number + 1} was {old}, is now {new}"


def _bare(text: str) -> list[str]:
    """The lines without the blank space around them; empty ones at the end are none."""
    return [line.strip() for line in text.rstrip().splitlines()]


def _line(lines: list[str], number: int) -> str:
    return f'"{lines[number]}"' if number < len(lines) else "not there"
