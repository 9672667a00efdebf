"""Round trips to the target of a whole ``apply_sql``, counted by a proxy in front of the server.

python -m bench.round_trips

A round trip is the client speaking after it has heard something. At most 1.1 per migration and a
dozen per run are allowed, with or without checks.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.generated import write_series
from bench.thousand import Bench
from project import embedded
from tests.faults.proxy import Proxy

COUNT = 60
CHECKS = (0, 1, 5)
PER_MIGRATION = 1.1
FIXED = 12
_DELAY = 0.003


def round_trips(bench: Bench, folder: Path, checks: int) -> int:
    """Round trips to the target for ``COUNT`` migrations with as many checks each."""
    root = folder / f"checks{checks}"
    write_series(root, "bench", COUNT, checks)
    place = folder / f"proxy{checks}"
    place.mkdir()
    proxy = Proxy(place, bench.socket, delay=_DELAY)
    process = subprocess.Popen(
        bench.command("apply_sql", "bench", "--database", "bench"),
        env=bench.fresh_environment(root, through=place),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout is not None
        proxy.attend(process.stdout.fileno(), process.kill)
        process.stdout.read()
    proxy.close()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return proxy.turns["target"]


def main() -> int:
    """Count and print; exits 1 when there are too many."""
    allowed = COUNT * PER_MIGRATION + FIXED
    worst = 0
    with tempfile.TemporaryDirectory() as folder, embedded.throwaway() as cluster:
        bench = Bench(cluster)
        for checks in CHECKS:
            turns = round_trips(bench, Path(folder), checks)
            worst = max(worst, turns)
            print(
                f"{COUNT} migrations with {checks} checks each: {turns} round trips, "
                f"{turns - COUNT} more than one per migration"
            )
    print(f"most {worst} (limit {PER_MIGRATION} per migration and {FIXED}: {allowed:.0f})")
    return int(worst > allowed)


if __name__ == "__main__":
    sys.exit(main())
