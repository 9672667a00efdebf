"""The commit that a folder of series stands at, and who wrote its files, as git tells it."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

LOOKED_AT = 1_000
"""How many of the newest commits of the files are asked who made them."""

_PEOPLE = "%an%n%ae%n%cn%n%ce%n%(trailers:key=Co-authored-by,valueonly)"


def commit_of(folder: Path) -> str:
    """The commit's 40 hexadecimal digits, with ``+`` behind them when files below ``folder``
    differ from it.

    ``""`` where the folder is in no git checkout or git is not installed: evidence that is not
    there is not made up.
    """
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        return ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=all", "--", ".")
    return f"{head}+" if changed else head


def committers_of(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Names and addresses of everybody who wrote or committed these files, sorted: authors,
    committers, and whom ``Co-authored-by:`` names.

    ``paths`` are relative to ``root``. The newest ``LOOKED_AT`` commits are asked; ``()`` where git
    knows nothing of the files. What is not committed yet has no name.
    """
    if not paths:
        return ()
    told = _git(
        root,
        "--literal-pathspecs",
        "log",
        f"--max-count={LOOKED_AT}",
        f"--format={_PEOPLE}",
        "HEAD",
        "--stdin",
        given="\n".join(["--", *paths]),
    )
    return tuple(sorted({line.strip() for line in told.splitlines()} - {""}))


def _git(folder: Path, *arguments: str, given: str = "") -> str:
    # Variables such as GIT_DIR would let whoever types a command answer for another checkout.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**inherited, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=5,
            check=False,
            env=environment,
            input=given,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
