"""The risks register: read, sorted, and refused where it says nothing."""

import pytest

from ceremony.core.risks import KnownRisk, register
from ceremony.core.settings_file import read_settings

WHOLE = """\
[[risks]]
severity = "P3"
text = "Some foreign keys have no CASCADE."
mitigation = "Intended."

[[risks]]
severity = "P1"
migration = "002_slice_b"
text = "Its rollback deletes the jobs."
mitigation = "A backup comes first."
"""


def test_the_worst_comes_first():
    read = read_settings("shop", "shop/series.toml", WHOLE, ())
    assert read.findings == ()
    assert register(read.settings) == (
        KnownRisk("P1", "002_slice_b", "Its rollback deletes the jobs.", "A backup comes first."),
        KnownRisk("P3", "", "Some foreign keys have no CASCADE.", "Intended."),
    )


WRONG = {
    'risks = ["fire"]': ["Risk 1 is no table."],
    '[[risks]]\nseverity = "P1"': ["Risk 1 has no text.", "Risk 1 has no mitigation."],
    '[[risks]]\nseverity = 1\ntext = "a"\nmitigation = "b"': ["Risk 1 has no severity."],
    '[[risks]]\nseverity = "high"\ntext = "a"\nmitigation = "b"': [
        "Risk 1 has the severity 'high', which is none of P0 to P4."
    ],
    '[[risks]]\nseverity = "P2"\ntext = "a"\nmitigation = "b"\nowner = "ann"': [
        "Risk 1 has an unknown key 'owner'."
    ],
}


@pytest.mark.parametrize("text", WRONG)
def test_what_says_nothing_is_refused(text):
    read = read_settings("shop", "shop/series.toml", text, ())
    assert [finding.message for finding in read.findings] == WRONG[text]
    assert {finding.code for finding in read.findings} == {"settings-value"}
    assert register(read.settings) == ()
