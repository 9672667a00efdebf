"""Accept: a person decides that the catalog of a target is right as it is.

Nothing is changed in the target. A new snapshot is stored, with the reason, and from now on drift
is what differs from that one.
"""

from dataclasses import dataclass, replace

from ceremony.actions.drift import Asked, look_for_drift, position_on
from ceremony.actions.library import settings_on
from ceremony.actions.ready import Ready, now
from ceremony.actions.snapshots import Live, Occasion, keep, read_catalog
from ceremony.conf import Settings
from ceremony.core.drift import DriftReport, Position, SnapshotTaken
from ceremony.core.drift_settings import rules
from ceremony.errors import Refused, Tampered
from ceremony.models import Run, SnapshotReason


@dataclass(frozen=True)
class Decision:
    """Why the catalog is taken as it is, and on which occasion."""

    reason: SnapshotReason
    why: str


def readable_catalog(here: Ready) -> Live:
    """The live catalog, which somebody is about to accept.

    Raises Refused (snapshot-unknown): what nobody could read, nobody can accept.
    """
    live = read_catalog(here.access, f"When the other session is done: {here.caller.command}")
    if live.snapshot is None and live.missing is not None:
        raise Refused(live.missing.code, live.missing.message, next_step=live.missing.hint)
    return live


def take_as_it_is(
    here: Ready, run: Run, live: Live, decision: Decision, settings: Settings
) -> tuple[DriftReport | None, SnapshotTaken]:
    """Say what differs from the stored snapshot, and store a new one; the events ``drift found``
    (if it differs), ``drift accepted`` and ``snapshot taken``.

    A stored snapshot that was tampered with has no say: there is no report then.
    """
    if live.snapshot is None:
        return None, SnapshotTaken(missing=live.missing)
    sequence, row_hash = here.access.ledger.head
    position = Position(sequence, row_hash)
    access = here.access
    on_it = settings_on(settings.root, here.history.series_names)
    asked = Asked(access, here.target, rules(access.target.drift_policy, on_it), here.caller)
    try:
        known = position_on(here.rows, here.target)
        report: DriftReport | None = look_for_drift(asked, known, live=live)
    except Tampered:
        report = None
    occasion = Occasion(run, now(), decision.reason, decision.why)
    if report is not None:
        occasion = replace(occasion, differences=len(report.differences))
    return report, keep(live.snapshot, here.target, position, occasion)
