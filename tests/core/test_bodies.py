import pytest

from ceremony.core.sql.bodies import body_of
from ceremony.core.sql.plain_types import plain_declarations
from ceremony.core.sql.source import understand


def _body(text):
    [tree] = understand(text).trees
    return body_of(tree.statement, tree.parsed)


def _pieces(text):
    return [(piece.line, piece.kind, piece.text) for piece in _body(text).pieces]


def _do(inner):
    return f"DO $$\nBEGIN\n{inner}\nEND\n$$;\n"


def test_the_statements_of_a_do_block_have_trees_and_lines():
    text = _do("    ALTER TABLE a ADD COLUMN b int;\n\n    DELETE FROM a;")
    assert _pieces(text) == [
        (3, "alter_table_stmt", "ALTER TABLE a ADD COLUMN b int"),
        (5, "delete_stmt", "DELETE FROM a"),
    ]
    body = _body(text)
    assert (body.language, body.at_once) == ("plpgsql", True)
    assert body.pieces[0].node.alter_table_stmt.relation.relname == "a"


def test_expressions_and_assignments_are_read_as_selects():
    text = "DO $$DECLARE x int := 1; BEGIN x := x + (SELECT 2); x = 3; PERFORM f(x); END$$"
    assert [piece[2] for piece in _pieces(text)] == [
        "SELECT 1",
        "SELECT  x + (SELECT 2)",
        "SELECT  3",
        "SELECT f(x)",
    ]


def test_an_assignment_to_an_element_is_cut_behind_its_sign():
    text = "DO $$DECLARE x int[]; BEGIN x[(SELECT 1 WHERE 2 = 2)] := 5; END$$"
    assert [piece[2] for piece in _pieces(text)] == ["SELECT  5"]


def test_conditions_and_what_they_guard_are_told():
    text = _do(
        "IF NOT EXISTS (SELECT 1) THEN CREATE TABLE a ();\n"
        "ELSIF 1 = 2 THEN CREATE TABLE b ();\nELSE CREATE TABLE c ();\nEND IF;\n"
        "WHILE 3 > 4 LOOP CREATE TABLE d (); END LOOP;\nCREATE TABLE e ();"
    )
    told = {
        piece.text: (piece.condition, piece.guarded)
        for piece in _body(text).pieces
        if piece.text.startswith("CREATE") or piece.condition
    }
    assert told == {
        "SELECT NOT EXISTS (SELECT 1)": (True, False),
        "SELECT 1 = 2": (True, True),
        "SELECT 3 > 4": (True, False),
        "CREATE TABLE a ()": (False, True),
        "CREATE TABLE b ()": (False, True),
        "CREATE TABLE c ()": (False, True),
        "CREATE TABLE d ()": (False, True),
        "CREATE TABLE e ()": (False, False),
    }


@pytest.mark.parametrize("leaving", ["RETURN", "EXIT a", "CONTINUE a"])
def test_what_stands_behind_an_if_that_leaves_is_guarded(leaving):
    pieces = _body(
        "DO $$BEGIN <<a>> LOOP CREATE TABLE x (); "
        f"IF (SELECT true) THEN CREATE TABLE y (); {leaving}; END IF; "
        "CREATE TABLE z (); END LOOP; CREATE TABLE later (); END$$"
    ).pieces
    guarded = {p.node.create_stmt.relation.relname: p.guarded for p in pieces if not p.condition}
    assert guarded == {"x": False, "y": True, "z": True, "later": False}


def test_the_conditions_that_a_handler_catches_are_told():
    [created, handled] = _body(
        "DO $$BEGIN CREATE TYPE t AS ENUM ('a');\n"
        "EXCEPTION WHEN duplicate_object OR undefined_table THEN\nDROP TABLE x; END$$"
    ).pieces
    assert created.caught == {"duplicate_object", "undefined_table"}
    assert (created.guarded, handled.guarded, handled.caught) == (False, True, frozenset())


@pytest.mark.parametrize(
    "statement",
    [
        "EXECUTE 'DROP TABLE ' || 'a';",
        "EXECUTE format('DROP TABLE %I', 'a');",
        "FOR r IN EXECUTE 'SELECT ' || 1 LOOP NULL; END LOOP;",
        "OPEN c FOR EXECUTE 'SELECT ' || 1;",
    ],
)
def test_what_execute_runs_is_built(statement):
    [piece] = _body(f"DO $$DECLARE r record; c refcursor; BEGIN {statement} END$$").pieces
    assert piece.built


def test_return_query_execute_is_built():
    [piece] = _body(
        "CREATE FUNCTION f() RETURNS SETOF int LANGUAGE plpgsql AS "
        "$$BEGIN RETURN QUERY EXECUTE 'SELECT ' || 1; END$$"
    ).pieces
    assert piece.built


def test_a_constant_that_execute_runs_is_read_as_what_it_is():
    [first, second] = _body(_do("EXECUTE 'DROP TABLE a; DELETE FROM b';")).pieces
    assert (first.kind, first.built, first.line) == ("drop_stmt", False, 3)
    assert second.kind == "delete_stmt"


@pytest.mark.parametrize("kind", ["trigger", "void"])
def test_functions_of_triggers_are_read_too(kind):
    text = (
        f"CREATE FUNCTION f() RETURNS {kind} LANGUAGE plpgsql AS $$BEGIN\n"
        "INSERT INTO a VALUES ('{}},{}},');\nRETURN; END$$"
    )
    pieces = _body(text.replace("RETURN;", "RETURN NULL;" if kind == "trigger" else "RETURN;"))
    assert pieces.pieces[0].text == "INSERT INTO a VALUES ('{}},{}},')"
    assert not pieces.at_once


def test_a_function_of_an_event_trigger_is_read_too():
    assert (
        _body("CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'").pieces
        == ()
    )


def test_bodies_in_sql_are_read_by_the_grammar():
    text = "CREATE FUNCTION f() RETURNS int LANGUAGE SQL AS $$\n  DELETE FROM a;\n\n  SELECT 1;\n$$"
    assert _pieces(text) == [
        (2, "delete_stmt", "DELETE FROM a"),
        (4, "select_stmt", "SELECT 1"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1'",
        "DO LANGUAGE plperl 'not SQL'",
        "DO $$this is no PL/pgSQL$$",
        "DO $$BEGIN ALTER TABEL a; END$$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELEC 1'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'file', 'symbol'",
    ],
)
def test_what_cannot_be_read_has_no_pieces(text):
    body = _body(text)
    assert body is None or body.pieces is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "CREATE FUNCTION f() RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; END",
        "CREATE TABLE a ()",
    ],
)
def test_statements_without_a_body_have_none(text):
    assert _body(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "DO $$DECLARE a app.role; BEGIN\nDELETE FROM x; END$$",
        "DO $$DECLARE a CONSTANT app.role NOT NULL := 'x'; BEGIN\nDELETE FROM x; END$$",
        "DO $$DECLARE a role[] DEFAULT '{}'; b app.role[]; BEGIN\nDELETE FROM x; END$$",
        "DO $$DECLARE a app.person; BEGIN a.name := 'x';\nDELETE FROM x; END$$",
        "DO $$DECLARE a app.role; b int; BEGIN SELECT 1, 2 INTO a, b;\nDELETE FROM x; END$$",
        "DO $$DECLARE a app.vector(3); BEGIN\nDELETE FROM x; END$$",
        "DO $$DECLARE a t%ROWTYPE; BEGIN a.name := 'x';\nDELETE FROM x; END$$",
        "DO $$DECLARE a app.t%ROWTYPE; b app.role; BEGIN a.name := b;\nDELETE FROM x; END$$",
        "DO $$BEGIN DECLARE a app.role; declare b app.role; BEGIN\nDELETE FROM x; END; END$$",
        "DO $$DECLARE a app\n.role; b app.t.c%TYPE; c app.t%ROWTYPE; BEGIN DELETE FROM x; END$$",
        "CREATE FUNCTION f(a app.role, b role[], c app.role[]) RETURNS app.role "
        "LANGUAGE plpgsql AS $$BEGIN\nDELETE FROM x; RETURN a; END$$",
        "CREATE FUNCTION f() RETURNS TABLE (a app.role) "
        "LANGUAGE plpgsql AS $$BEGIN\nDELETE FROM x; RETURN NEXT; END$$",
        "CREATE PROCEDURE p(INOUT a app.role) LANGUAGE plpgsql AS $$BEGIN\nDELETE FROM x; END$$",
    ],
)
def test_types_that_the_parser_does_not_know_do_not_stop_it(text):
    assert (2, "delete_stmt", "DELETE FROM x") in _pieces(text)


@pytest.mark.parametrize(
    ("declared", "plain"),
    [
        ("a app.role;", "a record;"),
        ("a CONSTANT app . role := 'x';", "a CONSTANT record := 'x';"),
        ("a app.vector(3, (4));", "a record;"),
        ("a role[];", "a int[];"),
        ("a app.vector(3)[];", "a int[];"),
        ("a role ARRAY[4];", "a int ARRAY[4];"),
        ("a app\n.role; b int;", "a record\n; b int;"),
        ("a text; b numeric(3, 2); c record;", "a text; b numeric(3, 2); c record;"),
        ("a app.t%ROWTYPE; b app.t.c%TYPE;", "a record; b app.t.c%TYPE;"),
        ("a t % RowType; b t;", "a record; b t;"),
        ("a CURSOR (b app.role) FOR SELECT 1;", "a CURSOR (b app.role) FOR SELECT 1;"),
        ("a ALIAS FOR x;", "a ALIAS FOR x;"),
        ("a int; DECLARE b app.role;", "a int; DECLARE b record;"),
    ],
)
def test_declarations_with_plain_types(declared, plain):
    behind = "BEGIN x.y := s.f(a.b[1]); DECLARE c s.t; BEGIN END; d s.t; END"
    assert plain_declarations(f"DECLARE {declared} {behind}", "record") == (
        f"DECLARE {plain} {behind.replace('c s.t', 'c record')}"
    )


def test_only_types_are_replaced():
    text = "DO $$DECLARE a app.role := (SELECT s.t FROM s.u); BEGIN PERFORM s.f(a::app.role); END$$"
    assert [piece[2] for piece in _pieces(text)] == [
        "SELECT (SELECT s.t FROM s.u)",
        "SELECT s.f(a::app.role)",
    ]


def test_a_body_that_nests_too_deeply_is_not_read():
    deep = " || ".join(["'a'"] * 30_000)
    assert _body(_do(f"PERFORM {deep};")).pieces is None
