"""Reports in the forms that ``report_sql`` writes."""

from ceremony.actions.report import MadeReport
from ceremony.actions.report_page import enclosed_stylesheet, report_page
from ceremony.core.chain import canonical
from ceremony.core.execution.blocks import moment
from ceremony.core.execution.markdown import escaped, markdown
from ceremony.management.formats.facts import Json, time_text


def made_report(report: MadeReport) -> Json:
    """``report_sql``: the document with its digest, and when it was first made."""
    return {
        "number": report.number,
        "kind": report.kind,
        "verdict": report.verdict.value,
        "digest": report.digest,
        "made_at": time_text(report.made_at),
        "made_by": report.made_by,
        "report": report.document,
    }


def as_markdown(report: MadeReport) -> str:
    """Markdown, with the digest at its end."""
    made = f"First reported {moment(report.made_at)} by {report.made_by}."
    return f"{markdown(report.reading)}\n---\n\nDigest: `{report.digest}`\n\n{escaped(made)}\n"


def as_html(report: MadeReport) -> str:
    """A page in one file."""
    return report_page(report, enclosed_stylesheet())


def as_document(report: MadeReport) -> str:
    """The canonical JSON whose SHA-256 is the digest, and not one byte more."""
    return canonical(report.document).decode()
