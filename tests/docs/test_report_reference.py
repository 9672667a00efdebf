"""The reference of reports names every key, and no other."""

import dataclasses
import re

from ceremony.core.checklist.summary import Summary
from ceremony.core.execution import facts, population
from ceremony.core.item import Item, Judged
from ceremony.core.manifest import FrozenFile
from ceremony.core.risks import KnownRisk
from tests.docs.pages import CHECKOUT

_PAGE = (CHECKOUT / "docs" / "reference" / "report.md").read_text(encoding="utf-8")
_OTHERS = (Summary, Item, Judged, FrozenFile, KnownRisk)


def _section(heading):
    return _PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _words(heading):
    return set(re.findall(r"`([a-z_]+)`", _section(heading)))


def _fields(*types):
    return {field.name for one in types for field in dataclasses.fields(one)}


def _types(module):
    return [
        one
        for one in vars(module).values()
        if dataclasses.is_dataclass(one) and one.__module__ == module.__name__
    ]


def test_every_key_of_a_ceremonys_report_is_named():
    wanted = _fields(*_types(facts), *_OTHERS) | {"format"}
    assert wanted - _words("The report of a ceremony") == set()


def test_every_key_of_a_population_is_named():
    wanted = _fields(*_types(population)) | {"format", "verdict", "without_approval"}
    assert wanted - _words("The population") == set()


def test_every_standing_has_its_row():
    rows = re.findall(r"^\| `([a-z -]+)` \|", _section("The population"), re.MULTILINE)
    assert {one.value for one in population.Standing} - set(rows) == set()
