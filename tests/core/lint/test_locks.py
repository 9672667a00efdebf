"""The locks that a statement's text tells of, beside those that servers were seen to take."""

import pytest

from ceremony.core.lint.commands import commands_of
from ceremony.core.lint.locks import locks_of
from ceremony.core.sql import parse_script
from ceremony.core.sql.trees import trees_of
from ceremony.core.xray import lock_words
from tests.pg.xray_cases import MODES, NEITHER, READS, REWRITES

NOT_IN_THE_TEXT = {
    "DROP TABLE shop.big": "big:AX",
    "DROP TABLE shop.pointing": "pointing:AX",
    "DROP TABLE shop.parent CASCADE": "parent:AX",
    "DROP TABLE shop.parts": "parts:AX",
    "DROP INDEX shop.big_a": "big_a:AX",
    "CREATE OR REPLACE VIEW shop.seen AS SELECT id FROM shop.parent WHERE id > 0": "seen:AX",
    "CREATE PUBLICATION pub FOR TABLE shop.big": "",
    "ALTER TABLE shop.parts ADD c int": "parts:AX",
    "ALTER TABLE shop.parts ALTER x TYPE int USING 1": "parts:AX",
    "CREATE INDEX i ON shop.parts (id)": "parts:S",
    "INSERT INTO shop.big (id, n, m, p) VALUES (100001, 100001, 1, 1)": "big:RX",
    "SELECT nextval('shop.numbers')": "",
    "SELECT id FROM shop.seen WHERE id = 7": "seen:AS",
    "ALTER TABLE shop.big VALIDATE CONSTRAINT refers": "big:SUX",
    "REFRESH MATERIALIZED VIEW shop.kept": "kept:AX",
    "REINDEX TABLE shop.big": "big:S",
    "REINDEX INDEX shop.big_a": "big_a:AX",
}
"""Where partitions, indexes, foreign keys or views decide, and what the text tells all the same."""


def locks(text):
    script, _ = parse_script("shop/0001_x.sql", text, text.encode(), transactional=True)
    return locks_of(commands_of(trees_of(script)))


def in_words(taken):
    letters = {mode: short for short, mode in MODES.items()}
    return " ".join(
        sorted(f"{lock.relation.removeprefix('shop.')}:{letters[lock.mode]}" for lock in taken)
    )


@pytest.mark.parametrize(
    ("statement", "seen"), [*REWRITES.items(), *READS.items(), *NEITHER.items()]
)
def test_a_statement_asks_for_the_locks_that_servers_give_it(statement, seen):
    measured = " ".join(sorted(word for word in seen.partition(";")[0].split() if ":" in word))
    assert in_words(locks(statement).get(1, ())) == NOT_IN_THE_TEXT.get(statement, measured)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CREATE TABLE a (x int); ALTER TABLE a ADD y int; CREATE INDEX ON a (y);", {}),
        ("CREATE TABLE IF NOT EXISTS a (x int); DROP TABLE a;", {2: ["ACCESS EXCLUSIVE on a"]}),
        ("CREATE TEMP TABLE a (x int); CREATE TABLE b AS SELECT 1;", {}),
        (
            "CREATE TABLE a (x int REFERENCES b); ALTER TABLE a ADD y int REFERENCES s.c;",
            {1: ["SHARE ROW EXCLUSIVE on b"], 2: ["SHARE ROW EXCLUSIVE on s.c"]},
        ),
        (
            "DO $$ BEGIN ALTER TABLE a ADD x int; UPDATE b SET x = 1; END $$;",
            {1: ["ACCESS EXCLUSIVE on a", "ROW EXCLUSIVE on b"]},
        ),
        (
            "WITH old AS (SELECT * FROM a) DELETE FROM b USING old;",
            {1: ["ROW EXCLUSIVE on b", "ACCESS SHARE on a"]},
        ),
        ("SELECT 1 FROM a FOR UPDATE;", {1: ["ROW SHARE on a"]}),
        ("LOCK TABLE a, b IN SHARE MODE;", {1: ["SHARE on a", "SHARE on b"]}),
        ("ALTER TABLE a SET (fillfactor = 70);", {1: ["SHARE UPDATE EXCLUSIVE on a"]}),
        ("ALTER TABLE a SET (user_catalog_table = true);", {1: ["ACCESS EXCLUSIVE on a"]}),
        ("ALTER TABLE a SET (fillfactor = 70), ADD x int;", {1: ["ACCESS EXCLUSIVE on a"]}),
        ("VACUUM (FULL) a;", {1: ["ACCESS EXCLUSIVE on a"]}),
        ("VACUUM (FULL off) a;", {1: ["SHARE UPDATE EXCLUSIVE on a"]}),
        ("CREATE TYPE t AS (a int); ALTER TYPE t ADD ATTRIBUTE b int;", {}),
        ("GRANT SELECT ON a TO b; SET search_path = c; SELECT 1;", {}),
    ],
)
def test_locks_of_whole_files(text, found):
    told = {
        number: [f"{lock_words(one.mode)} on {one.relation}" for one in taken]
        for number, taken in locks(text).items()
    }
    assert told == found
