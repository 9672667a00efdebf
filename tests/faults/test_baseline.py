"""A baseline that is cut off at any message is recorded as a whole or not at all; the next call
settles it, and leaves no scratch database behind.
"""

import os
from collections.abc import Iterator

import pytest

from ceremony.models import Attempt, MigrationRecord, Outcome, Run
from ceremony.models.attempt import FINAL
from ceremony.models.audit import verify_chain
from tests.conftest import SeriesFolder
from tests.faults.proxy import Fault, Kind
from tests.faults.series import GOODS
from tests.faults.stage import Stage

SPARSE = 1 if os.environ.get("CEREMONY_FAULTS") == "all" else 60
RECORDED = [("0001", "baselined"), ("0002", "baselined")]
COMMAND = ("baseline_sql", "shop", "--without-rights")
LIVE = "CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL)"
BASE = {
    "0002_base.sql": (
        "-- Supersedes: 0001-0001\n-- Reversible: no (the base)\n"
        f"{LIVE.replace('TABLE', 'TABLE IF NOT EXISTS')};\n"
    ),
    "0002_base.verify.sql": (
        "-- check: goods\n-- when: always\n-- expect: success\nSELECT id, name FROM goods;\n"
    ),
}


@pytest.fixture
def live(stage: Stage, series_folder: SeriesFolder) -> Iterator[Stage]:
    series_folder("shop", {**GOODS, **BASE}, root=stage.root)
    yield stage
    stage.clear()


def begin(stage: Stage) -> None:
    """A live database without a ledger, and a control database that knows nothing."""
    stage.clear()
    stage.target.execute(LIVE)


def told(stage: Stage) -> list[tuple[str, str]]:
    """What the ledger says of the two files."""
    return [(line.version, line.event) for line in stage.seen().ledger if line.version]


def complaints(stage: Stage) -> Iterator[str]:
    """What may never be, once a call has gone well."""
    if told(stage) != RECORDED:
        yield f"the ledger reads {told(stage)}"
    if sorted(MigrationRecord.objects.values_list("version", "state")) != RECORDED:
        yield "control says something else than the ledger"
    settled = Outcome.objects.filter(FINAL).values("attempt_id")
    if Attempt.objects.exclude(pk__in=settled).exists():
        yield "an attempt has no outcome"
    if Run.objects.filter(outcome=None).exists():
        yield "a run was never closed"
    if not verify_chain().intact:
        yield "the audit trail is broken"
    left = "SELECT datname FROM pg_database WHERE datname LIKE 'ceremony_scratch_%'"
    if found := stage.target.execute(left).fetchall():
        yield f"left behind: {found}"


@pytest.mark.parametrize("kind", [Kind.KILL_BEFORE, Kind.CUT_AFTER])
def test_all_of_it_or_nothing_is_recorded(live: Stage, kind: Kind) -> None:
    begin(live)
    before = live.seen().catalog
    right = live.disturbed(None, *COMMAND)
    assert right.answer is not None
    assert right.answer.status == 0, right.answer.told()
    assert [*complaints(live)] == []
    commits = [at for at, text in enumerate(right.said, start=1) if text == b"COMMIT"]
    violations = []
    for at in sorted({*range(1, len(right.said) + 1, SPARSE), *commits[-4:]}):
        begin(live)
        live.disturbed(Fault(kind, at), *COMMAND)
        if told(live) not in ([], RECORDED):
            violations.append(f"{at}: half of it is in: {told(live)}")
        if live.seen().catalog != before:
            violations.append(f"{at}: the target changed")
        again = live.run(*COMMAND)
        if again.status:
            violations.append(f"{at}: {again.told()}")
        violations += [f"{at}: {each}" for each in complaints(live)]
    assert violations == []
