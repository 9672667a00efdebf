"""Names of types: what is one type must be equal, what is another must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.sql.types import TypeName, parse_arguments, parse_type

SAME = (
    ("int", "integer", "INT4"),
    ("bigint", "int8"),
    ("varchar(10)", "character varying(10)", "CHARACTER VARYING ( 10 )"),
    ("decimal(7,4)", "numeric(7, 4)"),
    ("decimal(7)", "numeric(7,0)", "dec(7, 0)"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp", "timestamp without time zone"),
    ("double precision", "float8", "float(53)"),
    ("char", "character(1)"),
    ("int[]", "integer[3]", "int ARRAY", "int4[][]"),
    ("interval day to second(3)", "INTERVAL DAY TO SECOND(3)"),
    ("bool", "boolean"),
)


def facts(text: str) -> tuple[str, tuple[str, ...], bool]:
    found = parse_type(text)
    assert found is not None, text
    return found.name, found.modifiers, found.array


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_one_type_under_several_names(names):
    first, *others = map(facts, names)
    assert [*others] == [first] * len(others)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("varchar(10)", "varchar(11)"),
        ("varchar", "varchar(10)"),
        ("numeric", "numeric(7,4)"),
        ("numeric", "numeric(7)"),
        ("numeric(7)", "numeric(7,1)"),
        ("int", "int[]"),
        ("timestamp", "timestamptz"),
        ("char", '"char"'),
        ("auth.kind", "public.kind"),
        ("interval", "interval(3)"),
    ],
)
def test_another_type(one, other):
    assert parse_type(one) != parse_type(other)


@pytest.mark.parametrize(
    "text",
    ["", "int, text", "int) FROM (SELECT 1) x(a", "int) AS b --", "setof int",
     "t.c%TYPE",
     "int; DROP TABLE x", "int NOT NULL", "1", "int)", "a.b.c", "varchar(", "int -- why", "\0"],
)  # fmt: skip
def test_no_type(text):
    assert parse_type(text) is None


@given(st.text(max_size=30))
def test_any_text_is_a_type_or_none(text):
    found = parse_type(text)
    assert found is None or found.name


def test_arguments():
    assert parse_arguments("") == ()
    assert parse_arguments("uuid, int[]") == (
        TypeName("", "uuid"),
        TypeName("pg_catalog", "int4", array=True),
    )
    assert parse_arguments("a integer, OUT b text, VARIADIC c text[]") == (
        TypeName("pg_catalog", "int4"),
        TypeName("", "text", array=True),
    )


@pytest.mark.parametrize("text", ["*", "int), g(", "int,", "int; DROP TABLE x", "("])
def test_no_arguments(text):
    assert parse_arguments(text) is None


def test_a_bare_name_is_looked_for_among_postgresql_s_own_and_in_public():
    kind = TypeName("", "kind")
    assert kind.names("public", "kind", array=False)
    assert kind.names("pg_catalog", "kind", array=False)
    assert not kind.names("auth", "kind", array=False)
    assert not kind.names("public", "kind", array=True)
    assert not TypeName("auth", "kind").names("public", "kind", array=False)
