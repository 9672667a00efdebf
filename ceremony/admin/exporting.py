"""Lists to be saved: what a list shows under its filters and its search, all pages of it.

JSON Lines hold every column; CSV leaves out what has parts of parts. Both are sent as they are
read, at most ``EXPORTED`` rows: the name of the file says so where there are more.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import BinaryField, ForeignKey, JSONField, Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone

from ceremony.models.row_digest import row_facts

EXPORTED = 100_000
"""The most rows of one file."""

CHUNK = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins like this is a formula to a spreadsheet: an apostrophe goes before it
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

KINDS = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


def export_path(model_admin: Any) -> URLPattern:
    """``export/<form>/``, behind the login."""
    view = model_admin.admin_site.admin_view(partial(export_view, model_admin))
    name = f"ceremony_{model_admin.opts.model_name}_export"
    found: URLPattern = path("export/<str:form>/", view, name=name)
    return found


def export_view(model_admin: Any, request: HttpRequest, form: str) -> HttpResponseBase:
    """The file. Only GET and HEAD are understood (405); 404 for another form than ``KINDS`` has,
    400 for filters that the list does not know.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if form not in KINDS:
        raise Http404("There is no such form of the list.")
    try:
        rows = model_admin.listed_rows(request)
        rows = rows.select_related("target") if _has_target(rows.model) else rows
    except IncorrectLookupParameters:
        return HttpResponseBadRequest("The list has no such filter.", content_type="text/plain")
    write = _json_lines if form == "jsonl" else _comma_separated
    answer = StreamingHttpResponse(
        () if request.method == "HEAD" else write(rows[:EXPORTED]), content_type=KINDS[form]
    )
    name = quote(f"{_name(model_admin, rows)}.{form}")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _name(model_admin: Any, rows: QuerySet[Any]) -> str:
    """What is in it, whether it is all of it, and when it was made (UTC)."""
    more = rows.order_by().values("pk")[EXPORTED : EXPORTED + 1].exists()
    part = f"-first-{EXPORTED}" if more else ""
    return f"{model_admin.opts.model_name}{part}-{timezone.now():%Y%m%dT%H%M%SZ}"


def _json_lines(rows: QuerySet[Any]) -> Iterator[bytes]:
    for row in rows.iterator(chunk_size=CHUNK):
        told = {"id": str(row.pk), **row_facts(row), **_beside(rows, row)}
        # ASCII alone: what nobody could see stands there as its code point.
        yield json.dumps(told, ensure_ascii=True).encode() + b"\n"


class _Line:
    """What a csv.writer writes to: it hands the line back."""

    def write(self, text: str) -> str:
        return text


def _comma_separated(rows: QuerySet[Any]) -> Iterator[bytes]:
    fields = [field for field in rows.model._meta.concrete_fields if _is_flat(field)]
    names = [field.attname for field in fields]
    writer = csv.writer(_Line())
    yield _written(writer, [*names, *_beside(rows, None)])
    for row in rows.iterator(chunk_size=CHUNK):
        facts = {**{name: getattr(row, name) for name in names}, **_beside(rows, row)}
        yield _written(writer, [_cell(value) for value in facts.values()])


def _written(writer: Any, cells: Iterable[str]) -> bytes:
    return str(writer.writerow(cells)).encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _is_flat(field: Any) -> bool:
    return not isinstance(field, JSONField | BinaryField)


def _beside(rows: QuerySet[Any], row: Model | None) -> dict[str, Any]:
    """What the list shows of other tables: what it counted or looked up, and the target's alias.
    Without a row: the names of these.
    """
    names = [*rows.query.annotations, *(["target_alias"] if _has_target(rows.model) else [])]
    values = {name: getattr(row, name, None) for name in rows.query.annotations}
    alias = getattr(getattr(row, "target", None), "alias", None)
    return {name: _plain(values.get(name, alias)) for name in names}


def _plain(value: object) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _has_target(model: type[Model]) -> bool:
    fields = model._meta.concrete_fields
    return any(field.name == "target" and isinstance(field, ForeignKey) for field in fields)
