"""A small world: a folder of series, the targets it goes to, and what can be seen of them."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.acceptance.catalog import Facts, catalog, ledger
from tests.acceptance.door import Answer, manage
from tests.conftest import Database, SeriesFolder

TABLE = "CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL);\n"
CHECK = "-- check: the table is there\n-- expect: success\nSELECT count(*) FROM things;\n"
BACK = "DROP TABLE things;\n"
WHOLE = {
    "0001_things.sql": TABLE,
    "0001_things.verify.sql": CHECK,
    "0001_things.rollback.sql": BACK,
}
"""The files of a migration that has everything it should have."""

QUIET = {
    "series.toml": """
[lint]
lint-data-loss-unsaid = { severity = "off", reason = "these tests are about the reading of files" }
lint-not-idempotent = { severity = "off", reason = "these tests are about the reading of files" }
lint-unseen-name = { severity = "off", reason = "these tests are about the reading of files" }
"""
}
"""Settings with which the lint says nothing about those files."""


@dataclass
class World:
    """The series ``shop`` and its target of the same name, unless a test asks for more."""

    root: Path
    folder: SeriesFolder
    register: Callable[[str], Database]
    targets: dict[str, Database] = field(default_factory=dict)

    def write(self, files: Mapping[str, str | bytes], series: str = "shop") -> None:
        """Put files into a series' folder; the others stay as they are."""
        self.folder(series, files, root=self.root)

    def path(self, name: str, series: str = "shop") -> Path:
        return self.root / series / name

    def target(self, alias: str = "shop") -> Database:
        """The target behind an alias, made on first use."""
        if alias not in self.targets:
            self.targets[alias] = self.register(alias)
        return self.targets[alias]

    def apply(self, *flags: str, series: str = "shop") -> Answer:
        return manage("apply_sql", series, *flags)

    def applied(self, *flags: str, series: str = "shop") -> Answer:
        """Apply, which must go well."""
        answer = self.apply(*flags, series=series)
        assert answer.status == 0, answer.told()
        return answer

    def rolled_back(self, *flags: str, series: str = "shop") -> Answer:
        """Roll back, which must go well."""
        answer = manage("rollback_sql", series, *flags)
        assert answer.status == 0, answer.told()
        return answer

    def ask(self, question: str, alias: str = "shop") -> list[tuple[Any, ...]]:
        """Rows from a target, in a session of the test's own."""
        with self.target(alias).connect() as connection:
            cursor = connection.execute(question)
            return list(cursor.fetchall()) if cursor.description else []

    def catalog(self, alias: str = "shop", tables: tuple[str, ...] = ()) -> Facts:
        with self.target(alias).connect() as connection:
            return catalog(connection, tables)

    def ledger(self, alias: str = "shop") -> Facts:
        with self.target(alias).connect() as connection:
            return ledger(connection)

    def applied_versions(self, series: str = "shop", alias: str = "shop") -> list[str]:
        """The versions whose last word in the ledger is ``applied``."""
        rows = self.ask(
            "SELECT version FROM (SELECT DISTINCT ON (version) version, event FROM ceremony_ledger"
            f" WHERE series = '{series}' ORDER BY version, sequence DESC) l"
            " WHERE event = 'applied' ORDER BY version",
            alias,
        )
        return [version for (version,) in rows]


def point(alias: str, **parts: Any) -> None:
    """Change the address of a target for the rest of the test (a fixture puts it back)."""
    settings.DATABASES[alias] = {**settings.DATABASES[alias], **parts}


class Doorbell:
    """Listens where a server would, and tells whether anybody ever rang."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._listener.setblocking(False)

    @property
    def rang(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._listener.close()
