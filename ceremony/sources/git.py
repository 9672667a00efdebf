"""The commit that a folder of series stands at, as git tells it."""

import os
import subprocess
from pathlib import Path


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


def _git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
