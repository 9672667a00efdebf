"""A whole ``apply_sql`` costs one round trip per migration, with or without checks."""

import pytest

from bench.round_trips import COUNT, FIXED
from tests.faults.series import numbered


@pytest.mark.parametrize("checks", [0, 1, 5])
def test_one_round_trip_per_migration_and_a_fixed_dozen(stage, series_folder, checks):
    stage.clear()
    series_folder("shop", numbered(COUNT, checks), root=stage.root)
    stage.proxy.delay = 0.003
    try:
        ended = stage.disturbed(None, "apply_sql", "shop")
    finally:
        stage.proxy.delay = 0.0
    assert ended.answer is not None
    assert ended.answer.status == 0, ended.answer.told()
    turns = stage.proxy.turns[stage.target.info.dbname]
    assert COUNT <= turns <= COUNT + FIXED
