"""A migration costs one round trip, with or without checks."""

from dataclasses import replace

import pytest

from ceremony.core.check import When
from ceremony.core.contract.requirement import RequiredKind, Requirement, Wanted
from ceremony.core.version import Version
from tests.pg.making import check, running, step

FIXED = 12
COUNT = 20


def contract(number: int) -> tuple[Requirement, ...]:
    """The tables of all migrations so far."""
    return tuple(
        Requirement(
            Wanted(RequiredKind.TABLE, "public", "", f"t{one}"),
            Version((one,), f"{one:04d}"),
            f"{one:04d}_x",
        )
        for one in range(1, number + 1)
    )


def make(number: int, checks: int):
    table = f"t{number}"
    after = [
        check(f"INSERT INTO {table} VALUES (1)", f"error unique_violation on {table}_pkey")
        for _ in range(checks)
    ]
    texts = [f"CREATE TABLE {table} (id int PRIMARY KEY)", f"INSERT INTO {table} VALUES (1)"]
    return step(*texts, version=f"{number:04d}", after=after)


@pytest.mark.parametrize("checks", [0, 1, 5])
def test_one_round_trip_per_migration(target, proxied, checks):
    runs = [make(number, checks) for number in range(1, COUNT + 1)]
    with proxied(target, delay=0.004) as (proxy, through), running(through) as (executor, _):
        proxy.reset()
        outcomes = executor.run(runs)
        turns = proxy.turns
    assert [outcome.state.value for outcome in outcomes] == ["done"] * COUNT
    assert turns <= COUNT * 1.1
    assert turns == COUNT + 1  # and the last COMMIT


def test_a_contract_costs_none(target, proxied):
    runs = [make(number, 1) for number in range(1, COUNT + 1)]
    runs = [
        replace(run, step=replace(run.step, contract=contract(number)))
        for number, run in enumerate(runs, 1)
    ]
    with proxied(target, delay=0.004) as (proxy, through), running(through) as (executor, _):
        proxy.reset()
        outcomes = executor.run(runs)
        turns = proxy.turns
    assert [outcome.state.value for outcome in outcomes] == ["done"] * COUNT
    assert turns == COUNT + 1


def test_connecting_locking_and_reading_the_ledger_cost_a_fixed_dozen(target, proxied):
    with running(target):
        pass
    with proxied(target, delay=0.004) as (proxy, through), running(through) as (executor, ledger):
        ledger.rows()
        executor.run([make(1, 0)])
        assert proxy.turns <= FIXED + 2


def test_a_check_before_that_may_refuse_is_awaited(target, proxied):
    """One more round trip, so that the statements do not run when the check says no."""
    run = step("CREATE TABLE t ()", before=[check("SELECT 1", "rows", when=When.BEFORE)])
    with proxied(target, delay=0.004) as (proxy, through), running(through) as (executor, _):
        proxy.reset()
        executor.run([run])
        assert proxy.turns == 3
