"""A stage for a series called ``mine``: files as they are needed, and small ways to change them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from ceremony.management.trouble import CommandStopped
from tests.conftest import Database

TABLE = {
    "0001_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY, note text);\n",
    "0001_orders.verify.sql": "-- check: the table is empty\n-- when: always\n-- expect: no rows\n"
    "SELECT id FROM orders;\n",
    "0001_orders.rollback.sql": "DROP TABLE orders;\n",
}
COLUMN = {
    "0002_add_email.sql": "-- Data loss: rollback (emails)\n"
    "ALTER TABLE orders ADD COLUMN email text;\n",
    "0002_add_email.rollback.sql": "ALTER TABLE orders DROP COLUMN email;\n",
}
BAD = {"0003_bad.sql": "CREATE TABLE fine ();\nALTER TABLE orders\n  ADD COLUMN x nosuch;\n"}
SLOW = {"0003_slow.sql": "CREATE TABLE slow ();\nSELECT pg_sleep(60);\n"}
PARTLY = {
    "0003_index.sql": "-- Transaction: none\n"
    "CREATE INDEX CONCURRENTLY one ON orders (note);\n"
    "CREATE INDEX CONCURRENTLY two ON orders (nosuch);\n",
}


@dataclass(frozen=True)
class Answer:
    """What a command called from Python wrote, and its exit status."""

    status: int
    code: str
    out: str
    err: str


@dataclass(frozen=True)
class Stage:
    """The folder of series, the control database and the target of ``mine``."""

    root: Path
    control: Database
    target: Database
    write: Callable[..., Path]

    def files(self, *several: Mapping[str, str]) -> None:
        """Write these files of the series."""
        for files in several:
            self.write("mine", files, self.root)

    def call(self, *arguments: str) -> Answer:
        """Call a command as Python code does."""
        out, err = StringIO(), StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandStopped as stopped:
            return Answer(stopped.returncode, stopped.code, out.getvalue(), err.getvalue())
        return Answer(0, "", out.getvalue(), err.getvalue())
