import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from ceremony import __version__
from ceremony.core.expectations import CheckResult
from ceremony.core.finding import Finding, Severity
from ceremony.core.outcome import Message, StatementResult, StatementState, StepState
from ceremony.core.report import CheckReport, Verdict
from ceremony.core.series import Numbering, Series, SeriesSettings
from ceremony.management.formats import github, json_format, junit, sarif
from ceremony.management.pages.check import check_page
from ceremony.management.places import place_of, prefix_of
from ceremony.management.trouble import of_run
from tests.commands.values import (
    EMAIL,
    FAILED,
    INDEX,
    ORDERS,
    SEEN,
    checked,
    outcome,
    report,
    step,
)

PREFIX = "migrations_sql/"
ERROR = Finding(
    "shop/0002_add_email.sql", 3, 5, "header-unknown-key", "What is Purpos?", "Write Purpose:"
)
WARNING = Finding("shop/0001_orders.sql", 7, 0, "file-mixed", "Both.", "", Severity.WARNING)
NOTICE = Finding("shop", 0, 0, "series-empty", "Empty.", "Fill it.", Severity.NOTICE)
FOLDER = Finding("", 0, 0, "dependency-cycle", "a needs b needs a.", "Cut it.")
SHOP = Series("shop", SeriesSettings("The shop", Numbering.SEQUENCE), (ORDERS, EMAIL), (ERROR,))
REPORT = CheckReport((SHOP,), (FOLDER, NOTICE, WARNING, ERROR))


def test_github_annotations_stand_at_their_lines():
    assert github.annotations(REPORT.findings, PREFIX) == (
        "::error title=dependency-cycle::a needs b needs a. Cut it.\n"
        "::notice file=migrations_sql/shop,title=series-empty::Empty. Fill it.\n"
        "::warning file=migrations_sql/shop/0001_orders.sql,line=7,title=file-mixed::Both.\n"
        "::error file=migrations_sql/shop/0002_add_email.sql,line=3,col=5,title=header-unknown-key"
        "::What is Purpos? Write Purpose:\n"
    )


@given(st.text(), st.text())
def test_no_text_can_start_another_workflow_command(path, message):
    finding = Finding(path, 1, 1, "file-odd", message, "")
    written = github.annotations([finding], "")
    assert written.count("\n") == 1
    properties = written.partition(" ")[2].partition("::")[0]
    expected = {"file", "line", "col", "title"} if path else {"title"}
    assert {one.partition("=")[0] for one in properties.split(",")} == expected


def test_sarif_tells_rule_level_and_region():
    written = json.loads(sarif.log(REPORT.findings, PREFIX))
    (run,) = written["runs"]
    assert (written["version"], run["tool"]["driver"]["semanticVersion"]) == ("2.1.0", __version__)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(finding.code for finding in REPORT.findings)
    assert [(one["ruleId"], rules[one["ruleIndex"]], one["level"]) for one in run["results"]] == [
        ("dependency-cycle", "dependency-cycle", "error"),
        ("series-empty", "series-empty", "note"),
        ("file-mixed", "file-mixed", "warning"),
        ("header-unknown-key", "header-unknown-key", "error"),
    ]
    assert "locations" not in run["results"][0]
    assert run["results"][3]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "migrations_sql/shop/0002_add_email.sql"},
                "region": {"startLine": 3, "startColumn": 5},
            }
        }
    ]


def test_sarif_addresses_are_quoted():
    odd = Finding("shop/0001 größe#1.sql", 1, 1, "path-bad-name", "Odd.", "")
    (result,) = json.loads(sarif.log([odd], ""))["runs"][0]["results"]
    address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert address == "shop/0001%20gr%C3%B6%C3%9Fe%231.sql"


def test_junit_has_a_case_per_file(golden):
    golden("check.junit.xml", junit.suites(REPORT, PREFIX, strict=False))


def test_junit_counts_warnings_as_failures_when_strict():
    root = ElementTree.fromstring(junit.suites(REPORT, PREFIX, strict=True))
    assert [suite.get("failures") for suite in root] == ["2", "1"]


@given(st.text(), st.text())
def test_junit_is_xml_whatever_the_words(path, message):
    odd = CheckReport((SHOP,), (Finding(path, 0, 0, "file-odd", message, message),))
    root = ElementTree.fromstring(junit.suites(odd, "", strict=False))
    assert len(list(root.iter("failure"))) == 1


def test_the_page_of_findings(golden):
    golden("check.txt", check_page(REPORT, PREFIX).plain)


def test_the_page_without_findings(golden):
    golden("check-clean.txt", check_page(replace(REPORT, findings=()), PREFIX).plain)


def test_the_json_answer_of_a_failed_run(golden):
    done = outcome(
        step(ORDERS, 1),
        statements=(StatementResult(1, StatementState.DONE, 0.01, "CREATE TABLE"),),
        checks=(checked("no doubles", CheckResult.PASS),),
        messages=(Message(1, "NOTICE", "42P07", "esc\x1b[2J \u202e 日本"),),
    )
    broken = checked("unique", CheckResult.FAIL, "Expected no rows, got 7.", observed=SEEN)
    failed = outcome(step(INDEX, 2), StepState.FAILED, 3.2, checks=(broken,), problem=FAILED)
    made = report([done, failed], problem=FAILED, verdict=Verdict.FAIL)
    trouble = of_run(made, PREFIX)
    text = json_format.document("apply_sql", [json_format.run_report(made)], trouble)
    assert text.isascii()
    assert "\x1b" not in text
    golden("apply-failed.json", text)


def test_the_json_answer_without_trouble():
    written = json.loads(
        json_format.document("check_sql", [json_format.check_report(REPORT)], None)
    )
    assert (written["format"], written["command"]) == ("ceremony-answer-v1", "check_sql")
    assert (written["exit_code"], written["error"]) == (0, None)
    assert written["reports"][0]["series"] == [
        {"name": "shop", "title": "The shop", "migrations": 2, "runnable": 2, "checks": 0}
    ]
    assert written["reports"][0]["findings"][3] == {
        "path": "shop/0002_add_email.sql",
        "line": 3,
        "column": 5,
        "code": "header-unknown-key",
        "severity": "error",
        "message": "What is Purpos?",
        "hint": "Write Purpose:",
    }


def test_places_open_from_where_the_person_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert prefix_of(tmp_path / "migrations_sql") == "migrations_sql/"
    assert prefix_of(Path("sql")) == "sql/"
    assert prefix_of(tmp_path) == ""
    assert prefix_of(Path("/elsewhere/sql")) == "/elsewhere/sql/"
    assert place_of(ERROR, "sql/") == "sql/shop/0002_add_email.sql:3:5"
    assert place_of(FOLDER, "sql/") == "sql"
    assert place_of(FOLDER, "") == "."
    assert place_of(replace(ERROR, path="/data/rows.sql"), "sql/") == "/data/rows.sql:3:5"
