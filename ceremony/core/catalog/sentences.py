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
        return f"{right} {_GRANTED[granted]} {grantee}"
    if "\n" in before or "\n" in after:
        return _lines(fact, before, after)
    many = fact.endswith("s") and not fact.endswith("ss")
    was, now = ("were", "are now") if many else ("was", "is now")
    return f"{fact} {was} {before or 'none'}, {now} {after or 'none'}"


def _lines(fact: str, before: str, after: str) -> str:
    """A text of several lines: the first line that differs is shown."""
    olds, news = before.splitlines(), after.splitlines()
    number = next(
        (n for n, (old, new) in enumerate(zip(olds, news, strict=False)) if old != new),
        min(len(olds), len(news)),
    )
    old, new = _line(olds, number), _line(news, number)
    return f"{fact} changed: line {number + 1} was {old}, is now {new}"


def _line(lines: list[str], number: int) -> str:
    return f'"{lines[number].strip()}"' if number < len(lines) else "not there"
