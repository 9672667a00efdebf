"""The verdict on a way back, decided from pictures alone."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.catalog import ALGORITHM, CatalogObject, ObjectKey, ObjectKind, Snapshot
from ceremony.core.rehearsal.picture import Picture, compare
from ceremony.core.rehearsal.way_back import Verdict, judge, remains
from ceremony.core.script import Script, Statement

K = ObjectKind
USERS = ObjectKey(K.TABLE, "public.users")
MAIL = ObjectKey(K.COLUMN, "public.users.mail")
INDEX = ObjectKey(K.INDEX, "public.users_mail")
MOOD = ObjectKey(K.ENUM, "public.mood")


def thing(key: ObjectKey, parent: ObjectKey | None = None, **facts: str) -> CatalogObject:
    rights = {k.replace("_", " "): v for k, v in facts.items() if k.startswith(("owner", "SELECT"))}
    cosmetic = {k: v for k, v in facts.items() if k == "comment"}
    structure = {k: v for k, v in facts.items() if k not in rights and k not in cosmetic}
    structure = {k: v for k, v in structure.items() if not k.startswith("SELECT")}
    return CatalogObject(key, structure, rights, cosmetic, parent)


def picture(*objects: CatalogObject, rows: Mapping[str, tuple[str, ...]] | None = None) -> Picture:
    return Picture(Snapshot(ALGORITHM, 18, {one.key: one for one in objects}), rows or {})


def script(*kinds: str) -> Script:
    statements = tuple(
        Statement(number, "…", number, 1, 0, kind) for number, kind in enumerate(kinds, 1)
    )
    return Script("shop/0002_x.rollback.sql", "…", statements, "sha256:0", "meaning1:0")


DROPS = script("drop_stmt")
BASE = (thing(USERS, owner="anna"), thing(MAIL, USERS, type="text"), thing(INDEX, USERS))


def test_where_it_began_is_restored() -> None:
    before = picture(*BASE)
    changed = picture(*BASE, thing(MOOD, labels="'a'"))

    way = judge(before, changed, before, DROPS)

    assert way.verdict is Verdict.RESTORED
    assert way.sentences == ()


def test_what_nobody_touched_and_is_gone_is_said_first_and_loudest() -> None:
    before = picture(*BASE)
    changed = picture(*BASE, thing(MOOD, labels="'a'"))
    back = picture(BASE[0], thing(MOOD, labels="'a'"))

    way = judge(before, changed, back, DROPS)

    assert way.verdict is Verdict.NOT_RESTORED
    assert way.sentences == (
        "DROPPED, though the change never touched it: column public.users.mail.",
        "DROPPED, though the change never touched it: index public.users_mail.",
        "Left over: enum public.mood.",
    )


def test_an_index_lost_with_its_column_is_lost() -> None:
    before = picture(*BASE)
    changed = picture(BASE[0])
    back = picture(BASE[0], thing(MAIL, USERS, type="character varying"))

    way = judge(before, changed, back, DROPS)

    assert way.verdict is Verdict.NOT_RESTORED
    assert way.sentences == (
        "Lost, not put back: index public.users_mail.",
        "Different: Column public.users.mail: type was text, is now character varying.",
    )


def test_what_hangs_on_what_is_left_is_counted_not_listed() -> None:
    orders = ObjectKey(K.TABLE, "public.orders")
    parts = [ObjectKey(K.COLUMN, f"public.orders.c{n}") for n in range(3)]
    made = [thing(orders), *(thing(part, orders) for part in parts)]
    made.append(thing(ObjectKey(K.POLICY, "public.orders.p"), orders))

    way = judge(picture(), picture(*made), picture(*made), DROPS)

    assert way.sentences == ("Left over: table public.orders (and with it 3 columns, 1 policy).",)


def test_rights_alone_have_a_verdict_of_their_own() -> None:
    before = picture(thing(USERS, owner="anna"))
    back = picture(thing(USERS, owner="bob"))

    way = judge(before, back, back, DROPS)

    assert way.verdict is Verdict.RIGHTS_DIFFER
    assert way.sentences == ("Rights: Table public.users: owner was anna, is now bob.",)


def test_comments_alone_are_cosmetic() -> None:
    before = picture(thing(USERS))
    back = picture(thing(USERS, comment="New."))

    way = judge(before, back, back, DROPS)

    assert way.verdict is Verdict.COSMETIC


@pytest.mark.parametrize("kinds", [(), ("select_stmt",), ("do_stmt", "variable_set_stmt")])
def test_a_rollback_that_does_nothing_is_empty(kinds: tuple[str, ...]) -> None:
    before, changed = picture(*BASE), picture(*BASE, thing(MOOD, labels="'a'"))

    way = judge(before, changed, changed, script(*kinds))

    assert way.verdict is Verdict.EMPTY
    assert way.why.startswith("The rollback file ")


def test_a_rollback_with_a_wrong_name_behind_if_exists_is_not_called_empty() -> None:
    before, changed = picture(*BASE), picture(*BASE, thing(MOOD, labels="'a'"))

    assert judge(before, changed, changed, DROPS).verdict is Verdict.NOT_RESTORED


def test_a_do_block_that_did_something_is_not_called_empty() -> None:
    before, changed = picture(*BASE), picture(*BASE, thing(MOOD, labels="'a'"))
    back = picture(*BASE[:2], thing(MOOD, labels="'a'"))

    assert judge(before, changed, back, script("do_stmt")).verdict is Verdict.NOT_RESTORED


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        ("'a'", "'a', 'b'", Verdict.CANNOT_BE_UNDONE),
        ("'a', 'c'", "'a', 'it''s, b', 'c'", Verdict.CANNOT_BE_UNDONE),
        ("'a', 'b'", "'b', 'a'", Verdict.NOT_RESTORED),
        ("'a', 'b'", "'a', 'c'", Verdict.NOT_RESTORED),
    ],
)
@pytest.mark.parametrize("kinds", [("select_stmt",), ("drop_stmt",)])
def test_only_an_added_label_cannot_be_undone(
    was: str, now: str, verdict: Verdict, kinds: tuple[str, ...]
) -> None:
    before, changed = picture(thing(MOOD, labels=was)), picture(thing(MOOD, labels=now))

    way = judge(before, changed, changed, script(*kinds))

    expected = Verdict.EMPTY if verdict is not Verdict.CANNOT_BE_UNDONE else verdict
    assert way.verdict is (verdict if kinds == ("drop_stmt",) else expected)


def test_an_added_label_beside_another_fault_does_not_hide_it() -> None:
    before = picture(*BASE, thing(MOOD, labels="'a'"))
    changed = picture(*BASE, thing(MOOD, labels="'a', 'b'"))
    back = picture(*BASE[:2], thing(MOOD, labels="'a', 'b'"))

    assert judge(before, changed, back, DROPS).verdict is Verdict.NOT_RESTORED


def test_rows_of_a_reference_table_count_like_objects() -> None:
    before = picture(*BASE, rows={"prices": ("(a,1)", "(b,2)")})
    changed = picture(*BASE, rows={"prices": ("(a,1)", "(b,2)", "(c,3)")})
    back = picture(*BASE, rows={"prices": ("(b,2)", "(c,3)")})

    way = judge(before, changed, back, DROPS)

    assert way.verdict is Verdict.NOT_RESTORED
    assert way.sentences == (
        "Different: rows of prices differ: 1 too many ((c,3)); 1 missing ((a,1)).",
    )


def test_a_row_that_stands_twice_is_not_the_row_that_stands_once() -> None:
    once, twice = picture(rows={"t": ("(a)",)}), picture(rows={"t": ("(a)", "(a)")})

    (found,) = compare(once, twice).rows

    assert found.new == ("(a)",)


def test_rows_of_a_table_that_came_are_told_with_the_table() -> None:
    assert compare(picture(), picture(rows={"t": ("(a)",)})).rows == ()


KEYS = [ObjectKey(K.TABLE, f"public.t{n}") for n in range(5)]
catalogs = st.dictionaries(
    st.sampled_from(KEYS),
    st.tuples(st.sampled_from(["1", "2"]), st.sampled_from(["anna", "bob"])),
).map(lambda found: picture(*(thing(k, kind=v[0], owner=v[1]) for k, v in found.items())))


@given(catalogs, catalogs, catalogs)
def test_every_difference_stands_in_exactly_one_place(
    before: Picture, changed: Picture, back: Picture
) -> None:
    left = remains(before, changed, compare(before, back))
    sorted_out = [
        *left.dropped, *left.taken, *left.lost, *left.different,
        *left.left_over, *left.rights, *left.cosmetic,
    ]  # fmt: skip
    assert sorted(map(repr, sorted_out)) == sorted(map(repr, compare(before, back).catalog))
    assert len(left.sentences) == len(sorted_out)
    assert set(left.as_changed) == set(left.different) & set(compare(before, changed).catalog)
    assert set(left.done.different) | set(left.as_changed) == set(left.different)


@given(catalogs, catalogs)
def test_restored_means_the_same_digests(before: Picture, changed: Picture) -> None:
    for back in (before, changed):
        verdict = judge(before, changed, back, DROPS).verdict
        same = (
            before.snapshot.digest == back.snapshot.digest
            and before.snapshot.rights_digest == back.snapshot.rights_digest
        )
        assert (verdict is Verdict.RESTORED) is same


def test_what_the_change_altered_and_the_way_back_took_is_said_otherwise() -> None:
    before = picture(*BASE)
    added = ObjectKey(K.COLUMN, "public.users.name")
    changed = picture(*BASE, thing(added, USERS, type="text"))

    way = judge(before, changed, picture(), DROPS)

    assert way.sentences == (
        "DROPPED, though it was there before the change: table public.users "
        "(and with it 1 column, 1 index).",
    )


def test_a_schema_is_not_altered_by_what_comes_into_it() -> None:
    schema = thing(ObjectKey(K.SCHEMA, "shop"))
    table = thing(ObjectKey(K.TABLE, "shop.orders"), schema.key)

    way = judge(picture(schema), picture(schema, table), picture(), DROPS)

    assert way.sentences == ("DROPPED, though the change never touched it: schema shop.",)
