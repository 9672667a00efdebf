"""A whole report, in each form, as a file to read."""

from dataclasses import replace

from django.utils.html import escape
from markdown_it import MarkdownIt

from ceremony.actions.report import EXECUTION, MadeReport
from ceremony.core.execution.document import digest_of, document_of
from ceremony.core.execution.facts import ExecutionReport
from ceremony.core.execution.reading import reading_of
from ceremony.core.execution.verdict import judged
from ceremony.core.report import Verdict
from ceremony.management.formats.report_format import as_html, as_markdown
from tests.core.reports import NOON, STOP, TROUBLE, TRUE, changed, ran, run, signed

FAILED = ran(
    verdict=Verdict.FAIL,
    state="failed",
    ledger_sequence=0,
    statements_in=0,
    trouble=TROUBLE,
    warnings=("odd",),
)
HURT = changed(
    overridden=True,
    signed=(signed(told=False), signed("rhea", "review")),
    runs=(
        run(
            purpose="override",
            reason="The shop is down.",
            verdict="FAIL",
            trouble=TROUBLE,
            steps=(FAILED,),
        ),
        run(8, (), purpose="watch", spent=False),
    ),
    preflight=(),
    verification=(),
    drills=(),
    halts=(STOP, replace(STOP, station="lift")),
    holds=None,
    elsewhere=(),
)


def made(report: ExecutionReport) -> MadeReport:
    told = judged(report)
    document = document_of(told)
    return MadeReport(
        number=1,
        kind=EXECUTION,
        verdict=told.verdict,
        document=document,
        reading=reading_of(told),
        digest=digest_of(document),
        made_by="otto",
        made_at=NOON,
    )


def test_a_report_of_what_went_well(golden):
    golden("report_well.md", as_markdown(made(TRUE)))


def test_a_report_of_what_went_wrong(golden):
    golden("report_wrong.md", as_markdown(made(HURT)))


def test_the_page_says_the_same_as_the_markdown():
    report = made(HURT)
    page = as_html(report)
    for section in report.reading.sections:
        assert f"<h2>{escape(section.title)}</h2>" in page
        for block in section.blocks:
            for text in _texts(block):
                assert escape(text) in page
    rendered = MarkdownIt("commonmark").enable("table").render(as_markdown(report))
    assert rendered.count("<h2>") == page.count("<h2>") == len(report.reading.sections)
    assert rendered.count("<td>") == page.count("<td>") + page.count('<th scope="row">')


def _texts(block):
    if block.kind == "paragraph":
        return [block.text]
    if block.kind == "bullets":
        return block.items
    return [cell for row in block.rows for cell in row]


def test_the_page_is_whole_and_its_tables_have_heads():
    page = as_html(made(TRUE))
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<table") == page.count("</table>")
    assert page.count("<thead>") + page.count('<table class="cer-named">') == page.count("<table")
