"""A rehearsal of 300 migrations over 200 tables, singly and as a whole; and what a migration costs
more where there are many tables that it does not touch.

python -m bench.rehearsal [--migrations 300] [--tables 200]

Whole processes, on two databases of a server of their own. The second figure compares the same
hundred migrations on a hundred and on a thousand tables; each run's own base is taken off.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from bench.thousand import Bench
from project import embedded

LIMIT_SECONDS = 90.0
LIMIT_GROWTH = 1.2
"""What the cost of a migration may grow by, noise included: it must not depend on other tables."""

_FEW, _MANY, _DRILLED = 100, 1_000, 100


def main() -> int:
    """Measure and print; exits 1 when a figure is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--migrations", type=int, default=300)
    parser.add_argument("--tables", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded.throwaway() as cluster:
        Path(folder).chmod(0o755)
        bench = Bench(cluster)
        root = Path(folder) / "whole"
        write_whole(root, options.migrations, options.tables)
        seconds = _rehearse(bench, root)
        each = seconds / options.migrations
        print(
            f"{options.migrations} migrations over {options.tables} tables: {seconds:.1f} s "
            f"(limit {LIMIT_SECONDS:.0f} s), {each * 1000:.0f} ms each",
            flush=True,
        )
        costs = [_cost(bench, Path(folder) / str(tables), tables) for tables in (_FEW, _MANY)]
    growth = costs[1] / costs[0]
    print(f"ten times the tables: {growth:.2f} times the cost (limit {LIMIT_GROWTH})")
    return int(seconds > LIMIT_SECONDS or growth > LIMIT_GROWTH)


def write_whole(root: Path, migrations: int, tables: int) -> None:
    """A series that makes ``tables`` tables, each with a key to the one before, and then changes
    one after the other.
    """
    for number in range(1, migrations + 1):
        if number <= tables:
            before = f"REFERENCES w{number - 1:03} ON DELETE CASCADE" if number > 1 else ""
            _write(root, number, _table(f"w{number:03}", before), f"DROP TABLE w{number:03};\n")
        else:
            table = f"w{(number - tables - 1) % tables + 1:03}"
            _write(root, number, *_change(table, number))


def _cost(bench: Bench, root: Path, tables: int) -> float:
    """Seconds of a migration that changes one of ten tables, beside ``tables`` others."""
    names = [f"b{number:04}" for number in range(tables)]
    # A hundred tables a file: one transaction cannot hold the locks of a thousand.
    files = tables // 100
    for number in range(files):
        base = names[number * 100 : number * 100 + 100]
        forward = "".join(_table(name, "") for name in base)
        _write(root, number + 1, forward, "".join(f"DROP TABLE {name};\n" for name in base))
    alone = _rehearse(bench, root)
    for number in range(files + 1, files + 1 + _DRILLED):
        _write(root, number, *_change(names[number % 10], number))
    cost = (_rehearse(bench, root) - alone) / _DRILLED
    print(f"beside {tables:,} tables: {cost * 1000:.0f} ms for each migration", flush=True)
    return cost


def _rehearse(bench: Bench, root: Path) -> float:
    environment = bench.fresh_environment(root)
    started = time.perf_counter()
    command = bench.command("rehearse_sql", "bench", "--database", "bench")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"rehearse_sql failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return seconds


def _table(name: str, reference: str) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {name} (id bigint PRIMARY KEY, parent bigint {reference}, "
        "title text NOT NULL DEFAULT '', state text CHECK (state IN ('new', 'done')), "
        "created_at timestamptz NOT NULL DEFAULT now());\n"
        f"CREATE INDEX IF NOT EXISTS {name}_title ON {name} (title);\n"
    )


def _change(table: str, number: int) -> tuple[str, str]:
    column = f"extra_{number}"
    forward = (
        f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} integer NOT NULL DEFAULT 0;\n"
        f"CREATE INDEX IF NOT EXISTS {table}_{column} ON {table} ({column});\n"
        f"COMMENT ON COLUMN {table}.{column} IS 'made up';\n"
    )
    return forward, f"ALTER TABLE {table} DROP COLUMN {column};\n"


def _write(root: Path, number: int, forward: str, backward: str) -> None:
    folder = root / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{number:04}_step_{number}"
    stem.with_suffix(".sql").write_text(
        f"-- Purpose: step {number}\n-- Risk: low\n{forward}", encoding="utf-8"
    )
    stem.with_suffix(".rollback.sql").write_text(backward, encoding="utf-8")
    stem.with_suffix(".verify.sql").write_text(
        "-- check: the catalog answers\n-- expect: value 1\nSELECT 1;\n", encoding="utf-8"
    )


if __name__ == "__main__":
    raise SystemExit(main())
