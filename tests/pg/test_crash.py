"""A runner is killed with SIGKILL between any two messages; the next run settles what is left."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psycopg
import pytest

from ceremony.core.outcome import StepState
from tests.pg import scenarios

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def zygote():
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.pg.zygote"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    yield process
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


def start(zygote, conninfo, scenario) -> int:
    zygote.stdin.write(json.dumps({"conninfo": conninfo, "scenario": scenario}) + "\n")
    return int(zygote.stdout.readline().split()[1])


def killed_first(pid) -> None:
    os.kill(pid[0], signal.SIGKILL)


def by_hand(conninfo, text) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(text)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", list(scenarios.SCENARIOS))
def test_killed_between_any_two_messages(target, proxied, zygote, scenario):
    with proxied(target) as (proxy, through):
        outcomes = scenarios.run(through, scenario)
        total = proxy.units
    assert {outcome.state for outcome in outcomes} == {StepState.DONE}
    undisturbed = scenarios.final(target)
    killed, wrong = 0, []
    for number in range(2, total + 1):
        by_hand(target, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        with proxied(target) as (proxy, through):
            pid: list[int] = []
            proxy.at = (number, partial(killed_first, pid))
            pid.append(start(zygote, through, scenario))
            zygote.stdout.readline()
        killed += proxy.reached
        found, outcomes = scenarios.recover(target, scenario)
        wrong += [(number, what) for what in found]
        stopped = next((o.problem for o in outcomes if o.problem), None)
        if stopped and stopped.code == "index-invalid":
            # The server noticed the dead client in the middle of the build, and a person is asked.
            assert "Statement 2 of shop/0001_x.sql" in stopped.happened
            by_hand(target, stopped.next_step.partition(";")[0])
            scenarios.run(target, scenario)
        if scenarios.final(target) != undisturbed:
            wrong.append((number, "the next run did not settle it"))
    assert wrong == []
    assert killed == total - 1
    assert scenarios.run(target, scenario) == ()
