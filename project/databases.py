"""The project's databases, made where they are missing, and Django's tables in the control one."""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import errors, sql

from ceremony.errors import Failed
from project.environment import conninfo

#: Databases that every cluster has, to be in while another one is made.
MAINTENANCE = ("postgres", "template1")
#: The advisory lock of two set-ups at once; an arbitrary number ("ceremony" in ASCII).
SETUP_LOCK = 0x636572656D6F6E79

CONNECT_SECONDS = 10

Server = psycopg.Connection[tuple[object, ...]]


def create_missing(aliases: Iterable[str]) -> list[str]:
    """Make the databases that do not exist yet; returns the aliases of those made.

    Raises ``Failed``: ``server-unreachable``, ``database-not-created``.
    """
    return [alias for alias in aliases if _create(alias)]


def beside_control() -> list[str]:
    """The control database and the targets that are on the same server."""
    server = [settings.DATABASES["default"].get(part) for part in ("HOST", "PORT")]
    return [
        alias
        for alias, entry in settings.DATABASES.items()
        if [entry.get(part) for part in ("HOST", "PORT")] == server
    ]


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


def _create(alias: str) -> bool:
    entry = settings.DATABASES[alias]
    try:
        _connect(entry, entry["NAME"]).close()
    except psycopg.OperationalError:
        server = _maintenance_connection(alias)
    else:
        return False
    with server:
        known = server.execute("SELECT true FROM pg_database WHERE datname = %s", [entry["NAME"]])
        if known.fetchone():
            raise _unreachable(alias, "It exists, and does not let this user in.")
        return _created(server, alias)


def _created(server: Server, alias: str) -> bool:
    """CREATE DATABASE; False when somebody else made it in the same instant (42P04, 23505)."""
    name = settings.DATABASES[alias]["NAME"]
    try:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        return False
    except psycopg.DatabaseError as error:
        raise Failed(
            "database-not-created",
            f"The database {name} for {alias} could not be made:"
            f" {error.diag.message_primary} (SQLSTATE {error.sqlstate}).",
            state="Nothing was changed.",
            next_step=f"createdb {name}, as a user who may",
        ) from error
    return True


def _maintenance_connection(alias: str) -> Server:
    for name in MAINTENANCE:
        try:
            return _connect(settings.DATABASES[alias], name)
        except psycopg.OperationalError:
            continue
    raise _unreachable(
        alias, "No server answers there, or it refuses the user, the password or the database."
    )


def _connect(entry: Mapping[str, Any], name: str) -> Server:
    """A connection in autocommit mode, given up after a while unless the address says how long."""
    wait = str(entry["OPTIONS"].get("connect_timeout", CONNECT_SECONDS))
    return psycopg.connect(conninfo(entry, dbname=name, connect_timeout=wait), autocommit=True)


def _unreachable(alias: str, why: str) -> Failed:
    entry = settings.DATABASES[alias]
    prefix = "" if alias == "default" else f"{alias.upper()}_"
    return Failed(
        "server-unreachable",
        f"The database {entry['NAME']} of {alias} cannot be reached:\n{why.strip()}",
        next_step=f"start that server, or mend its address in {prefix}DATABASE_URL",
    )
