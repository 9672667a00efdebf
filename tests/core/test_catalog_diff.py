"""Differences in words and as JSON."""

from dataclasses import replace

import pytest

from ceremony.core.catalog import AlgorithmsDiffer, Aspect, CatalogObject, Change, diff
from tests.core.test_catalog_snapshot import COLUMN, INDEX, OTHER, PRIMARY, SCHEMA, SHOP, TABLE

from tests.core.test_catalog_snapshot import key, made  # isort: skip

SENTENCES = [
    ("column", "default", "'x'", "", "Column o: default was 'x', is now none."),
    ("column", "default", "", "now()", "Column o: default was none, is now now()."),
    ("enum", "labels", "'a', 'b'", "'b', 'a'", "Enum o: labels were 'a', 'b', are now 'b', 'a'."),
    ("view", "definition", "SELECT 1\nFROM a", "SELECT 1\nFROM b",
     'View o: definition changed: line 2 was "FROM a", is now "FROM b".'),
    ("function", "body", "\nBEGIN\nEND", "\nBEGIN\n    x;\nEND",
     'Function o: body changed: line 3 was "END", is now "x;".'),
    ("function", "body", "a\nb", "a", 'Function o: body changed: line 2 was "b", '
     "is now not there."),
    ("function", "body", "a\n  b\n", "a\r\n\tb", "Function o: body changed: only in blank space or "
     "line ends."),
    ("function", "body", "a\n  b\nc", "a\nb\nd", 'Function o: body changed: line 3 was "c", '
     'is now "d".'),
    ("function", "returns", "integer", "bigint",
     "Function o: returns was integer, is now bigint."),
    ("view", "storage of names", "", "main", "View o: storage of names was none, is now main."),
    ("view", "options of name", "", "a=1", "View o: options of name were none, are now a=1."),
    ("event trigger", "enabled", "yes", "no", "Event trigger o: enabled was yes, is now no."),
    ("table", "access", "heap", "columnar", "Table o: access was heap, is now columnar."),
]  # fmt: skip

RIGHTS = [
    ("", "granted", "Table o: SELECT is now granted to bob."),
    ("granted", "", "Table o: SELECT is no longer granted to bob."),
    ("", "withheld", "Table o: SELECT is no longer granted to bob."),
    ("withheld", "", "Table o: SELECT is now granted to bob."),
    ("", "granted with grant option",
     "Table o: SELECT is now granted to bob with grant option."),
    ("", "granted by eve", "Table o: SELECT is now granted to bob by eve."),
    ("granted by eve", "", "Table o: SELECT is no longer granted to bob."),
    ("granted", "granted with grant option",
     "Table o: SELECT to bob was granted, is now granted with grant option."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fact", "before", "after", "said"), SENTENCES)
def test_a_fact_in_words(kind, fact, before, after, said):
    def one(value):
        return made(CatalogObject(key(kind, "o"), {fact: value} if value else {}))

    (found,) = diff(one(before), one(after))
    assert found.sentence == said
    assert (found.change, found.aspect) == (Change.CHANGED, Aspect.STRUCTURE)


@pytest.mark.parametrize(("before", "after", "said"), RIGHTS)
def test_a_right_in_words(before, after, said):
    def one(value):
        rights = {"SELECT to bob": value} if value else {}
        return made(CatalogObject(key("table", "o"), {"a": "b"}, rights))

    (found,) = diff(one(before), one(after))
    assert found.sentence == said
    assert found.aspect is Aspect.RIGHTS


def test_what_goes_with_another_is_told_with_it():
    (found,) = diff(SHOP, SHOP.without(["table s.t"]))
    assert found.sentence == "Table s.t vanished."
    assert found.along == (COLUMN.key, PRIMARY.key, INDEX.key)

    (found,) = diff(made(), made(SCHEMA, TABLE, COLUMN, OTHER))
    assert found.sentence == "Schema s appeared."
    assert found.along == (COLUMN.key, TABLE.key, OTHER.key)


def test_what_vanished_alone_is_told_alone():
    told = diff(SHOP, SHOP.without(["constraint s.t.*", "column s.t.a"]))
    assert [d.sentence for d in told] == [
        "Column s.t.a vanished.",
        "Constraint s.t.t_pkey vanished.",
    ]


def test_what_vanished_comes_first_in_its_aspect():
    changed = TABLE._replace(
        structure={"row security": "enabled"}, cosmetic={"comment": "x"}, rights={"owner": "eve"}
    )
    new = CatalogObject(key("column", "s.t.b"), {"type": "text"}, parent=TABLE.key)
    told = diff(made(TABLE, COLUMN), made(changed, new))
    assert [d.sentence for d in told] == [
        "Column s.t.a vanished.",
        "Table s.t: row security was disabled, is now enabled.",
        "Column s.t.b appeared.",
        "Table s.t: owner was none, is now eve.",
        "Table s.t: comment was none, is now x.",
    ]


def test_the_order_of_columns_is_told_only_where_it_changed():
    def ordered(names):
        return made(TABLE._replace(cosmetic={"column order": names}))

    assert diff(ordered("a, b, c"), ordered("a, c")) == ()
    assert diff(ordered("a, b"), ordered("a, new, b")) == ()
    (found,) = diff(ordered("a, b, c"), ordered("b, a"))
    assert found.sentence == "Table s.t: column order was a, b, c, is now b, a."


def test_a_difference_as_json():
    (found,) = diff(SHOP, SHOP.without(["index s.t_pkey"]))
    assert found.to_json() == {
        "kind": "index",
        "name": "s.t_pkey",
        "change": "vanished",
        "aspect": "structure",
        "fact": "",
        "before": "",
        "after": "",
        "along": [],
        "sentence": "Index s.t_pkey vanished.",
    }


def test_snapshots_of_two_algorithms_say_nothing_about_each_other():
    with pytest.raises(AlgorithmsDiffer, match="catalog-v1 and catalog-v0"):
        diff(SHOP, replace(SHOP, algorithm="catalog-v0"))
