"""Who left what behind in the sequence, and who is blamed for a failure."""

from ceremony.core.catalog import Aspect, Change, Difference, ObjectKey, ObjectKind
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.picture import Compared, RowsDiffer
from ceremony.core.rehearsal.sequence import Trail

DOWN = Direction.ROLL_BACK


def left(name: str, kind: ObjectKind = ObjectKind.TABLE, *along: ObjectKey) -> Difference:
    return Difference(ObjectKey(kind, name), Change.APPEARED, Aspect.STRUCTURE, along=along)


T, U = left("public.t"), left('public."Odd name"')


def test_whoever_left_it_first_is_named_once() -> None:
    trail = Trail()

    first = trail.after("0003_c", DOWN, Compared((T,)))
    second = trail.after("0002_b", DOWN, Compared((T, U)))

    assert [one.label for one in first] == ["0003_c"]
    assert [(one.label, one.difference) for one in second] == [("0002_b", U)]


def test_what_is_gone_again_is_forgotten() -> None:
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((T,)))
    trail.after("0002_b", DOWN, Compared())

    (again,) = trail.after("0001_a", DOWN, Compared((T,)))

    assert again.label == "0001_a"
    assert trail.blamed("CREATE TABLE t ()")[0].label == "0001_a"


def test_the_failing_statement_chooses_among_what_was_left() -> None:
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((T,)))
    for _ in range(70):
        trail.after("between", DOWN, Compared((T,)))
    trail.after("0002_b", DOWN, Compared((T, U)))

    (named,) = trail.blamed("CREATE TABLE IF NOT EXISTS public.T (id int)")
    (quoted,) = trail.blamed('ALTER TABLE "Odd name" ADD x int')

    assert (named.label, named.steps_ago) == ("0003_c", 72)
    assert (quoted.label, quoted.steps_ago) == ("0002_b", 1)


def test_a_statement_that_names_none_of_it_leaves_all_of_them() -> None:
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((T, U)))

    assert len(trail.blamed("DO $$ BEGIN PERFORM something(); END $$")) == 2


def test_a_failing_statement_stumbles_over_no_rights_and_a_difference_may() -> None:
    rights = Difference(
        ObjectKey(ObjectKind.TABLE, "public.t"), Change.CHANGED, Aspect.RIGHTS, "owner", "a", "b"
    )
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((rights,)))
    trail.after("0002_b", DOWN, Compared((rights, U)))

    assert [one.label for one in trail.blamed("ALTER TABLE t ADD x int")] == ["0002_b"]
    assert [(one.label, one.steps_ago) for one in trail.standing()] == [
        ("0003_c", 2),
        ("0002_b", 1),
    ]


def test_a_column_that_came_with_its_table_is_found_by_its_name() -> None:
    column = ObjectKey(ObjectKind.COLUMN, "public.t.email")
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((left("public.t", ObjectKind.TABLE, column), U)))

    (named,) = trail.blamed("ALTER TABLE other ADD email text")

    assert named.label == "0003_c"


def test_functions_are_named_without_their_arguments() -> None:
    trail = Trail()
    trail.after("0003_c", DOWN, Compared((left("public.f(integer)", ObjectKind.FUNCTION), U)))

    (named,) = trail.blamed("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'")

    assert named.label == "0003_c"


def test_comments_and_the_order_of_columns_leave_no_trail() -> None:
    comment = Difference(
        ObjectKey(ObjectKind.TABLE, "public.t"), Change.CHANGED, Aspect.COSMETIC, "comment", "", "x"
    )
    assert Trail().after("0001_a", DOWN, Compared((comment,))) == ()


def test_rows_are_residue_too() -> None:
    trail = Trail()

    (one,) = trail.after("0001_a", DOWN, Compared(rows=(RowsDiffer("prices", new=("(a)",)),)))

    assert one.sentence == "Rows of prices differ: 1 too many ((a))."
    assert trail.blamed("INSERT INTO prices VALUES ('a')")[0].label == "0001_a"


def test_nobody_is_blamed_in_a_database_made_anew() -> None:
    trail = Trail()
    trail.after("0001_a", DOWN, Compared((T,)))
    trail.restart()

    assert trail.blamed("CREATE TABLE t ()") == ()
