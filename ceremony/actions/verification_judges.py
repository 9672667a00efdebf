"""How each item of the verification after a run is judged."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ceremony.actions.preflight_judges import judged_indexes
from ceremony.actions.ready import Ready, now
from ceremony.actions.snapshots import read_catalog
from ceremony.conf import Settings
from ceremony.core.after_run import NOTHING_SAID, AfterRun
from ceremony.core.catalog import Snapshot
from ceremony.core.chain import Json
from ceremony.core.checklist import ids
from ceremony.core.checklist.items import checked_again
from ceremony.core.checklist.judging import failed, judged_by_checks, listed, not_run, passed
from ceremony.core.contract.holding import held_on
from ceremony.core.contract.requirement import Level
from ceremony.core.history import History
from ceremony.core.item import Item, Judged
from ceremony.core.plan import Direction, Plan
from ceremony.core.series import Series
from ceremony.core.superseding import Standings
from ceremony.errors import CeremonyError
from ceremony.pg.contract import ask_contract
from ceremony.pg.preflight import invalid_indexes
from ceremony.pg.row_counts import Counts, count_rows
from ceremony.pg.verify import run_checks
from ceremony.sources.command import Ended, run_command

_AGAIN = "A second look needs only this: manage.py verify_sql {series} --database {alias}"


@dataclass(frozen=True)
class Before:
    """What is remembered of a target before a run; ``None`` where nobody looked. ``contract`` says
    whether it held, ``why`` what kept the rows from being counted.
    """

    counts: Counts | None = None
    snapshot: Snapshot | None = None
    contract: bool | None = None
    why: str = ""


def asked_of(here: Ready, settings: Settings) -> AfterRun:
    """What settings say of the verification on this target."""
    return settings.after_run.get(here.access.target.alias, NOTHING_SAID)


def counted_on(here: Ready, settings: Settings, known: Collection[str] = ()) -> Counts:
    """The rows of the target now; ``known`` as in ``count_rows``, which raises."""
    largest = asked_of(here, settings).count_up_to
    return count_rows(here.access.session, here.access.ledger.schema, largest, known)


def counted_before(before: Before) -> dict[str, Json]:
    """The counts as evidence of the item about rows, for a verification that comes later."""
    if before.counts is None:
        return {}
    names = before.counts.names
    counted: list[Json] = [[oid, names[oid], rows] for oid, rows in before.counts.rows.items()]
    return {"counted": counted, "not_counted": dict(before.counts.left_out)}


def counts_of(evidence: Mapping[str, Any]) -> Counts | None:
    """The counts behind such evidence; ``None`` where it has none."""
    if "counted" not in evidence:
        return None
    rows = {oid: rows for oid, _, rows in evidence["counted"]}
    names = {oid: name for oid, name, _ in evidence["counted"]}
    return Counts(rows, names, evidence["not_counted"])


@dataclass(frozen=True)
class After:
    """A target after a run: ``history`` is read anew, ``left`` the catalog that it has now, and
    ``digest`` that of the catalog which the run left (``""`` where that is not known).
    """

    here: Ready
    plan: Plan
    series: Series
    settings: Settings
    before: Before
    history: History
    left: Snapshot | None
    digest: str
    at: datetime


def after(
    here: Ready, plan: Plan, series: Series, settings: Settings, before: Before, digest: str
) -> After:
    """Read ledger and catalog anew. Raises CeremonyError where the target cannot be asked."""
    history = History(here.access.ledger.rows())
    left = read_catalog(here.access, _AGAIN).snapshot
    return After(here, plan, series, settings, before, history, left, digest, now())


def judge_after(item: Item, seen: After) -> Judged:
    """One item. What the server refuses is not raised: the item is NOT RUN."""
    try:
        return _JUDGES[item.id](item, seen)
    except CeremonyError as error:
        return not_run(item, seen.at, f"It could not be asked: {error.happened} [{error.code}]")


def _checks(item: Item, seen: After) -> Judged:
    wanted = checked_again(seen.series, seen.plan, seen.history.applied(seen.series.name))
    if not wanted:
        return not_run(item, seen.at, "Nothing that is applied has one that is run again.")
    return judged_by_checks(item, seen.at, run_checks(seen.here.access.session, wanted))


def _contract(item: Item, seen: After) -> Judged:
    held = held_on(seen.series, seen.history)
    if not held:
        return passed(item, seen.at, "Nothing of it holds here yet.")
    broken = ask_contract(seen.here.access.session.ask, held)
    required = [one for one in broken if one.requirement.level is Level.REQUIRED]
    told = [one.sentence for one in broken]
    if required:
        why = " ".join(one.sentence for one in required)
        return failed(item, seen.at, why, objects=len(held), broken=list[Json](told))
    wish = f" Missing, and not required: {listed(told)}" if told else ""
    return passed(item, seen.at, f"All of {len(held)} requirements are kept.{wish}")


def _second_run(item: Item, seen: After) -> Judged:
    """The plan made anew has none of the steps that ran, and nothing has moved since the run."""
    ran = {step.migration.version.text for step in seen.plan.steps}
    if seen.plan.direction is Direction.APPLY:
        open_ones = {one.version.text for one in Standings(seen.series, seen.history).pending()}
        open_ones |= set(seen.history.partly(seen.series.name))
    else:
        open_ones = set(seen.history.applied(seen.series.name))
    if again := sorted(ran & open_ones):
        return failed(item, seen.at, f"It would run again: {listed(again)}.", again=list(again))
    if seen.left is None or not seen.digest:
        return not_run(item, seen.at, "The catalog that the run left, or that of now, is unknown.")
    told: dict[str, Json] = {"left": seen.digest, "now": seen.left.digest}
    if seen.left.digest != seen.digest:
        why = "Nothing would run again, and the catalog is not the one that the run left."
        return failed(item, seen.at, why, **told)
    why = "No step would run again, and the catalog is the one that the run left."
    return passed(item, seen.at, why, **told)


def _rows(item: Item, seen: After) -> Judged:
    before = seen.before.counts
    if before is None:
        why = f": {seen.before.why}" if seen.before.why else "."
        return not_run(item, seen.at, f"The rows before the run are not known{why}")
    now_there = counted_on(seen.here, seen.settings, before.rows)
    fewer = _fewer(before, now_there)
    unknown = dict(before.left_out) | _lost_from_sight(before, now_there)
    saying = {step.migration.label: step.data_loss for step in seen.plan.steps if step.loses_data}
    evidence: dict[str, Json] = {
        "tables": len(before.rows),
        "rows_before": sum(before.rows.values()),
        "fewer": {name: list(counts) for name, counts in fewer.items()},
        "not_counted": unknown,
        "headers": dict(saying),
    }
    told = listed(f"{name} ({was} rows, now {left})" for name, (was, left) in fewer.items())
    if fewer and not saying:
        why = f"Rows are gone that no header said would go: {told}."
        return failed(item, seen.at, why, **evidence)
    if unknown:
        uncounted = listed(f"{name} ({why})" for name, why in unknown.items())
        why = f"Not counted: {uncounted}. COUNT_UP_TO of the target says how large a table may be."
        return not_run(item, seen.at, why, **evidence)
    if fewer:
        said = listed(f"{label}: {loss}" for label, loss in saying.items())
        return passed(item, seen.at, f"Fewer rows in {told}. Headers say: {said}.", **evidence)
    told = f"No table of {len(before.rows)} has fewer rows." if before.rows else "There was none."
    return passed(item, seen.at, told, **evidence)


def _fewer(before: Counts, after: Counts) -> Mapping[str, tuple[int, int]]:
    """By the name before: rows then and now, where they are fewer. A table that is gone has those
    of the new one that took its name, if any; one that cannot be counted any more is no loss.
    """
    new = {name: oid for oid, name in after.names.items() if oid not in before.names}
    unknown = _lost_from_sight(before, after)
    found = {}
    for oid, was in before.rows.items():
        name = before.names[oid]
        left = after.rows.get(oid if oid in after.rows else new.get(name, ""), 0)
        if left < was and name not in unknown:
            found[name] = (was, left)
    return found


def _lost_from_sight(before: Counts, after: Counts) -> dict[str, str]:
    """By the name before: tables that were counted before the run and cannot be counted now."""
    lost = {}
    for oid, name in before.names.items():
        replaced = oid not in after.rows and name in after.left_out
        if oid in after.uncounted or replaced:
            lost[name] = after.left_out.get(name, "it could be counted before the run")
    return lost


def _indexes(item: Item, seen: After) -> Judged:
    return judged_indexes(item, seen.at, invalid_indexes(seen.here.access.session))


def _application(item: Item, seen: After) -> Judged:
    asked = asked_of(seen.here, seen.settings)
    ended = _ended(asked)
    count = "1 command" if len(ended) == 1 else f"{len(ended)} commands"
    evidence: list[Json] = [
        {
            "command": list(one.command),
            "status": one.status,
            "milliseconds": round(one.seconds * 1000),
            "said": one.said,
        }
        for one in ended
    ]
    last = ended[-1]
    if last.status == 0 and len(ended) == len(asked.commands):
        return passed(item, seen.at, f"{count} ended with 0.", commands=evidence)
    how = f"ended with {last.status}" if last.status is not None else "did not end in time"
    why = f"{' '.join(last.command)} {how}. {last.said}".strip()
    return failed(item, seen.at, why, commands=evidence)


def _ended(asked: AfterRun) -> Sequence[Ended]:
    """What came of the commands, up to the first that did not end well."""
    found: list[Ended] = []
    left = asked.timeout / 1000
    for command in asked.commands:
        found.append(run_command(command, left))
        left -= found[-1].seconds
        if found[-1].status != 0:
            break
    return found


_JUDGES: Mapping[str, Callable[[Item, After], Judged]] = MappingProxyType(
    {
        ids.CHECKS: _checks,
        ids.CONTRACT: _contract,
        ids.SECOND_RUN: _second_run,
        ids.ROWS: _rows,
        ids.INDEXES_AFTER: _indexes,
        ids.APPLICATION: _application,
    }
)
