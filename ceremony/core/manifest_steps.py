"""The steps of a manifest, and its way back, as a plan and its series give them."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from ceremony.core.check import When
from ceremony.core.ledger_row import Event
from ceremony.core.manifest import FrozenFile, ManifestStep
from ceremony.core.migration import Migration
from ceremony.core.plan import Direction, Plan, Step
from ceremony.core.script import Script
from ceremony.core.series import Series
from ceremony.core.superseding import stood_for


def steps_of(plan: Plan) -> tuple[ManifestStep, ...]:
    """The steps of a plan, with the digests of every file that takes part."""
    return tuple(_step(step) for step in plan.steps)


def way_back_of(plan: Plan, series: Series) -> tuple[ManifestStep, ...]:
    """How the plan, once applied, is taken back: newest first, the plain way and then each variant.

    A migration without the way back in question is left out: a rollback that meets it is refused.
    Empty for a plan that is itself a way back.
    """
    if plan.direction is Direction.ROLL_BACK:
        return ()
    done = [step for step in plan.steps if step.script is not None]
    variants = sorted({name for step in done for name in step.migration.rollbacks})
    return tuple(one for name in variants for one in _way(plan, series, done, name))


def checks_again(plan: Plan, series: Series, applied: Collection[str]) -> tuple[FrozenFile, ...]:
    """The files with the checks that a run asks again of what it neither brings in nor takes back:
    what runs is what was signed, there too.
    """
    planned = {str(step.migration.version) for step in plan.steps}
    return tuple(
        file
        for one in series.migrations
        if str(one.version) in applied
        and str(one.version) not in planned
        and one.checks_when(When.ALWAYS, When.MONITOR)
        for file in _checks(one)
    )


def _way(
    plan: Plan, series: Series, done: Sequence[Step], variant: str
) -> tuple[ManifestStep, ...]:
    found: list[ManifestStep] = []
    for step in reversed(done):
        migration = step.migration
        script = migration.rollbacks.get(variant)
        if script is None or not migration.header.reversible:
            continue
        found.append(_back(len(found) + 1, migration, script, variant))
        for freed in _freed(plan, series, migration):
            found.append(_row_back(len(found) + 1, freed))
    return tuple(found)


def _freed(plan: Plan, series: Series, migration: Migration) -> Iterator[Migration]:
    """The superseded files of the plan that this one stands for, newest first."""
    if migration.header.supersedes:
        covered = stood_for(series, (migration,))
        for step in reversed(plan.steps):
            if step.script is None and str(step.migration.version) in covered:
                yield step.migration


def _step(step: Step) -> ManifestStep:
    migration = step.migration
    script = step.script or migration.script
    return ManifestStep(
        number=step.number,
        version=str(migration.version),
        name=migration.name,
        event=step.event.value,
        variant=step.variant,
        transactional=step.transactional,
        resume_after=step.resume_after,
        files=_files(step),
        meaning=script.meaning_digest,
        risk=_risk(migration),
        reversible=_reversible(migration),
        data_loss=step.data_loss,
    )


def _files(step: Step) -> tuple[FrozenFile, ...]:
    migration = step.migration
    if step.script is None:
        return (_frozen(migration.script),)
    if step.direction is Direction.ROLL_BACK:
        return (_frozen(step.script), *_checks(migration), _frozen(migration.script))
    ways = [_frozen(way) for _, way in sorted(migration.rollbacks.items())]
    return (_frozen(step.script), *_checks(migration), *ways)


def _back(number: int, migration: Migration, script: Script, variant: str) -> ManifestStep:
    header = migration.rollback_headers.get(variant)
    return ManifestStep(
        number=number,
        version=str(migration.version),
        name=migration.name,
        event=Event.ROLLED_BACK.value,
        variant=variant,
        transactional=header.transactional if header else True,
        resume_after=0,
        files=(_frozen(script), *_checks(migration), _frozen(migration.script)),
        meaning=script.meaning_digest,
        risk=_risk(migration),
        reversible=_reversible(migration),
        data_loss=migration.data_loss_of_rollback(variant),
    )


def _row_back(number: int, migration: Migration) -> ManifestStep:
    return ManifestStep(
        number=number,
        version=str(migration.version),
        name=migration.name,
        event=Event.ROLLED_BACK.value,
        variant="",
        transactional=True,
        resume_after=0,
        files=(_frozen(migration.script),),
        meaning=migration.script.meaning_digest,
        risk=_risk(migration),
        reversible=_reversible(migration),
        data_loss="",
    )


def _frozen(script: Script) -> FrozenFile:
    return FrozenFile(script.path, script.bytes_digest)


def _checks(migration: Migration) -> Iterable[FrozenFile]:
    if migration.verify_digest:
        path = f"{migration.path.removesuffix('.sql')}.verify.sql"
        yield FrozenFile(path, migration.verify_digest)


def _risk(migration: Migration) -> str:
    return migration.header.risk.value if migration.header.risk else ""


def _reversible(migration: Migration) -> str:
    header = migration.header
    if header.reversible:
        return "yes"
    return f"no ({header.irreversible_why})" if header.irreversible_why else "no"
