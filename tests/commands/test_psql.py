"""The script for a DBA: whole, and as ``psql`` reads it."""

import subprocess
from pathlib import Path

from ceremony.conf import Settings
from ceremony.core.header import Header, Risk
from ceremony.core.history import Event
from ceremony.core.report import PlanReport
from ceremony.core.script import CopyData
from ceremony.management.psql import psql_script
from tests.commands.values import TARGET, migration, plan, script, statement, step

SETTINGS = Settings(root=Path("migrations_sql"), lock_timeout=5000, statement_timeout=0)
DATA = "1\tcafé ; $$ :x \\\\\n2\t\\N\n".encode()


def _report():
    base = script(
        "shop/0001_orders.sql",
        "CREATE TABLE orders (id int, note text)",
        "COPY orders FROM stdin",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
    )
    first, copy, function = base.statements
    loaded = statement(copy.number, copy.text, copy=CopyData(DATA, 5))
    base = script(base.path, *(s.text for s in base.statements))
    base = type(base)(
        base.path, base.text, (first, loaded, function), base.bytes_digest, base.meaning_digest
    )
    careful = Header(risk=Risk.HIGH, lock_timeout=3000, statement_timeout=600_000)
    steps = (
        step(migration(1, "orders", header=careful), 1, script=base),
        step(
            migration(2, "index", "CREATE INDEX CONCURRENTLY one ON orders (id)", "ANALYZE orders"),
            2,
            transactional=False,
            resume_after=0,
        ),
        step(
            migration(
                3, "more", "already in", "CREATE INDEX CONCURRENTLY two ON orders (note)",
                header=Header(lock_timeout=1000),
            ),
            3,
            transactional=False,
            resume_after=1,
        ),
        step(migration(4, "renamed"), 4, script=None, event=Event.SUPERSEDED),
    )  # fmt: skip
    return PlanReport(TARGET, plan(*steps), 0, "plan1:00")


def test_the_script_is_what_would_run(golden):
    golden("plan.sql", psql_script(_report(), SETTINGS))


def test_psql_runs_the_script_as_it_stands(server, database, tmp_path):
    path = tmp_path / "plan.sql"
    path.write_text(psql_script(_report(), SETTINGS), encoding="utf-8")
    psql = Path(server.bindir) / "psql"
    command = [str(psql), "--no-psqlrc", "--quiet", "--file", str(path), database.conninfo]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with database.connect() as connection:
        assert connection.execute("SELECT id, note FROM orders ORDER BY id").fetchall() == [
            (1, "café ; $$ :x \\"),
            (2, None),
        ]
        indexes = connection.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'orders'")
        assert sorted(name for (name,) in indexes) == ["one", "two"]
        assert connection.execute("SELECT f()").fetchone() == (2,)
