"""A whole ``apply_sql`` costs one round trip per migration, with or without checks."""

import pytest

from bench.round_trips import COUNT, FIXED
from tests.faults.series import numbered


@pytest.mark.parametrize("checks", [0, 1, 5])
def test_one_round_trip_per_migration_and_a_fixed_dozen(stage, series_folder, checks):
    stage.clear()
    series_folder("shop", numbered(COUNT, checks), root=stage.root)
    assert COUNT <= turns_of(stage, "apply_sql", "shop") <= COUNT + FIXED


def test_a_target_with_a_history_costs_no_more(stage, series_folder):
    """The catalog is read before the run, too, and compared with the snapshot of the last one."""
    stage.clear()
    series_folder("shop", numbered(COUNT, 1), root=stage.root)
    turns_of(stage, "apply_sql", "shop", "--to", "0001")
    assert COUNT - 1 <= turns_of(stage, "apply_sql", "shop") <= COUNT - 1 + FIXED


def turns_of(stage, *arguments):
    """How many round trips to the target a command costs, which must go well."""
    stage.proxy.delay = 0.003
    try:
        ended = stage.disturbed(None, *arguments)
    finally:
        stage.proxy.delay = 0.0
    assert ended.answer is not None
    assert ended.answer.status == 0, ended.answer.told()
    return stage.proxy.turns[stage.target.info.dbname]
