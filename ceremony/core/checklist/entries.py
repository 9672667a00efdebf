"""The entries that people write for a checklist: an id, what must hold, and who answers it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?")
"""What an id looks like: small letters, digits and hyphens, at most 100."""

LONGEST = 500
"""Characters of a text: it is a line of a list, not a page."""

_NOT_IN_AN_ID = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Entry:
    """``automatic`` names the evidence that answers it, ``""`` where a person does. ``backup`` says
    that a backup which Ceremony makes itself answers it, ``halt`` that the answer FAIL stops the
    world.
    """

    id: str
    text: str
    automatic: str = ""
    backup: bool = False
    halt: bool = False


def entry_of(written: object) -> Entry:
    """The entry behind a text or a table of which ``faults`` finds none."""
    if isinstance(written, Mapping):
        text = str(written["text"]).strip()
        return Entry(
            str(written.get("id") or slug(text)),
            text,
            str(written.get("automatic", "")),
            bool(written.get("backup", False)),
            bool(written.get("halt", False)),
        )
    text = str(written).strip()
    return Entry(slug(text), text)


def faults(written: object, known: Mapping[str, type], automatic: frozenset[str]) -> Iterator[str]:
    """What is wrong with one entry, each as the rest of a sentence that begins with its name.

    ``known`` are the keys that a table may have, with their types; ``automatic`` the words for
    evidence.
    """
    if isinstance(written, str):
        yield from _text_faults(written)
        return
    if not isinstance(written, Mapping):
        yield "is neither a text nor a table"
        return
    yield from (f"has an unknown key {key!r}" for key in sorted(set(written) - set(known)))
    for key, kind in known.items():
        if key in written and not isinstance(written[key], kind):
            yield f"has {written[key]!r} as its {key!r}"
    text = written.get("text", "")
    if isinstance(text, str):
        yield from _text_faults(text)
    name = written.get("id", "x")
    if isinstance(name, str) and not ID.fullmatch(name):
        yield f"has the id {name!r}, which is no word of small letters, digits and hyphens"
    word = written.get("automatic", "")
    if isinstance(word, str) and word and word not in automatic:
        yield f"has {word!r} as its evidence; known are {', '.join(sorted(automatic))}"


def repeated(written: list[Any]) -> Iterator[str]:
    """The ids that stand twice, among entries without faults."""
    seen: set[str] = set()
    for one in written:
        name = entry_of(one).id
        if name in seen:
            yield name
        seen.add(name)


def slug(text: str) -> str:
    """The id of an entry that has none of its own: its words, as far as 60 characters go."""
    return _NOT_IN_AN_ID.sub("-", text.lower())[:60].strip("-") or "item"


def _text_faults(text: str) -> Iterator[str]:
    if not text.strip():
        yield "has no text"
    elif len(text) > LONGEST:
        yield f"has {len(text)} characters; {LONGEST} are the most"
