"""1,000 small migrations with all records written, against one psql running the same
statements.

python -m bench.thousand [--count 1000] [--rounds 3]

Both are whole processes: starting Python, reading and checking the files, and writing the
record count against us. The two take turns, each round on fresh databases; medians and their
ratio are printed, with fsync on (as a production server runs) and off (where the server is
quickest and we look worst).
"""

import argparse
import itertools
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from bench.generated import write_series
from project import embedded
from project.cluster import SUPERUSER, Cluster

LIMIT = 1.5
_HERE = Path(__file__).resolve().parent.parent


class Bench:
    """One throw-away server and the databases of the measurement."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._made: set[str] = set()
        self._numbers = itertools.count(1)
        self._run("CREATE DATABASE control_template")
        self._manage(
            "migrate", "--verbosity", "0", environment=self._environment("control_template")
        )

    def durable(self, fsync: str) -> None:
        self._run(f"ALTER SYSTEM SET fsync = {fsync}")
        self._run("SELECT pg_reload_conf()")
        self._run("CHECKPOINT")

    def psql(self, script: Path) -> float:
        """Seconds of one psql that runs the script on a fresh database."""
        self._fresh("target")
        command = [
            str(self._cluster.bindir / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
            f"--dbname={self._cluster.conninfo('target')}", f"--file={script}",
        ]  # fmt: skip
        return _timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))

    def apply_sql(self, root: Path, name: str) -> float:
        """Seconds of one ``apply_sql`` on a fresh database with a fresh control database."""
        environment = self.fresh_environment(root)
        return _timed(
            lambda: self._manage("apply_sql", name, "--database", "bench", environment=environment)
        )

    @property
    def socket(self) -> Path:
        """The server's socket."""
        return Path(self._cluster.socket_dir) / ".s.PGSQL.5432"

    def command(self, *arguments: str) -> list[str]:
        """``manage.py`` with these arguments."""
        return [sys.executable, str(_HERE / "manage.py"), *arguments]

    def fresh_environment(self, root: Path, through: Path | None = None) -> dict[str, str]:
        """The environment of a run on two fresh databases; ``through``: a proxy's folder."""
        self._fresh("target")
        self._fresh("control", "control_template")
        return self._environment("control", root, through)

    def _fresh(self, name: str, template: str = "template0") -> None:
        """A database of that name; the one before is kept under another until the end.

        After thousands of files were deleted, ext4 looks for free inodes among them for a minute
        and more, and every new file costs several times what it costs otherwise.
        """
        if name in self._made:
            self._run(f"ALTER DATABASE {name} RENAME TO {name}_{next(self._numbers)}")
        self._made.add(name)
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._run("CHECKPOINT")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._cluster.conninfo(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _environment(
        self, control: str, root: Path | None = None, through: Path | None = None
    ) -> dict[str, str]:
        host = str(through or self._cluster.socket_dir).replace("/", "%2F")
        return {
            **os.environ,
            "DATABASE_URL": f"postgres://{SUPERUSER}@{host}/{control}",
            "CEREMONY_EXTRA_ALIASES": "bench",
            "BENCH_DATABASE_URL": f"postgres://{SUPERUSER}@{host}/target",
            "CEREMONY_ROOT": str(root or _HERE / "migrations_sql"),
        }

    def _manage(self, *arguments: str, environment: Mapping[str, str]) -> None:
        done = subprocess.run(
            self.command(*arguments), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{shlex.join(done.args)} failed:\n{done.stdout}{done.stderr}")


def main() -> int:
    """Measure and print; exits 1 when the ratio is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, embedded.throwaway() as cluster:
        bench = Bench(cluster)
        Path(folder).chmod(0o755)
        for checks in (0, 1):
            root = Path(folder) / f"checks{checks}"
            script = write_series(root, "bench", options.count, checks)
            for fsync in ("on", "off"):
                bench.durable(fsync)
                ratio = _round(
                    bench, root, script, options.rounds, f"fsync {fsync}, {checks} checks each"
                )
                worst = max(worst, ratio if not checks else 0.0)
    print(f"worst ratio without checks {worst:.2f} (limit {LIMIT})")
    return int(worst > LIMIT)


def _round(bench: Bench, root: Path, script: Path, rounds: int, what: str) -> float:
    pairs = [(bench.psql(script), bench.apply_sql(root, "bench")) for _ in range(rounds)]
    psql = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(ours / psql for psql, ours in pairs)
    print(f"{what}: psql {psql:.2f} s, apply_sql {ours:.2f} s, ratio {ratio:.2f}", flush=True)
    return ratio


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
