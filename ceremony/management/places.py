"""Where the files are, seen from where the person stands."""

import os
from pathlib import Path

from ceremony.core.finding import Finding


def prefix_of(root: Path) -> str:
    """What to put in front of a path below the folder of series so that it opens from here:
    ``migrations_sql/``.

    Relative to the working directory when the folder is below it, else absolute.
    """
    here = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow a link that the person typed
    working = Path.cwd()
    shown = here.relative_to(working) if here.is_relative_to(working) else here
    return "" if shown == Path() else f"{shown.as_posix()}/"


def place_of(finding: Finding, prefix: str) -> str:
    """``file:line:column`` as editors and terminals open it; the folder itself where no file is
    meant. A file that is not of a series (a data file) has an absolute path, which stays.
    """
    if Path(finding.path).is_absolute():
        return finding.place
    return f"{prefix}{finding.place}" if finding.path else (prefix.rstrip("/") or ".")
