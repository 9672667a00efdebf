"""Comparing a live catalog with a stored snapshot: what is drift, and what cannot be said."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.catalog import ALGORITHM, CatalogObject, ObjectKey, ObjectKind, Snapshot
from ceremony.core.drift import (
    Drifted,
    DriftPolicy,
    DriftReport,
    DriftResult,
    Position,
    Reference,
    changed_words,
    compare,
    on_common_ground,
)
from ceremony.core.drift_settings import objections, rules
from ceremony.core.finding import Severity
from ceremony.core.series import Numbering, SeriesSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = ObjectKey(ObjectKind.TABLE, "public.orders")


def catalog(*objects: CatalogObject, algorithm: str = ALGORITHM, major: int = 18) -> Snapshot:
    return Snapshot(algorithm, major, {one.key: one for one in objects})


def column(name: str = "id", **facts: str) -> CatalogObject:
    key = ObjectKey(ObjectKind.COLUMN, f"public.orders.{name}")
    return CatalogObject(key, facts or {"type": "integer"}, parent=TABLE)


def stored(snapshot: Snapshot) -> Reference:
    return Reference(7, NOON, Position(3, "c" * 64), snapshot)


def told(before: Snapshot, after: Snapshot, *ignore: str) -> list[str]:
    return [one.sentence for one in compare(stored(before), after, ignore).differences]


ORDERS = CatalogObject(TABLE, {"persistence": "permanent"}, {"owner": "lena"}, {"comment": "a"})


def test_structure_and_rights_are_drift():
    owned = ORDERS._replace(rights={"owner": "tom"})
    assert told(catalog(ORDERS, column()), catalog(owned, column(type="bigint"))) == [
        "Column public.orders.id: type was integer, is now bigint.",
        "Table public.orders: owner was lena, is now tom.",
    ]


def test_comments_are_not():
    assert told(catalog(ORDERS), catalog(ORDERS._replace(cosmetic={"comment": "b"}))) == []


def test_what_a_pattern_names_is_left_out_on_both_sides_with_what_hangs_on_it():
    compared = compare(stored(catalog()), catalog(ORDERS, column()), ["table public.ord*"])
    assert (compared.differences, compared.left_out, compared.whole) == ((), 2, True)
    assert told(catalog(ORDERS, column()), catalog(), "table public.ord*") == []


@pytest.mark.parametrize(
    ("valid", "drift"),
    [("no", []), ("no, not ready", []), ("yes", ["Index public.i vanished."])],
)
def test_clearing_away_an_invalid_index_is_no_drift(valid, drift):
    """An interrupted CREATE INDEX CONCURRENTLY left it, and the next attempt asks to drop it."""
    index = CatalogObject(ObjectKey(ObjectKind.INDEX, "public.i"), {"valid": valid}, parent=TABLE)
    assert told(catalog(ORDERS, index), catalog(ORDERS)) == drift


def test_another_major_version_is_said():
    compared = compare(stored(catalog(ORDERS, major=15)), catalog(ORDERS), [])
    assert [(one.code, one.severity, one.message) for one in compared.notes] == [
        (
            "snapshot-server-changed",
            Severity.NOTICE,
            "Snapshot 7 was taken on PostgreSQL 15; the server is 18 now, and may write the same "
            "definition otherwise.",
        )
    ]


def test_another_algorithm_with_the_same_facts_is_compared_as_a_whole():
    compared = compare(stored(catalog(ORDERS, algorithm="catalog-v0")), catalog(ORDERS), [])
    assert (compared.differences, compared.whole) == ((), True)
    assert [(one.code, one.severity) for one in compared.notes] == [
        ("snapshot-algorithm-changed", Severity.NOTICE)
    ]


def test_facts_that_only_one_algorithm_knows_are_named_and_not_compared():
    policy = CatalogObject(ObjectKey(ObjectKind.POLICY, "public.orders.mine"), {"command": "all"})
    before = catalog(ORDERS, column(type="integer"), algorithm="catalog-v0")
    after = catalog(ORDERS, column(type="bigint", storage="plain"), policy)
    compared = compare(stored(before), after, [])
    assert [one.sentence for one in compared.differences] == [
        "Column public.orders.id: type was integer, is now bigint."
    ]
    assert not compared.whole
    assert [(one.severity, one.message) for one in compared.notes] == [
        (
            Severity.WARNING,
            f"Snapshot 7 was made by catalog-v0, the live catalog is read by {ALGORITHM}: both "
            "were computed anew from the facts that both know. Only one of them knows, and so not "
            "compared: column.storage, policy.",
        )
    ]


FACTS = st.dictionaries(st.sampled_from(["type", "default", "nullable"]), st.text(max_size=3))
COLUMNS = st.dictionaries(st.sampled_from("abcd"), FACTS.filter(bool))


@given(COLUMNS, COLUMNS)
def test_on_common_ground_both_sides_know_the_same_facts(left, right):
    before, after, unknown = on_common_ground(
        catalog(*(column(n, **f) for n, f in left.items()), algorithm="catalog-v0"),
        catalog(*(column(n, **f) for n, f in right.items())),
    )
    known = [
        {f for one in side.objects.values() for f in one.structure} for side in (before, after)
    ]
    shared = {f for one in left.values() for f in one} & {f for one in right.values() for f in one}
    assert all(facts <= shared for facts in known)
    assert before.algorithm == after.algorithm == ALGORITHM
    every = {f for side in (left, right) for one in side.values() for f in one}
    if left and right:
        assert set(unknown) == {f"column.{fact}" for fact in every - shared}


@given(COLUMNS)
def test_a_catalog_never_drifts_from_itself(columns):
    same = [catalog(*(column(n, **f) for n, f in columns.items())) for _ in range(2)]
    assert compare(stored(same[0]), same[1], []).differences == ()


def test_the_record_keeps_a_bounded_number_of_differences():
    compared = compare(stored(catalog()), catalog(*(column(f"c{n}") for n in range(130))), [])
    report = DriftReport(
        DriftResult.FOUND, DriftPolicy.WARN, 7, NOON, tuple(map(Drifted, compared.differences))
    )
    found = report.findings()
    assert (len(found), found[-1].message) == (101, "30 more differences are not kept here.")
    assert {one.severity for one in found} == {Severity.WARNING}
    assert found[0].path == "column public.orders.c0"


def test_when_it_was_changed_is_said_where_it_is_known():
    difference = compare(stored(catalog()), catalog(ORDERS), []).differences[0]
    assert changed_words(Drifted(difference)) == ""
    assert changed_words(Drifted(difference, NOON)) == "Last changed 2026-03-01 12:00:00 UTC."


@pytest.mark.parametrize(
    ("result", "policy", "blocks"),
    [
        (DriftResult.FOUND, DriftPolicy.BLOCK, True),
        (DriftResult.FOUND, DriftPolicy.WARN, False),
        (DriftResult.NOT_RUN, DriftPolicy.BLOCK, False),
        (DriftResult.PARTIAL, DriftPolicy.BLOCK, False),
        (DriftResult.NONE, DriftPolicy.BLOCK, False),
    ],
)
def test_only_drift_blocks_and_only_where_the_policy_says_so(result, policy, blocks):
    assert DriftReport(result, policy).blocks is blocks


def series(**extra: object) -> SeriesSettings:
    return SeriesSettings("shop", Numbering.SEQUENCE, extra=extra)


def test_the_strictest_word_counts_and_every_pattern():
    counting = rules(
        DriftPolicy.WARN,
        [series(drift={"ignore": ["b*", "a*"]}), series(policy={"drift": "block"}), series()],
    )
    assert counting.policy is DriftPolicy.BLOCK
    assert counting.ignore == ("a*", "b*")


def test_no_series_loosens():
    assert rules(DriftPolicy.BLOCK, [series(policy={"drift": "warn"})]).policy is DriftPolicy.BLOCK
    assert rules(DriftPolicy.BLOCK, []).policy is DriftPolicy.BLOCK


def test_a_word_that_is_none_counts_as_the_stricter_one():
    assert rules(DriftPolicy.WARN, [series(policy={"drift": "blokc"})]).policy is DriftPolicy.BLOCK


@pytest.mark.parametrize(
    ("tables", "messages"),
    [
        ({}, []),
        ({"policy": {"drift": "block", "other": 1}, "drift": {"ignore": ["a"]}}, []),
        ({"policy": {"drift": "warn"}}, ["'warn' is no value of 'drift' in [policy]."]),
        ({"drift": {"ignor": ["a"]}}, ["There is no setting 'ignor' in [drift]."]),
        ({"drift": {"ignore": "a"}}, ["'ignore' in [drift] is no list of patterns."]),
        ({"drift": {"ignore": [1]}}, ["'ignore' in [drift] is no list of patterns."]),
        ({"drift": {"ignore": [""]}}, ["'ignore' in [drift] is no list of patterns."]),
        ({"drift": 1, "policy": []}, []),
    ],
)
def test_what_series_toml_may_say(tables, messages):
    assert [one.message for one in objections(tables)] == messages
