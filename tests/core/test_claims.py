"""Claims of a summary, held against rehearsals, catalogs and flags."""

import pytest

from ceremony.core.catalog import ALGORITHM, CatalogObject, ObjectKey, ObjectKind, Snapshot
from ceremony.core.catalog.diff import diff
from ceremony.core.claims import (
    Found,
    Rehearsed,
    feature_flagged,
    idempotent,
    non_breaking,
    reversible,
)

TABLE = ObjectKey(ObjectKind.TABLE, "public.orders")
COLUMN = ObjectKey(ObjectKind.COLUMN, "public.orders.id")
INDEX = ObjectKey(ObjectKind.INDEX, "public.orders_index")


def rehearsed(verdict="restored", again="fine", label="0001_orders", number=7):
    entry = {
        "ways_back": [{"variant": "keep", "verdict": "fails"}, {"variant": "", "verdict": verdict}],
        "stations": [{"station": "up", "mark": "fine"}, {"station": "again", "mark": again}],
    }
    return Rehearsed(label, number, entry)


UNKNOWN = Rehearsed("0002_later")


def snapshot(**columns):
    objects = {
        TABLE: CatalogObject(TABLE),
        **{
            ObjectKey(ObjectKind.COLUMN, f"public.orders.{name}"): CatalogObject(
                ObjectKey(ObjectKind.COLUMN, f"public.orders.{name}"), {"type": kind}, parent=TABLE
            )
            for name, kind in columns.items()
        },
    }
    return Snapshot(ALGORITHM, 18, objects)


@pytest.mark.parametrize("verdict", ["restored", "cosmetic"])
def test_reversible(verdict):
    told = "Rehearsal 7, 9 took every migration back to the start."
    assert reversible([rehearsed(verdict), rehearsed(number=9)]) == Found(True, told)


@pytest.mark.parametrize("verdict", ["fails", "not restored", "no rollback file"])
def test_not_reversible(verdict):
    told = f"Not taken back cleanly in rehearsal: 0001_orders ({verdict})."
    assert reversible([rehearsed(verdict)]) == Found(False, told)


def test_a_way_back_that_was_not_run_says_nothing():
    unrun = Rehearsed("0001_orders", 7, {"ways_back": [], "stations": []})
    told = "These were not taken back in rehearsal: 0001_orders."
    assert reversible([unrun, rehearsed(label="0002_more")]) == Found(None, told)
    assert reversible([unrun, rehearsed("fails")]).true is False


def test_a_plan_that_runs_no_file_shows_nothing():
    assert reversible([]) == idempotent([]) == Found(None, "No step of the plan runs a file.")


def test_what_was_not_rehearsed_is_not_known():
    told = "No rehearsal of exactly these files is recorded: 0002_later."
    assert reversible([rehearsed(), UNKNOWN]) == Found(None, told)
    assert idempotent([rehearsed(), UNKNOWN]) == Found(None, told)


@pytest.mark.parametrize(
    ("mark", "found"),
    [
        ("fine", Found(True, "Rehearsal 7 ran every one twice: nothing changed.")),
        (
            "differs",
            Found(False, "Run a second time, these fail or change something: 0001_orders."),
        ),
        ("failed", Found(False, "Run a second time, these fail or change something: 0001_orders.")),
        ("not run", Found(None, "These were not run a second time: 0001_orders.")),
    ],
)
def test_idempotent(mark, found):
    assert idempotent([rehearsed(again=mark)]) == found


def test_non_breaking():
    before = snapshot(id="integer")
    more = diff(before, snapshot(id="integer", name="text"))
    fine = "Nothing that was there is gone or retyped, and the contract holds."
    assert non_breaking(more, True) == Found(True, fine)
    broken = "The contract does not hold, or did not hold before the run."
    assert non_breaking(more, False) == Found(False, broken)
    unasked = "Nothing that was there is gone or retyped; the contract was not asked."
    assert non_breaking(more, None) == Found(None, unasked)
    nothing = "The catalog before the run, or after it, is not known."
    assert non_breaking(None, True) == Found(None, nothing)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ({"id": "bigint"}, "column public.orders.id is retyped"),
        ({"number": "integer"}, "column public.orders.id is gone"),
        ({}, "column public.orders.id is gone"),
    ],
)
def test_breaking(after, what):
    changed = diff(snapshot(id="integer"), snapshot(**after))
    assert non_breaking(changed, True) == Found(False, f"Of what was there before, {what}.")


def _one(kind, fact, before, after):
    key = ObjectKey(kind, "public.it")
    told = (
        Snapshot(ALGORITHM, 18, {key: CatalogObject(key, {fact: value})})
        for value in (before, after)
    )
    return non_breaking(diff(*told), True)


@pytest.mark.parametrize(
    ("kind", "fact", "before", "after", "true"),
    [
        (ObjectKind.FUNCTION, "returns", "integer", "text", False),
        (ObjectKind.FUNCTION, "body", "1", "2", True),
        (ObjectKind.DOMAIN, "type", "integer", "text", False),
        (ObjectKind.RANGE, "subtype", "integer", "bigint", False),
        (ObjectKind.SEQUENCE, "type", "bigint", "integer", False),
        (ObjectKind.ENUM, "labels", "'a', 'b, ''c'", "'a', 'new', 'b, ''c'", True),
        (ObjectKind.ENUM, "labels", "'a', 'b, ''c'", "'a', 'b'", False),
        (ObjectKind.TYPE, "attributes", "a integer", "a integer, b text", True),
        (ObjectKind.TYPE, "attributes", "a integer", "a integer[], b text", False),
        (ObjectKind.VIEW, "definition", "SELECT 1", "SELECT 2", None),
        (ObjectKind.MATERIALIZED_VIEW, "definition", "SELECT 1", "SELECT 2", None),
    ],
)
def test_what_is_retyped_is_more_than_columns(kind, fact, before, after, true):
    found = _one(kind, fact, before, after)
    assert found.true is true
    if true is False:
        assert found.why == f"Of what was there before, {kind} public.it is retyped."
    if true is None:
        told = f"Whether the columns are those of before is not told: {kind} public.it."
        assert found.why == told


def test_feature_flagged():
    none = "series.toml names no flag in flags_off of [preflight]."
    assert feature_flagged({}) == Found(False, none)
    on = Found(False, "These are on: SHOP_ON (in settings).")
    assert feature_flagged({"SHOP_ON": "settings", "OTHER": ""}) == on
    told = "None of 2 is on, in this process's environment or in Django's settings."
    assert feature_flagged({"A": "", "B": ""}) == Found(True, told)
