"""What series.toml and contract.toml ask of a run, as a document with a digest."""

import json

import pytest

from ceremony.core.checklist_document import checklists_bytes, checklists_digest, readable
from ceremony.core.digests import bytes_digest
from tests.core.folders import complete, series_of

ASKED = """
title = "The shop"
notes = ["by hand"]

[preflight]
human = ["A backup was taken."]
disk_free = "1 GB"

[policy]
rehearsal = "required"
"""
CONTRACT = '[[table]]\nname = "t_0001_a"\nsince = "0001"\n'


def digest(settings=ASKED, contract=CONTRACT):
    files = {**complete("0001_a"), "series.toml": settings, "contract.toml": contract}
    return checklists_digest(series_of(files).settings)


def test_the_digest_is_that_of_the_bytes_that_are_frozen():
    series = series_of({**complete("0001_a"), "series.toml": ASKED, "contract.toml": CONTRACT})
    assert checklists_digest(series.settings) == bytes_digest(checklists_bytes(series.settings))
    assert json.loads(checklists_bytes(series.settings)) == {
        "series": {
            "preflight": {"human": ["A backup was taken."], "disk_free": "1 GB"},
            "policy": {"rehearsal": "required"},
        },
        "contract": {"table": [{"name": "t_0001_a", "since": "0001"}]},
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('human = ["A backup was taken."]\n', ""),
        ("A backup", "No backup"),
        ('"1 GB"', '"1 MB"'),
        ('rehearsal = "required"\n', ""),
    ],
)
def test_taking_something_off_changes_it(old, new):
    assert old in ASKED
    assert digest(ASKED.replace(old, new)) != digest()


def test_a_contract_that_asks_for_less_changes_it():
    assert digest(contract="") != digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"The shop"', '"Another shop"'),
        ('"by hand"', '"by machine"'),
        ("\n[policy]", "\n# a comment\n\n[policy]"),
        ("", '[lint]\nlint-unseen-name = { severity = "off", reason = "a test" }\n'),
    ],
)
def test_what_asks_for_nothing_does_not(old, new):
    text = ASKED.replace(old, new, 1) if old else ASKED + new
    assert text != ASKED
    assert digest(text) == digest()


def test_dates_and_fractions_have_a_form():
    odd = '[health]\nat = 2026-01-17\nwhen = 07:30:00\nshare = 0.5\nnothing = "a\\u0000b"\n'
    series = series_of({**complete("0001_a"), "series.toml": odd})
    assert json.loads(checklists_bytes(series.settings))["series"]["health"] == {
        "at": "2026-01-17",
        "when": "07:30:00",
        "share": "0.5",
        "nothing": "a\N{SYMBOL FOR NULL}b",
    }


def test_it_can_be_read_line_by_line():
    assert readable(b'{"b":[1],"a":"\xc3\xa4"}') == '{\n "a": "ä",\n "b": [\n  1\n ]\n}'.encode()
