"""A real run that does what its rehearsal did not show is stopped before COMMIT."""

from dataclasses import replace

import pytest

from ceremony.core.outcome import StepState
from tests.pg.making import running
from tests.pg.test_xray import of_file

SCHEMA = """
CREATE TABLE t (id int PRIMARY KEY, x varchar(10));
INSERT INTO t SELECT n, n FROM generate_series(1, 100) AS n;
CREATE TABLE p (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE audit (what text);
CREATE VIEW seen AS SELECT id FROM t;
"""
TRIGGER = """
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO audit VALUES ('x'); RETURN NEW; END; $$;
CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();
"""
STATE = "shop/0001_x was rolled back: nothing of it is in the database."
NEXT = (
    "Find out what is different in this database, rehearse the series again on its schema, then: "
    "apply_sql shop"
)


@pytest.fixture
def pair(databases):
    """Two databases with the same schema."""
    made = [databases.create(), databases.create()]
    for database in made:
        with database.connect() as connection:
            connection.execute(SCHEMA)
    yield made
    for database in made:
        databases.drop(database.name)


@pytest.fixture
def differently(pair):
    """Call with a file and what is different: the outcome of the run held to its rehearsal."""
    scratch, target = pair

    def run(text, different="", transactional=True):
        with running(scratch.conninfo) as (executor, _):
            (rehearsal,) = executor.run([of_file(text, transactional=transactional)])
        assert rehearsal.state is StepState.DONE, rehearsal.problem
        with target.connect() as connection:
            connection.execute(different or "SELECT 1")
        plain = of_file(text, measured=False, transactional=transactional)
        with running(target.conninfo) as (executor, ledger):
            (outcome,) = executor.run([replace(plain, rehearsed=rehearsal.xrays)])
            run.events = [row.event.value for row in ledger.rows()]
        return outcome

    return run


CASES = {
    "a trigger that writes elsewhere": (
        "UPDATE t SET x = 'y' WHERE id = 1;",
        TRIGGER,
        "it took RowExclusiveLock on public.audit (rehearsed: no such lock on it)",
    ),
    "a view that goes with its table": (
        "DROP TABLE t CASCADE;",
        "CREATE VIEW other AS SELECT x FROM t",
        "it took AccessExclusiveLock on public.other (rehearsed: no such lock on it); it dropped "
        "public.other (rehearsed: the drop of public.seen, public.t, public.t_pkey only)",
    ),
    "another type": (
        "ALTER TABLE t ALTER x TYPE varchar(20);",
        "ALTER TABLE t ALTER x TYPE varchar(30)",
        "it wrote public.t anew (rehearsed: nothing of the kind); it read all of public.t "
        "(rehearsed: nothing of the kind)",
    ),
    "another constraint": (
        "ALTER TABLE t DROP CONSTRAINT IF EXISTS old;",
        "ALTER TABLE audit ADD id int REFERENCES t; "
        "ALTER TABLE t ADD up int, ADD CONSTRAINT old FOREIGN KEY (up) REFERENCES t;"
        "ALTER TABLE t DROP CONSTRAINT old, ADD ref int; CREATE TABLE z (id int PRIMARY KEY);"
        "ALTER TABLE t ADD CONSTRAINT old FOREIGN KEY (ref) REFERENCES z",
        "it took AccessExclusiveLock on public.z (rehearsed: no such lock on it)",
    ),
    "a table that is there already": (
        "CREATE TABLE IF NOT EXISTS kept (id int); CREATE INDEX ON audit (what);",
        "CREATE INDEX audit_what_idx ON audit (what)",
        None,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_stopped(differently, case):
    text, different, expected = CASES[case]
    outcome = differently(text, different)
    problem = outcome.problem
    assert outcome.state is StepState.FAILED
    if expected is None:
        assert problem.happened == (
            "Statement 2 of 2 (shop/0001_x.sql:1) did what its rehearsal did not show: it made "
            "public.audit_what_idx1 (rehearsed: the creation of public.audit_what_idx only)."
        )
    else:
        assert problem.happened == (
            f"Statement 1 of 1 (shop/0001_x.sql:1) did what its rehearsal did not show: {expected}."
        )
    assert (problem.code, problem.state, problem.next_step) == ("xray-unexpected", STATE, NEXT)
    assert differently.events == ["opened"]
    assert outcome.xrays != ()


@pytest.mark.parametrize(
    ("text", "different"),
    [
        ("ALTER TABLE t ADD c int; CREATE INDEX ON t (x); UPDATE t SET x = 1;", ""),
        ("ALTER TABLE t ADD c int;", "INSERT INTO t SELECT n FROM generate_series(200, 900) n"),
        ("ALTER TABLE p ADD c int;", "CREATE TABLE p_2 PARTITION OF p DEFAULT"),
        ("ALTER TABLE p ALTER x TYPE bigint;", "CREATE TABLE p_2 PARTITION OF p DEFAULT"),
        ("CREATE INDEX ON p (x);", "CREATE TABLE p_2 PARTITION OF p DEFAULT"),
        ("DROP TABLE p;", "CREATE TABLE p_2 PARTITION OF p DEFAULT"),
    ],
)
def test_not_stopped(differently, text, different):
    outcome = differently(text, different)
    assert (outcome.state, outcome.problem) == (StepState.DONE, None)
    assert differently.events == ["opened", "applied"]


MANY = """
CREATE TABLE big (id int PRIMARY KEY, t int, n int, CONSTRAINT there CHECK (n > 0) NOT VALID);
CREATE INDEX ON big (t);
"""
ROWS = """
INSERT INTO t SELECT n, n FROM generate_series(101, 50000) AS n;
INSERT INTO big SELECT n, n, n FROM generate_series(1, 50000) AS n;
ANALYZE;
"""


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE big ADD FOREIGN KEY (t) REFERENCES t;",
        "ALTER TABLE big ADD FOREIGN KEY (n) REFERENCES t;",
        "ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES t NOT VALID;"
        "ALTER TABLE big VALIDATE CONSTRAINT f;",
        "CREATE TABLE made (t int); INSERT INTO made SELECT id FROM t;"
        "ALTER TABLE made ADD FOREIGN KEY (t) REFERENCES t;",
        "ALTER TABLE big ALTER n SET NOT NULL; ALTER TABLE big VALIDATE CONSTRAINT there;"
        "ALTER TABLE big ADD UNIQUE (n), ADD CHECK (t > 0), ALTER t TYPE bigint;",
        "UPDATE big SET n = n + 1 WHERE t IN (SELECT id FROM t WHERE id < 40000);",
        "DELETE FROM big USING t WHERE big.t = t.id;",
        "CREATE MATERIALIZED VIEW m AS SELECT b.n FROM big AS b JOIN t ON t.id = b.t;",
    ],
)
def test_rows_that_the_rehearsal_had_not_are_no_surprise(pair, differently, text):
    """Rehearsed on empty tables, run on full ones."""
    with pair[0].connect() as connection:
        connection.execute(f"{MANY} DELETE FROM t; ANALYZE")
    outcome = differently(text, MANY + ROWS)
    assert (outcome.state, outcome.problem) == (StepState.DONE, None)


def test_a_constraint_that_is_not_valid_here_is_a_surprise(pair, differently):
    """SET NOT NULL reads the table unless a valid check says it all."""
    check = "ALTER TABLE t ADD CONSTRAINT filled CHECK (x IS NOT NULL)"
    with pair[0].connect() as connection:
        connection.execute(check)
    outcome = differently("ALTER TABLE t ALTER x SET NOT NULL;", f"{check} NOT VALID")
    assert outcome.problem.code == "xray-unexpected"
    assert "it read all of public.t (rehearsed: nothing of the kind)" in outcome.problem.happened


def test_nothing_shown_stops_everything(pair):
    """A rehearsal that holds no X-ray of a statement showed nothing of it."""
    with running(pair[1].conninfo) as (executor, _):
        run = replace(of_file("LOCK TABLE t;", measured=False), rehearsed=())
        (outcome,) = executor.run([run])
    assert outcome.problem.code == "xray-unexpected"


def test_outside_a_transaction_each_statement_is_held_to_it(differently):
    """What ran before it stays; the statement itself is rolled back with its row."""
    text = "CREATE INDEX CONCURRENTLY i ON t (x);\nUPDATE t SET x = 'y' WHERE id = 1;\n"
    outcome = differently(text, TRIGGER, transactional=False)
    assert outcome.state is StepState.PARTLY
    assert outcome.problem.code == "xray-unexpected"
    assert outcome.problem.happened == (
        "Statement 2 of 2 (shop/0001_x.sql:2) did what its rehearsal did not show: it took "
        "RowExclusiveLock on public.audit (rehearsed: no such lock on it)."
    )
    assert outcome.problem.state == ("Of the 2 statements of shop/0001_x these are in: 1.")


def test_the_steps_after_it_do_not_start(pair):
    first = replace(of_file("LOCK TABLE t;", measured=False), rehearsed=())
    with running(pair[1].conninfo) as (executor, _):
        outcomes = executor.run([first, of_file("SELECT 1;", measured=False)])
    assert [one.state for one in outcomes] == [StepState.FAILED, StepState.NOT_STARTED]
