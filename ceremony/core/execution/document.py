"""The report as canonical JSON, whose digest goes into the audit trail.

When and by whom it was made is not part of it: the same facts always have the same digest.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime

from ceremony.core.chain import Json, canonical
from ceremony.core.execution.facts import ExecutionReport

FORMAT = "ceremony-report-v1"
ALGORITHM = "report1"
"""Stands in front of the digest."""


def document_of(report: ExecutionReport) -> dict[str, Json]:
    """Every fact of the report, named as in ``facts``."""
    return {
        "format": FORMAT,
        **{one.name: plain(getattr(report, one.name)) for one in fields(report)},
    }


def digest_of(document: Mapping[str, Json]) -> str:
    """``report1:`` and the SHA-256 of the canonical document. Raises PayloadInvalid."""
    return f"{ALGORITHM}:{hashlib.sha256(canonical(document)).hexdigest()}"


def plain(value: object) -> Json:
    """A value of the core as JSON: dataclasses by their fields, moments as ISO 8601 in UTC, sets
    sorted. Raises TypeError for what has no such form, a float among it.
    """
    if value is None or isinstance(value, str | int):
        return str(value) if isinstance(value, str) else value
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(one) for one in value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no form in a report")
