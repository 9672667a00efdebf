"""Partitions named by their day."""

import pytest

from ceremony.core.catalog import CatalogObject, dated, diff
from tests.core.test_catalog_snapshot import key, made

NAMES = [
    ("s.e_p20261120", "2026-11-20", "s.e_p*"),
    ("s.e_2026_11", "2026-11-01", "s.e_*"),
    ("s.e_2026_11_20", "2026-11-20 00:00:00+00", "s.e_*"),
    ("s.e_y2026m11", "2026-11-01", "s.e_y*"),
    ('s."e-2026-11-20"', "2026-11-20", 's."e-*"'),
    ("s.e_20261120_rest", "2026-11-20", "s.e_*_rest"),
    ("s.e_2026112013", "2026-11-20 13:00:00+00", "s.e_*"),
    ("s.e_2026", "2026-01-01", "s.e_*"),
    ("s1234.e_2026", "2026-01-01", "s1234.e_*"),
]
NOT_DATED = [
    ("s.e_p20261120", "FOR VALUES FROM ('2026-11-21') TO ('2026-11-22')"),
    ("s.e_2026w47", "FOR VALUES FROM ('2026-11-16') TO ('2026-11-23')"),
    ("s.e_old", "FOR VALUES FROM ('2026-11-16') TO ('2026-11-23')"),
    ("s.e_2026", "FOR VALUES IN ('2026-01-01')"),
    ("s.e_2026", "FOR VALUES FROM (2026) TO (2027)"),
    ("s.e_2026", "DEFAULT"),
]
"""Names that say another day, or bounds that are no range of days."""


def gathered(objects):
    return dated.gathered(objects, [k for k, item in objects.items() if "bounds" in item.structure])


def table(name, bounds, **facts):
    return CatalogObject(key("table", name), {"bounds": bounds, **facts})


def day(lower):
    return f"FOR VALUES FROM ('{lower}') TO ('2099-01-01')"


@pytest.mark.parametrize(("name", "lower", "family"), NAMES)
def test_a_name_that_holds_the_day(name, lower, family):
    (found,) = gathered(made(table(name, day(lower))).objects).values()
    assert found.key == key("table", family)
    assert found.structure == {"partition count": "1"}
    assert found.cosmetic == {"partitions": f"{name} {day(lower)}"}


@pytest.mark.parametrize(("name", "bounds"), NOT_DATED)
def test_a_name_that_does_not(name, bounds):
    objects = made(table(name, bounds)).objects
    assert gathered(objects) is objects


def with_index(name, lower, predicate="(id > 0)"):
    whole = table(name, day(lower))
    index = CatalogObject(
        key("index", f"{name}_id_idx"),
        {"table": name, "predicate": predicate},
        parent=whole.key,
    )
    return whole, index


def test_whatever_day_it_is_built():
    one = made(*with_index("s.e_20261120", "2026-11-20"), *with_index("s.e_20261121", "2026-11-21"))
    two = made(*with_index("s.e_20270101", "2027-01-01"), *with_index("s.e_20270102", "2027-01-02"))
    before, after = (made(*gathered(each.objects).values()) for each in (one, two))
    assert before.digest == after.digest
    (found,) = diff(before, after)
    assert found.aspect == "cosmetic"
    assert found.sentence == (
        f"Table s.e_*: partitions were s.e_20261120 {day('2026-11-20')}, "
        f"s.e_20261121 {day('2026-11-21')}, are now s.e_20270101 {day('2027-01-01')}, "
        f"s.e_20270102 {day('2027-01-02')}."
    )


def test_one_that_is_not_like_the_others():
    alike = made(
        *with_index("s.e_20261120", "2026-11-20"), *with_index("s.e_20261121", "2026-11-21")
    )
    unlike = made(
        *with_index("s.e_20261120", "2026-11-20"),
        *with_index("s.e_20261121", "2026-11-21", "(id > 1)"),
    )
    before, after = (made(*gathered(each.objects).values()) for each in (alike, unlike))
    assert [d.sentence for d in diff(before, after)] == [
        "Index s.e_*_id_idx: predicate was (id > 0), is now (id > 0) (in s.e_20261120); "
        "(id > 1) (in s.e_20261121)."
    ]


def test_one_that_lacks_what_the_others_have():
    whole, index = with_index("s.e_20261120", "2026-11-20")
    other, other_index = with_index("s.e_20261121", "2026-11-21")
    before, after = (
        made(*gathered(made(*each).objects).values())
        for each in ((whole, index, other, other_index), (whole, index, other))
    )
    assert [d.sentence for d in diff(before, after)] == [
        "Index s.e_*_id_idx: only in was none, is now s.e_20261120."
    ]
