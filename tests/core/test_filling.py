"""The order in which tables are filled, and the expressions that make their values."""

from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.filling.candidates import candidates, named_constants
from ceremony.core.filling.table import Column, ForeignKey, Table, Turn, Type, parents_first

INT = Type("integer", "int4", category="N")
TEXT = Type("text", "text", category="S")


def table(name, *keys):
    """``keys`` are pairs of a parent and whether the key may not be NULL."""
    columns = [Column("id", INT, required=True)]
    columns += [Column(f"c{n}", INT, required=needed) for n, (_, needed) in enumerate(keys)]
    refer = [ForeignKey((f"c{n}",), parent, ("id",)) for n, (parent, _) in enumerate(keys)]
    return Table(name, tuple(columns), tuple(refer))


def order(*tables):
    return [(turn.table.name, [key.parent for key in turn.later]) for turn in parents_first(tables)]


def test_parents_stand_before_children():
    assert order(table("a", ("b", True)), table("b", ("c", False)), table("c")) == [
        ("c", []),
        ("b", []),
        ("a", []),
    ]


def test_a_key_that_may_be_null_waits():
    assert order(table("a", ("b", False)), table("b", ("a", True))) == [("a", ["b"]), ("b", [])]


def test_a_table_that_refers_to_itself():
    assert order(table("a", ("a", True))) == [("a", ["a"])]


def test_a_circle_without_an_entrance():
    assert order(table("b", ("a", True)), table("a", ("b", True))) == [("a", ["b"]), ("b", [])]


NAMES = [f"t{number}" for number in range(6)]
schemas = st.fixed_dictionaries(
    {}, optional={n: st.lists(st.tuples(st.sampled_from(NAMES), st.booleans())) for n in NAMES}
).map(lambda drawn: [table(name, *keys) for name, keys in drawn.items()])


@given(schemas)
def test_each_table_has_one_turn_and_no_key_is_forgotten(tables):
    turns = parents_first(tables)
    assert sorted(turn.table.name for turn in turns) == sorted(one.name for one in tables)
    known = {one.name for one in tables}
    seen: set[str] = set()
    for turn in turns:
        for key in turn.table.foreign_keys:
            waits = key.parent in known and key.parent not in seen
            assert (key in turn.later) == waits
        seen.add(turn.table.name)


@given(schemas)
def test_a_needed_parent_comes_first_wherever_there_is_a_way(tables):
    """A needed key waits only where the tables that need each other form a circle."""
    turns = parents_first(tables)
    needs = {one.name: {key.parent for key in one.foreign_keys if one.needs(key)} for one in tables}
    for turn in turns:
        for key in turn.later:
            if turn.table.needs(key) and key.parent != turn.table.name:
                remaining = _from(turns, turn)
                assert all(needs[name] & (remaining - {name}) for name in remaining)


def _from(turns: tuple[Turn, ...], turn: Turn) -> set[str]:
    return {one.table.name for one in turns[turns.index(turn) :]}


def test_expressions_are_cast_to_the_type():
    assert candidates(INT)[0] == "(g.n)::integer"
    domain = Type("positive", "positive", kind="d", inner=(INT,), conditions=("(VALUE > 0)",))
    assert candidates(domain)[0] == "(g.n)::integer"
    assert domain.all_conditions() == ("(VALUE > 0)",)


def test_nothing_is_known_of_a_strange_type():
    assert candidates(Type("geometry", "geometry", category="U")) == ()


def test_strings_keep_their_length():
    short = Type("character varying(5)", "varchar", category="S", size=5)
    assert candidates(short)[0] == (
        "(pg_catalog.right(pg_catalog.lpad(pg_catalog.to_hex(g.n), 5, '0'), 5))"
        "::character varying(5)"
    )


def test_constants_of_conditions_are_tried():
    condition = "(state = ANY (ARRAY['it''s new'::text, 'old'::text]))"
    assert named_constants(TEXT, [condition]) == (
        "((ARRAY['it''s new'::text, 'old'::text])[(g.n - 1) % 2 + 1])::text",
        "('it''s new')::text",
        "('old')::text",
    )
    assert "(1 + g.n % GREATEST(1, (5 - 1)::bigint))::integer" in named_constants(
        INT, ["((c >= 1) AND (c <= 5))"]
    )


@given(st.text(max_size=60))
def test_any_condition_can_be_looked_at(text):
    """What is harvested from it is only ever tried; it never breaks the harvest."""
    for of in (INT, TEXT, Type("date", "date", category="D")):
        assert all(each.endswith(f"::{of.name}") for each in named_constants(of, [text]))
