"""The matrix of a series: files against records, one migration on one target at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.matrix import (
    NEED,
    Cell,
    CellState,
    Recorded,
    by_need,
    cell_of,
    counted,
    matrix_rows,
)
from ceremony.core.migration import Kind
from ceremony.core.version import Version
from tests.django.factories import MigrationFactory, ScriptFactory, digest

SAME = {"bytes_digest": digest("a"), "meaning_digest": digest("b", "meaning1")}


def migration(version="0001", kind=Kind.RUNNABLE, **digests):
    script = ScriptFactory(**{**SAME, **digests})
    return MigrationFactory(version=Version.of(version), name="orders", kind=kind, script=script)


def recorded(state="applied", version="0001", **digests):
    return Recorded(7, version, "orders", state, **{**SAME, **digests})


@pytest.mark.parametrize(
    ("file", "record", "state"),
    [
        (migration(), recorded(), "same"),
        (migration(), recorded("baselined"), "same"),
        (migration(), recorded(bytes_digest=digest("e")), "reworded"),
        (
            migration(),
            recorded(bytes_digest=digest("e"), meaning_digest=digest("f", "meaning1")),
            "changed",
        ),
        (migration(), recorded(bytes_digest="", meaning_digest=""), "unknown"),
        (
            migration(meaning_digest=""),
            recorded(bytes_digest=digest("e"), meaning_digest=""),
            "changed",
        ),
        (None, recorded(), "missing"),
        (None, recorded("partly applied"), "missing"),
        (None, None, "absent"),
        (None, recorded("rolled back"), "rolled back"),
        (None, recorded("superseded"), "superseded"),
        (None, recorded("retired"), "retired"),
        (migration(), None, "pending"),
        (migration(kind=Kind.PLANNED), None, "planned"),
        (migration(kind=Kind.RETIRED), None, "retired"),
        (migration(kind=Kind.RETIRED), recorded(), "retired"),
        (migration(kind=Kind.PLANNED), recorded("rolled back"), "planned"),
        (migration(), recorded("rolled back"), "rolled back"),
        (migration(), recorded("partly applied"), "partly applied"),
        (migration(), recorded("superseded"), "superseded"),
    ],
)
def test_a_cell_says_how_file_and_record_agree(file, record, state):
    assert cell_of(file, record) == Cell(CellState(state), 7 if record else 0)


def test_a_row_has_one_cell_for_each_target_in_their_order():
    first = {"0001": recorded(), "0002": recorded(version="0002")}
    rows = matrix_rows([migration("0001"), migration("0003")], [first, {}])
    assert [(row.label, [cell.state.value for cell in row.cells]) for row in rows] == [
        ("0001_orders", ["same", "pending"]),
        ("0002_orders", ["missing", "absent"]),
        ("0003_orders", ["pending", "pending"]),
    ]
    assert [row.on_disk for row in rows] == [True, False, True]
    assert counted(rows, 0) == {
        CellState.MISSING: 1,
        CellState.PENDING: 1,
        CellState.SAME: 1,
    }
    assert list(counted(rows, 0)) == [CellState.MISSING, CellState.PENDING, CellState.SAME]


def test_what_needs_somebody_comes_first_and_the_rest_stays_in_order():
    found = {"0002": recorded(version="0002"), "0001": recorded()}
    rows = matrix_rows([migration("0001"), migration("0003")], [found])
    assert [row.label for row in by_need(rows)] == ["0002_orders", "0003_orders", "0001_orders"]


def test_a_number_that_is_used_twice_is_the_file_that_can_run():
    twice = [migration("0001", Kind.RETIRED), migration("0001")]
    (row,) = matrix_rows(twice, [{}])
    assert row.cells == (Cell(CellState.PENDING),)


def test_a_record_with_no_version_of_ours_comes_first():
    odd = Recorded(7, "odd", "one", "applied")
    rows = matrix_rows([migration("0001")], [{"odd": odd}])
    assert [row.label for row in rows] == ["odd_one", "0001_orders"]


VERSIONS = st.sampled_from(["0001", "0002", "0003", "0004"])
RECORDS = st.dictionaries(
    VERSIONS,
    st.sampled_from(["applied", "baselined", "rolled back", "partly applied", "superseded"]),
)


@given(st.sets(VERSIONS), st.lists(RECORDS, max_size=4))
def test_the_matrix_is_whole(on_disk, targets):
    records = [{v: recorded(state, v) for v, state in one.items()} for one in targets]
    rows = matrix_rows([migration(one) for one in sorted(on_disk)], records)
    assert [str(row.version) for row in rows] == sorted(
        {*on_disk, *(v for r in targets for v in r)}
    )
    for row in rows:
        assert len(row.cells) == len(targets)
        assert row.need == max((NEED.get(cell.state, 0) for cell in row.cells), default=0)
        for cell, one in zip(row.cells, targets, strict=True):
            assert bool(cell.record) == (str(row.version) in one)
            assert cell.state is not CellState.ABSENT or not row.on_disk
