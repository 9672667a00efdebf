"""Making a plan that applies what is pending.

What is pending is found by the set of recorded versions, never by the highest one: a file that was
merged late is seen, and refused until somebody chooses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from ceremony.core.compare import late_finding, ledger_findings
from ceremony.core.contract.holding import with_contract
from ceremony.core.finding import Finding, note, refuse
from ceremony.core.header import DJANGO, Dependency
from ceremony.core.history import Event, History, Partly, taken_up
from ceremony.core.migration import Kind, Migration
from ceremony.core.script import Script
from ceremony.core.series import Series
from ceremony.core.step import Direction, Plan, Step
from ceremony.core.steps import apply_step
from ceremony.core.superseding import Standings

Satisfied = Callable[[Dependency], bool]
"""Answers whether a dependency on another series or on Django is met."""


def nothing_satisfied(dependency: Dependency) -> bool:
    """The answer of a caller who cannot know."""
    return False


def plan_apply(
    series: Series,
    history: History,
    *,
    to: str | None = None,
    include_late: bool = False,
    satisfied: Satisfied = nothing_satisfied,
) -> Plan:
    """The steps that bring a target to the state of the files, or to version ``to`` (included).

    Files that stand before an applied one refuse the plan, unless ``include_late`` takes them in;
    they then run first. A file outside a transaction that is partly in is taken up behind its last
    statement. Errors among the findings refuse the plan; its steps are those that would run.
    """
    found = list(ledger_findings(series, history))
    selection, wrong = _selection(series, to)
    found.extend(wrong)
    standings = Standings(series, history, selection)
    found.extend(standings.findings)
    found.extend(_late(series, standings, include_late=include_late))
    if to and selection and not standings.pending():
        found.extend(_behind(series, standings, selection[-1]))
    partly = history.partly(series.name)
    steps = tuple(
        _step(number, migration, standings, partly.get(str(migration.version)))
        for number, migration in enumerate(standings.pending(), 1)
    )
    found.extend(_undecided(steps, partly))
    found.extend(_unmet(series, standings, steps, satisfied))
    held = tuple(with_contract(series, history, steps))
    return Plan(series.name, Direction.APPLY, held, tuple(sorted(found)))


def _selection(series: Series, to: str | None) -> tuple[Sequence[Migration], tuple[Finding, ...]]:
    if to is None:
        return series.runnable, ()
    last = series.find(to)
    if last is None:
        return (), (unknown_version(series, to),)
    if last.kind is not Kind.RUNNABLE:
        return (), (
            refuse(
                last.path,
                f"version-{last.kind}",
                f"{last.label} is {last.kind} and never in a plan.",
                "Name a version that can run; manage.py status_sql lists them.",
            ),
        )
    return tuple(m for m in series.runnable if m.version <= last.version), ()


def unknown_version(series: Series, text: str) -> Finding:
    """The refusal of a version that no file has, with the ones near it."""
    labels = [m.label for m in series.migrations]
    versions = {str(m.version): m.label for m in series.migrations}
    near = get_close_matches(text, [*versions, *labels], n=3, cutoff=0.5)
    names = list(dict.fromkeys(versions.get(one, one) for one in near)) or labels[-3:]
    return refuse(
        series.name,
        "version-unknown",
        f"There is no version {text!r} in {series.name!r}.",
        f"Near it: {', '.join(names)}." if names else "The series has no migration yet.",
    )


def _late(series: Series, standings: Standings, *, include_late: bool) -> Iterable[Finding]:
    for migration in standings.late():
        refusal = late_finding(series, migration, standings)
        if not include_late:
            yield refusal
            continue
        yield note(
            migration.path,
            "order-late",
            f"{migration.label} is taken in late: files that come after it are applied here "
            "already.",
            "Nothing to do; the record says so.",
        )


def _behind(series: Series, standings: Standings, last: Migration) -> Iterable[Finding]:
    highest = standings.highest
    if highest and highest.version > last.version:
        yield note(
            last.path,
            "version-behind",
            f"{last.label} is applied already, and {highest.label} behind it; apply_sql takes "
            "nothing back.",
            f"To go back: manage.py rollback_sql {series.name} --to {last.version}",
        )


def _step(number: int, migration: Migration, standings: Standings, partly: Partly | None) -> Step:
    if standings.superseded(migration):
        return Step(number, migration, Direction.APPLY, Event.SUPERSEDED, None)
    done = resume_after(migration.script, partly, rolling_back=False)
    return apply_step(number, migration, resume_after=done)


def resume_after(script: Script, partly: Partly | None, *, rolling_back: bool) -> int:
    """The number of the last statement of ``script`` up to which all are in; 0 to begin at the
    first.
    """
    begun = taken_up(partly, script, rolling_back=rolling_back)
    last = 0
    for statement in script.sent if begun else ():
        if begun and statement.number not in begun.done:
            break
        last = statement.number
    return last


def _undecided(steps: Sequence[Step], partly: Mapping[str, Partly]) -> Iterable[Finding]:
    for step in steps:
        begun = partly.get(str(step.migration.version))
        if begun and begun.rolling_back:
            yield refuse(
                step.migration.path,
                "partial-rollback",
                f"The rollback of {step.migration.label} was begun and not finished.",
                f"Finish it first: manage.py rollback_sql {step.migration.series}",
            )
        elif begun and step.transactional:
            yield refuse(
                step.migration.path,
                "partial-unknown",
                f"{step.migration.label} ended its own transaction and failed: "
                "part of it may be in.",
                "Look what is there, then take it back: "
                f"manage.py rollback_sql {step.migration.series}",
            )


def _unmet(
    series: Series, standings: Standings, steps: Sequence[Step], satisfied: Satisfied
) -> Iterable[Finding]:
    met = {
        str(m.version)
        for m in series.migrations
        if standings.ran(m) or (standings.superseded(m) and standings.settled(m))
    }
    for step in steps:
        if step.script is not None:
            for dependency in step.migration.header.depends:
                fine = satisfied(dependency) if dependency.series else dependency.version in met
                if not fine:
                    yield _unmet_finding(series, step.migration, dependency)
        met.add(str(step.migration.version))


def _unmet_finding(series: Series, migration: Migration, dependency: Dependency) -> Finding:
    if dependency.series == DJANGO:
        app, _, name = dependency.version.partition(".")
        hint = f"Apply it first: manage.py migrate {app} {name} --database ALIAS"
    elif dependency.series:
        hint = f"Apply it first: manage.py apply_sql {dependency.series} --to {dependency.version}"
    else:
        hint = f"Apply it first: manage.py apply_sql {series.name} --to {dependency.version}"
    return refuse(
        migration.path,
        "dependency-unmet",
        f"{migration.label} depends on {dependency}, which is not applied.",
        hint,
        line=dependency.line,
    )
