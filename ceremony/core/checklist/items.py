"""The items of a checklist, as they stand for one plan."""

from collections.abc import Collection, Iterator

from ceremony.core.check import Check, When
from ceremony.core.checklist import ids
from ceremony.core.checklist.acceptance import acceptance_of
from ceremony.core.checklist.entries import Entry
from ceremony.core.checklist.preflight import Preflight, preflight_of
from ceremony.core.checklist.summary import summary_of
from ceremony.core.checklist.touched import created_by, name_of
from ceremony.core.item import Item, ItemKind, Phase
from ceremony.core.plan import Direction, Plan
from ceremony.core.series import Series


def preflight_items(series: Series, plan: Plan) -> tuple[Item, ...]:
    """What must hold before the run: automatic items first, then those that people answer.

    What the plan itself creates is not required before it. A table that must be absent or empty is
    looked at by the plan that creates it: later ones find it in use.
    """
    asked = preflight_of(series.settings)
    automatic = [
        _automatic(Phase.PREFLIGHT, name, text) for name, text in _before(asked, series, plan)
    ]
    return (*automatic, *(_human(Phase.PREFLIGHT, one) for one in asked.human))


def required_before(asked: Preflight, plan: Plan) -> tuple[str, ...]:
    """The objects that must be there, as they are written."""
    if plan.direction is Direction.ROLL_BACK or not asked.requires_objects:
        return ()
    made = created_by(plan)
    return tuple(one for one in asked.requires_objects if name_of(one) not in made)


def clean_before(asked: Preflight, plan: Plan) -> tuple[str, ...]:
    """The tables that must be absent or empty, as they are written."""
    if plan.direction is Direction.ROLL_BACK or not asked.absent_or_empty:
        return ()
    made = created_by(plan)
    return tuple(one for one in asked.absent_or_empty if name_of(one) in made)


def _before(asked: Preflight, series: Series, plan: Plan) -> Iterator[tuple[str, str]]:
    yield ids.REACHABLE, "The target is reached and takes changes."
    if asked.min_version:
        yield (
            ids.SERVER_VERSION,
            f"The server is PostgreSQL {_version(asked.min_version)} or newer.",
        )
    yield ids.FILES, "Every file of the plan is there, is understood, and is as it was frozen."
    if asked.extensions:
        yield ids.EXTENSIONS, f"Extensions are installed: {', '.join(asked.extensions)}."
    if required := required_before(asked, plan):
        yield ids.REQUIRED_OBJECTS, f"Objects are there: {', '.join(required)}."
    if clean := clean_before(asked, plan):
        yield ids.CLEAN_STATE, f"Tables are absent or empty: {', '.join(clean)}."
    if asked.flags_off:
        yield ids.FLAGS_OFF, f"Flags are off: {', '.join(asked.flags_off)}."
    seconds = asked.max_transaction / 1000
    yield ids.LONG_TRANSACTIONS, f"No other transaction is older than {seconds:g} s."
    yield ids.OTHER_SESSIONS, "No other session holds locks on a table of the plan for long."
    yield ids.PREPARED, "No prepared transaction waits in the database."
    yield ids.INVALID_INDEXES, "No index is invalid."
    if asked.replica_lag:
        yield ids.REPLICA_LAG, f"No replica is more than {asked.replica_lag / 1000:g} s behind."
    if asked.disk_free:
        yield ids.DISK_FREE, f"At least {asked.disk_free // 2**20} MB are free for the database."
    if checks_before(plan):
        yield ids.CHECKS_BEFORE, f"The checks before {plan.steps[0].migration.label} hold."


def checks_before(plan: Plan) -> bool:
    """Whether the first step has checks that must hold before it. Those of later steps are asked
    where they belong, inside their step.
    """
    return bool(plan.steps and plan.steps[0].checks_before)


def verification_items(
    series: Series, plan: Plan, applied: Collection[str], *, application: bool
) -> tuple[Item, ...]:
    """What is looked at after the run of ``plan``. ``applied`` are the versions that were in place
    before it, or are after it; ``application``: whether settings have commands for it.
    """
    ran = {str(step.migration.version) for step in plan.steps}
    there = set(applied) - ran if plan.direction is Direction.ROLL_BACK else {*applied, *ran}
    checked = bool(checked_again(series, plan, there))
    return tuple(
        _automatic(Phase.VERIFICATION, name, text)
        for name, text in _after(series, checked=checked, application=application)
    )


def checked_again(series: Series, plan: Plan, applied: Collection[str]) -> tuple[Check, ...]:
    """The checks that are run again after ``plan``: what always holds of everything ``applied``,
    and what must hold after the last step, behind which nothing came.
    """
    last = plan.steps[-1].migration
    return tuple(
        check
        for one in series.migrations
        if str(one.version) in applied
        for check in one.checks
        if check.when in (When.ALWAYS, When.MONITOR) or (check.when is When.AFTER and one == last)
    )


def _after(series: Series, *, checked: bool, application: bool) -> Iterator[tuple[str, str]]:
    if checked:
        yield (
            ids.CHECKS,
            "The checks that always hold, and those after the last step, hold when they are run "
            "again.",
        )
    if series.contract.requirements:
        yield ids.CONTRACT, "The contract of the series holds."
    yield (
        ids.SECOND_RUN,
        "A second run finds nothing to do, and the catalog stays as the run left it.",
    )
    yield ids.ROWS, "No table that was there before has fewer rows, but where a header says so."
    yield ids.INDEXES_AFTER, "No index is invalid."
    if application:
        yield ids.APPLICATION, "The commands that settings name for after a run end well."


def acceptance_items(series: Series, plan: Plan) -> tuple[Item, ...]:
    """What must hold before the sign-off: claims of the summary, then the items of the series."""
    if plan.direction is Direction.ROLL_BACK:
        return ()
    claims = summary_of(series.settings).claims
    return (
        *(
            _automatic(Phase.ACCEPTANCE, f"{ids.CLAIM}{name.replace('_', '-')}", _claim(name, said))
            for name, said in claims.items()
        ),
        *(
            _human(Phase.ACCEPTANCE, one)
            if not one.automatic
            else _automatic(Phase.ACCEPTANCE, one.id, one.text)
            for one in acceptance_of(series.settings)
        ),
    )


def _claim(name: str, said: bool) -> str:
    words = name.replace("_", "-")
    return f"The summary says that the change is {'' if said else 'not '}{words}, and so it is."


def _automatic(phase: Phase, name: str, text: str) -> Item:
    return Item(name, text, ItemKind.AUTOMATIC, phase)


def _human(phase: Phase, entry: Entry) -> Item:
    return Item(entry.id, entry.text, ItemKind.HUMAN, phase)


def _version(number: int) -> str:
    minor = number % 10_000
    return f"{number // 10_000}.{minor}" if minor else str(number // 10_000)
