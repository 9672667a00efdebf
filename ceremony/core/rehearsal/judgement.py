"""What is wrong with a rehearsed series, as findings: errors make the rehearsal fail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ceremony.core.finding import Finding, Severity
from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.drill import Drill, Mark, Station, StationResult
from ceremony.core.rehearsal.policy import Policy
from ceremony.core.rehearsal.sequence import Residue, SequenceStep
from ceremony.core.rehearsal.way_back import Verdict, WayBack

#: Verdicts that say: the way back leads back, or nobody claims that it does.
SOUND = frozenset({Verdict.RESTORED, Verdict.COSMETIC, Verdict.IRREVERSIBLE, Verdict.NOT_RUN})

OF_SEQUENCE = frozenset({"rehearsal-sequence-fails", "rehearsal-sequence-differs"})
"""Codes of what only the series as a whole shows."""

_CODES: Mapping[Verdict, str] = {
    Verdict.RIGHTS_DIFFER: "rehearsal-rights-differ",
    Verdict.NOT_RESTORED: "rehearsal-not-restored",
    Verdict.FAILS: "rehearsal-way-back-fails",
    Verdict.EMPTY: "rehearsal-way-back-empty",
    Verdict.CANNOT_BE_UNDONE: "rehearsal-cannot-be-undone",
    Verdict.MISSING: "rehearsal-no-way-back",
}
_HINTS: Mapping[Verdict, str] = {
    Verdict.RIGHTS_DIFFER: "Give back in the rollback what the change took or gave "
    "(GRANT, REVOKE, ALTER … OWNER TO).",
    Verdict.NOT_RESTORED: "Mend the rollback until the drill says restored.",
    Verdict.FAILS: "Mend the rollback, then rehearse again.",
    Verdict.EMPTY: "Write what takes the change back, or a line '-- Reversible: no (why)' "
    "instead of the file.",
    Verdict.CANNOT_BE_UNDONE: "Say so: a line '-- Reversible: no (adds an enum label)' instead of "
    "the rollback file.",
    Verdict.MISSING: "Write the rollback file, or a line '-- Reversible: no (why)'.",
}


def judge_series(
    drills: Sequence[Drill], sequence: Sequence[SequenceStep], policy: Policy
) -> tuple[Finding, ...]:
    """Every finding about the drills and the sequence, in the order of the series."""
    found = [finding for drill in drills for finding in judge_drill(drill, policy)]
    by_version = {str(drill.migration.version): drill for drill in drills}
    return (*found, *judge_sequence(sequence, by_version, policy))


def data_left(path: str, lines: Sequence[int]) -> Finding:
    """The statements of a data file that could never be loaded, at these ``lines``."""
    return Finding(
        path,
        lines[0],
        0,
        "rehearsal-data-left",
        f"{len(lines)} of the data file's statements were never loaded: what the first of them "
        "names was never there.",
        "Correct the names, or leave the statements out.",
        Severity.WARNING,
    )


def rows_missing(series: str, sentences: Sequence[str]) -> Finding:
    """What could not be made up, in ``sentences``."""
    return Finding(
        series,
        0,
        0,
        "rehearsal-rows-missing",
        f"Not every table got the rows that were asked for:\n{_some(sentences)}",
        "Load rows for these with --data FILE.",
        Severity.WARNING,
    )


def judge_drill(drill: Drill, policy: Policy) -> Iterator[Finding]:
    """The findings about one migration."""
    migration = drill.migration
    up = drill.at(Station.UP)
    if up.mark is Mark.FAILED:
        yield _failed_up(migration, up)
        return
    yield from _rows_refused(drill)
    yield from _again(drill)
    yield from _plain(drill, policy)
    yield from _up_again(drill)
    for way in drill.variants:
        yield from _variant(migration, way)
    yield from _losses(drill)


def judge_sequence(
    sequence: Sequence[SequenceStep], drills: Mapping[str, Drill], policy: Policy
) -> Iterator[Finding]:
    """What only the sequence shows, and who is to blame for it. Rights that differ are an error
    where the policy says so, here as in a drill.
    """
    for step in sequence:
        path = _path(step.migration, step.direction)
        verb = "applied" if step.direction is Direction.APPLY else "taken back"
        label = step.migration.label
        if step.mark is Mark.FAILED and step.problem is not None:
            if _fails_alone(step, drills):
                continue
            whole = f"In the sequence, {label} cannot be {verb}: {step.problem.happened}"
            yield Finding(
                path,
                _line(step.problem),
                0,
                "rehearsal-sequence-fails",
                f"{whole}{_blames(step.blamed)}",
                _blamed_hint(step.blamed) or step.problem.next_step,
            )
        elif step.left and not _told_already(step, drills):
            told = _some([one.sentence for one in step.left])
            warns = not policy.rights_block and all(one.of_rights for one in step.left)
            yield Finding(
                path,
                0,
                0,
                "rehearsal-sequence-differs",
                f"In the sequence, {label} {verb} leaves something else than in its own "
                f"drill:\n{told}{_blames(step.blamed)}",
                _blamed_hint(step.blamed)
                or "Something that came later got in its way: read both files side by side.",
                Severity.WARNING if warns else Severity.ERROR,
            )


def _told_already(step: SequenceStep, drills: Mapping[str, Drill]) -> bool:
    """Whether the single drill of the migration found a fault of this very direction already."""
    drill = drills.get(str(step.migration.version))
    if drill is None:
        return False
    if step.direction is Direction.ROLL_BACK:
        return drill.way_back.verdict not in (Verdict.RESTORED, Verdict.COSMETIC)
    return drill.at(Station.UP_AGAIN).mark in (Mark.DIFFERS, Mark.FAILED)


def _fails_alone(step: SequenceStep, drills: Mapping[str, Drill]) -> bool:
    """Whether the step failed in its own drill already, where nobody else can be to blame."""
    drill = drills.get(str(step.migration.version))
    if drill is None:
        return False
    if step.direction is Direction.ROLL_BACK:
        return drill.way_back.verdict is Verdict.FAILS
    return drill.at(Station.UP_AGAIN).mark is Mark.FAILED


def _blames(blamed: Sequence[Residue]) -> str:
    return "".join(f"\n{_blame(one)}" for one in blamed[:_SHOWN])


def _blame(one: Residue) -> str:
    done = "The way back of " if one.direction is Direction.ROLL_BACK else ""
    steps = f"{one.steps_ago} step{'s' if one.steps_ago != 1 else ''} earlier"
    return f"{done}{one.label}, {steps}, left this behind: {one.sentence}"


def _blamed_hint(blamed: Iterable[Residue]) -> str:
    labels = list(dict.fromkeys(one.label for one in blamed))
    return f"Mend {', '.join(labels)} first; then rehearse again." if labels else ""


def _failed_up(migration: Migration, up: StationResult) -> Finding:
    problem = up.problem
    return Finding(
        migration.path,
        _line(problem),
        0,
        "rehearsal-up-failed",
        f"{migration.label} failed on the scratch database: {_happened(problem)}",
        problem.next_step if problem else "",
    )


def _rows_refused(drill: Drill) -> Iterator[Finding]:
    if drill.rows_refused is not None:
        yield Finding(
            drill.migration.path,
            _line(drill.rows_refused),
            0,
            "rehearsal-rows-refused",
            f"{drill.migration.label} failed on made-up rows and ran without them: "
            f"{_happened(drill.rows_refused)}",
            "Look whether real rows would stop it too; --data FILE rehearses on rows like those.",
            Severity.WARNING,
        )


def _again(drill: Drill) -> Iterator[Finding]:
    again, label = drill.at(Station.AGAIN), drill.migration.label
    if again.mark is Mark.DIFFERS:
        told = [*again.compared.sentences]
        # Rows of reference tables are told one by one already.
        if not again.compared.rows:
            told += [f"Rows of {one} changed." for one in again.rewritten]
        yield Finding(
            drill.migration.path,
            0,
            0,
            "rehearsal-again-changes",
            f"Run a second time, {label} changes something:\n{_some(told)}",
            "Let a second run find nothing to do: IF NOT EXISTS, ON CONFLICT DO NOTHING, a WHERE.",
        )
    elif again.mark is Mark.FAILED:
        yield Finding(
            drill.migration.path,
            _line(again.problem),
            0,
            "rehearsal-again-fails",
            f"Run a second time, {label} fails and changes nothing: {_happened(again.problem)}",
            "The ledger keeps it from running twice; IF NOT EXISTS would make it safe without.",
            Severity.ERROR if drill.idempotent_said else Severity.NOTICE,
        )


def _plain(drill: Drill, policy: Policy) -> Iterator[Finding]:
    way, migration = drill.way_back, drill.migration
    if way.verdict in SOUND:
        return
    warns = way.verdict is Verdict.RIGHTS_DIFFER and not policy.rights_block
    yield Finding(
        _path(migration, Direction.ROLL_BACK),
        _line(way.problem),
        0,
        _CODES[way.verdict],
        _told(migration, way),
        _HINTS[way.verdict],
        Severity.WARNING if warns else Severity.ERROR,
    )


def _told(migration: Migration, way: WayBack) -> str:
    start = f"The way back of {migration.label}"
    if way.verdict is Verdict.MISSING:
        return f"{migration.label} has no rollback file and does not say that there is no way back."
    if way.verdict is Verdict.FAILS:
        return f"{start} fails: {_happened(way.problem)}"
    return f"{start}: {way.verdict}.\n{_some(way.sentences)}"


def _up_again(drill: Drill) -> Iterator[Finding]:
    """A second up that goes wrong behind a sound way back; behind another it is its consequence."""
    result, migration = drill.at(Station.UP_AGAIN), drill.migration
    if drill.way_back.verdict not in SOUND:
        return
    if result.mark is Mark.FAILED:
        yield Finding(
            migration.path,
            _line(result.problem),
            0,
            "rehearsal-up-again-fails",
            f"{migration.label} cannot be applied again after its way back: "
            f"{_happened(result.problem)}",
            "The way back leaves something that no catalog shows (rows, sequences' values); "
            "mend it.",
        )
    elif result.mark is Mark.DIFFERS:
        yield Finding(
            migration.path,
            0,
            0,
            "rehearsal-up-again-differs",
            f"Applied again after its way back, {migration.label} gives something else:\n"
            f"{_some(result.compared.sentences)}",
            "The same file must lead to the same schema each time; look for random names and "
            "conditions on what is there.",
        )


def _variant(migration: Migration, way: WayBack) -> Iterator[Finding]:
    """A variant may leave things (that is what it is for), but must run and do no harm."""
    path = migration.rollbacks[way.variant].path
    if way.verdict is Verdict.FAILS:
        yield Finding(
            path,
            _line(way.problem),
            0,
            "rehearsal-variant-fails",
            f"The variant {way.variant!r} of {migration.label} fails: {_happened(way.problem)}",
            _HINTS[Verdict.FAILS],
        )
    elif (done := way.remains.done).harm:
        yield Finding(
            path,
            0,
            0,
            "rehearsal-variant-harms",
            f"The variant {way.variant!r} of {migration.label} harms what was there before the "
            f"change:\n{_some(done.sentences)}",
            "A variant may keep what the change made; it must not take or change anything else.",
        )


def _losses(drill: Drill) -> Iterator[Finding]:
    undeclared = [one for one in drill.losses if one.rows and not one.declared]
    if undeclared:
        told = ", ".join(f"{one.rows:,} of {one.what}" for one in undeclared)
        yield Finding(
            _path(drill.migration, Direction.ROLL_BACK),
            0,
            0,
            "rehearsal-loss-undeclared",
            f"The way back of {drill.migration.label} deletes rows or values and no header says "
            f"so: {told}.",
            "Add a line '-- Data loss: rollback (what is lost)'; rollback_sql then asks first.",
            Severity.WARNING,
        )


_SHOWN = 20


def _some(sentences: Sequence[str]) -> str:
    """Each sentence on a line of its own; behind the first twenty, how many more there are."""
    more = len(sentences) - _SHOWN
    told = [*sentences[:_SHOWN], *([f"And {more} more."] if more > 0 else [])]
    return "\n".join(told)


def _happened(problem: Problem | None) -> str:
    return problem.happened if problem else "nobody can say why."


def _line(problem: Problem | None) -> int:
    return problem.server.line if problem and problem.server else 0


def _path(migration: Migration, direction: Direction) -> str:
    way_back = migration.rollbacks.get("")
    if direction is Direction.ROLL_BACK and way_back is not None:
        return way_back.path
    return migration.path
