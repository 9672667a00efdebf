"""Rows of several tables by one question, so that they are of one moment.

PostgreSQL gives every statement a snapshot of its own
(https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED): what is read one
after the other may show a signature and not the event that tells of it.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models

_ROWS = "(SELECT coalesce(json_agg(to_json(q)), '[]')::text FROM ({}) AS q)"


def together(**asked: "models.QuerySet[Any]") -> Mapping[str, list[Any]]:
    """The rows of every query, each in its own order, under its name.

    A query may be sliced, annotated and may leave columns out; it may not join others
    (``select_related``) or read bytes. A query that can have no rows is not sent. Raises Django's
    database errors.
    """
    compiled: dict[str, tuple[str, tuple[Any, ...]]] = {}
    for name, rows in asked.items():
        try:
            compiled[name] = rows.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        except EmptyResultSet:
            continue
    found: dict[str, list[Any]] = {name: [] for name in asked}
    if not compiled:
        return found
    columns = ", ".join(_ROWS.format(sql) for sql, _ in compiled.values())
    given = [one for _, parameters in compiled.values() for one in parameters]
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT {columns}", given)
        answer = cursor.fetchone()
    for name, text in zip(compiled, answer, strict=True):
        found[name] = [_row(asked[name], one) for one in json.loads(text)]
    return found


def _row(rows: "models.QuerySet[Any]", told: Mapping[str, Any]) -> Any:
    fields = [one for one in rows.model._meta.concrete_fields if one.column in told]
    values = [_value(field, told[field.column]) for field in fields]
    row = rows.model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], values)
    for name in rows.query.annotation_select:
        setattr(row, name, told[name])
    return row


def _value(field: "models.Field[Any, Any]", told: Any) -> Any:
    return None if told is None else field.to_python(told)
