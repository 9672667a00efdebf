"""Writing the files of a new migration, never over one that is there."""

import errno
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ceremony.core.assemble import assemble
from ceremony.core.layouts.recognise import layout_of
from ceremony.core.naming import SETTINGS
from ceremony.core.series import Numbering, Series
from ceremony.errors import UsageError
from ceremony.sources.folder import read_series, series_names

_CHANGE = """\
-- Purpose: {purpose}
-- Depends: none
-- Risk: low
-- Reversible: yes

-- One transaction around the whole file comes with the runner: no BEGIN, no COMMIT here.
"""

_VERIFY = """\
-- check: {purpose}
-- when: after
-- expect: rows
SELECT 1 WHERE false;  -- put the question in: what must be there now?
"""

_ROLLBACK = """\
-- Undo what {label}.sql does, in reverse order.
"""

_SETTINGS = """\
title = "{title}"
numbering = "{numbering}"
"""


def new_migration(
    root: Path,
    series: str,
    name: str,
    *,
    now: datetime,
    create_series: bool = False,
    numbering: Numbering = Numbering.SEQUENCE,
) -> tuple[Path, ...]:
    """Write the change, its checks and its rollback; returns the paths written, ``series.toml``
    first if new.

    ``name`` is ``[a-z0-9_]+``; the version is the next number of the series, or ``now`` in UTC.
    ``numbering`` is that of a series which is created here. Raises UsageError: ``series-unknown``
    without ``create_series``, ``name-taken``, ``path-unwritable``.
    """
    written: list[Path] = []
    folder = root / series
    if not folder.is_dir():
        if not create_series:
            raise _unknown(root, series)
        written.append(_create_series(folder, series, numbering))
    known = assemble(read_series(root, series))
    label = f"{_next_version(known, now)}_{name}"
    _refuse_taken(known, name, label)
    written.extend(_write_all(folder, label, _texts(label, name)))
    return tuple(written)


def baseline_migration(
    root: Path, series: str, name: str, change: str, checks: str, *, now: datetime
) -> tuple[Path, ...]:
    """Write a change and its checks under the next version of a series; returns the two paths.

    The change has no way back. Raises UsageError: ``name-taken``, ``path-unwritable``.
    """
    known = assemble(read_series(root, series))
    label = f"{_next_version(known, now)}_{name}"
    _refuse_taken(known, name, label)
    return tuple(_write_all(root / series, label, {".sql": change, ".verify.sql": checks}))


def _write_all(folder: Path, label: str, texts: Mapping[str, str]) -> list[Path]:
    """All files or none: what this call wrote goes again when one of them cannot be written."""
    written: list[Path] = []
    try:
        for ending, text in texts.items():
            written.append(_write(folder / f"{label}{ending}", text))
    except UsageError:
        for path in written:
            path.unlink()
        raise
    return written


def _texts(label: str, name: str) -> Mapping[str, str]:
    purpose = name.replace("_", " ")
    return {
        ".sql": _CHANGE.format(purpose=purpose),
        ".verify.sql": _VERIFY.format(purpose=purpose),
        ".rollback.sql": _ROLLBACK.format(label=label),
    }


def _next_version(series: Series, now: datetime) -> str:
    """Behind every file, retired and planned ones too. Only fractions can put one in between."""
    return layout_of(series.settings).following((m.version for m in series.migrations), now)


def _create_series(folder: Path, series: str, numbering: Numbering) -> Path:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    title = series.replace("_", " ").capitalize()
    return _write(folder / SETTINGS, _SETTINGS.format(title=title, numbering=numbering))


def _refuse_taken(series: Series, name: str, label: str) -> None:
    same = next((m for m in series.migrations if m.name == name), None)
    if same is not None:
        raise UsageError(
            "name-taken",
            f"{same.label!r} in {series.name!r} has this name already.",
            next_step="Say what is different about the new one: manage.py new_sql "
            f"{series.name} {name}_again",
        )


def _write(path: Path, text: str) -> Path:
    """Create the file; a file that is there, or a link, is never written to (``O_EXCL``)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise _unwritable(path, error) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
    return path


def _unwritable(path: Path, error: OSError) -> UsageError:
    if error.errno == errno.EEXIST:
        return UsageError(
            "name-taken",
            f"{str(path)!r} is there already.",
            next_step="Choose another name, or delete the file if nobody needs it.",
        )
    return UsageError(
        "path-unwritable",
        f"{str(path)!r} cannot be written: {error.strerror}.",
        next_step="Give the user who runs this command the right to write there.",
    )


def _unknown(root: Path, series: str) -> UsageError:
    known = series_names(root) if root.is_dir() else ()
    there = f"it holds {', '.join(known)}" if known else "it holds no series yet"
    return UsageError(
        "series-unknown",
        f"There is no series {series!r} in {str(root)!r}; {there}.",
        next_step=f"Name one of those, or start it: manage.py new_sql {series} first_change "
        "--create-series",
    )
