import pytest

from ceremony.core.rules.unseen_name import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE U&"us\\200Bers" (id int);',
        'CREATE TABLE a (U&"id\\00AD" int);',
        'ALTER TABLE a ADD COLUMN U&"\\202Eb" int;',
        'ALTER TABLE a ADD COLUMN U&"x\\200Dy" int;',
        'ALTER TABLE a RENAME TO U&"b\\2069";',
        'ALTER TABLE a RENAME COLUMN b TO "c ";',
        'CREATE INDEX " i" ON a (b);',
        "CREATE FUNCTION U&\"f\\00A0g\"() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        'CREATE TABLE a (b int CONSTRAINT U&"c\\FEFFd" CHECK (b > 0));',
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE "two words" (id int);',
        'CREATE TABLE U&"caf\\00E9" (id int);',
        'CREATE TABLE "größe" ("naïve" int);',
        'CREATE TABLE "कर\u094d\u200dम" (id int);',
        "CREATE TABLE a (id int DEFAULT ascii(U&'\\200B'));",
        "COMMENT ON TABLE a IS E'\\u200b';",
        'ALTER TABLE U&"us\\200Bers" RENAME TO users;',
        'DROP TABLE IF EXISTS "a ";',
        "INSERT INTO a VALUES (' x ');",
    ],
)
def test_does_not_fire(sql):
    assert [name for name in found(RULE, sql) if name] == []


def test_names_the_character():
    assert found(RULE, 'SELECT 1;\nCREATE TABLE U&"us\\200Bers" (" id" int);') == [
        (
            "0001_a.sql",
            2,
            "The name ' id' begins or ends with a blank: it shows as another name.",
        ),
        (
            "0001_a.sql",
            2,
            "The name 'us\\u200bers' contains U+200B ZERO WIDTH SPACE: it shows as another name.",
        ),
    ]
