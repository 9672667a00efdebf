import pytest

from ceremony.core.rules.foreign_key_on_delete import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b int REFERENCES c);",
        "CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES c (id));",
        "CREATE TABLE a (b int CONSTRAINT k REFERENCES c ON UPDATE CASCADE);",
        "CREATE TABLE a (b int REFERENCES c ON UPDATE NO ACTION);",
        "CREATE TABLE a (b int REFERENCES c, d int REFERENCES e ON DELETE NO ACTION);",
        "CREATE TABLE a (b int REFERENCES c REFERENCES e ON DELETE NO ACTION);",
        "CREATE TABLE a (b int REFERENCES c, d text DEFAULT 'ON DELETE NO ACTION');",
        "ALTER TABLE a ADD COLUMN b int REFERENCES c;",
        "ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES c NOT VALID;",
        "ALTER TABLE a ADD COLUMN x int, ADD FOREIGN KEY (x) REFERENCES c;",
        "DO $$ BEGIN ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c; END $$;",
        "DO $$ BEGIN IF true THEN CREATE TABLE a (b int REFERENCES c); END IF; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b int REFERENCES c ON DELETE CASCADE);",
        "CREATE TABLE a (b int, FOREIGN KEY (b) REFERENCES c (id) ON DELETE SET NULL);",
        "CREATE TABLE a (b int REFERENCES c ON DELETE RESTRICT);",
        "CREATE TABLE a (b int DEFAULT 1 REFERENCES c ON DELETE SET DEFAULT);",
        "CREATE TABLE a (b int REFERENCES c ON DELETE NO ACTION);",
        "CREATE TABLE a (b int REFERENCES c (d) MATCH FULL on/**/delete no action DEFERRABLE);",
        "SELECT 'ä'; CREATE TABLE a (ä int, FOREIGN KEY (ä) REFERENCES c ON DELETE NO ACTION);",
        "ALTER TABLE a ADD COLUMN b int REFERENCES c ON DELETE NO ACTION, ADD x int;",
        "DO $$ BEGIN ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE NO ACTION; END $$;",
        "CREATE TABLE a (b int PRIMARY KEY, c int UNIQUE, CHECK (b > 0));",
        "ALTER TABLE a ADD COLUMN b int REFERENCES c ON DELETE CASCADE;",
        "ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE NOT VALID;",
        "ALTER TABLE a DROP CONSTRAINT k;",
        "SELECT 'FOREIGN KEY (b) REFERENCES c';",
        "-- CREATE TABLE a (b int REFERENCES c);\nSELECT 1;",
        "DO $$ BEGIN ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE; END $$;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_names_the_table_and_the_line_of_the_statement():
    sql = "SELECT 1;\n\nCREATE TABLE a (\n  b int REFERENCES s.c,\n  d int REFERENCES e\n);\n"
    assert found(RULE, sql) == [
        (
            "0001_a.sql",
            3,
            "The foreign key to e does not say what happens when a row there is deleted.",
        ),
        (
            "0001_a.sql",
            3,
            "The foreign key to s.c does not say what happens when a row there is deleted.",
        ),
    ]
