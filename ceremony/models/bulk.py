"""Many new rows at once, through COPY.

A plan of a thousand migrations leaves some six thousand rows of evidence; ``bulk_create`` spends
several times longer on building its statements than the server on the rows. The model stays the
definition: table, columns and JSON forms are read from it
(https://www.postgresql.org/docs/current/sql-copy.html).
"""

import json
from collections.abc import Iterable
from operator import attrgetter

from django.db import DEFAULT_DB_ALIAS, connections, models


def copy_in(rows: Iterable[models.Model]) -> None:
    """Insert new rows, all of one model, in the current transaction.

    A primary key that the database numbers is left to it and not read back. Raises Django's
    database errors.
    """
    batch = list(rows)
    if not batch:
        return
    fields = [f for f in batch[0]._meta.concrete_fields if not isinstance(f, models.AutoField)]
    connection = connections[DEFAULT_DB_ALIAS]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(batch[0]._meta.db_table)
    values = attrgetter(*(field.attname for field in fields))
    jsons = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in batch:
            record = list(values(row))
            for place in jsons:
                record[place] = _json(record[place])
            copy.write_row(record)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value)
