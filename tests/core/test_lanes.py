"""Lanes: every dependency is drawn, and no line runs through a dot that is not its own."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.lanes import LaneRow, Node, around, chained, lanes


@st.composite
def graphs(draw):
    """Rows that need some of the rows above them."""
    count = draw(st.integers(0, 25))
    names = [f"n{number}" for number in range(count)]
    return [
        Node(name, tuple(draw(st.lists(st.sampled_from(names[:at]), max_size=4)) if at else ()))
        for at, name in enumerate(names)
    ]


def edges_of(rows):
    """The dependencies that somebody reads from the picture, following each line down."""
    lines = {}
    for row in rows:
        yield from ((lines[lane], row.name) for lane in row.into)
        lines = {lane: lines[lane] for lane in row.through} | dict.fromkeys(row.out, row.name)
    assert not lines, "no line ends in nothing"


@given(graphs())
def test_the_picture_shows_every_dependency_once_and_no_other(nodes):
    told = sorted(edges_of(lanes(nodes)))
    assert told == sorted((need, node.name) for node in nodes for need in set(node.needs))


@given(graphs())
def test_no_line_passes_a_dot_or_another_line(nodes):
    for row in lanes(nodes):
        assert row.lane not in row.through
        assert not set(row.out) & set(row.through)
        assert len(set(row.into)) == len(row.into)
        assert len(row.out) <= 2


@given(graphs())
def test_what_leaves_a_row_reaches_the_next(nodes):
    rows = lanes(nodes)
    for above, below in itertools.pairwise(rows):
        assert {*above.through, *above.out} == {*below.into, *below.through}


@given(graphs())
def test_the_same_graph_gives_the_same_picture_however_needs_are_written(nodes):
    turned = [Node(node.name, (*reversed(node.needs), *node.needs)) for node in nodes]
    assert lanes(turned) == lanes(nodes)


@given(graphs())
def test_never_more_lanes_than_rows_that_wait_to_be_followed(nodes):
    followed = len({need for node in nodes for need in node.needs})
    assert all(row.width <= 2 * followed + 1 for row in lanes(nodes))


def test_a_branch_leaves_its_row_and_joins_again():
    nodes = [
        Node("1"),
        Node("2", ("1",)),
        Node("3", ("1",)),
        Node("4", ("3", "2")),
    ]
    assert lanes(nodes) == (
        LaneRow("1", 0, into=(), through=(), out=(0, 1)),
        LaneRow("2", 0, into=(0,), through=(1,), out=(0,)),
        LaneRow("3", 1, into=(1,), through=(0,), out=(1,)),
        LaneRow("4", 0, into=(0, 1), through=(), out=()),
    )


def test_followers_of_one_row_share_its_second_line():
    rows = lanes([Node("1"), *(Node(f"{number}", ("1",)) for number in range(2, 302))])
    assert max(row.width for row in rows) == 2
    assert rows[2].into == (1,)
    assert rows[2].through == (1,)


def test_what_stands_below_or_nowhere_is_not_drawn():
    assert lanes([Node("1", ("2", "nowhere", "1")), Node("2")]) == (
        LaneRow("1", 0, (), (), ()),
        LaneRow("2", 0, (), (), ()),
    )


def test_a_list_that_runs_in_its_order_is_a_chain():
    nodes = [Node("1"), Node("2"), Node("old"), Node("3"), Node("4", ("1",)), Node("5")]
    assert [node.needs for node in chained(nodes, {"old"})] == [
        (),
        ("1",),
        (),
        ("2",),
        ("1",),
        ("4",),
    ]


def test_rows_around_what_was_chosen():
    rows = [str(number) for number in range(50)]
    assert rows[around(rows, {"20", "22"}, 3)] == [str(number) for number in range(17, 26)]
    assert rows[around(rows, {"1"}, 3)] == ["0", "1", "2", "3", "4"]
    assert rows[around(rows, {"nowhere"}, 3)] == [str(number) for number in range(43, 50)]
    assert rows[around(rows[:4], (), 3)] == ["0", "1", "2", "3"]
    assert [][around([], {"1"}, 3)] == []
