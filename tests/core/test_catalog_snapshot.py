"""Snapshots as values: digests, what is left out by pattern, what is stored and read back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.catalog import (
    ALGORITHM,
    Aspect,
    CatalogObject,
    ObjectKey,
    ObjectKind,
    Snapshot,
    SnapshotUnreadable,
    diff,
    from_json,
    to_json,
)

TEXT = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
FACTS = st.dictionaries(TEXT.filter(bool), TEXT.filter(bool), max_size=3)
KEYS = st.builds(ObjectKey, st.sampled_from(ObjectKind), TEXT.filter(bool))
OBJECTS = st.builds(CatalogObject, KEYS, FACTS, FACTS, FACTS, st.none() | KEYS).map(
    # Default privileges are rights and nothing else.
    lambda made: (
        made._replace(structure={}) if made.key.kind is ObjectKind.DEFAULT_PRIVILEGES else made
    )
)


def made(*objects: CatalogObject) -> Snapshot:
    return Snapshot(ALGORITHM, 18, {item.key: item for item in objects})


SNAPSHOTS = st.lists(OBJECTS, max_size=5).map(lambda objects: made(*objects))


def key(kind: str, name: str) -> ObjectKey:
    return ObjectKey(ObjectKind(kind), name)


SCHEMA = CatalogObject(key("schema", "s"))
TABLE = CatalogObject(key("table", "s.t"), {"row security": "disabled"}, parent=SCHEMA.key)
COLUMN = CatalogObject(key("column", "s.t.a"), {"type": "integer"}, parent=TABLE.key)
PRIMARY = CatalogObject(key("constraint", "s.t.t_pkey"), {"x": "y"}, parent=TABLE.key)
INDEX = CatalogObject(key("index", "s.t_pkey"), {"valid": "yes"}, parent=PRIMARY.key)
OTHER = CatalogObject(key("table", "s.tall"), {"row security": "disabled"}, parent=SCHEMA.key)
DEFAULTS = CatalogObject(
    key("default privileges", "of own on tables"), rights={"SELECT to x": "granted"}
)
SHOP = made(SCHEMA, TABLE, COLUMN, PRIMARY, INDEX, OTHER, DEFAULTS)


@given(SNAPSHOTS)
def test_a_stored_snapshot_is_read_back(snapshot):
    again = from_json(json.loads(json.dumps(to_json(snapshot))))
    assert again == snapshot
    assert again.digest == snapshot.digest
    assert again.rights_digest == snapshot.rights_digest
    assert again.cosmetic_digest == snapshot.cosmetic_digest


@given(SNAPSHOTS, SNAPSHOTS)
def test_digests_are_equal_exactly_when_nothing_differs(one, other):
    aspects = {d.aspect for d in diff(one, other)}
    assert (one.digest == other.digest) == (Aspect.STRUCTURE not in aspects)
    if one.objects.keys() == other.objects.keys():
        assert (one.rights_digest == other.rights_digest) == (Aspect.RIGHTS not in aspects)
        assert (one.cosmetic_digest == other.cosmetic_digest) == (Aspect.COSMETIC not in aspects)


def test_a_chain_that_closes_has_an_end():
    """No catalog has one, but a stored snapshot may say anything."""
    one, other = key("table", "a"), key("index", "b")
    closed = made(CatalogObject(one, parent=other), CatalogObject(other, parent=one))
    assert {found.key for found in diff(closed, made())} == {one, other}
    assert closed.without(["b"]).objects == {}
    assert diff(closed, closed) == ()


@given(st.lists(OBJECTS, max_size=5, unique_by=lambda item: item.key), st.randoms())
def test_the_order_of_reading_is_no_matter(objects, random):
    shuffled = list(objects)
    random.shuffle(shuffled)
    assert made(*objects).digest == made(*shuffled).digest
    assert to_json(made(*objects)) == to_json(made(*shuffled))


def test_the_algorithm_never_changes_under_its_name():
    """A change of this value is a change of what was recorded: give the algorithm a new name."""
    assert SHOP.digest == (
        "catalog-v1:445b3fdaf6283d737b77ac2ea1ff6876e01edb76493d1fcc8bb0c6d904aecf1f"
    )
    assert SHOP.rights_digest == (
        "catalog-v1:1e5c9c32903770897d7cedaa9e046da9a4762012f10ceb2409b789b2b1a56400"
    )
    assert TABLE.digest() == (
        "catalog-v1:336b4bc1062986cb570706cb143494b1f87bd617d5e43974c7ad4f9b52672aa6"
    )


def test_facts_do_not_run_into_each_other():
    one = made(CatalogObject(key("table", "t"), {"a": "b", "c": "d"}))
    assert one.digest != made(CatalogObject(key("table", "t"), {"a": "b1:c1:d"})).digest
    assert one.digest != made(CatalogObject(key("table", "ta"), {"": "b", "c": "d"})).digest


def test_the_server_is_no_part_of_the_digest():
    assert replace(SHOP, server_major=15).digest == SHOP.digest


def test_default_privileges_are_rights_alone():
    assert SHOP.without(["default privileges *"]).digest == SHOP.digest
    assert SHOP.without(["default privileges *"]).rights_digest != SHOP.rights_digest


PATTERNS = [
    (["s.t"], ["default privileges of own on tables", "schema s", "table s.tall"]),
    (["table s.t"], ["default privileges of own on tables", "schema s", "table s.tall"]),
    (["table s.t*"], ["default privileges of own on tables", "schema s"]),
    (["index s.t*"], ["column s.t.a", "constraint s.t.t_pkey",
                      "default privileges of own on tables", "schema s", "table s.t",
                      "table s.tall"]),
    (["s.t.t_pkey"], ["column s.t.a", "default privileges of own on tables", "schema s",
                      "table s.t", "table s.tall"]),
    (["schema s"], ["default privileges of own on tables"]),
    (["S.T", "view s.t"], [str(one) for one in sorted(SHOP.objects)]),
    ([], [str(one) for one in sorted(SHOP.objects)]),
]  # fmt: skip


@pytest.mark.parametrize(("patterns", "left"), PATTERNS)
def test_what_is_left_out_takes_along_what_hangs_on_it(patterns, left):
    assert sorted(map(str, SHOP.without(patterns).objects)) == sorted(left)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"algorithm": "catalog-v1", "server_major": 18, "objects": [{"kind": "table"}]},
        {"algorithm": "catalog-v1", "server_major": 18, "objects": [{"kind": "x", "name": "y"}]},
        {"algorithm": "a", "server_major": 18, "objects": 5},
        {"algorithm": "a", "server_major": 18,
         "objects": [{"kind": "table", "name": "t", "structure": {"a": 1}}]},
    ],
)  # fmt: skip
def test_what_was_not_stored_by_us_is_refused(stored):
    with pytest.raises(SnapshotUnreadable):
        from_json(stored)
