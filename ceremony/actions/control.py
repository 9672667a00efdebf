"""The control database: whether it is there and set up, said in our own words."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import InterfaceError, OperationalError

from ceremony import conf, migrations
from ceremony.errors import CeremonyError, UsageError
from ceremony.pg.session import answers

_APP = "ceremony"


def require_control() -> None:
    """See that control answers and that its tables are those of this release.

    Raises CeremonyError (control-unreachable), UsageError (control-in-transaction,
    control-not-migrated).
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.in_atomic_block:
        # Note [No outer transaction]: an outer atomic() would keep intents uncommitted while the
        # target changes,
        # and its snapshot would block CREATE INDEX CONCURRENTLY when control and target are one
        # database.
        raise UsageError(
            "control-in-transaction",
            "This was called inside a transaction on the control database.",
            next_step="Call it outside atomic(); intents must be committed before the target is "
            "touched.",
        )
    with control_errors():
        applied = MigrationRecorder(connection).applied_migrations()
    # The names of our modules are compared, not Django's whole graph: building that loads every
    # app's migrations.
    ours = {name for _, name, _ in pkgutil.iter_modules(migrations.__path__)}
    if waiting := sorted(name for name in ours if (_APP, name) not in applied):
        raise UsageError(
            "control-not-migrated",
            f"The control database (alias {DEFAULT_DB_ALIAS!r}) lacks Ceremony's own {waiting[0]}.",
            next_step="python manage.py migrate",
        )


@contextmanager
def control_errors() -> Iterator[None]:
    """Turn a lost or refused control connection into an error that says so, without libpq's text.

    libpq may quote parts of a malformed connection string, passwords included.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise control_unreachable(error) from None


def control_unreachable(error: DatabaseError | InterfaceError) -> CeremonyError:
    """The error for a control database that cannot be reached or went away."""
    settings = connections[DEFAULT_DB_ALIAS].settings_dict
    where = f"{settings.get('HOST') or 'local socket'}, database {settings.get('NAME')!r}"
    state = "The ledger in the target says what is applied; the next command settles the record "
    state += "from it."
    connected = connections[DEFAULT_DB_ALIAS].connection is not None
    if not connected and answers(conf.target(DEFAULT_DB_ALIAS, conf.load()).parameters):
        return CeremonyError(
            "control-unreachable",
            f"The server of the control database ({where}) answers and refuses the connection: "
            "the password, the database or the role.",
            state=state,
            next_step="Correct DATABASE_URL, or create what it names (createdb, createuser); then "
            "run the same command again.",
        )
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    told = f" (SQLSTATE {sqlstate})" if sqlstate else ""
    return CeremonyError(
        "control-unreachable",
        f"The control database ({where}) does not answer{told}.",
        state=state,
        next_step="Start it, or point DATABASE_URL at it; then run the same command again.",
    )
