"""The contract asked of a real server: each kind, kept and broken, in one query."""

import psycopg
import pytest

from ceremony.core.contract.judging import Violation
from ceremony.pg.contract import judged, question
from tests.core.folders import complete, series_of

SCHEMA = """
CREATE SCHEMA auth;
CREATE TYPE mood AS ENUM ('SAD', 'OK', 'HAPPY');
CREATE TYPE auth.pair AS (a int, b text);
CREATE DOMAIN amount AS numeric(12,2);
CREATE TABLE auth.users (id uuid PRIMARY KEY, "e-mail" varchar(255) NOT NULL);
CREATE TABLE orders (
    id bigint PRIMARY KEY, code varchar(10), tags text[], mood mood, moods mood[], due timestamptz,
    total amount, share numeric(7,4), pair auth.pair, took interval second(3), n int4,
    whole numeric(10),
    CONSTRAINT orders_share_check CHECK (share > 0)
);
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE INDEX orders_code ON orders (code);
CREATE VIEW open_orders AS SELECT id, code FROM orders;
CREATE MATERIALIZED VIEW order_totals AS SELECT sum(share) AS total FROM orders;
CREATE SEQUENCE numbers;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION find(uuid, int[], mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION find(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE tidy(IN n int) LANGUAGE sql AS 'SELECT 1';
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON orders USING (true);
"""

KEPT = """
schema = [{ name = "auth", since = "0001" }]
role = [{ name = "postgres", since = "0001" }]
extension = [{ name = "plpgsql", since = "0001" }]
type = [{ name = "auth.pair", since = "0001" }, { name = "mood", since = "0001" }]
domain = [{ name = "amount", since = "0001", type = "decimal(12, 2)" }]
view = [{ name = "open_orders", since = "0001", required = { code = "character varying(10)" } }]
materialized_view = [{ name = "order_totals", since = "0001", required = ["total"] }]
sequence = [{ name = "numbers", since = "0001" }]
index = [
  { name = "orders_code", since = "0001" },
  { name = "orders_pkey", table = "orders", since = "0001" },
  { name = "auth.users_pkey", since = "0001" },
]
constraint = [
  { name = "orders_share_check", table = "orders", since = "0001" },
  { name = "users_pkey", table = "auth.users", since = "0001" },
]
trigger = [{ name = "orders_touch", table = "orders", since = "0001" }]
policy = [{ name = "own_rows", table = "orders", since = "0001" }]
function = [
  { name = "touch", since = "0001" },
  { name = "find(uuid, integer[], mood)", since = "0001" },
  { name = "find(text)", since = "0001" },
]
procedure = [{ name = "tidy(n int)", since = "0001" }]
column = [{ name = 'auth.users."e-mail"', since = "0001", type = "varchar(255)" }]
enum = [
  { name = "mood", since = "0001", labels = ["SAD", "HAPPY"] },
]
[[table]]
name = "parts"
since = "0001"
[[table]]
name = "orders"
since = "0001"
[table.required]
id = "int8"
code = "varchar(10)"
tags = "text[]"
mood = "mood"
moods = "public.mood[]"
due = "timestamp with time zone"
total = "amount"
share = "decimal(7,4)"
pair = "auth.pair"
took = "interval second(3)"
whole = "decimal(10)"
n = "int"
"""


def look(conninfo: str, contract: str, setup: str = SCHEMA, then: str = "") -> list[str]:
    """What the database says after ``then``: each violation's object and what is there instead."""
    series = series_of({**complete("0001_a"), "contract.toml": contract})
    assert series.findings == ()
    held = series.contract.held({"0001"})
    text, (parameter,) = question(held)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(setup)
        connection.execute(then or "SELECT 1")
        sql = text.decode().replace("%", "%%").replace("$1", "%s")
        row = connection.execute(sql, (parameter.decode(),)).fetchone()
    assert row is not None
    return [told(one) for one in judged(held, row[0])]


def told(one: Violation) -> str:
    return f"{one.requirement.wanted} {one.found}"


def test_all_kept(target):
    assert look(target, KEPT) == []


def test_all_kept_whatever_the_search_path_is(target):
    """A dump leaves it empty; a file may put a schema of its own in front."""
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET search_path = ''")
    assert look(target, KEPT, f"SET search_path = public; {SCHEMA}", "RESET search_path") == []


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("DROP INDEX orders_code", ["index public.orders_code is missing"]),
        ("ALTER TABLE orders DROP CONSTRAINT orders_share_check",
         ["constraint public.orders.orders_share_check is missing"]),
        ("DROP TRIGGER orders_touch ON orders", ["trigger public.orders.orders_touch is missing"]),
        ("ALTER TABLE orders DISABLE TRIGGER orders_touch",
         ["trigger public.orders.orders_touch is disabled"]),
        ("ALTER TABLE orders ENABLE REPLICA TRIGGER orders_touch",
         ["trigger public.orders.orders_touch is enabled for replication alone "
          "(ENABLE REPLICA TRIGGER)"]),
        ("DROP POLICY own_rows ON orders", ["policy public.orders.own_rows is missing"]),
        ("DROP PROCEDURE tidy", ["procedure public.tidy(n int) is missing"]),
        ("DROP PROCEDURE tidy; CREATE FUNCTION tidy(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         ["procedure public.tidy(n int) is missing: a function has that name"]),
        ("DROP FUNCTION find(text)",
         ["function public.find(text) is missing (there is public.find(uuid, integer[], mood))"]),
        ("DROP SEQUENCE numbers", ["sequence public.numbers is missing"]),
        ("DROP MATERIALIZED VIEW order_totals",
         ["materialized view public.order_totals is missing"]),
        ("DROP VIEW open_orders; CREATE TABLE open_orders (code varchar(10))",
         ["view public.open_orders is missing: a table has that name"]),
        ("ALTER TABLE parts RENAME TO party", ["table public.parts is missing"]),
        ("ALTER TABLE parts SET SCHEMA auth",
         ["table public.parts is missing (there is auth.parts)"]),
        ("ALTER TABLE orders ALTER n TYPE bigint", ["column public.orders.n is bigint, not int"]),
        ("ALTER TABLE orders ALTER n TYPE int[] USING NULL",
         ["column public.orders.n is integer[], not int"]),
        ("DROP MATERIALIZED VIEW order_totals; ALTER TABLE orders ALTER share TYPE numeric(8,4)",
         ["materialized view public.order_totals is missing",
          "column public.orders.share is numeric(8,4), not decimal(7,4)"]),
        ("ALTER TABLE orders RENAME due TO due_at", ["column public.orders.due is missing"]),
        ("ALTER TABLE orders ALTER mood TYPE text",
         ["column public.orders.mood is text, not mood"]),
        ("ALTER TYPE mood RENAME VALUE 'HAPPY' TO 'GLAD'", ["enum public.mood lacks 'HAPPY'"]),
        ("ALTER SCHEMA auth RENAME TO secret",
         ["schema auth is missing", "type auth.pair is missing (there is secret.pair)",
          "index auth.users_pkey is missing (there is secret.users_pkey)",
          "constraint auth.users.users_pkey is missing, and so is auth.users",
          'column auth.users."e-mail" is missing, and so is auth.users',
          "column public.orders.pair is secret.pair, not auth.pair"]),
        ("DROP TABLE orders CASCADE",
         ["view public.open_orders is missing", "materialized view public.order_totals is missing",
          "index public.orders_code is missing",
          "index public.orders_pkey on public.orders is missing",
          "table public.orders is missing"]),
        ("DROP TYPE auth.pair CASCADE",
         ["type auth.pair is missing", "column public.orders.pair is missing"]),
        ("ALTER DOMAIN amount RENAME TO sum",
         ["domain public.amount is missing", "column public.orders.total is sum, not amount"]),
        ("DROP DOMAIN amount CASCADE; CREATE DOMAIN amount AS numeric(12,3)",
         ["domain public.amount is numeric(12,3), not decimal(12, 2)",
          "column public.orders.total is missing"]),
        ("CREATE TYPE f AS ENUM ('HAPPY', 'OK', 'SAD'); ALTER TYPE mood RENAME TO was; "
         "ALTER TYPE f RENAME TO mood; DROP TYPE was CASCADE; "
         "ALTER TABLE orders ADD mood mood, ADD moods mood[]; "
         "CREATE FUNCTION find(uuid, int[], mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
         ["enum public.mood has its labels in another order: 'HAPPY', 'OK', 'SAD'"]),
        ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_code'::regclass",
         ["index public.orders_code is INVALID: it was not built to the end"]),
        ("ALTER TABLE orders DROP CONSTRAINT orders_pkey; CREATE INDEX orders_pkey ON parts (id)",
         ["index public.orders_pkey on public.orders is missing: the index of that name is on "
          "parts"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_one_thing_is_damaged(target, then, said):
    assert look(target, KEPT, then=then) == said


def test_a_column_is_one_of_a_relation_with_rows(target):
    """Indexes and composite types have columns in the catalog as well."""
    setup = "CREATE TABLE t (id int); CREATE INDEX i ON t (id); CREATE TYPE pair AS (id int)"
    contract = 'column = [{ name = "i.id", since = "0001" }, { name = "pair.id", since = "0001" }]'
    assert look(target, contract, setup) == [
        "column public.i.id is missing",
        "column public.pair.id is missing",
    ]


def test_names_that_the_server_cuts(target):
    """Of the 64th byte on nothing is kept, here or there."""
    schema, table, index = "é" * 40, "t" * 70, "i" * 70
    setup = (
        f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.{table} (id int); "
        f"CREATE INDEX {index} ON {schema}.{table} (id)"
    )
    contract = (
        f'table = [{{ name = "{schema}.{table}", since = "0001" }}]\n'
        f'index = [{{ name = "{index}", table = "{schema}.{table}", since = "0001" }}]\n'
    )
    assert look(target, contract, setup) == []


def test_a_trigger_that_a_partition_has_from_its_table(target):
    setup = SCHEMA + (
        "CREATE TABLE parts_1 PARTITION OF parts DEFAULT;"
        "CREATE TRIGGER each AFTER UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION touch();"
    )
    contract = 'trigger = [{ name = "each", table = "parts_1", since = "0001" }]'
    assert look(target, contract, setup) == []


def test_a_constraint_that_is_not_enforced(target, server):
    """Written so since PostgreSQL 18; one that is NOT VALID holds for every new row."""
    word = "NOT ENFORCED" if server.version >= 18 else "NOT VALID"
    setup = f"CREATE TABLE t (id int); ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) {word}"
    contract = 'constraint = [{ name = "c", table = "t", since = "0001" }]'
    said = ["constraint public.t.c is NOT ENFORCED"] if server.version >= 18 else []
    assert look(target, contract, setup) == said


OWN_TYPES = """
SELECT pg_catalog.format_type(oid, NULL) FROM pg_type
WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
  AND typelem = 0 AND typname !~ '^(_|pg_|bpchar$|bit$)' ORDER BY oid
"""
WITH_MODIFIERS = (
    "character varying(10)", "character(3)", "bpchar", "bit(4)", "bit varying(5)", "numeric(7,4)",
    "numeric(5,-2)",
    "timestamp(3) without time zone", "timestamp(0) with time zone", "time(2) without time zone",
    "time(2) with time zone", "interval year to month", "interval second(3)", "interval(4)",
)  # fmt: skip


def test_every_type_of_the_server_is_what_the_server_calls_it(target):
    """Each alone and as an array, in the words of format_type; and none is its neighbour."""
    with psycopg.connect(target, autocommit=True) as connection:
        version = connection.info.server_version
        names = [row[0] for row in connection.execute(OWN_TYPES).fetchall()]
    modified = [one for one in WITH_MODIFIERS if version >= 150000 or "-2" not in one]
    types = [*names, *modified]
    types += [f"{one}[]" for one in types]
    assert len(types) > 100
    columns = ", ".join(f"c{number} {name}" for number, name in enumerate(types))
    setup = f"CREATE TABLE kinds ({columns})"
    assert look(target, of_types(types), setup) == []

    turned = [*types[1:], types[0]]
    assert look(target, of_types(turned), "SELECT 1") == [
        f"column public.kinds.c{number} is {name}, not {turned[number]}"
        for number, name in enumerate(types)
    ]


def of_types(types: list[str]) -> str:
    head = '[[table]]\nname = "kinds"\nsince = "0001"\n[table.required]\n'
    return head + "".join(f"c{number} = '{name}'\n" for number, name in enumerate(types))
