"""An answer of many rows: they are counted, the first are kept, the rest is let go."""

import subprocess
import sys
from pathlib import Path

import pytest

from ceremony.core.check import CheckResult
from ceremony.core.outcome import StepState
from tests.pg.making import check, running, step

ROOT = Path(__file__).parents[2]
MANY = "SELECT g, repeat('x', 100) FROM generate_series(1, 1000000) AS g"
RUNNER = f"""
import resource, sys
from tests.pg.making import check, running, step
with running(sys.argv[1]) as (executor, _):
    executor.run([step("SELECT 1", after=[check("SELECT 1", "rows")])])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = "{MANY}"
    (outcome,) = executor.run([step(many, version="0002", after=[check(many, "rows")])])
    assert outcome.state.value == "done", outcome.problem
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_rows(target):
    told = subprocess.run(
        [sys.executable, "-c", RUNNER, target], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert int(told.stdout) < 30


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 999, 1000, 1001, 2500])
def test_every_row_is_counted_and_the_first_are_kept(target, count):
    question = f"SELECT g AS number, NULL AS nothing FROM generate_series(1, {count}) AS g"
    expect = "rows" if count else "no rows"
    with running(target) as (executor, _):
        (outcome,) = executor.run([step(question, after=[check(question, expect)])])
    assert outcome.state is StepState.DONE, outcome.problem
    assert outcome.statements[0].rows == count
    (found,) = outcome.checks
    assert found.result is CheckResult.PASS
    assert found.observed.columns == ("number", "nothing")
    assert found.observed.row_count == count
    assert found.observed.rows == tuple((str(n), None) for n in range(1, min(count, 20) + 1))
