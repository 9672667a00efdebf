"""The digest of one row of evidence, which the row's audit event carries.

The trail proves its own events; the rows beside it (sign-offs, transitions, items, halts …) are
proved by these digests: a row that was changed, removed or put in by other hands has no event that
tells of it.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.db import models

from ceremony.core.chain import Json, PayloadInvalid, canonical

ROW = "row1"
"""The algorithm of the digest, which stands in front of it."""

EVENT = "event"
"""The column that names the event of a row: it is compared with the event that tells of it."""


def row_facts(row: models.Model) -> dict[str, Json]:
    """Every column of the row as a value of JSON; foreign keys by their column (``user_id``).

    A number that the database gives and the column ``event`` are left out: neither is known when
    the event is written. Times are UTC with six digits of a second, bytes their SHA-256, numbers
    that are not whole their shortest text. Raises PayloadInvalid for any other value.
    """
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if not isinstance(field, models.AutoField) and field.name != EVENT
    }


def row_digest(row: models.Model) -> str:
    """``row1:`` and 64 hexadecimal digits: SHA-256 over table and facts in canonical form."""
    document = canonical([row._meta.db_table, row_facts(row)])
    return f"{ROW}:{hashlib.sha256(document).hexdigest()}"


def _plain(value: object) -> Json:
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _written(value)


def _written(value: object) -> Json:
    """What has no canonical form of its own: numbers that are not whole, times, ids, bytes."""
    if isinstance(value, float):
        # jsonb gives 1e22 back as a whole number: both are written alike.
        return int(value) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return hashlib.sha256(value).hexdigest()
    raise PayloadInvalid(f"{type(value).__name__} in a row of evidence")
