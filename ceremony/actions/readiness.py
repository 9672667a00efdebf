"""Readiness: are the targets what this code expects? One look each; nothing is changed, no lock
taken.

Start-up asks this before Django is ready, so nothing here needs models or the control database.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from ceremony.actions.home import home_alias, home_of
from ceremony.conf import GateSettings, Settings, TargetSettings
from ceremony.core.assemble import assemble
from ceremony.core.contract.holding import held_on
from ceremony.core.finding import Finding, errors, refuse
from ceremony.core.history import History
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.naming import SETTINGS
from ceremony.core.readiness import Readiness, ReadinessState, readiness, unread
from ceremony.core.series import Series, SeriesFiles
from ceremony.core.settings_file import read_settings
from ceremony.errors import CeremonyError, UsageError
from ceremony.pg.glance import Glance, glance
from ceremony.sources.folder import read_series, read_settings_file, series_names

_AT_ONCE = 8


def look(
    settings: Settings, gate: GateSettings, aliases: Collection[str] | None = None
) -> tuple[Readiness, ...]:
    """Each series of ``gate`` (none named: all that have a target) on its home database, in order
    of names; with ``aliases`` only those whose home is one of them.

    A target that could not be asked is UNKNOWN, with the reason. Raises UsageError (root-missing,
    series-unknown, database-not-given, alias-unknown, alias-not-postgresql, and the code of what
    is wrong with a ``series.toml`` that names no home).
    """
    homes = dict(_homes(settings, gate, aliases))
    series = {name: _assembled(read_series(settings.root, name)) for name in homes}
    places: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, target in homes.items():
        places.setdefault(tuple(sorted(target.parameters.items())), []).append(name)
    groups = [[(series[name], homes[name]) for name in names] for names in places.values()]
    found: dict[str, Readiness] = {}
    # At the same time, so that several mute servers keep a start no longer than one.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for some in pool.map(lambda group: _look_at(group, settings, gate), groups):
            found |= some
    return tuple(found[name] for name in sorted(found))


def _homes(
    settings: Settings, gate: GateSettings, aliases: Collection[str] | None
) -> Iterator[tuple[str, TargetSettings]]:
    """The series that are asked for and their targets; of the others only ``series.toml`` is
    read.
    """
    known = _names(settings)
    for name in gate.series:
        if name not in known:
            raise UsageError(
                "series-unknown",
                f"CEREMONY['GATE']['SERIES'] names {name!r}; the folder of series has "
                f"{', '.join(known) or 'none'}.",
                next_step="Correct the setting, or the folder of series (CEREMONY_ROOT).",
            )
    for name in gate.series or known:
        file = read_settings_file(settings.root, name)
        text = file.data.decode(errors="replace") if file else None
        read = read_settings(name, file.path if file else "", text, ()).settings
        alias = home_alias(name, read.database)
        if not alias:
            _require_legible(settings, name)
        if aliases is not None and alias not in aliases:
            continue
        if alias or gate.series:
            yield name, home_of(Series(name, read, (), ()), None, settings)


def _require_legible(settings: Settings, name: str) -> None:
    """A series that names no home is left out, but not because nobody can read what it names."""
    files = read_series(settings.root, name)
    own = (name, f"{name}/{SETTINGS}")
    found = [*files.findings, *(one for one in _assembled(files).findings if one.path == own[1])]
    for one in errors(tuple(one for one in found if one.path in own)):
        raise UsageError(one.code, f"{one.place}: {one.message}", next_step=one.hint)


def _names(settings: Settings) -> tuple[str, ...]:
    try:
        return series_names(settings.root)
    except OSError as error:
        raise UsageError(
            "root-missing",
            f"The folder of series {str(settings.root)!r} cannot be read: {error.strerror}.",
            next_step="Point CEREMONY['ROOT'] at the folder that holds your series.",
        ) from None


@lru_cache(maxsize=64)
def _assembled(files: SeriesFiles) -> Series:
    """A probe asks every few seconds, and the files are the same: they are understood once."""
    return assemble(files)


def _look_at(
    series: Sequence[tuple[Series, TargetSettings]], settings: Settings, gate: GateSettings
) -> Mapping[str, Readiness]:
    """All series of one database."""
    target = series[0][1]
    try:
        with glance(target.parameters, settings.ledger_schema, gate.timeout) as there:
            asked = there if gate.contract else None
            rows = there.rows()
            found = _found(series, rows, asked)
            # A migration that came in between the two questions took nothing away wrongly.
            while asked and _invalid(found) and (newer := there.rows()) != rows:
                rows = newer
                found = _found(series, rows, asked)
            return found
    except CeremonyError as error:
        why = refuse("", error.code, error.happened, error.next_step)
        return {one.name: unread(one.name, home.alias, why) for one, home in series}


def _found(
    series: Sequence[tuple[Series, TargetSettings]], rows: Iterable[LedgerRow], there: Glance | None
) -> Mapping[str, Readiness]:
    history = History(rows)
    return {one.name: _ready(one, home, history, there) for one, home in series}


def _invalid(found: Mapping[str, Readiness]) -> bool:
    return any(one.state is ReadinessState.INVALID for one in found.values())


def _ready(
    series: Series, home: TargetSettings, history: History, there: Glance | None
) -> Readiness:
    contract: tuple[Finding, ...] = ()
    if there is not None:
        held = held_on(series, history)
        verify = f"manage.py verify_sql {series.name}"
        contract = tuple(
            one.finding(series.contract.path, verify) for one in there.violations(held)
        )
    return readiness(
        series, history, alias=home.alias, environment=home.environment, contract=contract
    )
