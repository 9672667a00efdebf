"""A run that dies, or loses a link, between any two messages is settled by the next one, by itself.

SIGKILL is tried at every fourth message of a transactional run here, another quarter each time, and
the rest is sampled. ``CEREMONY_FAULTS=kills`` (as in CI) tries it at every message,
``CEREMONY_FAULTS=all`` every kind at every message, those included that only prepare.
"""

import os
import random
from dataclasses import replace

import pytest

from tests.faults.judge import enumerate_faults, undisturbed
from tests.faults.proxy import Kind
from tests.faults.series import FAILING, TRANSACTIONAL

ALL = os.environ.get("CEREMONY_FAULTS") == "all"
EVERY = os.environ.get("CEREMONY_FAULTS") in ("kills", "all")
SHARES = 4
SPARSE = 1 if ALL else 24
VERSIONS = ("0001", "0002", "0003")


@pytest.fixture
def transactional(stage, series_folder):
    series_folder("shop", TRANSACTIONAL, root=stage.root)
    stage.proxy.fine = ALL
    yield undisturbed(stage, VERSIONS, "apply_sql", "shop")
    stage.proxy.fine = False


@pytest.mark.parametrize("turn", range(SHARES if EVERY else 1))
def test_killed_at_every_message(stage, transactional, turn):
    share = turn if EVERY else random.randrange(SHARES)
    tally = enumerate_faults(stage, transactional, Kind.KILL_BEFORE, share=(share, SHARES))
    assert tally.violations == []
    assert tally.faults >= transactional.messages // SHARES


@pytest.mark.parametrize("kind", [Kind.KILL_AFTER, Kind.CUT_BEFORE, Kind.CUT_AFTER])
def test_killed_behind_a_message_and_links_cut(stage, transactional, kind):
    tally = enumerate_faults(stage, transactional, kind, share=(SPARSE // 2, SPARSE))
    assert tally.violations == []
    assert tally.faults >= transactional.messages // SPARSE


@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER])
def test_link_cut_around_every_commit(stage, transactional, kind):
    """The one place where the client cannot know what became of its work."""
    commits = [at for at, text in enumerate(transactional.said, start=1) if text == b"COMMIT"]
    tally = enumerate_faults(stage, transactional, kind, places=commits)
    assert tally.violations == []
    assert tally.faults == len(commits) > 2 * len(VERSIONS)


def test_a_failure_that_was_planned(stage, series_folder):
    """A check that does not hold fails in every run, whatever happened to the one before."""
    series_folder("shop", {**TRANSACTIONAL}, root=stage.root)
    catalogs = undisturbed(stage, VERSIONS, "apply_sql", "shop").catalogs
    series_folder("shop", FAILING, root=stage.root)
    right = replace(undisturbed(stage, (), "apply_sql", "shop"), catalogs=catalogs)
    assert (right.status, right.final.applied) == (1, VERSIONS[:2])
    for kind in Kind:
        tally = enumerate_faults(stage, right, kind, share=(SPARSE, SPARSE * 2))
        assert tally.violations == []
        assert tally.faults >= right.messages // (SPARSE * 2)


@pytest.mark.parametrize("kind", Kind)
def test_a_way_back(stage, series_folder, kind):
    series_folder("shop", TRANSACTIONAL, root=stage.root)
    back = ("rollback_sql", "shop", "--to", "zero")
    right = undisturbed(stage, VERSIONS, *back, before=lambda: stage.run("apply_sql", "shop"))
    assert (right.status, right.final.applied) == (0, ())
    tally = enumerate_faults(stage, right, kind, share=(SPARSE, SPARSE * 2))
    assert tally.violations == []
    assert tally.faults >= right.messages // (SPARSE * 2)
