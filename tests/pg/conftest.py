"""Fixtures for tests against a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from psycopg.conninfo import make_conninfo

from tests.pg.proxy import Proxy


@pytest.fixture
def target(database):
    """The conninfo of a fresh database."""
    return database.conninfo


@pytest.fixture
def role(database):
    """The name of a role that may log in and nothing else; no other test has it."""
    name = f"role_of_{database.name}"
    with database.connect() as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        yield name
        connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.fixture
def proxied(server):
    """Call with a conninfo: a proxy in front of the server, and the conninfo through it."""

    @contextmanager
    def start(conninfo: str, delay: float = 0.0) -> Iterator[tuple[Proxy, str]]:
        with TemporaryDirectory(prefix="cer") as folder:
            socket = Path(server.socket_dir) / ".s.PGSQL.5432"
            proxy = Proxy(Path(folder), socket, delay)
            try:
                yield proxy, make_conninfo(conninfo, host=folder)
            finally:
                proxy.close()

    return start
