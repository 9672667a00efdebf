"""The matrix of a series: every migration on every target, as a page and as a file."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from ceremony.actions.matrix import TARGETS, Matrix, known_series, lines_of, matrix_of, numbers_of
from ceremony.admin.read_only import READING, ReadOnlyAdmin
from ceremony.core.matrix import CellState, Row, by_need, counted
from ceremony.models import Target
from ceremony.templatetags.ceremony_awaiting import matrix_links
from ceremony.templatetags.ceremony_pages import mark, visible_line

ROWS = 200
"""How many migrations stand on one page."""

ORDERS = {
    "newest": gettext_lazy("newest first"),
    "oldest": gettext_lazy("oldest first"),
    "need": gettext_lazy("what needs somebody first"),
}

WORDS: dict[CellState, tuple[str, str | Promise]] = {
    CellState.SAME: ("same", pgettext_lazy("a file and its record", "same")),
    CellState.REWORDED: ("reworded", gettext_lazy("reworded")),
    CellState.CHANGED: ("differs", gettext_lazy("changed")),
    CellState.MISSING: ("missing", gettext_lazy("missing")),
    CellState.PENDING: ("pending", gettext_lazy("pending")),
    CellState.PARTLY: ("partly applied", gettext_lazy("partly applied")),
    CellState.ROLLED_BACK: ("rolled back", gettext_lazy("rolled back")),
    CellState.SUPERSEDED: ("superseded", gettext_lazy("superseded")),
    CellState.PLANNED: ("planned", gettext_lazy("planned")),
    CellState.RETIRED: ("retired", gettext_lazy("retired")),
    CellState.ABSENT: ("absent", gettext_lazy("not there")),
    CellState.UNKNOWN: ("unknown", gettext_lazy("unknown")),
}
"""The mark and the word of each state."""

MEANINGS = {
    CellState.SAME: gettext_lazy("what was applied is the file, byte by byte"),
    CellState.REWORDED: gettext_lazy("comments or blanks differ, the statements do not"),
    CellState.CHANGED: gettext_lazy("the file is not what was applied"),
    CellState.MISSING: gettext_lazy("it was applied, and the file is gone"),
    CellState.PENDING: gettext_lazy("there is a file, and it was not applied"),
}
"""What the words of the legend mean."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class MatrixPages(ReadOnlyAdmin):
    """The list of migration records with the matrices that belong to it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with a link to the matrix of each series."""
        links = matrix_links(self.admin_site.name) if self.has_view_permission(request) else []
        return super().changelist_view(request, {**(extra_context or {}), "matrices": links})

    def get_urls(self) -> list[URLPattern]:
        """The matrix, then Django's own."""
        view = self.admin_site.admin_view(partial(matrix_view, self))
        name = "ceremony_migrationrecord_matrix"
        return [path("matrix/<path:series>/", view, name=name), *super().get_urls()]


def matrix_view(admin: ReadOnlyAdmin, request: HttpRequest, series: str) -> HttpResponseBase:
    """The page, or with ``?format=csv`` the file. Who may not view records is refused (403)."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in READING:
        return HttpResponseNotAllowed(READING)
    if series not in known_series():
        raise Http404("There is no such series.")
    if request.GET.get("format") == "csv":
        return _file(series)
    matrix = matrix_of(series, _number(request, "from"))
    if matrix is None:
        raise Http404("There is no such series.")
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Matrix of %(series)s") % {"series": visible_line(series)},
        "opts": admin.opts,
        "media": admin.media,
        "changelist": admin.list_url(),
        **shown(matrix, request, admin.list_url()),
    }
    return TemplateResponse(request, "admin/ceremony/migrationrecord/matrix.html", context)


def shown(matrix: Matrix, request: HttpRequest, records: str) -> dict[str, Any]:
    """What the page shows of the matrix; ``records`` is the address of the list of records."""
    order = request.GET.get("order", "")
    order = order if order in ORDERS else "newest"
    rows = _ordered(matrix.rows, order)
    start = min(_number(request, "row"), max(len(rows) - 1, 0)) // ROWS * ROWS
    page = rows[start : start + ROWS]
    return {
        "matrix": matrix,
        "orders": [(_link(order=one), word, one == order) for one, word in ORDERS.items()],
        "columns": [_column(matrix, place, records) for place in range(len(matrix.targets))],
        "rows": [(row, list(_cells(row, matrix.targets, records))) for row in page],
        "rows_from": start + 1,
        "rows_to": start + len(page),
        "row_pages": _pages(len(rows), ROWS, start, order=order, first=matrix.first),
        "target_pages": _target_pages(matrix, order),
        "legend": [(_marked(state), text) for state, text in MEANINGS.items()],
        "download": _link(format="csv"),
    }


def _ordered(rows: Sequence[Row], order: str) -> Sequence[Row]:
    newest = tuple(reversed(rows))
    return {"oldest": rows, "need": by_need(newest)}.get(order, newest)


def _column(matrix: Matrix, place: int, records: str) -> dict[str, Any]:
    target = matrix.targets[place]
    counts = counted(matrix.rows, place)
    asked = urlencode({"target": target.alias, "series": matrix.series})
    return {
        "target": target,
        "url": f"{records}?{asked}",
        "counts": [
            (_marked(state), number)
            for state, number in counts.items()
            if state is not CellState.ABSENT
        ],
    }


def _cells(
    row: Row, targets: Sequence[Target], records: str
) -> Iterator[tuple[SafeString, str, str]]:
    """Mark, alias and address of each cell; ``""`` where no record has a page."""
    for cell, target in zip(row.cells, targets, strict=True):
        url = f"{records}{cell.record}/change/" if cell.record else ""
        yield _marked(cell.state), target.alias, url


def _marked(state: CellState) -> SafeString:
    name, word = WORDS[state]
    return mark(name, str(word))


def _pages(
    total: int, size: int, current: int, *, order: str, first: int
) -> list[tuple[str, str, bool]]:
    """Address, text and whether it is the current one, of each page; none for a single one."""
    starts = range(0, total, size)
    if len(starts) < 2:
        return []
    return [
        (
            _link(order=order, row=start, **{"from": first}),
            f"{start + 1}–{min(start + size, total)}",
            start == current,
        )
        for start in starts
    ]


def _target_pages(matrix: Matrix, order: str) -> list[tuple[str, str, bool]]:
    starts = range(0, matrix.there, TARGETS)
    if len(starts) < 2:
        return []
    return [
        (
            _link(order=order, **{"from": start}),
            f"{start + 1}–{min(start + TARGETS, matrix.there)}",
            start == matrix.first,
        )
        for start in starts
    ]


def _link(**asked: object) -> str:
    return f"?{urlencode({name: value for name, value in asked.items() if value})}"


def _number(request: HttpRequest, name: str) -> int:
    """A number from the address; anything else is 0."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _file(series: str) -> StreamingHttpResponse:
    """Every cell as a line of a file to be saved."""
    return StreamingHttpResponse(
        _written(numbers_of(line) for line in lines_of(series)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="matrix.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class _Echo:
    """What ``csv`` writes to: it hands each line on."""

    def write(self, text: str) -> str:
        return text


def _written(lines: Iterable[dict[str, Any]]) -> Iterator[str]:
    write: Any = csv.writer(_Echo()).writerow
    names: list[str] = []
    for line in lines:
        if not names:
            names = list(line)
            yield write(names)
        yield write([_plain(str(value)) for value in line.values()])


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    return f"'{text}" if text.startswith(_FORMULA) else text
