"""Dependencies on other series and on Django's migrations: which of them are met on their
databases.
"""

from collections.abc import Callable

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from ceremony.actions.access import Access, home_of, reached
from ceremony.actions.library import Library
from ceremony.conf import Settings
from ceremony.core.graph import resolve
from ceremony.core.header import Dependency
from ceremony.core.history import History
from ceremony.core.series import Series

DJANGO = "django"


def satisfied_on(
    access: Access, history: History, series: Series, library: Library, settings: Settings
) -> Callable[[Dependency], bool]:
    """Answers whether a dependency outside ``series`` is met; asks each database at most once,
    now.

    A dependency on another series is looked up in the ledger of that series' home database, one
    on Django in the target's own ``django_migrations``.
    """
    needed = {d.series for m in series.runnable for d in m.header.depends} - {"", series.name}
    done: set[tuple[str, str]] = set()
    for name in needed:
        if name == DJANGO:
            done |= {(DJANGO, version) for version in _django(access.target.alias)}
        elif name in library.series:
            there = _history(access, history, library.series[name], settings)
            done |= {(name, version) for version in there.applied(name)}

    def satisfied(dependency: Dependency) -> bool:
        named = resolve(dependency, series.name, library.series)
        version = named.version.text if named else dependency.version
        return (dependency.series, version) in done

    return satisfied


def _django(alias: str) -> set[str]:
    connection = connections[alias]
    applied = MigrationRecorder(connection).applied_migrations()
    connection.close()
    return {f"{app}.{name}" for app, name in applied}


def _history(access: Access, history: History, series: Series, settings: Settings) -> History:
    target = home_of(series, None, settings)
    if target.parameters == access.target.parameters:
        return history
    with reached(target, settings, "reads a dependency") as there:
        rows = there.ledger.rows() if there.ledger.exists() else ()
    return History(rows)
