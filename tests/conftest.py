"""Servers, databases and folders for tests.

Nothing starts before a test asks for it: tests of the pure core run without a server. Each process
of pytest has a throw-away server; ``CEREMONY_TEST_PG_BINDIR`` names another server's programs.
"""

import copy
import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from project import embedded
from project.cluster import SUPERUSER, Cluster
from project.place import memory_area

hypothesis_settings.register_profile("pinned", deadline=None, max_examples=60, print_blob=True)
# In CI the same examples each time: what it refuses can be repeated. `make test` looks for others.
hypothesis_settings.register_profile(
    "repeatable", hypothesis_settings.get_profile("pinned"), derandomize=True
)
hypothesis_settings.load_profile("repeatable" if os.environ.get("CI") else "pinned")

CONTROL_TEMPLATE = "control_template"
NOWHERE = "/nowhere-a-test-did-not-ask-for-a-database"
SeriesFolder = Callable[..., Path]


def pytest_configure() -> None:
    """No test may reach a developer's databases by accident, nor spend its time on hashing.

    Under nohup(1), or in the background of a script, signals are ignored, and by children too:
    tests that send them need them as they usually are.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # As Ctrl-C: fixtures are torn down, and with them the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for alias, entry in connections.settings.items():
        settings.DATABASES[alias] = {**entry, **_entry(NOWHERE, entry["NAME"])}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that did not run is not a pass: a skip fails, whoever asked for it."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} did not run: {report.longrepr}"
    return report


@dataclass(frozen=True)
class Database:
    """An empty database of one test."""

    name: str
    conninfo: str

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """A new connection in autocommit mode; the test closes it (``with`` does)."""
        return psycopg.connect(self.conninfo, autocommit=True, **options)


class Databases:
    """Makes fresh databases on one server; quick, because they are copies of a template."""

    def __init__(self, server: Cluster) -> None:
        self._server = server
        self._count = 0

    def create(self, template: str = "template0") -> Database:
        self._count += 1
        name = f"d{self._count}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        self.run(statement)
        return Database(name, self._server.conninfo(name))

    def drop(self, name: str) -> None:
        self.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.conninfo(), autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A running server: ``.conninfo(dbname)``, ``.version``, ``.socket_dir``, ``.bindir``."""
    elsewhere = os.environ.get("CEREMONY_TEST_PG_BINDIR")
    with embedded.throwaway(Path(elsewhere) if elsewhere else None, memory_area()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def timeless_server() -> Iterator[Cluster]:
    """Another server, one that does not keep the times of commits."""
    elsewhere = os.environ.get("CEREMONY_TEST_PG_BINDIR")
    settings = {"track_commit_timestamp": "off"}
    with embedded.throwaway(
        Path(elsewhere) if elsewhere else None, memory_area(), settings
    ) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def databases(server: Cluster) -> Databases:
    """The maker of fresh databases, for tests that need several."""
    return Databases(server)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A fresh, empty database: ``.name``, ``.conninfo``, ``.connect()``."""
    made = databases.create()
    yield made
    databases.drop(made.name)


@pytest.fixture(scope="session")
def control_template(server: Cluster, databases: Databases, django_db_blocker: Any) -> str:
    """A database that holds Django's tables and nothing else; copied, never used itself."""
    databases.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(CONTROL_TEMPLATE)))
    with django_db_blocker.unblock(), pointed(server, "default", CONTROL_TEMPLATE):
        call_command("migrate", verbosity=0, interactive=False)
    return CONTROL_TEMPLATE


@pytest.fixture
def control(
    server: Cluster, databases: Databases, control_template: str, django_db_blocker: Any
) -> Iterator[Database]:
    """A control database of this test alone, as ``default``: what it commits is committed."""
    made = databases.create(control_template)
    with django_db_blocker.unblock(), pointed(server, "default", made.name):
        yield made
    databases.drop(made.name)


@pytest.fixture
def target_alias(
    server: Cluster, databases: Databases, django_db_blocker: Any
) -> Iterator[Callable[[str], Database]]:
    """Call with an alias: a fresh database that Django knows by it, until the end of the test."""
    made: list[tuple[Database, Any]] = []

    def register(alias: str) -> Database:
        fresh = databases.create()
        context = pointed(server, alias, fresh.name)
        context.__enter__()
        made.append((fresh, context))
        return fresh

    with django_db_blocker.unblock():
        yield register
    for fresh, context in reversed(made):
        context.__exit__(None, None, None)
        databases.drop(fresh.name)


@pytest.fixture(scope="session")
def django_db_setup(
    server: Cluster, databases: Databases, control_template: str
) -> Iterator[Database]:
    """The control database of all tests marked ``django_db``, each of which is rolled back."""
    made = databases.create(control_template)
    with pointed(server, "default", made.name):
        yield made


@pytest.fixture
def series_folder(tmp_path: Path) -> SeriesFolder:
    """Call with a series' name and its files (text or bytes): the root that holds the folder."""

    def write(name: str, files: Mapping[str, str | bytes], root: Path | None = None) -> Path:
        folder = (root or tmp_path / "migrations_sql") / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / file).write_bytes(data)
        return folder.parent

    return write


@contextmanager
def pointed(server: Cluster, alias: str, name: str) -> Iterator[None]:
    """Let ``alias`` mean the database ``name`` of the server, in settings and connections."""
    settings_before = settings.DATABASES.get(alias)
    connection_before = getattr(connections._connections, alias, None)  # type: ignore[attr-defined]
    settings.DATABASES[alias] = _entry(str(server.socket_dir), name)
    if connection_before is not None:
        del connections[alias]
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias]
        del settings.DATABASES[alias]
        if settings_before is not None:
            settings.DATABASES[alias] = settings_before
        if connection_before is not None:
            connections[alias] = connection_before


def _entry(host: str, name: str) -> dict[str, Any]:
    """A complete entry of ``DATABASES``; Django fills in defaults only when it first reads them."""
    entry: dict[str, Any] = copy.deepcopy(connections.settings["default"])
    entry.update(NAME=name, HOST=host, USER=SUPERUSER, PASSWORD="", PORT="", OPTIONS={})
    return entry
