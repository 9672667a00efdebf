"""The five series of this repository, as the reader understands them."""

from pathlib import Path

import pytest

from ceremony.core.assemble import assemble
from ceremony.core.digests import bytes_digest
from ceremony.core.finding import errors
from ceremony.core.graph import check_graph
from ceremony.core.history import Event, History
from ceremony.core.lint import lint
from ceremony.core.manifest_steps import steps_of, way_back_of
from ceremony.core.plan import plan_apply
from ceremony.core.rules import BUILT_IN
from ceremony.core.series import Series
from ceremony.sources.folder import read_series, series_names

ROOT = Path(__file__).parents[2] / "migrations_sql"


def loaded(name: str) -> Series:
    return assemble(read_series(ROOT, name))


def test_they_are_five():
    assert series_names(ROOT) == ("calendar", "content", "listings", "outbox", "rebalancing")


@pytest.mark.parametrize("name", ["calendar", "content", "listings", "outbox", "rebalancing"])
def test_no_file_has_an_error(name):
    series = loaded(name)
    assert errors(series.findings) == ()
    assert check_graph({name: series}) == ()
    plan = plan_apply(series, History([]))
    assert plan.findings == ()
    assert [step.migration for step in plan.steps] == list(series.runnable)
    assert all(m.checks for m in series.runnable)


def test_the_order_of_rebalancing():
    plan = plan_apply(loaded("rebalancing"), History([]))
    assert [str(step.migration.version) for step in plan.steps] == [
        "0001",
        "0008",
        "0013_5",
        "0014",
    ]


def test_on_a_fresh_target_the_baseline_builds_content():
    steps = plan_apply(loaded("content"), History([])).steps
    assert [step.event for step in steps] == [Event.SUPERSEDED] * 8 + [Event.APPLIED]
    assert steps[-1].migration.label == "0030_establish_true_baseline"


def test_the_lint_finds_nothing_that_is_not_silenced_with_a_reason():
    library = {name: loaded(name) for name in series_names(ROOT)}
    assert lint(library, BUILT_IN) == ()


def test_they_ask_more_of_the_lint_and_never_less():
    asked = {name: loaded(name).settings.extra.get("lint", {}) for name in series_names(ROOT)}
    assert {name: rules for name, rules in asked.items() if rules} == {
        "content": {"lint-not-idempotent": "error", "lint-depends-on-table-existence": "error"},
        "outbox": {"lint-row-level-security": "error"},
    }


@pytest.mark.parametrize("name", ["calendar", "content", "listings", "outbox", "rebalancing"])
def test_every_file_that_is_signed_can_be_frozen(name):
    series = loaded(name)
    plan = plan_apply(series, History([]))
    back = way_back_of(plan, series)
    files = {file for step in (*steps_of(plan), *back) for file in step.files}
    assert {f.path: f.digest for f in files} == {
        f.path: bytes_digest(series.sources[f.path]) for f in files
    }
    assert len(files) > len(plan.steps)
    scripts = {path for m in series.runnable for path in (s.path for s in m.rollbacks.values())}
    run = {step.files[0].path for step in back}
    assert {path for path in run if ".rollback." in path} == scripts
