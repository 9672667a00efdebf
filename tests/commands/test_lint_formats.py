"""What the formats of ``check_sql`` say about the rules that found something."""

import json

from ceremony.core.finding import Finding, Severity
from ceremony.core.lint import Rule
from ceremony.core.report import CheckReport
from ceremony.core.series import Numbering, Series, SeriesSettings
from ceremony.management.formats import github, json_format, junit, sarif
from ceremony.management.pages.check import check_page
from tests.commands.values import ORDERS

PREFIX = "migrations_sql/"
RULE = Rule(
    "lint-money",
    "a column of type money",
    "Its precision depends on a setting of the server.",
    "https://www.postgresql.org/docs/current/datatype-money.html",
    lambda subject: (),
)
FOUND = Finding(
    "shop/0001_orders.sql",
    3,
    1,
    "lint-money",
    "price is money.",
    "Write numeric(12,2).",
    Severity.WARNING,
)
OTHER = Finding("shop/0001_orders.sql", 0, 0, "checks-missing", "Nothing.", "Add.", Severity.NOTICE)
SHOP = Series("shop", SeriesSettings("The shop", Numbering.SEQUENCE), (ORDERS,), ())
REPORT = CheckReport((SHOP,), (OTHER, FOUND), (RULE,))


def test_the_page_says_once_why_a_rule_is_there_and_how_to_keep_it_quiet(golden):
    twice = CheckReport((SHOP,), (OTHER, FOUND, FOUND), (RULE,))
    golden("check-lint.txt", check_page(twice, PREFIX).plain)


def test_annotations_end_with_the_link():
    assert github.annotations(REPORT.findings, PREFIX, REPORT.rules) == (
        "::notice file=migrations_sql/shop/0001_orders.sql,title=checks-missing::Nothing. Add.\n"
        "::warning file=migrations_sql/shop/0001_orders.sql,line=3,col=1,title=lint-money::price "
        "is money. Write numeric(12,2). "
        "https://www.postgresql.org/docs/current/datatype-money.html\n"
    )


def test_sarif_has_a_descriptor_with_reason_and_link():
    [run] = json.loads(sarif.log(REPORT.findings, PREFIX, REPORT.rules))["runs"]
    assert run["tool"]["driver"]["rules"] == [
        {"id": "checks-missing"},
        {
            "id": "lint-money",
            "shortDescription": {"text": "A column of type money."},
            "fullDescription": {"text": "Its precision depends on a setting of the server."},
            "helpUri": "https://www.postgresql.org/docs/current/datatype-money.html",
            "help": {
                "text": "Its precision depends on a setting of the server. To silence it for one "
                "statement: -- lint: allow lint-money (why)"
            },
        },
    ]
    assert [(one["ruleId"], one["ruleIndex"], one["level"]) for one in run["results"]] == [
        ("checks-missing", 0, "note"),
        ("lint-money", 1, "warning"),
    ]


def test_json_names_the_rules_that_found_something():
    assert json_format.check_report(REPORT)["rules"] == [
        {
            "code": "lint-money",
            "title": "a column of type money",
            "reason": "Its precision depends on a setting of the server.",
            "link": "https://www.postgresql.org/docs/current/datatype-money.html",
        }
    ]
    assert json_format.check_report(CheckReport((SHOP,), (OTHER,)))["rules"] == []


def test_junit_has_the_findings_at_their_file():
    written = junit.suites(REPORT, PREFIX, strict=True)
    assert "0001_orders.sql:3:1: warning: price is money. [lint-money] Write" in written
