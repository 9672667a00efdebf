"""The best practices: a bad example fires exactly its rule, a good one is clean."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ceremony.actions.library import load_library
from ceremony.core.finding import Finding
from ceremony.core.lint import lint
from ceremony.core.rules import BUILT_IN
from tests.docs.pages import CHECKOUT

PAGE = CHECKOUT / "docs" / "explanation" / "best-practices.md"

#: What reading a series finds without a rule of the lint, and the page speaks of as well.
OTHERS = (
    "checks-missing",
    "file-bidi-control",
    "file-invisible-character",
    "ident-mixed-script",
    "rollback-missing",
)
#: Examples leave siblings out, unless they are about them.
LEFT_OUT = {"checks-missing", "rollback-missing"}

_EXAMPLE = re.compile(r"^<!-- (bad|good): (\S+) -->\n```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^(?:--|#) (\S+\.(?:sql|toml))\n", re.MULTILINE)
_CHARACTER = re.compile(r"⟨U\+([0-9A-F]+)⟩")

EXAMPLES = _EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


def _files(example: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file that an example shows; ``shop`` is the series, unless named."""
    text = _CHARACTER.sub(lambda match: chr(int(match[1], 16)), example)
    before, *parts = _FILE.split(text)
    if before.strip():
        yield "shop/0001_example.sql", before
    for name, content in zip(parts[::2], parts[1::2], strict=True):
        yield name if "/" in name else f"shop/{name}", content


def _findings(files: Mapping[str, str], root: Path) -> tuple[Finding, ...]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    library = load_library(root)
    return (*library.findings, *lint(library.series, BUILT_IN))


def _codes(findings: tuple[Finding, ...], about: str) -> set[str]:
    return {finding.code for finding in findings} - (LEFT_OUT - ({about} & LEFT_OUT and LEFT_OUT))


def _named(wanted: str) -> list[tuple[str, str]]:
    return [(code, example) for kind, code, example in EXAMPLES if kind == wanted]


@pytest.mark.parametrize(("code", "example"), _named("bad"))
def test_a_bad_example_fires_exactly_its_rule(code, example, tmp_path):
    assert _codes(_findings(dict(_files(example)), tmp_path), code) == {code}


@pytest.mark.parametrize(("code", "example"), _named("good"))
def test_a_good_example_is_clean(code, example, tmp_path):
    assert _codes(_findings(dict(_files(example)), tmp_path), code) == set()


@pytest.mark.parametrize(("code", "example"), _named("bad"))
def test_a_finding_of_a_rule_can_be_silenced_with_a_reason(code, example, tmp_path):
    if code in OTHERS:
        return
    files = dict(_files(example))
    for finding in _findings(files, tmp_path / "loud"):
        if finding.code == code:
            files[finding.path] = f"-- Silence: {code} (an example)\n{files[finding.path]}"
    assert _codes(_findings(files, tmp_path / "silent"), code) == set()


def test_every_rule_has_a_bad_and_a_good_example_and_a_heading():
    codes = {rule.code for rule in BUILT_IN} | set(OTHERS)
    assert {code for code, _ in _named("bad")} == codes
    assert {code for code, _ in _named("good")} == codes
    headings = re.findall(r"^### .* \((.*)\)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {code for line in headings for code in re.findall(r"`([^`]+)`", line)} == codes
