"""AFTER_RUN in the settings of a target: commands without a shell, and how long they may take."""

import pytest

from ceremony.core.after_run import LARGEST, AfterRun, read_after_run


def test_commands_and_their_time():
    found, wrong = read_after_run(
        {
            "shop": {"AFTER_RUN": [["python", "manage.py", "check"]], "AFTER_RUN_TIMEOUT": "30s"},
            "till": {"AFTER_RUN": [("true",), ("false",)]},
            "quiet": {"AFTER_RUN": None, "AFTER_RUN_TIMEOUT": None},
            "large": {"COUNT_UP_TO": "20GB"},
        }
    )
    assert wrong is None
    assert found == {
        "shop": AfterRun((("python", "manage.py", "check"),), 30_000),
        "till": AfterRun((("true",), ("false",)), 300_000, LARGEST),
        "quiet": AfterRun(),
        "large": AfterRun(count_up_to=20 * 2**30),
    }


@pytest.mark.parametrize("value", ["true", ["true"], [[]], [[1]], {"a": ["b"]}, 7])
def test_what_is_no_list_of_commands_is_refused(value):
    _, wrong = read_after_run({"shop": {"AFTER_RUN": value}})
    assert wrong == (
        f"CEREMONY['TARGETS']['shop']['AFTER_RUN'] is {value!r}.",
        'Write a list of commands, each a list: [["python", "manage.py", "check"]].',
    )


def test_what_is_no_duration_is_refused():
    _, wrong = read_after_run({"shop": {"AFTER_RUN": [["a"]], "AFTER_RUN_TIMEOUT": "soon"}})
    assert wrong == (
        "CEREMONY['TARGETS']['shop']['AFTER_RUN_TIMEOUT'] is 'soon', which is no duration.",
        "Write 30s, 5min or 1h.",
    )


def test_what_is_no_size_is_refused():
    _, wrong = read_after_run({"shop": {"COUNT_UP_TO": "all"}})
    assert wrong == (
        "CEREMONY['TARGETS']['shop']['COUNT_UP_TO'] is 'all', which is no size.",
        "Write 256MB, 20GB or 1TB.",
    )
