"""The project's databases, made where they are missing, and Django's tables in the control one."""

from collections.abc import Iterable

import psycopg
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from ceremony import conf
from ceremony.errors import Failed

#: Databases that every cluster has, to be in while another one is made.
MAINTENANCE = ("postgres", "template1")
#: The advisory lock of two set-ups at once; an arbitrary number ("ceremony" in ASCII).
SETUP_LOCK = 0x636572656D6F6E79


def create_missing(aliases: Iterable[str]) -> list[str]:
    """Make the databases that do not exist yet; returns the aliases of those made.

    Raises ``Failed``: ``server-unreachable``, ``database-not-created``.
    """
    settings = conf.load()
    return [alias for alias in aliases if _create(conf.target(alias, settings))]


def migrate_control() -> None:
    """Bring Django's tables in the control database up to date; of two at once, one does it."""
    if _is_up_to_date():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [SETUP_LOCK])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SETUP_LOCK])


def _is_up_to_date() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _create(target: conf.TargetSettings) -> bool:
    try:
        psycopg.connect(make_conninfo(**target.parameters)).close()
    except psycopg.OperationalError as refused:
        server = _maintenance_connection(target, refused)
    else:
        return False
    name = target.shown("dbname")
    with server:
        known = server.execute("SELECT true FROM pg_database WHERE datname = %s", [name])
        if known.fetchone():
            raise _unreachable(target, "it exists, and lets nobody in by this user")
        return _created(server, target, name)


def _created(
    server: psycopg.Connection[tuple[object, ...]], target: conf.TargetSettings, name: str
) -> bool:
    """CREATE DATABASE; False when somebody else made it in the same instant (42P04, 23505)."""
    try:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return False
    except psycopg.DatabaseError as error:
        raise Failed(
            "database-not-created",
            f"The database {name} for {target.alias} could not be made:"
            f" {error.diag.message_primary} (SQLSTATE {error.sqlstate}).",
            next_step=f"createdb {name}, as a user who may",
        ) from error
    return True


def _maintenance_connection(
    target: conf.TargetSettings, refused: psycopg.OperationalError
) -> psycopg.Connection[tuple[object, ...]]:
    for name in MAINTENANCE:
        try:
            conninfo = make_conninfo(**{**target.parameters, "dbname": name})
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError:
            continue
    raise _unreachable(target, str(refused)) from refused


def _unreachable(target: conf.TargetSettings, why: str) -> Failed:
    prefix = "" if target.alias == "default" else f"{target.alias.upper()}_"
    return Failed(
        "server-unreachable",
        f"The database {target.shown('dbname')} of {target.alias} on"
        f" {target.shown('host', 'the default socket')} cannot be reached: {why.strip()}.",
        next_step=f"start that server, or mend its address in {prefix}DATABASE_URL",
    )
