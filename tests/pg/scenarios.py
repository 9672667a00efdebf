"""What the runners of the crash tests do, and what must be true after each crash."""

from dataclasses import replace
from typing import Any

import psycopg

from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import StepOutcome, StepRun
from ceremony.core.script import ProbeTarget
from ceremony.pg.executor import Executor
from ceremony.pg.ledger import Ledger
from ceremony.pg.lock import acquire
from ceremony.pg.session import Session, SessionSettings, open_session
from tests.pg.making import CONTEXT, OPENED, SCHEMA, Heard, check, index_probe, libpq, step


def transactional() -> list[StepRun]:
    return [
        step(
            "CREATE TABLE t1 (id int CONSTRAINT t1_key PRIMARY KEY)",
            "INSERT INTO t1 VALUES (1)",
            version="0001",
            after=[check("INSERT INTO t1 VALUES (1)", "error unique_violation on t1_key")],
        ),
        step("CREATE TABLE t2 (id int)", ("COPY t2 FROM stdin", b"1\n2\n"), version="0002"),
        step("CREATE TABLE t3 AS SELECT 1 AS id", version="0003"),
    ]


def outside() -> list[StepRun]:
    run = step(
        "CREATE TABLE t1 (id int)",
        "CREATE INDEX CONCURRENTLY t1_id ON t1 (id)",
        "INSERT INTO t1 VALUES (1)",
        version="0001",
        transactional=False,
        after=[check("SELECT count(*) FROM t1", "value 1")],
    )
    target = index_probe("CREATE INDEX CONCURRENTLY t1_id ON t1 (id)")
    return [concurrently(run, 2, target), step("CREATE TABLE t2 (id int)", version="0002")]


def concurrently(
    run: StepRun, number: int, target: ProbeTarget, kind: str = "index_stmt"
) -> StepRun:
    """The same step, with one statement that cannot run in a transaction."""
    script = run.step.script
    assert script is not None
    statements = list(script.statements)
    statements[number - 1] = replace(
        statements[number - 1], in_transaction=False, probe=target, kind=kind
    )
    script = replace(script, statements=tuple(statements))
    return replace(run, step=replace(run.step, script=script))


SCENARIOS = {"transactional": transactional, "outside": outside}


def run(conninfo: str, scenario: str) -> tuple[StepOutcome, ...]:
    """One run, as a command does it: lock, ledger, what is not applied yet."""
    return recover(conninfo, scenario)[1]


def recover(conninfo: str, scenario: str) -> tuple[list[str], tuple[StepOutcome, ...]]:
    """What is wrong with the state an earlier run left, and then a run."""
    with open_session(libpq(conninfo), SessionSettings(run="scenario")) as session:
        acquire(session, SCHEMA, 30)
        ledger = Ledger(session, SCHEMA)
        if not ledger.exists():
            ledger.create(OPENED, CONTEXT)
        rows = ledger.rows()
        applied = {row.version for row in rows if row.event is Event.APPLIED}
        wrong = _violations(session, rows, applied, scenario)
        runs = [r for r in SCENARIOS[scenario]() if r.step.migration.version.text not in applied]
        return wrong, Executor(session, ledger, CONTEXT, Heard()).run(runs)


def _violations(
    session: Session, rows: tuple[LedgerRow, ...], applied: set[str], scenario: str
) -> list[str]:
    """The lock is ours, so nobody is at work any more: what is there is all there will be."""
    wrong = []
    if [row.sequence for row in rows] != list(range(1, len(rows) + 1)):
        wrong.append("gaps in the ledger")
    for one in SCENARIOS[scenario]():
        version = one.step.migration.version.text
        table = f"t{int(version)}"
        there = session.ask("SELECT to_regclass(%s) IS NOT NULL", (table,))[0][0]
        if one.step.transactional and there != (version in applied):
            wrong.append(f"{table} is {'in' if there else 'not in'}, applied: {sorted(applied)}")
    return wrong


def final(conninfo: str) -> tuple[list[Any], list[Any]]:
    """What a run leaves: applied versions, tables, indexes (valid or not), row counts."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        applied = connection.execute(
            "SELECT version FROM ceremony_ledger WHERE event = 'applied' ORDER BY sequence"
        ).fetchall()
        objects = connection.execute(
            "SELECT c.relname, c.relkind::text, coalesce(i.indisvalid, true) FROM pg_class c "
            "LEFT JOIN pg_index i ON i.indexrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        counts = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()
            for name, kind, _ in objects
            if kind == "r" and name != "ceremony_ledger"
        ]
        return applied, [*objects, *counts]
