"""What settings have run after a run, to see that the application still starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.directives import milliseconds


@dataclass(frozen=True)
class AfterRun:
    """``commands`` are lists of arguments, run without a shell, one after another; all of them
    together take at most ``timeout`` milliseconds.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    timeout: int = 300_000


def read_after_run(
    targets: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, AfterRun], tuple[str, str] | None]:
    """``AFTER_RUN`` and ``AFTER_RUN_TIMEOUT`` by alias, of those that have commands; and what is
    wrong with them, with what to write.
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
        if commands:
            found[alias] = AfterRun(tuple(tuple(one) for one in commands), timeout)
    return found, None


def _are_commands(commands: object) -> bool:
    if not isinstance(commands, list | tuple):
        return False
    return all(
        isinstance(one, list | tuple) and one and all(isinstance(word, str) for word in one)
        for one in commands
    )
