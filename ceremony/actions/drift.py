"""Drift: is the catalog of a target still what the last run left there?

Asked with the lock in hand before a run, and by ``verify_sql --drift`` at any time. The snapshot
belongs to the target: whichever series runs, the whole database is compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ceremony.actions import evidence
from ceremony.actions.access import Access
from ceremony.actions.library import settings_on
from ceremony.actions.ready import Caller, Ready
from ceremony.actions.record import recording
from ceremony.actions.snapshots import (
    Live,
    newest_snapshot,
    position_of,
    read_catalog,
    reference_of,
)
from ceremony.conf import Settings
from ceremony.core.catalog import Change, Difference, ObjectKey, Snapshot, SnapshotUnreadable
from ceremony.core.chain import Json
from ceremony.core.drift import (
    Drifted,
    DriftPolicy,
    DriftReport,
    DriftResult,
    DriftRules,
    Position,
    changed_words,
    compare,
)
from ceremony.core.drift_settings import rules
from ceremony.core.finding import Finding, warn
from ceremony.core.halting import HALTS
from ceremony.core.history import History
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.series import Series
from ceremony.errors import CeremonyError, Refused, Tampered
from ceremony.models import CatalogSnapshot, Target
from ceremony.models.audit import Act, Action
from ceremony.pg.last_changed import last_changed

_SHOWN = 20
_KEPT = 20


@dataclass(frozen=True)
class Asked:
    """Whose drift is asked for: the target as control knows it, its policy, and who asks."""

    access: Access
    target: Target
    rules: DriftRules
    caller: Caller
    series: str = ""


def drift_rules(access: Access, series: Series, history: History, settings: Settings) -> DriftRules:
    """What counts here: the policy of the target, and what the series that live on it say."""
    on_it = settings_on(settings.root, history.series_names, series)
    return rules(access.target.drift_policy, on_it)


def drift_before(here: Ready, series: Series, settings: Settings) -> DriftReport | None:
    """Compare before a run; ``None`` for a target whose history begins with this run.

    Call it with the lock. Raises Tampered (drift-found) and Refused (snapshot-unknown) where the
    policy is to block.
    """
    if not here.rows:
        return None
    found = drift_rules(here.access, series, here.history, settings)
    asked = Asked(here.access, here.target, found, here.caller, series.name)
    report = look_for_drift(asked, position_on(here.rows, here.target))
    if report.blocks:
        raise _drift_found(asked, report)
    unread = next((one for one in report.notes if one.code == "snapshot-unknown"), None)
    if unread is None:
        return report
    if report.policy is DriftPolicy.BLOCK:
        raise Refused(
            unread.code,
            f"{unread.message} Drift blocks runs on {asked.access.target.alias!r}, and so does "
            "not to know.",
            next_step=_again(asked),
        )
    return replace(report, notes=(replace(unread, hint=""),))


def drift_without_lock(asked: Asked, rows: Sequence[LedgerRow]) -> DriftReport:
    """The same at any time; ``rows`` is the ledger as it was read. What a run that is at work has
    done meanwhile is no drift.

    Raises Tampered (snapshot-touched).
    """
    ledger = asked.access.ledger

    def unmoved() -> bool:
        ledger.forget_head()
        return ledger.head == end

    end = (rows[-1].sequence, rows[-1].hash) if rows else (0, "")
    return look_for_drift(asked, position_on(rows, asked.target), unmoved)


def position_on(rows: Sequence[LedgerRow], target: Target) -> Position:
    """Where a ledger stands, as far as the catalog is concerned: that the target was halted or
    resumed since the newest snapshot changes none.
    """
    row = newest_snapshot(target)
    at = position_of(row) if row is not None else Position(0, "")
    since = rows[at.sequence :]
    known = 0 < at.sequence <= len(rows) and rows[at.sequence - 1].hash == at.hash
    if known and all(one.event in HALTS for one in since):
        return at
    return Position(rows[-1].sequence, rows[-1].hash) if rows else Position(0, "")


def look_for_drift(
    asked: Asked,
    position: Position,
    unmoved: Callable[[], bool] = lambda: True,
    live: Live | None = None,
) -> DriftReport:
    """Compare the live catalog with the newest snapshot; the event ``drift found`` where it
    differs.

    ``position`` is where the target's ledger stands; ``unmoved`` says afterwards whether it still
    stands there. ``live`` is the catalog where it was read already. Raises Tampered
    (snapshot-touched).
    """
    row = newest_snapshot(asked.target)
    report = DriftReport(
        DriftResult.NOT_RUN,
        asked.rules.policy,
        reference=row.pk if row else 0,
        taken_at=row.taken_at if row else None,
    )
    if row is None:
        return replace(report, notes=(_missing(asked, position),))
    if position_of(row) != position:
        return replace(report, notes=(_outdated(asked, row, position),))
    live = live or read_catalog(asked.access, _again(asked))
    if live.snapshot is None:
        return replace(report, notes=(live.missing,) if live.missing else ())
    if not unmoved():
        moved = Position(asked.access.ledger.head[0], asked.access.ledger.head[1])
        return replace(report, notes=(_outdated(asked, row, moved),))
    report = _compared(asked, report, row, live.snapshot)
    if report.result is DriftResult.FOUND:
        _record(asked, report)
    return report


def _compared(
    asked: Asked, report: DriftReport, row: CatalogSnapshot, live: Snapshot
) -> DriftReport:
    ignore = asked.rules.ignore
    if _same(row, live):
        left_out = len(live.objects) - len(live.without(ignore).objects) if ignore else 0
        return replace(report, result=DriftResult.NONE, left_out=left_out)
    try:
        compared = compare(reference_of(row, asked.target), live, ignore)
    except SnapshotUnreadable:
        return replace(report, notes=(_unreadable(asked, row),))
    times = _times(asked.access, compared.differences) if compared.differences else {}
    differences = tuple(Drifted(one, times.get(one.key)) for one in compared.differences)
    whole = DriftResult.NONE if compared.whole else DriftResult.PARTIAL
    return replace(
        report,
        result=DriftResult.FOUND if differences else whole,
        differences=differences,
        left_out=compared.left_out,
        notes=compared.notes,
    )


def _same(row: CatalogSnapshot, live: Snapshot) -> bool:
    """Whether digests alone can say so: the body then stays where it is."""
    content = row.content
    return (content.digest, content.rights_digest, content.server_major) == (
        live.digest,
        live.rights_digest,
        live.server_major,
    )


def _times(access: Access, found: Sequence[Difference]) -> Mapping[ObjectKey, datetime]:
    """When the objects that are there were last changed. Not to know that stops nothing."""
    try:
        keys = {one.key for one in found if one.change is not Change.VANISHED}
        return last_changed(access.session, sorted(keys))
    except CeremonyError:
        return {}


def _record(asked: Asked, report: DriftReport) -> None:
    sentences = [evidence.bounded(one.difference.sentence) for one in report.differences]
    detail: dict[str, Json] = {
        "snapshot": report.reference,
        "policy": report.policy.value,
        "command_line": evidence.clean(asked.caller.command),
        "count": len(sentences),
        "differences": sentences[:_KEPT],
    }
    alias = asked.access.target.alias
    subject = f"Snapshot {report.reference}"
    actor = evidence.clean(asked.caller.actor.name)
    with recording() as head:
        head.append([Act(Action.DRIFT_FOUND, actor, alias, asked.series, subject, detail)])


def _drift_found(asked: Asked, report: DriftReport) -> Tampered:
    alias, series = asked.access.target.alias, asked.series
    count = len(report.differences)
    lines = [
        f"  {one.difference.sentence} {changed_words(one)}".rstrip()
        for one in report.differences[:_SHOWN]
    ]
    if count > _SHOWN:
        lines.append(f"  … and {count - _SHOWN} more: manage.py verify_sql {series} --drift")
    differences = "1 difference" if count == 1 else f"{count} differences"
    heading = (
        f"The catalog of {alias!r} is not as the last run left it: {differences} from snapshot "
        f"{report.reference} of {report.taken_at:%Y-%m-%d %H:%M:%S} UTC."
    )
    return Tampered(
        "drift-found",
        "\n".join([heading, *lines]),
        next_step="Find out who made the change. Undo it, or, if the database is right as it is: "
        f"{_accept(alias)}",
    )


def _again(asked: Asked) -> str:
    return f"When the other session is done: {asked.caller.command}"


def _accept(alias: str) -> str:
    return f'manage.py reconcile_sql --database {alias} --accept-drift "why"'


def _missing(asked: Asked, position: Position) -> Finding:
    alias = asked.access.target.alias
    # A catalog can be accepted only where there is a ledger.
    taken = f" To have one now: {_accept(alias)}" if position.sequence else ""
    return warn(
        "",
        "snapshot-missing",
        f"No snapshot of {alias!r} is stored, so nothing can be said about drift.",
        f"Every run stores one at its end.{taken}",
    )


def _outdated(asked: Asked, row: CatalogSnapshot, position: Position) -> Finding:
    alias = asked.access.target.alias
    return warn(
        "",
        "snapshot-outdated",
        f"Snapshot {row.pk} of {alias!r} was taken at row {row.ledger_sequence} of the ledger, "
        f"which has {position.sequence} rows: a run is at work, or was cut off before it stored "
        "its snapshot. Nothing can be said about drift.",
        f"Every run stores one at its end. To have one now: {_accept(alias)}",
    )


def _unreadable(asked: Asked, row: CatalogSnapshot) -> Finding:
    alias = asked.access.target.alias
    return warn(
        "",
        "snapshot-unreadable",
        f"Snapshot {row.pk} of {alias!r} was made by {row.content.algorithm}, which this version "
        "of ceremony cannot read. Nothing can be said about drift.",
        f"Use the version that made it, or take the catalog as it is: {_accept(alias)}",
    )
