"""A halt, and its lifting, that die at any message: said again, they stand as a whole, and no run
starts on a target whose ledger says halted.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from ceremony.models import HaltStep
from tests.conftest import SeriesFolder
from tests.faults.proxy import Fault, Kind
from tests.faults.series import GOODS
from tests.faults.stage import Stage

SPARSE = 1 if os.environ.get("CEREMONY_FAULTS") in ("kills", "all") else 7
HALT = ("halt_sql", "--database", "shop", "--reason", "Wrong figures.")
STATIONS = ("--assess", "Fine.", "--decide", "accept", "--reason", "Fine.")
LIFT = ("resume_sql", "--database", "shop", "--document", "Fine.")
KINDS = [Kind.KILL_BEFORE, Kind.CUT_AFTER]


@pytest.fixture
def shop(stage: Stage, series_folder: SeriesFolder) -> Iterator[Stage]:
    series_folder("shop", GOODS, root=stage.root)
    yield stage
    stage.clear()


def begin(stage: Stage) -> None:
    stage.clear()
    answer = stage.run("apply_sql", "shop")
    assert answer.status == 0, answer.told()


def halted(stage: Stage) -> None:
    begin(stage)
    for command in (HALT, ("resume_sql", "--database", "shop", *STATIONS)):
        answer = stage.run(*command)
        assert answer.status == 0, answer.told()


def events(stage: Stage) -> list[str]:
    return [line.event for line in stage.seen().ledger]


def stations() -> Counter[str]:
    return Counter(HaltStep.objects.values_list("station", flat=True))


def complaints(stage: Stage, wanted: list[str], station: str) -> Iterator[str]:
    """What may never be, once the same was said again."""
    if events(stage)[2:] != wanted:
        yield f"the ledger says {events(stage)}"
    if stations()[station] != 1:
        yield f"control has {stations()}"
    yield from stage.record(stage.seen().ledger).complaints


@pytest.mark.parametrize("kind", KINDS)
def test_a_halt_that_dies(shop: Stage, kind: Kind) -> None:
    at, found = 1, []
    while True:
        begin(shop)
        ended = shop.disturbed(Fault(kind, at), *HALT)
        told = "halted" in events(shop)
        refused = shop.run("apply_sql", "shop", "--to", "0001")
        if told and stations()["stop"] > 1:
            found.append(f"{at}: stopped twice")
        again = shop.run(*HALT)
        if again.status:
            found.append(f"{at}: {again.told()}")
        found += [f"{at}: {one}" for one in complaints(shop, ["halted"], "stop")]
        if refused.status not in (0, 3):
            found.append(f"{at}: {refused.told()}")
        if not ended.reached:
            break
        at += SPARSE
    assert found == []
    assert at > 10


@pytest.mark.parametrize("kind", KINDS)
def test_a_lift_that_dies(shop: Stage, kind: Kind) -> None:
    at, found = 1, []
    while True:
        halted(shop)
        ended = shop.disturbed(Fault(kind, at), *LIFT)
        told = "resumed" in events(shop)
        again = shop.run(*LIFT)
        if again.status != (2 if told else 0):
            found.append(f"{at}: {again.told()}")
        wanted = ["halted", "resumed"]
        found += [f"{at}: {one}" for one in complaints(shop, wanted, "lift")]
        if not ended.reached:
            break
        at += SPARSE
    assert found == []
    assert at > 10
