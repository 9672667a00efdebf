"""The proof of a baseline: what its file builds, compared with the live catalog."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ceremony.core.catalog import Aspect, Change, Difference, Snapshot, diff


@dataclass(frozen=True)
class Proof:
    """What came of comparing the file with the target.

    ``differences`` tell both apart, ``cosmetic`` are those that do not count, ``repeated`` what a
    second run of the file changed. ``respelled`` are expressions that PostgreSQL itself writes
    otherwise once they are reloaded from a dump: they are equal then.
    """

    fingerprint: str
    objects: int
    differences: tuple[Difference, ...]
    cosmetic: tuple[Difference, ...]
    repeated: tuple[Difference, ...] = ()
    respelled: tuple[Difference, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the file builds the live schema, and building it twice is building it once."""
        return not self.differences and not self.repeated

    @property
    def spelling(self) -> bool:
        """Whether some difference may be one of spelling only."""
        return any(_expression(one) for one in self.differences)


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


def respelled(proof: Proof, live: Snapshot, built: Snapshot) -> Proof:
    """The proof without the differences that are gone once both sides are reloaded from a dump.

    ``live`` and ``built`` are those copies. What a server prints of an expression can parse to
    another tree than it was printed from (``varchar`` in a list of values), which means the same: a
    dump that is restored relies on it.
    """
    equal = tuple(one for one in proof.differences if _expression(one) and _same(one, live, built))
    rest = tuple(one for one in proof.differences if one not in equal)
    return replace(proof, differences=rest, respelled=equal)


def _expression(difference: Difference) -> bool:
    return difference.change is Change.CHANGED and difference.fact in _EXPRESSIONS


def _same(difference: Difference, live: Snapshot, built: Snapshot) -> bool:
    one, other = live.objects.get(difference.key), built.objects.get(difference.key)
    if one is None or other is None:
        return False
    return one.structure.get(difference.fact) == other.structure.get(difference.fact)


_EXPRESSIONS = frozenset(
    {
        "arguments",
        "body",
        "bounds",
        "default",
        "definition",
        "generated",
        "partitioned by",
        "predicate",
        "using",
        "with check",
    }
)
"""The facts that hold expressions. Others (``valid``, ``version``) must be equal as they are: what
a dump loses is a difference.
"""


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
