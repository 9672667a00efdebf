"""A report as a page of HTML that prints well. No script and no style stands in it."""

import base64
from pathlib import Path

from django.template.loader import render_to_string

import ceremony
from ceremony.actions.report import MadeReport

STYLESHEET = Path(ceremony.__file__).parent / "static" / "ceremony" / "report.css"


def report_page(report: MadeReport, stylesheet: str) -> str:
    """The whole page; ``stylesheet`` is the address of ``ceremony/report.css``."""
    return render_to_string(
        "ceremony/report.html", {**page_context(report), "stylesheet": stylesheet}
    )


def page_context(report: MadeReport) -> dict[str, object]:
    """What ``ceremony/partials/report.html`` needs."""
    return {
        "reading": report.reading,
        "digest": report.digest,
        "made_at": report.made_at,
        "made_by": report.made_by,
        "version": ceremony.__version__,
    }


def enclosed_stylesheet() -> str:
    """The stylesheet as an address that needs no server (RFC 2397), for a file to send around."""
    return f"data:text/css;base64,{base64.b64encode(STYLESHEET.read_bytes()).decode()}"
