"""The reference names everything that the source has, and nothing that it has not."""

import dataclasses
import re
from pathlib import Path

import pytest
from django.apps import apps

from ceremony import conf
from ceremony.core import directives, notice_settings, settings_file, verify_file
from ceremony.core.check import CheckSeverity, When
from ceremony.core.checklist import evidence, ids, preflight, summary
from ceremony.core.digests import ALGORITHMS
from ceremony.core.expectations import CheckResult, ExpectationError, Kind, parse_expectation
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.naming import CONTRACT, SETTINGS
from ceremony.core.policies.given import KNOWN
from ceremony.core.policies.reading import FIELDS, RISKS
from ceremony.core.rules import BUILT_IN
from ceremony.models.audit import Action
from ceremony.pg.ledger_ddl import COLUMNS
from tests.docs.pages import CHECKOUT
from tests.docs.source import NO_CODES, codes

REFERENCE = CHECKOUT / "docs" / "reference"


def _page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def _section(page, heading):
    return _page(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _first_cells(text):
    """What stands in backquotes in the first cell of each row of the tables."""
    rows = re.findall(r"^\| (`.*?) +\|", text, re.MULTILINE)
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def test_every_code_is_explained_once_and_no_other():
    named = _first_cells(_page("codes.md"))
    assert {code for code in named if named.count(code) > 1} == set()
    rules = {rule.code for rule in BUILT_IN}  # they have a page of their own
    assert (codes() - rules - set(named), set(named) - codes()) == (set(), set())


def test_what_is_taken_for_no_code_is_in_the_source():
    text = "".join(
        path.read_text(encoding="utf-8")
        for package in ("ceremony", "project")
        for path in (CHECKOUT / package).rglob("*.py")
    )
    assert {word for word in NO_CODES if f'"{word}"' not in text} == set()


def test_codes_that_other_pages_name_exist():
    shown = "\n".join(
        path.read_text(encoding="utf-8") for path in (CHECKOUT / "docs").rglob("*.md")
    )
    in_brackets = set(re.findall(r"\(`([a-z]+(?:-[a-z]+)+)`", shown))
    in_output = set(re.findall(r"  ?\[([a-z]+(?:-[a-z]+)+)\]$", shown, re.MULTILINE))
    assert (in_brackets | in_output) - codes() == set()


def test_every_directive_of_a_header_has_its_row():
    named = _first_cells(_section("files.md", "Headers").partition("\n### ")[0])
    assert {word.lower() for word in named} == set(directives.KEYS)


def test_words_that_the_page_calls_near_misses_are():
    text = _section("files.md", "Headers").partition("### Near misses")[2]
    is_error, is_none = text.partition("Words that people really")[::2]
    for comment in re.findall(r"`(-- [^`]+:)`", is_error.replace("-- Word:", "")):
        assert (comment, _finding(f"{comment} 1")) == (comment, "directive-unknown")
    for comment in re.findall(r"`(-- [^`]+:)`", is_none.partition("Without")[0]):
        assert (comment, _finding(f"{comment} 1")) == (comment, None)
    for comment in re.findall(r"`(-- [^`]+)`", is_none.partition("Without")[2]):
        assert (comment, _finding(comment)) == (comment, "directive-unknown")


def _finding(comment):
    _, found = directives.read_header("x.sql", f"{comment}\nSELECT 1;\n")
    return found[0].code if found else None


@pytest.mark.parametrize(
    ("page", "heading", "words"),
    [
        ("files.md", SETTINGS, settings_file.KEYS),
        ("checks.md", "Directives", [f"{key}:" for key in verify_file.KEYS]),
        ("checks.md", "Directives", [str(when) for when in When]),
        ("checks.md", "Directives", [str(severity) for severity in CheckSeverity]),
        ("checks.md", "Directives", [str(result) for result in CheckResult]),
        ("ledger.md", "Events", [str(event) for event in Event]),
        ("ledger.md", "Columns", COLUMNS),
        ("record.md", "The audit trail", [str(action) for action in Action]),
        ("settings.md", "CEREMONY", conf._KNOWN),
        ("settings.md", "Notices", notice_settings.KEYS),
        ("checklists.md", "Items before a run", ids.OF_PREFLIGHT),
        ("checklists.md", "Items after a run", ids.OF_VERIFICATION),
        ("checklists.md", "Acceptance in series.toml", evidence.WORDS),
        ("checklists.md", "Pre-flight in series.toml", preflight.KEYS),
        ("checklists.md", "Claims", summary.CLAIMS),
        ("settings.md", "Policies", [name.upper() for name in (*FIELDS, RISKS)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_word_has_its_row(page, heading, words):
    named = _first_cells(_section(page, heading))
    assert {word for word in words if word not in named} == set()


def test_no_row_is_about_something_that_is_not_there():
    assert set(_first_cells(_section("files.md", SETTINGS))) == set(settings_file.KEYS)
    assert set(_first_cells(_section("ledger.md", "Columns"))) == set(COLUMNS)
    assert set(_first_cells(_section("ledger.md", "Events"))) == {str(event) for event in Event}
    assert set(_first_cells(_section("settings.md", "CEREMONY"))) == set(conf._KNOWN)


def test_the_columns_are_those_of_a_row():
    assert list(COLUMNS) == [field.name for field in dataclasses.fields(LedgerRow)]


def test_every_word_of_a_policy_is_named():
    text = _section("files.md", SETTINGS).partition("\n### Policy\n")[2]
    assert {word for word in KNOWN if not re.search(rf"`{word}\b", text)} == set()


def test_every_kind_of_object_of_a_contract_is_named():
    text = _section("files.md", CONTRACT)
    assert {kind for kind in settings_file.CONTRACT_KINDS if f"`{kind}`" not in text} == set()
    assert {level for level in settings_file.LEVELS if f'`"{level}"`' not in text} == set()


def test_every_form_that_is_shown_is_an_expectation_and_every_kind_is_shown():
    shown = _first_cells(_section("checks.md", "Expectations"))
    kinds = set()
    for form in shown:
        try:
            kinds.add(parse_expectation(form).kind)
        except ExpectationError as error:
            pytest.fail(f"{form}: {error.message}")
    assert kinds == set(Kind)


def test_every_digest_algorithm_is_named():
    assert {name for name in ALGORITHMS if f"`{name}:…`" not in _page("files.md")} == set()


def test_every_table_of_the_record_has_its_row():
    tables = {model._meta.db_table for model in apps.get_app_config("ceremony").get_models()}
    assert {word for word in _first_cells(_section("record.md", "Tables")) if "_" in word} == tables


def test_every_variable_of_the_environment_has_its_row():
    text = (CHECKOUT / "project" / "settings.py").read_text(encoding="utf-8")
    text += (CHECKOUT / "project" / "environment.py").read_text(encoding="utf-8")
    read = set(re.findall(r"\b_?(?:self|env)\.(?:text|flag|words|folder)\(\s*\"([A-Z_]+)\"", text))
    described = set(re.findall(r"^``([A-Z_<>]+)``", text, re.MULTILINE))
    named = set(_first_cells(_section("settings.md", "Environment of the project")))
    assert len(read) > 4
    assert (read - named, described - named) == (set(), set())


def test_every_variable_that_the_project_describes_is_in_the_readme_or_the_reference():
    readme = Path(CHECKOUT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\| `([A-Z_<>]+)` \|", readme, re.MULTILINE))
    assert len(shown) > 4
    assert shown <= set(_first_cells(_section("settings.md", "Environment of the project")))
