"""A warm process that forks a runner per line of its input, so that runners are killed quickly.

Input: one JSON object per line (``conninfo``, ``scenario``). Output: ``pid N`` at once, and
``end STATUS`` when it ended. Started with: python -m tests.pg.zygote
"""

import json
import os
import sys

from ceremony.core.outcome import StepState
from tests.pg import scenarios


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(_run(order))
        _say(f"pid {pid}")
        _, status = os.waitpid(pid, 0)
        _say(f"end {status}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(order: dict[str, str]) -> int:
    outcomes = scenarios.run(order["conninfo"], order["scenario"])
    return 0 if all(outcome.state is StepState.DONE for outcome in outcomes) else 1


if __name__ == "__main__":
    main()
