"""Verify again: take up the verification of a ceremony whose run is over, and that was cut off."""

from dataclasses import dataclass

from ceremony import conf
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.halt import refuse_halted
from ceremony.actions.home import home_of
from ceremony.actions.items import newest_facts
from ceremony.actions.library import load_library
from ceremony.actions.named import named
from ceremony.actions.ready import Caller, ready
from ceremony.actions.refusals import refuse_files
from ceremony.actions.rounds import manifest_of, newest_round, policy_of
from ceremony.actions.snapshots import newest_snapshot
from ceremony.actions.stale import CHECKLISTS
from ceremony.actions.verification_judges import Before, counts_of
from ceremony.actions.verifying import Work, verify_manifest
from ceremony.actions.watching import Watcher
from ceremony.core.checklist import ids
from ceremony.core.checklist_document import checklists_digest
from ceremony.core.digests import bytes_digest
from ceremony.core.item import Judged, Phase
from ceremony.core.manifest import Manifest
from ceremony.core.outcome import Problem
from ceremony.core.plan import Direction, Plan
from ceremony.core.report import TargetFacts
from ceremony.core.series import Series
from ceremony.core.states import State
from ceremony.core.steps import apply_step, rollback_step
from ceremony.errors import Refused
from ceremony.models import Ceremony, StoredManifest


@dataclass(frozen=True)
class VerifyAgainRequest:
    """``alias`` ``None``: the target of the ceremony."""

    series: str
    number: int
    caller: Caller
    alias: str | None = None


@dataclass(frozen=True)
class VerifiedAgain:
    """``state`` is that of the ceremony now; ``judged`` are the items that were looked at;
    ``problem`` is what a person has to hear of, ``None`` where all is well.
    """

    number: int
    series: str
    target: TargetFacts
    state: State
    judged: tuple[Judged, ...]
    problem: Problem | None = None


@control_errors()
def verify_again(request: VerifyAgainRequest, watcher: Watcher) -> VerifiedAgain:
    """Look again at what a run left, under the target's lock, and move the ceremony on as
    ``verify_after`` does. Compared is with the catalog that the last run on the target left:
    another one may have come since.

    Raises CeremonyError: UsageError (ceremony-unknown, ceremony-elsewhere), Refused
    (ceremony-not-verifying, verification-files-gone, verification-files-changed, files-refused,
    target-halted), and what ``ready`` raises.
    """
    settings = conf.load()
    require_control()
    ceremony = named(request.number, request.series, request.alias, Direction.ROLL_BACK)
    if ceremony is None or State(ceremony.state) is not State.VERIFYING:
        raise _not_verifying(request, ceremony)
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    stored = newest_round(ceremony)
    manifest = manifest_of(stored)
    plan = _plan(series, manifest)
    _refuse_others(series, manifest)
    target = home_of(series, ceremony.target.alias, settings)
    with ready(target, settings, request.caller, watcher) as here:
        refuse_halted(here, ceremony.pk, plan.direction)
        work = Work(here, plan, series, policy_of(stored), settings)
        row = newest_snapshot(here.target)
        digest = row.content.digest if row else ""
        found = verify_manifest(work, _before(stored), stored, digest, watcher, whole=True)
        facts = here.access.facts
    ceremony.refresh_from_db()
    state = State(ceremony.state)
    return VerifiedAgain(ceremony.pk, series.name, facts, state, found.judged, found.problem)


def _before(stored: StoredManifest) -> Before:
    """What the run remembered; the catalog before it is not kept."""
    evidence = newest_facts(stored, Phase.VERIFICATION, ids.ROWS)
    return Before(counts_of(evidence))


def _plan(series: Series, manifest: Manifest) -> Plan:
    """The steps of the manifest with the files as they are now; nothing of it runs."""
    missing = [one.version for one in manifest.steps if one.version not in series.by_version]
    if missing:
        raise Refused(
            "verification-files-gone",
            f"Files of ceremony {manifest.ceremony} are gone from {series.name}: "
            f"{', '.join(missing)}.",
            next_step="Put them back (git log finds them), then run the same command again.",
        )
    back = manifest.direction is Direction.ROLL_BACK
    steps = tuple(
        rollback_step(one.number, series.by_version[one.version], one.variant)
        if back
        else apply_step(one.number, series.by_version[one.version])
        for one in manifest.steps
    )
    return Plan(series.name, manifest.direction, steps)


def _refuse_others(series: Series, manifest: Manifest) -> None:
    """What is verified is what was signed: other checks, or another checklist, say nothing of it.

    Raises Refused (verification-files-changed).
    """
    changed = sorted(
        file.path
        for file in manifest.files
        if file.path not in series.sources or bytes_digest(series.sources[file.path]) != file.digest
    )
    if manifest.checklists != checklists_digest(series.settings):
        changed.append(CHECKLISTS)
    if changed:
        raise Refused(
            "verification-files-changed",
            f"These are not what ceremony {manifest.ceremony} was run with: {', '.join(changed)}.",
            next_step="Put them back (git log finds them), then run the same command again.",
        )


def _not_verifying(request: VerifyAgainRequest, ceremony: Ceremony | None) -> Refused:
    state = ceremony.state if ceremony else "not there"
    return Refused(
        "ceremony-not-verifying",
        f"Ceremony {request.number} is {state}: no verification of it is open.",
        next_step=f"For the checks alone: manage.py verify_sql {request.series}",
    )
