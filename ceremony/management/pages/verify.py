"""The page of ``verify_sql``: what the checks say now, and whether files and ledger agree."""

from ceremony.core.check import CheckResult
from ceremony.core.contract.judging import ContractReport
from ceremony.core.finding import errors
from ceremony.core.outcome import CheckOutcome
from ceremony.core.report import Verdict, VerifiedMigration, VerifyReport
from ceremony.management.page import Page, Part
from ceremony.management.pages.checks import add_checks, checks_sentence, passed
from ceremony.management.pages.drift import add_drift
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.pages.verdict import marked
from ceremony.management.units import counted, duration


def verify_page(report: VerifyReport, prefix: str, verbosity: int) -> Page:
    """The verdict in one sentence, a row per migration, what did not pass, what disagrees."""
    page = Page()
    page.line(marked(report.verdict.value), (f"  {_sentence(report)}", "bold"))
    page.line((target_place(report.target), "dim"))
    if report.migrations:
        page.blank()
        rows = [_row(one) for one in report.migrations]
        page.table(("Migration", "Verdict", "Checks", "Time"), rows, right=(2, 3))
    page.blank()
    for one in report.migrations:
        add_checks(page, one.label, one.checks, prefix, all_of_them=verbosity > 1)
    page.blank()
    add_findings(page, report.findings, prefix)
    if report.contract is not None:
        add_findings(page, report.contract.findings, prefix)
    if report.drift is not None:
        page.blank()
        add_drift(page, report.drift, everything=verbosity > 1)
    return page


def _sentence(report: VerifyReport) -> str:
    told = checks_sentence([check for one in report.migrations for check in one.checks])
    agree = (
        "Files, ledger and records disagree."
        if errors(report.findings)
        else "Files, ledger and records agree."
    )
    contract = _contract_sentence(report.contract) if report.contract else ""
    return f"{report.series} on {target_name(report.target)}. {told} {agree}{contract}"


def _contract_sentence(contract: ContractReport) -> str:
    broken = len(errors(contract.findings))
    if not broken:
        optional = len(contract.findings)
        more = f", {optional} optional missing" if optional else ""
        return f" The contract holds ({counted(contract.asked, 'object')}{more})."
    return f" The contract is violated: {broken} of {counted(contract.asked, 'object')}."


def _row(one: VerifiedMigration) -> list[Part]:
    seconds = sum(check.seconds for check in one.checks)
    return [
        one.label,
        marked(_verdict(one.checks).value),
        passed(one.checks),
        duration(seconds) if seconds else "",
    ]


def _verdict(checks: tuple[CheckOutcome, ...]) -> Verdict:
    results = {check.result for check in checks}
    if not results:
        return Verdict.NOT_RUN
    if CheckResult.FAIL in results:
        return Verdict.FAIL
    return Verdict.PASS if results == {CheckResult.PASS} else Verdict.PARTIAL
