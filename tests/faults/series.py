"""The series that faults are tried on. A second run of any statement would be seen."""

_STOCK = (
    "ALTER TABLE goods ADD COLUMN stock int NOT NULL DEFAULT 0;\n"
    "UPDATE goods SET stock = stock + 1;\n"
)
_COUNTED = "-- check: counted\n"
_WRONG = "SELECT FROM goods WHERE stock <> 1;\n"

GOODS = {
    "0001_goods.sql": (
        "CREATE TABLE goods (id int PRIMARY KEY, name text NOT NULL);\n"
        "INSERT INTO goods VALUES (1, 'one');\n"
    ),
    "0001_goods.rollback.sql": "DROP TABLE goods;\n",
    "0001_goods.verify.sql": (
        "-- check: a name is needed\n-- expect: error not_null_violation\n"
        "INSERT INTO goods (id) VALUES (2);\n\n"
        "-- check: the first one is there\n-- expect: value 1\nSELECT count(*) FROM goods;\n"
    ),
}

TRANSACTIONAL = {
    **GOODS,
    "0002_prices.sql": (
        "CREATE TABLE prices (cents int,\n"
        " goods_id int REFERENCES goods DEFERRABLE INITIALLY DEFERRED);\n"
        "CREATE INDEX prices_goods ON prices (goods_id);\n"
        "INSERT INTO prices VALUES (100, 1);\n"
    ),
    "0002_prices.rollback.sql": "DROP TABLE prices;\n",
    "0002_prices.verify.sql": (
        "-- check: prices belong to goods\n-- expect: error foreign_key_violation\n"
        "INSERT INTO prices VALUES (1, 7);\n"
    ),
    "0003_stock.sql": (f"{_STOCK}UPDATE prices SET cents = cents * 2;\n"),
    "0003_stock.rollback.sql": (
        "ALTER TABLE goods DROP COLUMN stock;\nUPDATE prices SET cents = cents / 2;\n"
    ),
    "0003_stock.verify.sql": f"{_COUNTED}-- expect: no rows\n{_WRONG}",
}
"""Three transactional migrations with checks."""

FAILING = {
    **TRANSACTIONAL,
    "0003_stock.verify.sql": f"{_COUNTED}-- expect: rows\n{_WRONG}",
}
"""The same, and the last one's check does not hold."""

OUTSIDE = {
    **GOODS,
    "0002_indexes.sql": (
        "-- Transaction: none\n"
        "CREATE INDEX CONCURRENTLY goods_name ON goods (name);\n"
        "INSERT INTO goods VALUES (2, 'two');\n"
        "CREATE INDEX CONCURRENTLY goods_both ON goods (id, name);\n"
    ),
    "0002_indexes.rollback.sql": (
        "-- Transaction: none\n"
        "DROP INDEX CONCURRENTLY goods_both;\nDELETE FROM goods WHERE id = 2;\n"
        "DROP INDEX CONCURRENTLY goods_name;\n"
    ),
    "0002_indexes.verify.sql": "-- check: two\n-- expect: value 2\nSELECT count(*) FROM goods;\n",
    "0003_stock.sql": _STOCK,
    "0003_stock.rollback.sql": "ALTER TABLE goods DROP COLUMN stock;\n",
}
"""One migration outside a transaction between two transactional ones."""


def numbered(count: int, checks: int) -> dict[str, str]:
    """Small migrations in any number, each with as many must-fail checks."""
    files = {}
    for index in range(1, count + 1):
        table, stem = f"t{index:04}", f"{index:04}_table"
        files[f"{stem}.sql"] = f"CREATE TABLE {table} (id int PRIMARY KEY);\n"
        files[f"{stem}.rollback.sql"] = f"DROP TABLE {table};\n"
        files[f"{stem}.verify.sql"] = "\n".join(
            f"-- check: {number}\n-- expect: error not_null_violation\n"
            f"INSERT INTO {table} VALUES (NULL);\n"
            for number in range(checks)
        )
    return {name: text for name, text in files.items() if text}
