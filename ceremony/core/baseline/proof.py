"""The proof of a baseline: what its file builds, compared with the live catalog."""

from collections.abc import Sequence
from dataclasses import dataclass

from ceremony.core.catalog import Aspect, Change, Difference, Snapshot, diff


@dataclass(frozen=True)
class Proof:
    """``built`` is what the file makes of an empty database; ``live`` what the target has.

    ``differences`` tell both apart, ``cosmetic`` those that do not count, ``repeated`` what a
    second run of the file changed.
    """

    fingerprint: str
    objects: int
    differences: tuple[Difference, ...]
    cosmetic: tuple[Difference, ...]
    repeated: tuple[Difference, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the file builds the live schema, and building it twice is building it once."""
        return not self.differences and not self.repeated


def prove(
    live: Snapshot,
    built: Snapshot,
    again: Snapshot,
    *,
    ignore: Sequence[str] = (),
    rights: bool = True,
) -> Proof:
    """Compare three pictures: the target, the file run once, and the file run twice.

    ``ignore``: patterns of objects that are left out of all of them. ``rights``: whether owners,
    grants and default privileges count.
    """
    counted = {Aspect.STRUCTURE, Aspect.RIGHTS} if rights else {Aspect.STRUCTURE}
    wanted, made = live.without(ignore), built.without(ignore)
    found = diff(made, wanted)
    return Proof(
        wanted.digest,
        len(wanted.objects),
        tuple(one for one in found if one.aspect in counted),
        tuple(one for one in found if one.aspect is Aspect.COSMETIC),
        diff(made, again.without(ignore)),
    )


def told(difference: Difference) -> str:
    """One difference between the file (before) and the database (after), as a sentence."""
    name = str(difference.key)
    if difference.change is Change.APPEARED:
        return f"{_capital(name)} is in the database, and the file does not build it."
    if difference.change is Change.VANISHED:
        return f"{_capital(name)} is built by the file, and the database does not have it."
    return (
        f"{_capital(name)}: {difference.fact} is {_value(difference.after)} in the database, and "
        f"the file makes it {_value(difference.before)}."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _value(text: str) -> str:
    """A value on one line; one of several lines by its beginning."""
    line = " ".join(text.split())
    return (line if len(line) <= 80 else line[:79] + "…") or "none"
