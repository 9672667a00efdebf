"""The page about the manifest names every key of the document, and no other."""

import re

from ceremony.core.checklist_document import ASKING, checklists_of
from ceremony.core.manifest import document_of
from tests.core.folders import series_of
from tests.core.test_manifest import sample
from tests.docs.pages import CHECKOUT

PAGE = (CHECKOUT / "docs" / "reference" / "manifest.md").read_text(encoding="utf-8")


def section(heading):
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text):
    """Each row's cells: the words in backquotes of the first, and the second."""
    found = re.findall(r"^\| (`.*?) \| (.*) \|$", text, re.MULTILINE)
    return [(re.findall(r"`([^`]+)`", first), second) for first, second in found]


def test_every_key_has_its_row_and_no_row_is_about_something_else():
    document = document_of(sample())
    whole, _, step = section("The document").partition("\nA step, ")
    assert sorted(key for keys, _ in rows(whole) for key in keys) == sorted(document)
    assert sorted(key for keys, _ in rows(step) for key in keys) == sorted(document["steps"][0])


def test_what_stands_inside_is_named():
    document = document_of(sample())
    named = {key: meaning for keys, meaning in rows(section("The document")) for key in keys}
    for inside, key in (
        (document["target"], "target"),
        (document["ledger"], "ledger"),
        (document["steps"][0]["files"][0], "files"),
    ):
        assert {one for one in inside if f"`{one}`" not in named[key]} == set()


def test_the_tables_that_ask_for_something_are_named():
    told = section("What is asked for")
    named = re.findall(r"`(\w+)`", told.partition("under `series`: ")[2].partition(". Of")[0])
    assert named == list(ASKING)
    assert {f"`{key}`" in told for key in checklists_of(series_of({}).settings)} == {True}
