"""X-rays: each statement's own locks, rewrites and scans, measured on tables of 100,000 rows."""

from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ceremony.core.outcome import StepState
from ceremony.core.sql import parse_script
from ceremony.core.version import Version
from ceremony.core.xray import MODES as LOCK_MODES
from ceremony.core.xray import LockTaken, XRay, covered, from_json, strongest
from ceremony.pg.xray import ALONE
from tests.pg.making import running, step
from tests.pg.xray_cases import MODES, NEITHER, READS, REWRITES, SCHEMA

UNDONE = "SELECT 1 / 0"
"""At the end of a file, so that what it measured is rolled back, and the next one finds it new."""


@pytest.fixture(scope="module")
def big(databases):
    made = databases.create()
    with made.connect() as connection:
        connection.execute(SCHEMA)
    yield made
    databases.drop(made.name)


@pytest.fixture(scope="module")
def executor(big):
    with running(big.conninfo) as (made, _):
        yield made


def of_file(text, *, measured=True, transactional=True):
    """A run of a file as it is read from disk."""
    data = text.encode()
    script, _ = parse_script("shop/0001_x.sql", text, data, transactional=transactional)
    run = step("SELECT 1", transactional=transactional)
    migration = replace(run.step.migration, script=script)
    return replace(
        run, step=replace(run.step, migration=migration, script=script), measured=measured
    )


def xrays(executor, *texts):
    (outcome,) = executor.run([of_file(";\n".join([*texts, UNDONE]) + ";\n")])
    assert outcome.problem.server.sqlstate == "22012", outcome.problem.happened
    assert [xray.statement for xray in outcome.xrays] == list(range(1, len(texts) + 1))
    return outcome.xrays


def in_words(xray: XRay) -> str:
    """As in the tables of cases."""
    letters = {mode: short for short, mode in MODES.items()}
    locks = " ".join(f"{own(lock.relation)}:{letters[lock.mode]}" for lock in xray.locks)
    sorts = {
        "rewrites": xray.rewrites,
        "reads": xray.scans,
        "makes": xray.created,
        "drops": xray.dropped,
    }
    words = [f"{word} {' '.join(map(own, names))}" for word, names in sorts.items() if names]
    return "; ".join([locks, *words] if locks else words)


def own(name: str) -> str:
    return name.removeprefix("shop.")


@pytest.mark.parametrize(("statement", "expected"), REWRITES.items())
def test_rewrites(executor, statement, expected):
    (xray,) = xrays(executor, statement)
    assert in_words(xray) == expected


def test_a_rewrite_is_written_to_the_log(executor):
    rewritten, added = xrays(
        executor, "ALTER TABLE shop.big ALTER n TYPE bigint", "ALTER TABLE shop.parent ADD c int"
    )
    assert rewritten.wal_bytes > 5_000_000
    assert 0 < added.wal_bytes < 500_000


@pytest.mark.parametrize(("statement", "expected"), READS.items())
def test_scans_without_a_rewrite(executor, statement, expected):
    (xray,) = xrays(executor, statement)
    assert in_words(xray) == expected


@pytest.mark.parametrize(("statement", "expected"), NEITHER.items())
def test_neither_rewritten_nor_scanned(executor, statement, expected):
    (xray,) = xrays(executor, statement)
    assert in_words(xray) == expected


def test_each_statement_has_its_own(executor):
    """What an earlier statement holds or has read is not shown again with a later one."""
    found = xrays(
        executor,
        "ALTER TABLE shop.big ADD c int",
        "ALTER TABLE shop.big ALTER t SET NOT NULL",
        "ALTER TABLE shop.big ALTER n TYPE bigint",
        "CREATE INDEX made ON shop.parent (id)",
        "ALTER TABLE shop.parent ADD c int",
        "SELECT 1",
        "DROP INDEX shop.made",
    )
    assert [in_words(xray) for xray in found] == [
        "big:AX",
        "reads big",
        "rewrites big; reads big",
        "parent:S; reads parent; makes made",
        "parent:AX",
        "",
        "",
    ]


def test_what_the_migration_made_is_harmless(executor):
    """Nobody else can see it: its locks, rewrites and scans are left out."""
    found = xrays(
        executor,
        "CREATE TABLE shop.fresh (id int PRIMARY KEY, t varchar(5) UNIQUE)",
        "INSERT INTO shop.fresh SELECT n, n FROM generate_series(1, 1000) AS n",
        "ALTER TABLE shop.fresh ALTER id TYPE bigint, ALTER t TYPE varchar(4)",
        "ALTER TABLE shop.fresh ADD CHECK (id > 0)",
        "CREATE INDEX ON shop.fresh (t)",
        "REINDEX TABLE shop.fresh",
        "DROP TABLE shop.fresh",
        "CREATE TEMPORARY TABLE passing (x int)",
        "INSERT INTO passing VALUES (1)",
    )
    assert [in_words(xray) for xray in found] == [
        "makes fresh fresh_pkey fresh_t_key",
        "",
        "",
        "",
        "makes fresh_t_idx",
        "",
        "",
        "",
        "",
    ]
    assert [xray.rows for xray in found] == [None, 1000, *[None] * 6, 1]


def test_names_that_need_quotes(executor):
    (xray,) = xrays(executor, 'ALTER TABLE shop."Odd ""s"" na.me" ALTER x TYPE bigint')
    name = 'shop."Odd ""s"" na.me"'
    assert xray.locks == (LockTaken(name, "AccessExclusiveLock"),)
    assert xray.rewrites == (name,)


def test_partitions_name_the_table_above_them(executor):
    (added,) = xrays(executor, "ALTER TABLE shop.parts ADD c int")
    above = (("shop.parts_1", "shop.parts"), ("shop.parts_2", "shop.parts"))
    assert added.partition_of == above
    (indexed,) = xrays(executor, "CREATE INDEX i ON shop.parts (id)")
    of_indexes = (("shop.parts_1_id_idx", "shop.i"), ("shop.parts_2_id_idx", "shop.i"))
    assert indexed.partition_of == tuple(sorted((*above, *of_indexes)))
    (dropped,) = xrays(executor, "DROP TABLE shop.parts")
    assert dropped.partition_of == above


def test_a_statement_that_may_take_the_cursor_away_is_not_looked_at(executor):
    text = (
        "SAVEPOINT s;\nALTER TABLE shop.big ADD c int;\nROLLBACK TO s;\nRELEASE s;\n"
        f"DECLARE mine CURSOR FOR SELECT 1;\nCLOSE ALL;\nLOCK TABLE shop.parent;\n{UNDONE};\n"
    )
    (outcome,) = executor.run([of_file(text)])
    assert outcome.problem.server.sqlstate == "22012"
    assert [(xray.statement, in_words(xray)) for xray in outcome.xrays] == [
        (2, "big:AX"),
        (5, ""),
        (7, "parent:AX"),
    ]


def test_time_and_rows_are_the_statements_own(executor):
    slow, quick = xrays(executor, "SELECT pg_sleep(0.5)", "DELETE FROM shop.big WHERE id <= 7")
    assert slow.seconds > 0.45 > quick.seconds
    assert (slow.rows, quick.rows) == (1, 7)


def test_nothing_is_measured_where_nobody_asked(executor):
    (outcome,) = executor.run([of_file(f"LOCK TABLE shop.big;\n{UNDONE};", measured=False)])
    assert outcome.xrays == ()


def test_a_failed_statement_has_none(executor):
    (outcome,) = executor.run([of_file("LOCK TABLE shop.big;\nSELECT nothing;\nSELECT 1;")])
    assert outcome.state is StepState.FAILED
    assert outcome.problem.server.statement == 2
    assert [xray.statement for xray in outcome.xrays] == [1]


def test_counts_of_earlier_transactions_do_not_show(executor):
    """The server adds a session's scans up over several transactions before it hands them in."""
    scanned = "ALTER TABLE shop.big ALTER t SET NOT NULL"
    assert [in_words(xrays(executor, scanned)[0]) for _ in range(5)] == ["big:AX; reads big"] * 5
    assert in_words(xrays(executor, "LOCK TABLE shop.big")[0]) == "big:AX"


COPIES = """
COPY t (x) FROM STDIN;
1
2
\\.
COPY u FROM STDIN;
3
\\.
ALTER TABLE t ADD c int;
COPY u FROM STDIN;
4
\\.
SELECT 1;
"""


@pytest.fixture
def small(database):
    with database.connect() as connection:
        connection.execute("CREATE TABLE t (x int); CREATE TABLE u (x int); CREATE INDEX ON t (x)")
    with running(database.conninfo) as (made, _):
        yield made


def test_copies(small):
    """Between two neighbours there is no batch for a look to travel in."""
    (outcome,) = small.run([of_file(COPIES)])
    assert outcome.state is StepState.DONE
    told = [(xray.statement, in_words(xray), xray.rows, xray.note) for xray in outcome.xrays]
    assert told == [
        (2, "public.t:RX public.u:RX", 3, "Measured together since statement 1."),
        (3, "public.t:AX", None, ""),
        (4, "", 1, ""),
        (5, "", 1, ""),
    ]


def test_a_long_file_is_looked_at_in_stretches(small):
    statements = ["ALTER TABLE t ADD c0 int", *[f"SELECT {n}" for n in range(1, 1200)]]
    (outcome,) = small.run([of_file(";\n".join(statements) + ";")])
    assert [xray.statement for xray in outcome.xrays] == list(range(3, 1201, 3))
    assert in_words(outcome.xrays[0]) == "public.t:AX"
    assert {xray.note for xray in outcome.xrays[1:2]} == {"Measured together since statement 4."}


def test_no_more_round_trips(database, proxied):
    with database.connect() as connection:
        connection.execute("CREATE TABLE t (x int); CREATE TABLE u (x int)")
    with running(database.conninfo):
        turns, units = {}, {}
    for measured in (False, True):
        with (
            proxied(database.conninfo, 0.02) as (proxy, through),
            running(through) as (executor, _),
        ):
            proxy.reset()
            files = [COPIES.replace("c int", f"c{measured}{n} int") for n in range(3)]
            runs = [
                replace(of_file(text), measured=measured, step=at(of_file(text), n))
                for n, text in enumerate(files, start=10 + 10 * measured)
            ]
            assert {one.state for one in executor.run(runs)} == {StepState.DONE}
            turns[measured], units[measured] = proxy.turns, proxy.units
    assert turns[True] == turns[False]
    assert units[True] > units[False]


def at(run, number):
    """The same step as another migration."""
    version = Version((number,), f"{number:04}")
    return replace(run.step, migration=replace(run.step.migration, version=version))


OUTSIDE = """
CREATE INDEX CONCURRENTLY made ON t (x);
ALTER TABLE t ADD c int;
VACUUM FULL t;
DROP INDEX CONCURRENTLY t_x_idx;
COPY u FROM STDIN;
1
2
\\.
"""


def test_outside_a_transaction(small):
    (outcome,) = small.run([of_file(OUTSIDE, transactional=False)])
    assert outcome.state is StepState.DONE
    told = [(xray.statement, in_words(xray), xray.note) for xray in outcome.xrays]
    assert told == [
        (1, "makes public.made", ALONE),
        (2, "public.t:AX", ""),
        (3, "rewrites public.t", ALONE),
        (4, "drops public.t_x_idx", ALONE),
        (5, "public.u:RX", ""),
    ]
    assert all(xray.wal_bytes > 0 for xray in outcome.xrays)


def test_cost_does_not_grow_with_untouched_tables(small, database):
    """The looks read the catalog's rows of what is locked, however many others there are."""
    few = small.run([at_version(1)])[0].xrays
    with database.connect() as connection:
        connection.execute(
            "DO $$ BEGIN FOR n IN 1..500 LOOP EXECUTE format('CREATE TABLE s%s (x int)', n); "
            "END LOOP; END $$"
        )
    many = small.run([at_version(2)])[0].xrays
    assert [in_words(xray) for xray in few] == [in_words(xray) for xray in many]


def at_version(number):
    run = of_file(f"ALTER TABLE t ADD c{number} int;\nSELECT 1;")
    return replace(run, step=at(run, number))


def test_json_keeps_everything(executor):
    for statement in ("ALTER TABLE shop.parts ADD c int", "DROP TABLE shop.parent CASCADE"):
        (xray,) = xrays(executor, statement)
        assert from_json(xray.to_json()) == xray


@pytest.mark.parametrize("held", LOCK_MODES)
def test_conflicts_are_the_servers(big, held):
    """The manual's table 13.2, on which ``covered`` rests, is asked of the server."""
    words = {mode: " ".join(split(mode.removesuffix("Lock"))) for mode in LOCK_MODES}
    with big.connect() as one, big.connect() as other:
        one.execute("BEGIN")
        one.execute(f"LOCK TABLE shop.cluster IN {words[held]} MODE")
        for mode in LOCK_MODES:
            try:
                with other.transaction():
                    other.execute(f"LOCK TABLE shop.cluster IN {words[mode]} MODE NOWAIT")
                waits = False
            except psycopg.errors.LockNotAvailable:
                waits = True
            assert waits == (mode in conflicts()[held]), (held, mode)


def split(name):
    """``ShareRowExclusive`` as LOCK TABLE has it."""
    word = ""
    for letter in name:
        if letter.isupper() and word:
            yield word.upper()
            word = ""
        word += letter
    yield word.upper()


def conflicts():
    """Table 13.2 of the manual, row by row."""
    marks = (
        ".......X",
        "......XX",
        "....XXXX",
        "...XXXXX",
        "..XX.XXX",
        "..XXXXXX",
        ".XXXXXXX",
        "XXXXXXXX",
    )
    return {
        mode: {other for other, mark in zip(LOCK_MODES, row, strict=True) if mark == "X"}
        for mode, row in zip(LOCK_MODES, marks, strict=True)
    }


def test_covered_and_strongest():
    table = conflicts()
    for mode in LOCK_MODES:
        for other in LOCK_MODES:
            assert covered(mode, (other,)) == (table[mode] <= table[other])
    assert not covered("AccessShareLock", ())
    assert covered("ShareRowExclusiveLock", ("ShareLock", "ShareUpdateExclusiveLock"))
    assert strongest(["ShareLock", "AccessShareLock", "RowExclusiveLock"]) == (
        "RowExclusiveLock",
        "ShareLock",
    )
    assert strongest(["AccessExclusiveLock", "ShareLock"]) == ("AccessExclusiveLock",)


def test_an_ordinary_role_sees_what_it_does(database, role):
    """Nothing that the looks ask needs a right."""
    with database.connect() as connection:
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")
    with running(make_conninfo(database.conninfo, user=role)) as (executor, _):
        (first,) = executor.run([of_file("CREATE TABLE t (x int)", measured=False)])
        run = of_file("ALTER TABLE t ALTER x TYPE bigint;\nSELECT 1;")
        (outcome,) = executor.run([replace(run, step=at(run, 2))])
    assert (first.state, outcome.state) == (StepState.DONE, StepState.DONE)
    assert [in_words(xray) for xray in outcome.xrays] == [
        "public.t:AX; rewrites public.t; reads public.t",
        "",
    ]


def test_a_file_that_takes_the_cursor_away_fails(executor):
    """Not seen is not the same as nothing done."""
    text = "LOCK TABLE shop.big;\nDO $$ BEGIN EXECUTE 'CLOSE ALL'; END $$;\nSELECT 1;\n"
    (outcome,) = executor.run([of_file(text)])
    assert outcome.state is StepState.FAILED
    assert outcome.problem.happened.startswith(
        "The look at what a statement did of shop/0001_x failed: cursor "
    )
    assert [xray.statement for xray in outcome.xrays] == [1]
