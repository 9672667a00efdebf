import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.graph import check_graph, resolve
from tests.core.folders import complete, series_of


def needs(**depends: str) -> dict[str, str]:
    """Complete migrations ``_0001_a="0002_b"`` with their dependencies."""
    stems = {key.lstrip("_"): value for key, value in depends.items()}
    header = {stem: f"-- Depends: {value}\n" for stem, value in stems.items() if value}
    return complete(*stems, header=header)


def graph_of(**series: dict[str, str]):
    return check_graph({name: series_of(files, name) for name, files in series.items()})


def test_dependencies_that_are_fine():
    shop = needs(
        _0001_a="", _0002_b="0001_a, django:auth.0001_initial", _0003_c="0001, other:0001_x"
    )
    assert graph_of(shop=shop, other=needs(_0001_x="")) == ()


@pytest.mark.parametrize(
    ("depends", "code", "message", "hint"),
    [
        (
            "0009_x",
            "dependency-missing",
            "0002_b depends on 0009_x, but there is no such file in 'shop'.",
            "Add the file, or mend the line.",
        ),
        (
            "0001_aa",
            "dependency-missing",
            "0002_b depends on 0001_aa, but there is no such file in 'shop'.",
            "Did you mean 0001_a?",
        ),
        (
            "001_a",
            "dependency-missing",
            "0002_b depends on 001_a, but there is no such file in 'shop'.",
            "Did you mean 0001_a?",
        ),
        (
            "othr:0001",
            "dependency-missing",
            "0002_b depends on othr:0001, but there is no series 'othr'.",
            "Did you mean other:0001?",
        ),
        (
            "other:0009",
            "dependency-missing",
            "0002_b depends on other:0009, but there is no such file in 'other'.",
            "Add the file, or mend the line.",
        ),
        (
            "other:0001_y",
            "dependency-missing",
            "0002_b depends on other:0001_y, but there is no such file in 'other'.",
            "Did you mean other:0001_x?",
        ),
        (
            "0003_c",
            "dependency-order",
            "0002_b depends on 0003_c, which comes after it.",
            "Give this file a number behind the one it depends on.",
        ),
        (
            "0004_p",
            "dependency-planned",
            "0002_b depends on 0004_p, which is planned and never runs: later.",
            "Wait until its line 'Planned:' goes, or plan this file too.",
        ),
        (
            "0005_r",
            "dependency-retired",
            "0002_b depends on 0005_r, which is retired and never runs: broken.",
            "Depend on the file that took its place.",
        ),
    ],
)
def test_a_dependency_that_cannot_be_met_is_refused(depends, code, message, hint):
    shop = needs(_0001_a="", _0002_b=depends, _0003_c="") | {
        "0004_p.sql": "-- Planned: later\nSELECT 1;",
        "0005_r.sql.retired": "-- Retired: broken\n",
    }
    [finding] = graph_of(shop=shop, other=needs(_0001_x=""))
    assert (finding.path, finding.line, finding.code) == ("shop/0002_b.sql", 1, code)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_planned_file_may_depend_on_a_planned_one():
    planned = {
        "0001_a.sql": "-- Planned: later\nSELECT 1;",
        "0002_b.sql": "-- Planned: later\n-- Depends: 0001_a\nSELECT 1;",
    }
    assert graph_of(shop=planned) == ()


def test_a_superseded_file_may_depend_on_a_retired_one():
    shop = needs(_0002_b="0001_r") | complete(
        "0003_c", header={"0003_c": "-- Supersedes: 0001-0002\n"}
    )
    shop["0001_r.sql.retired"] = "-- Retired: broken\n"
    assert graph_of(shop=shop) == ()


def test_a_retired_file_depends_on_nothing():
    assert graph_of(shop={"0001_r.sql.retired": "-- Retired: x\n-- Depends: 0009_y\n"}) == ()


def test_a_cycle_is_named():
    [finding] = graph_of(shop=needs(_0001_a="0003_c", _0002_b="0001_a", _0003_c="0002_b"))[:1]
    assert (finding.path, finding.line, finding.code) == ("shop/0001_a.sql", 1, "dependency-cycle")
    assert finding.message == (
        "These files depend on each other: 0001_a -> 0003_c -> 0002_b -> 0001_a."
    )
    assert finding.hint == "Take one of the 'Depends:' lines out."


def test_a_file_that_depends_on_itself():
    [finding] = graph_of(shop=needs(_0001_a="0001_a"))
    assert finding.message == "These files depend on each other: 0001_a -> 0001_a."


def test_a_cycle_between_series_is_named():
    [finding] = graph_of(shop=needs(_0001_a="other:0001_x"), other=needs(_0001_x="shop:0001"))
    assert finding.message == (
        "These files depend on each other: other:0001_x -> shop:0001_a -> other:0001_x."
    )


def test_a_cycle_through_the_order_of_two_series_is_named():
    shop = needs(_0001_a="", _0002_b="other:0002_y", _0003_c="")
    other = needs(_0001_x="shop:0003_c", _0002_y="")
    [finding] = graph_of(shop=shop, other=other)
    assert finding.code == "dependency-cycle"
    assert finding.message == (
        "These files depend on each other: other:0001_x -> shop:0003_c -> shop:0002_b -> "
        "other:0002_y -> other:0001_x (each series also runs in its own order)."
    )


def test_two_series_that_take_turns_are_no_cycle():
    shop = needs(_0001_a="", _0002_b="other:0001_x", _0003_c="other:0002_y")
    other = needs(_0001_x="shop:0001_a", _0002_y="shop:0002_b")
    assert graph_of(shop=shop, other=other) == ()


def test_a_name_that_begins_with_digits_is_found_in_another_series():
    other = series_of({"series.toml": "fractions = false", **complete("0003_5_x")}, "other")
    shop = series_of(needs(_0001_a="other:0003_5_x"))
    library = {"shop": shop, "other": other}
    assert check_graph(library) == ()
    [dependency] = shop.migrations[0].header.depends
    found = resolve(dependency, "shop", library)
    assert found is not None
    assert (str(found.version), found.name) == ("0003", "5_x")


def test_the_time_is_linear():
    stems = [f"{n:04d}_m" for n in range(3000)]
    header = {stem: f"-- Depends: {before}\n" for before, stem in pairwise(stems)}
    files = {f"{stem}.sql": f"{header.get(stem, '')}SELECT 1;" for stem in stems}
    library = {"shop": series_of(files)}
    started = time.perf_counter()
    assert check_graph(library) == ()
    assert time.perf_counter() - started < 2


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_a_cycle_is_found_exactly_when_there_is_one(pairs):
    stems = [f"{n:04d}_m" for n in range(8)]
    header = {
        stem: "".join(f"-- Depends: {stems[b]}\n" for a, b in pairs if a == n)
        for n, stem in enumerate(stems)
    }
    files = {f"{stem}.sql": f"{header[stem]}SELECT 1;" for stem in stems}
    found = {f.code for f in check_graph({"shop": series_of(files)})}
    assert ("dependency-cycle" in found) is _has_cycle(pairs)
    assert ("dependency-order" in found) is any(b > a for a, b in pairs)


def _has_cycle(pairs: list[tuple[int, int]]) -> bool:
    reach = set(pairs)
    for _ in range(8):
        reach |= {(a, d) for a, b in reach for c, d in reach if b == c}
    return any(a == b for a, b in reach)
