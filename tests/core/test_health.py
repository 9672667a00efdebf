"""What a series states about watching it."""

import pytest

from ceremony.core.health import Health, health_of
from ceremony.core.settings_file import read_settings


def _read(text):
    return read_settings("shop", "shop/series.toml", text, ())


def test_what_is_stated_is_read():
    text = '[health]\nhours = 24\nevery_minutes = 10\nchecks = ["one", "two"]\n'
    read = _read(text)
    assert read.findings == ()
    health = health_of(read.settings)
    assert health == Health(24.0, 10.0, ("one", "two"))
    assert health.missing({"one", "three"}) == ("two",)


def test_without_a_word_there_is_one_look():
    assert health_of(_read('title = "x"\n').settings) == Health(0.0, 15.0, ())


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("hours = 0", "'hours' in [health] is no positive number."),
        ("hours = true", "'hours' in [health] is no positive number."),
        ("hours = nan", "'hours' in [health] is no positive number."),
        ("every_minutes = inf", "'every_minutes' in [health] is no positive number."),
        ('every_minutes = "ten"', "'every_minutes' in [health] is no positive number."),
        ("checks = [1]", "'checks' in [health] is no list of names of checks."),
        ("often = 3", "'often' in [health] is no setting."),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_line_and_left_out(line, fault):
    read = _read(f"\n[health]\n{line}\n")
    (finding,) = read.findings
    assert (finding.code, finding.message, finding.line) == ("settings-value", fault, 2)
    assert health_of(read.settings) == Health()
