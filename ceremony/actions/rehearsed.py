"""What was rehearsed, asked by a run: is there a certificate for exactly these files, and what did
they do then?
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ceremony.conf import TargetSettings
from ceremony.core.migration import Migration
from ceremony.core.plan import Plan, Step
from ceremony.core.rehearsal.certificate import Rehearsed, digest_of, rehearsed
from ceremony.core.rehearsal.policy import policy_of
from ceremony.core.series import Series, SeriesSettings
from ceremony.core.xray import XRay
from ceremony.errors import Refused
from ceremony.models import Rehearsal

LOOKED_AT = 50
"""How many of the newest rehearsals are looked at."""

XRays = Mapping[str, tuple[XRay, ...]]
"""The X-rays of the rehearsal, by version."""


@dataclass(frozen=True)
class Certificate:
    """The newest rehearsal of one migration: its digest, and whether it is clean."""

    digest: str
    clean: bool


@dataclass(frozen=True)
class _Found:
    number: int
    rehearsed: Rehearsed
    digest: str


def rehearsal_required(target: TargetSettings, series: SeriesSettings) -> bool:
    """Whether settings demand a rehearsal for the target, or the series does (``[policy]``)."""
    return target.rehearsal_required or policy_of(series).required


def require_rehearsal(plan: Plan, series: Series, alias: str, server_version: int) -> XRays:
    """The X-rays of every step of a plan, from the newest rehearsal of each.

    ``server_version`` is PostgreSQL's number (180004). Raises Refused: rehearsal-missing,
    rehearsal-stale (files or the server's major version are others now), rehearsal-faulty.
    """
    steps = [step for step in plan.steps if step.script is not None]
    found = _newest(alias, series.name, {str(step.migration.version) for step in steps})
    missing = [s.migration.label for s in steps if str(s.migration.version) not in found]
    if missing:
        raise _missing(series, alias, missing)
    stale = list(_stale(steps, found, server_version))
    if stale:
        raise _stale_refused(series, alias, stale)
    faulty = [one for s in steps if not (one := found[str(s.migration.version)]).rehearsed.clean]
    if faulty:
        labels = [s.migration.label for s in steps if found[str(s.migration.version)] in faulty]
        raise _faulty(series, alias, labels, faulty[0].number)
    return {version: one.rehearsed.xrays for version, one in found.items()}


def certificates(plan: Plan, alias: str) -> dict[str, Certificate]:
    """Version to the newest rehearsal of the very files that are in the plan; other versions are
    left out.
    """
    steps = [step for step in plan.steps if step.script is not None]
    found = _newest(alias, plan.series, {str(step.migration.version) for step in steps})
    return {
        version: Certificate(one.digest, one.rehearsed.clean)
        for step in steps
        if (one := found.get(version := str(step.migration.version)))
        and not one.rehearsed.changed(step.migration)
    }


def _newest(alias: str, series: str, wanted: set[str]) -> dict[str, _Found]:
    """Version to the newest rehearsal of it; certificates that were touched do not count.

    One with ``--only`` says nothing of the series as a whole: what the newest one that took it back
    as a whole found about the same files stands, until another such one finds it no more.
    """
    found: dict[str, _Found] = {}
    open_ones = set(wanted)
    rows = Rehearsal.objects.filter(alias=alias, series=series).order_by("-pk")[:LOOKED_AT]
    for row in rows.iterator(chunk_size=5):
        if not open_ones:
            break
        if digest_of(row.certificate) != row.digest:
            continue
        for version, one in rehearsed(row.certificate).items():
            if version not in open_ones:
                continue
            kept = _Found(row.pk, one, row.digest)
            newest = found.setdefault(version, kept).rehearsed
            if not one.alone:
                open_ones.remove(version)
                if one.files == newest.files and not one.sequence_clean:
                    found[version] = replace(kept, rehearsed=replace(newest, clean=False))
    return found


def _stale(
    steps: Sequence[Step], found: Mapping[str, _Found], server_version: int
) -> Iterator[str]:
    """Why rehearsals do not count any more, in sentences."""
    for step in steps:
        migration: Migration = step.migration
        one = found[str(migration.version)]
        changed = one.rehearsed.changed(migration)
        if changed:
            yield f"Since rehearsal {one.number}, {', '.join(changed)} changed."
        elif one.rehearsed.server_version // 10_000 != server_version // 10_000:
            yield (
                f"{migration.label} was rehearsed (number {one.number}) on PostgreSQL "
                f"{one.rehearsed.server_version // 10_000}; the target has "
                f"{server_version // 10_000} now."
            )


def _missing(series: Series, alias: str, labels: Sequence[str]) -> Refused:
    return Refused(
        "rehearsal-missing",
        f"The policy of {alias!r} demands a rehearsal, and none is recorded of "
        f"{', '.join(labels)}.",
        next_step=_command(series, alias),
    )


def _stale_refused(series: Series, alias: str, reasons: Sequence[str]) -> Refused:
    told = "\n".join(f"  {reason}" for reason in reasons)
    return Refused(
        "rehearsal-stale",
        f"The policy of {alias!r} demands a rehearsal, and what was rehearsed is not what would "
        f"run:\n{told}",
        next_step=_command(series, alias),
    )


def _faulty(series: Series, alias: str, labels: Sequence[str], number: int) -> Refused:
    return Refused(
        "rehearsal-faulty",
        f"The policy of {alias!r} demands a rehearsal without faults; rehearsal {number} found "
        f"some in {', '.join(labels)}.",
        next_step=f"Mend them, then: {_command(series, alias)}",
    )


def _command(series: Series, alias: str) -> str:
    return f"manage.py rehearse_sql {series.name} --database {alias}"
