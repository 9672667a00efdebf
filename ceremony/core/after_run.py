"""What settings say of the verification after a run: commands, and how far rows are counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.checklist.preflight import size
from ceremony.core.directives import milliseconds

LARGEST = 256 * 2**20
"""Bytes of a table that is still counted, where settings say nothing. Counting reads all of it,
before the run and after it.
"""


@dataclass(frozen=True)
class AfterRun:
    """``commands`` are lists of arguments, run without a shell, one after another; all of them
    together take at most ``timeout`` milliseconds. ``count_up_to`` are the bytes of the largest
    table whose rows are counted.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    timeout: int = 300_000
    count_up_to: int = LARGEST


NOTHING_SAID = AfterRun()


def read_after_run(
    targets: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, AfterRun], tuple[str, str] | None]:
    """``AFTER_RUN``, ``AFTER_RUN_TIMEOUT`` and ``COUNT_UP_TO`` by alias; and what is wrong with
    them, with what to write.
    """
    found = {}
    for alias, keys in targets.items():
        commands, wait = keys.get("AFTER_RUN") or (), str(keys.get("AFTER_RUN_TIMEOUT") or "5min")
        of = f"CEREMONY['TARGETS'][{alias!r}]"
        if not _are_commands(commands):
            return {}, (
                f"{of}['AFTER_RUN'] is {commands!r}.",
                'Write a list of commands, each a list: [["python", "manage.py", "check"]].',
            )
        timeout = milliseconds(wait)
        if timeout is None:
            return {}, (
                f"{of}['AFTER_RUN_TIMEOUT'] is {wait!r}, which is no duration.",
                "Write 30s, 5min or 1h.",
            )
        largest = str(keys.get("COUNT_UP_TO") or "256MB")
        if not size(largest):
            return {}, (
                f"{of}['COUNT_UP_TO'] is {largest!r}, which is no size.",
                "Write 256MB, 20GB or 1TB.",
            )
        found[alias] = AfterRun(tuple(tuple(one) for one in commands), timeout, size(largest))
    return found, None


def _are_commands(commands: object) -> bool:
    if not isinstance(commands, list | tuple):
        return False
    return all(
        isinstance(one, list | tuple) and one and all(isinstance(word, str) for word in one)
        for one in commands
    )
