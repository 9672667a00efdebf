"""What must hold after a fault; every sentence that comes out of here is a violation."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.acceptance.catalog import Facts
from tests.acceptance.door import Answer
from tests.faults.child import Ended
from tests.faults.proxy import Fault, Kind
from tests.faults.stage import Record, Seen, Stage

FAR = 5_000
"""More messages than any run of these tests has."""


@dataclass(frozen=True)
class Undisturbed:
    """What the same commands come to when nothing goes wrong.

    ``catalogs``: what the target holds, by the versions that its ledger calls applied.
    """

    arguments: tuple[str, ...]
    before: Callable[[], object]
    catalogs: dict[tuple[str, ...], Facts]
    status: int
    final: Seen
    migrations: tuple[tuple[str, str], ...]
    said: tuple[bytes, ...]

    @property
    def messages(self) -> int:
        return len(self.said)


@dataclass
class Tally:
    """How many faults of a kind were met, and every violation in words."""

    kind: Kind
    faults: int = 0
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.faults} faults, {len(self.violations)} violations"


def undisturbed(
    stage: Stage,
    versions: tuple[str, ...],
    *arguments: str,
    before: Callable[[], object] = lambda: None,
) -> Undisturbed:
    """Learn what is right from runs without a fault."""
    stage.clear()
    catalogs: dict[tuple[str, ...], Facts] = {(): stage.seen().catalog}
    for count, version in enumerate(versions, start=1):
        stage.run("apply_sql", "shop", "--to", version)
        seen = stage.seen()
        assert seen.applied == versions[:count]
        catalogs[seen.applied] = seen.catalog
    stage.clear()
    before()
    ended = stage.disturbed(None, *arguments)
    assert ended.answer is not None
    seen = stage.seen()
    record = stage.record(seen.ledger)
    assert record.complaints == ()
    return Undisturbed(
        arguments, before, catalogs, ended.answer.status, seen, record.migrations, ended.said
    )


def enumerate_faults(
    stage: Stage,
    right: Undisturbed,
    kind: Kind,
    *,
    share: tuple[int, int] = (0, 1),
    places: Iterable[int] | None = None,
    prepare: Callable[[], None] | None = None,
) -> Tally:
    """One trial per message, from the first on, until a run ends before its fault is met.

    ``share`` (i, n): only every n-th message, beginning with the i-th; several tests share the
    work. ``places``: these messages alone.
    """
    tally = Tally(kind)
    first, step = share
    for at in places if places is not None else range(first + 1, FAR, step):
        stage.clear()
        right.before()
        ended = stage.disturbed(Fault(kind, at), *right.arguments, prepare=prepare)
        if not ended.reached:
            break
        tally.faults += 1
        tally.violations += [
            f"at message {at}: {each}" for each in judged(stage, right, kind, ended)
        ]
    sys.stdout.write(f"\n{' '.join(right.arguments)}, {tally}\n")
    return tally


def judged(stage: Stage, right: Undisturbed, kind: Kind, ended: Ended) -> Iterator[str]:
    """The violations of one trial, after the fault was met."""
    now = stage.seen()
    yield from _not_atomic(now, right)
    if not kind.kills:
        yield from _lies(ended.answer, now, right)
    answer = stage.run(*right.arguments)
    if answer.status != right.status:
        yield f"the next run did not settle it:\n{answer.told()}"
    after = stage.seen()
    record = stage.record(after.ledger)
    yield from _other_end(after, record, right)
    again = stage.run(*right.arguments)
    if again.status != right.status:
        yield f"the third run went another way:\n{again.told()}"
    yield from _moved(stage, after, record, right)


def _not_atomic(now: Seen, right: Undisturbed) -> Iterator[str]:
    expected = right.catalogs.get(now.applied)
    if expected is None:
        yield f"the ledger calls {now.applied} applied, which no order of the files gives"
    elif now.catalog != expected:
        yield f"the ledger calls {now.applied} applied, but: {_difference(expected, now.catalog)}"


def _lies(answer: Answer | None, now: Seen, right: Undisturbed) -> Iterator[str]:
    if answer is None:
        yield "the command died of a lost link instead of telling"
    elif answer.status == 0 and now.applied != right.final.applied:
        yield f"the command said that all is well:\n{answer.told()}"
    elif answer.status != 0 and "\nNext " not in f"\n{answer.err}":
        yield f"the command did not say what to do next:\n{answer.told()}"


def _other_end(after: Seen, record: Record, right: Undisturbed) -> Iterator[str]:
    yield from record.complaints
    yield from _not_atomic(after, right)
    if after.applied != right.final.applied:
        yield f"in the end {after.applied} are applied, not {right.final.applied}"
    if record.migrations != right.migrations:
        yield f"in the end control says {record.migrations}, not {right.migrations}"
    shape = [(line.version, line.event) for line in right.final.ledger]
    if [(line.version, line.event) for line in after.ledger] != shape:
        yield f"in the end the ledger reads {after.ledger}"


def _moved(stage: Stage, after: Seen, record: Record, right: Undisturbed) -> Iterator[str]:
    seen = stage.seen()
    if seen != after:
        yield "the third run changed the target"
    now = stage.record(seen.ledger)
    yield from now.complaints
    if right.status == 0 and now != record:
        yield f"the third run changed the record: {record} became {now}"


def _difference(expected: Facts, found: Facts) -> str:
    missing, surplus = set(expected) - set(found), set(found) - set(expected)
    return f"missing {sorted(missing)[:5]}, surplus {sorted(surplus)[:5]}"
