"""Retire: a file that must never run again is renamed, with its reason, where nobody needs it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from ceremony import __version__, conf
from ceremony.actions import evidence
from ceremony.actions.access import home_of, reached, refuse_unconfirmed
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.drift import drift_before
from ceremony.actions.halt import refuse_halted
from ceremony.actions.library import Library, load_library
from ceremony.actions.ready import Caller, now, ready
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import RunFacts, close_run, control_identity, open_run, recording
from ceremony.actions.refusals import refuse_plan
from ceremony.actions.snapshots import Occasion, store_snapshot
from ceremony.actions.stamp import stamp
from ceremony.actions.targets import known_target
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings, TargetSettings
from ceremony.core.chain import Json
from ceremony.core.history import Event, History
from ceremony.core.migration import Kind, Migration
from ceremony.core.plan import Direction, Plan, Step, plan_digest
from ceremony.core.report import Verdict
from ceremony.core.retiring import (
    Asked,
    Need,
    RetireReport,
    is_reason,
    need_of,
    retire_findings,
)
from ceremony.core.series import Series
from ceremony.errors import CeremonyError, UsageError
from ceremony.models import MigrationRecord, RunKind
from ceremony.models.audit import Act, Action
from ceremony.sources.git import commit_of
from ceremony.sources.retire import refuse_unwritable, renames, retire_files, shown

_LONGEST = 500
_RECORDED = frozenset({Need.WAITS, Need.PASSED, Need.PLANNED})


@dataclass(frozen=True)
class RetireRequest:
    """``databases``: targets whose ledger is to say so, where the file never ran. ``not_needed``:
    targets of which a person says that they do not need it. ``check_only``: change nothing.
    """

    series: str
    version: str
    reason: str
    caller: Caller
    databases: tuple[str, ...] = ()
    not_needed: tuple[str, ...] = ()
    confirm: str = ""
    check_only: bool = False


@control_errors()
def retire(request: RetireRequest, watcher: Watcher) -> RetireReport:
    """Ask every target that the series is known on, then rename the change and its siblings.

    A call that was cut off is finished by the next one. Raises UsageError (version-unknown,
    reason-invalid, alias-unknown, name-taken, path-unwritable), Refused (retire-needed,
    retire-unknown, retire-partly, retire-depended-on, retire-contract; plan-refused for several),
    and, for ``databases``, what ``ready`` raises.
    """
    settings = conf.load()
    reason = _reason(request.reason)
    load_library(settings.root, [request.series])
    library = load_library(settings.root)
    series = library.series[request.series]
    migration = _found(series, request.version)
    require_control()
    targets = [conf.target(alias, settings) for alias in request.databases]
    asked = tuple(_ask(series, migration, request, settings))
    if migration.kind is not Kind.RETIRED:
        found = retire_findings(migration, library.series, asked)
        refuse_plan(found, f"retiring {request.series} {migration.label}")
    report = _report(series, migration, reason, asked, library)
    if request.check_only:
        return replace(report, done=False, databases=request.databases)
    for target in targets:
        refuse_unconfirmed(target, request.confirm)
        _refuse_halted(target, settings, request, watcher)
    if report.renamed:
        refuse_unwritable(library.root / series.name, migration.label)
        _record(request, migration, report)
        retire_files(library.root / series.name, migration.label, reason)
    rows = [_stamped(target, series, migration, report, request, watcher) for target in targets]
    return replace(report, recorded=tuple(row for row in rows if row[1]))


def _reason(text: str) -> str:
    reason = " ".join(text.split(" ")).strip()
    if is_reason(reason) and len(reason) <= _LONGEST:
        return reason
    raise UsageError(
        "reason-invalid",
        f"A reason is one line of at most {_LONGEST} visible characters; it stands in the file's "
        "header.",
        next_step='Say in one sentence why the file must never run: --reason "expects a table that '
        'was made by hand"',
    )


def _found(series: Series, version: str) -> Migration:
    found = series.find(version)
    if found is None:
        raise UsageError(
            "version-unknown",
            f"There is no version {version!r} in {series.name!r}.",
            next_step=f"manage.py status_sql {series.name} lists them.",
        )
    return found


def _report(
    series: Series, migration: Migration, reason: str, asked: Sequence[Asked], library: Library
) -> RetireReport:
    said = migration.header.retired or reason
    made = renames(library.root / series.name, migration.label)
    return RetireReport(
        series.name, migration.label, migration.path, said, shown(made), tuple(asked)
    )


def _ask(
    series: Series, migration: Migration, request: RetireRequest, settings: Settings
) -> Iterable[Asked]:
    """Every target that control has seen the series on, its home, and those that were named."""
    home = home_of(series, None, settings).alias if _has_home(series) else ""
    seen = MigrationRecord.objects.filter(series=series.name).values_list("target__alias")
    aliases = {home, *request.databases, *(alias for (alias,) in seen)} - {""}
    _refuse_unasked(request, aliases)
    for alias in sorted(aliases):
        one = _ask_one(alias, series, migration, settings)
        yield replace(one, excused=alias in request.not_needed)


def _refuse_unasked(request: RetireRequest, aliases: Collection[str]) -> None:
    """What a person says of a target goes into the trail: it must be one that is asked."""
    strange = sorted(set(request.not_needed) - set(aliases))
    if strange:
        raise UsageError(
            "alias-unknown",
            f"--not-needed names {strange[0]!r}, and {request.series!r} was never seen there.",
            next_step=f"Name one that is asked: {', '.join(sorted(aliases)) or 'there is none'}",
        )


def _has_home(series: Series) -> bool:
    return bool(series.settings.database) or conf.is_alias(series.name)


def _ask_one(alias: str, series: Series, migration: Migration, settings: Settings) -> Asked:
    """Read one ledger. A target that cannot be reached, or is not the one we know, is unknown."""
    try:
        target = conf.target(alias, settings)
        with reached(target, settings, "retire") as access:
            rows = access.ledger.rows() if access.ledger.exists() else ()
            refuse_stranger(access, known_target(alias), rows, control_identity())
            return Asked(alias, need_of(series, History(rows), migration), access.facts)
    except CeremonyError as error:
        return Asked(alias, Need.UNKNOWN, why=error.happened)


def _record(request: RetireRequest, migration: Migration, report: RetireReport) -> None:
    """The decision stands in the trail before anything is renamed."""
    detail: dict[str, Json] = {
        "reason": evidence.clean(report.reason),
        "bytes": migration.script.bytes_digest,
        "meaning": migration.script.meaning_digest,
        "files": [before for before, _ in report.renamed],
        "targets": {one.alias: one.need.value for one in report.asked},
        "not_needed": sorted(request.not_needed),
        "command_line": evidence.clean(request.caller.command),
    }
    with recording() as head:
        head.append(
            [
                Act(
                    Action.RETIRED,
                    evidence.clean(request.caller.actor.name),
                    "",
                    migration.series,
                    migration.label,
                    detail,
                )
            ]
        )


def _refuse_halted(
    target: TargetSettings, settings: Settings, request: RetireRequest, watcher: Watcher
) -> None:
    """Before anything is renamed: no row follows a halt. Raises Refused (target-halted)."""
    with ready(target, settings, request.caller, watcher) as here:
        refuse_halted(here)


def _stamped(
    target: TargetSettings,
    series: Series,
    migration: Migration,
    report: RetireReport,
    request: RetireRequest,
    watcher: Watcher,
) -> tuple[str, int]:
    """The row ``retired`` in a target's ledger, and its number; 0 where there is nothing to say."""
    settings = conf.load()
    with ready(target, settings, request.caller, watcher) as here:
        if not here.rows or need_of(series, here.history, migration) not in _RECORDED:
            return target.alias, 0
        drift_before(here, series, settings)
        step = Step(1, migration, Direction.APPLY, Event.RETIRED, None)
        plan = Plan(series.name, Direction.APPLY, (step,))
        run = open_run(
            RunFacts(
                kind=RunKind.RETIRE,
                target=here.target,
                series=series.name,
                actor=here.caller.actor,
                tool_version=__version__,
                started_at=now(),
                command_line=here.caller.command,
                git_commit=commit_of(settings.root / series.name),
                plan_digest=plan_digest(plan),
            )
        )
        details = {str(migration.version): {"reason": report.reason}}
        (outcome,) = stamp(here, run, plan, details)
        store_snapshot(here.access, here.target, Occasion(run, now()))
        close_run(run, Verdict.PASS, finished_at=now())
        return target.alias, outcome.ledger_sequence
