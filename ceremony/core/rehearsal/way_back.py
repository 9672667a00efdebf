"""The verdict on one way back: does the rollback lead to where the change began?

Decided from three pictures (before the change, after it, after the way back), the problem of the
rollback where it failed, and facts of the script; nothing else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

from ceremony.core.catalog import Aspect, Change, Difference, ObjectKey, ObjectKind, lineage
from ceremony.core.outcome import Problem
from ceremony.core.rehearsal.picture import Compared, Picture, RowsDiffer, compare
from ceremony.core.script import Script


class Verdict(StrEnum):
    """One word for each way back. RESTORED, COSMETIC and IRREVERSIBLE are no faults.

    RIGHTS_DIFFER is one where the policy says so.
    """

    RESTORED = "restored"
    COSMETIC = "cosmetic"
    RIGHTS_DIFFER = "rights differ"
    NOT_RESTORED = "not restored"
    FAILS = "fails"
    EMPTY = "empty although the change was not"
    IRREVERSIBLE = "declared irreversible"
    CANNOT_BE_UNDONE = "cannot be undone"
    MISSING = "no rollback file"
    NOT_RUN = "not run"


IDLE = frozenset(
    {
        "select_stmt",
        "do_stmt",
        "variable_set_stmt",
        "variable_show_stmt",
        "explain_stmt",
        "notify_stmt",
        "comment_stmt",
        "transaction_stmt",
    }
)
"""Kinds of statements that may do nothing to the schema. A rollback of these alone that left
everything as it was counts as empty.
"""


@dataclass(frozen=True)
class Remains:
    """What differs from before after the way back, sorted by how bad it is.

    ``dropped``: was there before the change and after it, untouched, and is gone: nobody asked for
    that. ``taken``: the same, but the change had altered it, or something that hangs on it.
    ``lost``: the change took it away and the way back did not put it back. ``different``: is there
    otherwise than before. ``left_over``: the change made it and the way back left it.
    ``as_changed``: those of ``different`` that are exactly as the change left them.
    """

    dropped: tuple[Difference, ...] = ()
    taken: tuple[Difference, ...] = ()
    lost: tuple[Difference, ...] = ()
    different: tuple[Difference, ...] = ()
    left_over: tuple[Difference, ...] = ()
    rows: tuple[RowsDiffer, ...] = ()
    rights: tuple[Difference, ...] = ()
    cosmetic: tuple[Difference, ...] = ()
    as_changed: tuple[Difference, ...] = ()

    @property
    def harm(self) -> bool:
        """Whether something that was there before the change suffers."""
        return bool(self.dropped or self.taken or self.lost or self.different)

    @property
    def done(self) -> "Remains":
        """The harm, without what the way back only left as the change made it: a variant may."""
        own = tuple(one for one in self.different if one not in self.as_changed)
        return Remains(self.dropped, self.taken, self.lost, own)

    @property
    def structure(self) -> bool:
        """Whether the schema, or a reference table, is not what it was."""
        return bool(self.harm or self.left_over or self.rows)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence per difference, the worst first."""
        return (
            *(
                f"DROPPED, though the change never touched it: {_name(one)}{_along(one)}."
                for one in self.dropped
            ),
            *(
                f"DROPPED, though it was there before the change: {_name(one)}{_along(one)}."
                for one in self.taken
            ),
            *(f"Lost, not put back: {_name(one)}{_along(one)}." for one in self.lost),
            *(f"Different: {one.sentence}" for one in self.different),
            *(f"Left over: {_name(one)}{_along(one)}." for one in self.left_over),
            *(f"Different: {one.sentence}." for one in self.rows),
            *(f"Rights: {one.sentence}" for one in self.rights),
            *(f"Cosmetic: {one.sentence}" for one in self.cosmetic),
        )


@dataclass(frozen=True)
class WayBack:
    """The verdict on a way back, what remains, and the ``why`` where one sentence says it better.
    ``compared`` is what differs from before, unsorted.

    ``variant`` is ``""`` for the plain rollback.
    """

    verdict: Verdict
    variant: str = ""
    remains: Remains = field(default_factory=Remains)
    why: str = ""
    problem: Problem | None = None
    compared: Compared = field(default_factory=Compared)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, the worst first."""
        return (*((self.why,) if self.why else ()), *self.remains.sentences)


def judge(before: Picture, changed: Picture, back: Picture, script: Script) -> WayBack:
    """The verdict on a rollback that ran to its end."""
    found = compare(before, back)
    left = remains(before, changed, found)
    verdict, why = _weighed(left, changed, back, script)
    return WayBack(verdict, remains=left, why=why, compared=found)


def _weighed(left: Remains, changed: Picture, back: Picture, script: Script) -> tuple[Verdict, str]:
    """The verdict, and the sentence that goes with it where one is needed."""
    if not left.structure:
        if left.rights:
            return Verdict.RIGHTS_DIFFER, ""
        return (Verdict.COSMETIC if left.cosmetic else Verdict.RESTORED), ""
    if labels := added_labels(left):
        why = "PostgreSQL has no command that takes a label out of an enum: " + "; ".join(labels)
        return Verdict.CANNOT_BE_UNDONE, f"{why}."
    if idle(script) and not _counts(compare(changed, back)):
        return Verdict.EMPTY, _nothing(script)
    return Verdict.NOT_RESTORED, ""


def remains(before: Picture, changed: Picture, found: Compared) -> Remains:
    """What was ``found`` to differ from ``before``, sorted; ``changed`` tells who did what."""
    structure = [one for one in found.catalog if one.aspect is Aspect.STRUCTURE]
    gone = [one for one in structure if one.change is Change.VANISHED]
    still_there = changed.snapshot.objects
    touched = _touched(before, changed) if gone else frozenset()
    different = tuple(one for one in structure if one.change is Change.CHANGED)
    by_change = compare(before, changed).catalog if different else ()
    dropped = [one for one in gone if one.key in still_there]
    return Remains(
        dropped=tuple(one for one in dropped if one.key not in touched),
        taken=tuple(one for one in dropped if one.key in touched),
        lost=tuple(one for one in gone if one.key not in still_there),
        different=different,
        left_over=tuple(one for one in structure if one.change is Change.APPEARED),
        rows=found.rows,
        rights=tuple(one for one in found.catalog if one.aspect is Aspect.RIGHTS),
        cosmetic=tuple(one for one in found.catalog if one.aspect is Aspect.COSMETIC),
        as_changed=tuple(one for one in different if one in by_change),
    )


def _touched(before: Picture, changed: Picture) -> frozenset[ObjectKey]:
    """The objects whose structure the change altered, and what those hang on."""
    found: set[ObjectKey] = set()
    for one in compare(before, changed).catalog:
        if one.aspect is Aspect.STRUCTURE:
            found.update(_upwards(one.key, before), _upwards(one.key, changed))
    return frozenset(found)


def _upwards(key: ObjectKey, picture: Picture) -> Iterator[ObjectKey]:
    """An object, its table, its schema. A schema is not altered by what comes into it."""
    line = lineage(key, picture.snapshot.objects)
    return takewhile(lambda one: one.kind != ObjectKind.SCHEMA, line)


def idle(script: Script) -> bool:
    """Whether no statement of the script has to do anything to the schema."""
    return all(statement.kind in IDLE for statement in script.sent)


def added_labels(left: Remains) -> tuple[str, ...]:
    """``public.mood gained 'meh'`` for each enum, where added labels are all that remains."""
    if left.dropped or left.taken or left.lost or left.left_over or left.rows or not left.different:
        return ()
    told = [_added(one) for one in left.different]
    return tuple(told) if all(told) else ()


def _added(one: Difference) -> str:
    if one.key.kind != ObjectKind.ENUM or one.fact != LABELS:
        return ""
    was, now = read_labels(one.before), read_labels(one.after)
    new = [label for label in now if label not in was]
    if not new or [label for label in now if label in was] != was:
        return ""
    return f"{one.key.name} keeps {', '.join(new)}"


LABELS = "labels"
"""The fact of an enum that holds its labels in order."""


_LABEL = re.compile(r"E?'(?:[^']|'')*'")


def read_labels(text: str) -> list[str]:
    """The labels of an enum as its fact writes them: SQL literals, joined by commas."""
    return _LABEL.findall(text)


def _counts(found: Compared) -> bool:
    """Whether there is more than comments and the order of columns."""
    return bool(found.rows) or any(one.aspect is not Aspect.COSMETIC for one in found.catalog)


def _nothing(script: Script) -> str:
    if not script.sent:
        return "The rollback file has no statement; the change had an effect."
    return "The rollback file changed nothing; the change had an effect."


def _name(one: Difference) -> str:
    return f"{one.key.kind} {one.key.name}"


def _along(one: Difference) -> str:
    """What went or stayed with it, counted by kind."""
    if not one.along:
        return ""
    return f" (and with it {listed_kinds(key.kind for key in one.along)})"


def listed_kinds(kinds: Iterable[ObjectKind]) -> str:
    """``3 columns, 1 index``."""
    counts: dict[ObjectKind, int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(
        f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in sorted(counts.items())
    )


def _plural(kind: ObjectKind) -> str:
    if kind.endswith("s"):
        return str(kind)
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return f"{kind}es" if kind.endswith("x") else f"{kind}s"
