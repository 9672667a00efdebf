import pytest

from ceremony.core.lint import lint
from ceremony.core.rules.undeclared_series import RULE
from tests.core.folders import series_of

_SHOP = {
    "0001_a.sql": "CREATE TABLE orders (id int);",
    "0002_b.sql": "CREATE TYPE state AS ENUM ('open');",
}


def _found(billing, *, shop=None, homes=("main", "main")):
    library = {}
    for name, files, home in (("billing", billing, homes[0]), ("shop", shop or _SHOP, homes[1])):
        given = dict(files)
        if home:
            given["series.toml"] = f'numbering = "sequence"\ndatabase = "{home}"\n'
        library[name] = series_of(given, name)
    return [(f.path, f.line, f.message) for f in lint(library, [RULE])]


def _places(billing, **options):
    return [(path, line) for path, line, _ in _found(billing, **options)]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE orders ADD COLUMN b int;",
        "CREATE TABLE bills (order_id int REFERENCES public.orders ON DELETE RESTRICT);",
        "CREATE TABLE bills (of state);",
        "CREATE VIEW bills AS SELECT * FROM orders;",
        "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders';",
        "DROP TABLE orders;",
        "-- Depends: shop:0001\nCREATE TABLE bills (a int REFERENCES orders,\n of state);",
    ],
)
def test_fires(sql):
    assert _places({"0001_x.sql": sql}) == [("billing/0001_x.sql", sql.count("\n", 0, 30) + 1)]


@pytest.mark.parametrize(
    "sql",
    [
        "-- Depends: shop:0001_a (creates orders)\nALTER TABLE orders ADD COLUMN b int;",
        "-- Depends: shop:0002 (creates state)\nCREATE TABLE bills (a int REFERENCES orders);",
        "CREATE TABLE orders (id int); ALTER TABLE orders ADD COLUMN b int;",
        "CREATE TABLE billing.orders (id int); INSERT INTO billing.orders VALUES (1);",
        "INSERT INTO customers VALUES (1);",
        "CREATE VIEW v AS WITH orders AS (SELECT 1) SELECT * FROM orders;",
        "CREATE TABLE bills (orders int);",
    ],
)
def test_does_not_fire(sql):
    assert _found({"0001_x.sql": sql}) == []


@pytest.mark.parametrize("homes", [("billing", "shop"), ("", "shop"), ("", "")])
def test_names_in_two_databases_mean_nothing(homes):
    assert _found({"0001_x.sql": "ALTER TABLE orders ADD COLUMN b int;"}, homes=homes) == []


@pytest.mark.parametrize("homes", [("main", "main"), ("", "billing"), ("shop", "")])
def test_series_with_the_same_database_are_neighbours(homes):
    assert _found({"0001_x.sql": "ALTER TABLE orders ADD COLUMN b int;"}, homes=homes) == [
        (
            "billing/0001_x.sql",
            1,
            "The table orders comes from the series 'shop', and no line 'Depends:' leads there.",
        )
    ]


def test_what_an_earlier_file_of_the_series_declared_has_run():
    billing = {
        "0001_x.sql": "-- Depends: shop:0002\nCREATE TABLE bills (id int);",
        "0002_y.sql": "ALTER TABLE orders ADD COLUMN b int;",
    }
    assert _found(billing) == []


def test_what_a_later_file_declares_has_not_run():
    billing = {
        "0001_x.sql": "ALTER TABLE orders ADD COLUMN b int;",
        "0002_y.sql": "-- Depends: shop:0002\nCREATE TABLE bills (id int);",
    }
    assert _places(billing) == [("billing/0001_x.sql", 1)]


def test_a_table_that_both_series_make_is_declared_by_either():
    billing = {"0001_x.sql": "CREATE TABLE IF NOT EXISTS orders (id int);"}
    later = {**billing, "0002_y.sql": "ALTER TABLE orders ADD COLUMN b int;"}
    assert _found(later) == []


def test_a_table_of_its_own_that_goes_again_is_its_own():
    billing = {
        "0001_x.sql": "CREATE TABLE orders (id int);",
        "0002_y.sql": "ALTER TABLE orders ADD COLUMN b int;",
        "0003_z.sql": "DROP TABLE orders;",
    }
    assert _found(billing) == []
