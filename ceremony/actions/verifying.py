"""Verification after a run: what must hold now, who is told, and where the ceremony goes from here.

The lock is still held, and no transaction is open in the target. What is found is recorded first;
then the ceremony goes on, or the world stops.
"""

from dataclasses import dataclass, replace

from ceremony.actions.acceptance import accept_if_nobody_is_asked
from ceremony.actions.ceremonies import acting, advance
from ceremony.actions.claims import Evidence, judge_acceptance
from ceremony.actions.conclude import halted_meanwhile
from ceremony.actions.halt import raise_halt
from ceremony.actions.items import newest, record_items, write_items
from ceremony.actions.ready import Ready, now
from ceremony.actions.snapshots import read_catalog
from ceremony.actions.verification_judges import (
    After,
    Before,
    after,
    asked_of,
    counted_before,
    counted_on,
    judge_after,
)
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.core.checklist import ids
from ceremony.core.checklist.acceptance import acceptance_of
from ceremony.core.checklist.items import acceptance_items, verification_items
from ceremony.core.checklist.judging import HALTS, UNANSWERED, not_run
from ceremony.core.contract.holding import held_on
from ceremony.core.contract.requirement import Level
from ceremony.core.halting import Condition, Taken
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.outcome import Problem, StepState
from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.core.report import RunReport, Verdict
from ceremony.core.series import Series
from ceremony.core.states import Act, State
from ceremony.errors import CeremonyError, Failed, Interrupted
from ceremony.models import CeremonyRun, StoredManifest
from ceremony.pg.contract import ask_contract
from ceremony.pg.halt import RUN_HALTED

NOTHING_REMEMBERED = Before()

RAN = "Every migration of the plan is in the database."
"""What is so when a verification begins."""

_CONDITIONS = {
    ids.ROWS: Condition.DATA_LOST,
    ids.APPLICATION: Condition.APPLICATION_FAILED,
}
"""What an item that failed means for the target; any other one is a violation that was found."""


@dataclass(frozen=True)
class Work:
    """The target, and what was run on it under which policy."""

    here: Ready
    plan: Plan
    series: Series
    policy: Policy
    settings: Settings


@dataclass(frozen=True)
class Verification:
    """``judged`` are the items of the verification, then those of the acceptance as far as they are
    known. ``problem`` is what a person has to hear of, ``None`` where all is well.
    """

    judged: tuple[Judged, ...]
    problem: Problem | None = None


def remember(work: Work) -> Before:
    """What the verification compares with: rows of every table, the catalog, whether the contract
    holds.

    Nothing is asked under a policy without verification. What cannot be read is not raised: the
    items that need it are NOT RUN.
    """
    if not work.policy.verify:
        return NOTHING_REMEMBERED
    catalog = read_catalog(work.here.access, "The verification after the run says what it lacks.")
    held = _contract_holds(work)
    try:
        counts = counted_on(work.here, work.settings)
    except CeremonyError as error:
        return Before(None, catalog.snapshot, held, f"{error.happened} [{error.code}]")
    return Before(counts, catalog.snapshot, held)


def _contract_holds(work: Work) -> bool | None:
    """Whether the contract holds; ``None`` where it cannot be asked."""
    held = held_on(work.series, work.here.history)
    try:
        broken = ask_contract(work.here.access.session.ask, held)
    except CeremonyError:
        return None
    return not any(one.requirement.level is Level.REQUIRED for one in broken)


def not_looked_at(work: Work, before: Before) -> tuple[Judged, ...]:
    """The items of the verification and of the acceptance, as they stand when the run begins: NOT
    RUN, so that none is forgotten. What was counted before stands with the item that needs it.
    """
    told = "The run has not come to it."
    if not work.policy.verify:
        told = f"The policy {work.policy.name!r} does not ask for it: nobody looks."
    at = now()
    halting = {one.id for one in acceptance_of(work.series.settings) if one.halt}
    found = []
    for item in _items(work):
        counted = counted_before(before) if item.id == ids.ROWS else {}
        found.append(not_run(item, at, told, **counted))
    for item in acceptance_items(work.series, work.plan):
        human = item.kind is ItemKind.HUMAN and work.policy.verify
        halts: dict[str, Json] = {HALTS: True} if item.id in halting else {}
        found.append(not_run(item, at, UNANSWERED if human else told, **halts))
    return tuple(found)


def _items(work: Work) -> tuple[Item, ...]:
    return verification_items(
        work.series,
        work.plan,
        work.here.history.applied(work.series.name),
        application=bool(asked_of(work.here, work.settings).commands),
    )


def verify_after(
    work: Work, before: Before, report: RunReport, watcher: Watcher
) -> Verification | None:
    """Verify a run that went well, record what was found, and move its ceremony on: to the
    sign-off, or to a halt with the condition that was met.

    ``None`` where the run failed, the policy wants no verification, or the ceremony is not being
    verified. Where the target cannot be asked any more the problem says so
    (``verification-cut-off``): the ceremony stays as it is, and ``verify_sql --ceremony`` takes it
    up. Raises Interrupted (verification-interrupted) after a Ctrl-C.
    """
    if report.verdict in {Verdict.FAIL, Verdict.NOT_RUN} or not work.policy.verify:
        return None
    member = CeremonyRun.objects.select_related("manifest").filter(run=report.run).first()
    if member is None or not _is_verifying(member.manifest):
        return None
    whole = all(one.state is StepState.DONE for one in report.outcomes)
    digest = report.snapshot.digest if report.snapshot else ""
    try:
        return verify_manifest(work, before, member.manifest, digest, watcher, whole=whole)
    except CeremonyError as error:
        return Verification((), _cut_off(member, error))
    except KeyboardInterrupt:
        raise Interrupted(
            "verification-interrupted",
            f"Stopped on request while ceremony {member.ceremony_id} was being verified; run "
            f"{member.run_id} has the record of what ran.",
            state=RAN,
            next_step=f"To go on: {_take_up(member)}",
        ) from None


def _cut_off(member: CeremonyRun, error: CeremonyError) -> Problem:
    return Problem(
        "verification-cut-off",
        f"The migrations ran, and the verification after them could not be finished: "
        f"{error.happened} [{error.code}]",
        RAN,
        _take_up(member),
    )


def _take_up(member: CeremonyRun) -> str:
    series = member.ceremony.series
    return f"manage.py verify_sql {series} --ceremony {member.ceremony_id}"


def verify_manifest(
    work: Work,
    before: Before,
    manifest: StoredManifest,
    digest: str,
    watcher: Watcher,
    *,
    whole: bool,
) -> Verification:
    """The same for a ceremony that is being verified. ``digest`` is that of the catalog that the
    run left, ``""`` where it is not known; ``whole`` says that every step is done.
    """
    watcher.note("Verifying: checks, contract, a second run, rows …")
    seen = after(work.here, work.plan, work.series, work.settings, before, digest)
    judged = tuple(judge_after(item, seen) for item in _items(work))
    _refuse_lost(work)
    known = _evidence(work, manifest, judged, seen, whole=whole)
    everything = (*judged, *judge_acceptance(known))
    waived = {
        one.item.id
        for one in newest(manifest, Phase.VERIFICATION)
        if one.result is ItemResult.WAIVED
    }
    failed = [one for one in judged if one.result is ItemResult.FAIL and one.item.id not in waived]
    if failed:
        return _stopped(work, manifest, everything, failed)
    return _gone_on(work, manifest, everything)


def _refuse_lost(work: Work) -> None:
    """What could not be asked because the link broke can be asked later: nothing is recorded."""
    session = work.here.access.session
    if session.wire.lost or session.connection.closed:
        raise Failed(
            "connection-lost",
            f"The connection to {session.identity.place} broke.",
            state=RAN,
            next_step="Run the verification again when the server answers.",
        )


def with_verification(report: RunReport, found: Verification | None) -> RunReport:
    """The report of a run that went well, with what its verification met: FAIL where the world
    stopped, PARTIAL where it could not be finished.
    """
    if found is None:
        return report
    report = replace(report, verification=found.judged)
    if found.problem is None:
        return report
    whole = bool(found.judged)
    verdict = Verdict.FAIL if whole else Verdict.PARTIAL
    return replace(report, verdict=verdict, problem=found.problem)


def _is_verifying(manifest: StoredManifest) -> bool:
    return State(manifest.ceremony.state) is State.VERIFYING


def _stopped(
    work: Work, manifest: StoredManifest, judged: tuple[Judged, ...], failed: list[Judged]
) -> Verification:
    """Record what was found and stop the world, or where the policy has no halts the ceremony
    alone.
    """
    actor = work.here.caller.actor.name
    record_items(manifest, judged, actor)
    condition = _CONDITIONS.get(failed[0].item.id, Condition.VERIFICATION_FAILED)
    told = "\n".join(f"{one.item.id}: {one.explanation}" for one in failed)
    if work.policy.halt:
        raise_halt(work.here, condition, told, work.here.caller.actor.shown, manifest.ceremony_id)
    else:
        with acting(manifest.ceremony_id) as (head, ceremony):
            advance(head, ceremony, Act.HALT, actor, {"condition": condition.value, "text": told})
    problem = _found_wrong(work, manifest, told)
    return Verification(judged, problem)


def _found_wrong(work: Work, manifest: StoredManifest, told: str) -> Problem:
    """What the caller hears; only where the policy halts targets is there a halt to lift."""
    found = "The migrations ran, and the verification after them found what must not be"
    happened = f"{found}:\n{told}"
    alias = work.here.access.target.alias
    if work.policy.halt:
        return Problem(
            "verification-failed",
            happened,
            f"{RAN} Nothing more runs there until the halt is lifted.",
            f"manage.py resume_sql --database {alias} shows what is next: assess, decide, "
            "document.",
        )
    number, series = manifest.ceremony_id, manifest.ceremony.series
    return Problem(
        "verification-failed",
        happened,
        f"{RAN} Ceremony {number} is halted; the target is not.",
        f"manage.py report_sql {number} shows what was found. With files that mend it: manage.py "
        f"request_sql {series} --database {alias} --again {number}",
    )


def _gone_on(work: Work, manifest: StoredManifest, judged: tuple[Judged, ...]) -> Verification:
    """Record what was found, and hand over to those who sign, or to those who decide about a halt
    that came meanwhile.
    """
    actor = work.here.caller.actor.name
    with acting(manifest.ceremony_id) as (head, ceremony):
        write_items(head, ceremony, manifest, judged, actor)
        stopped = halted_meanwhile(head, ceremony, actor)
        if stopped is None:
            advance(head, ceremony, Act.VERIFY, actor)
            accept_if_nobody_is_asked(head, ceremony, manifest, work.policy)
    return Verification(judged, _halted(work, stopped) if stopped else None)


def _halted(work: Work, stopped: Taken) -> Problem:
    return Problem(
        RUN_HALTED,
        f"The target was halted by {stopped.by}: {stopped.text}",
        RAN,
        f"manage.py resume_sql --database {work.here.access.target.alias}",
    )


def _evidence(
    work: Work,
    manifest: StoredManifest,
    judged: tuple[Judged, ...],
    seen: After,
    *,
    whole: bool,
) -> Evidence:
    """What the items of the acceptance are answered from."""
    return Evidence(
        work.here.access.target.alias,
        work.plan,
        work.series,
        whole,
        newest(manifest, Phase.PREFLIGHT),
        judged,
        seen.before,
        seen.left,
        seen.at,
    )
