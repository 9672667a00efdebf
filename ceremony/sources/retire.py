"""Renaming the files of a migration to ``.sql.retired``, the change first.

Each step leaves a folder in which the file cannot run: first the reason is written into its header,
which refuses a file that is not renamed; then the change is renamed, then what belongs to it. A
call that was cut off is finished by the next one.
"""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ceremony.core.naming import Role, classify
from ceremony.core.retiring import with_reason
from ceremony.errors import NOTHING_CHANGED, UsageError

ENDING = ".retired"


@dataclass(frozen=True)
class Renamed:
    """One file by its old and its new name."""

    before: Path
    after: Path


def renames(folder: Path, label: str) -> tuple[Renamed, ...]:
    """What is left to rename, the change first. Raises UsageError (name-taken)."""
    roles = {Role.CHANGE: 0, Role.VERIFY: 1, Role.ROLLBACK: 2}
    names = [classify(path.name) for path in sorted(folder.iterdir())]
    found = [n for n in names if n.stem == label and n.role in roles]
    found.sort(key=lambda n: (roles[n.role], n.path))
    made = tuple(Renamed(folder / n.path, folder / (n.path + ENDING)) for n in found)
    for one in made:
        if one.after.exists():
            raise UsageError(
                "name-taken",
                f"{str(one.after)!r} is there already.",
                next_step="Compare the two files, and delete the one that nobody needs.",
            )
    return made


def refuse_unwritable(folder: Path, label: str) -> None:
    """Before anything is recorded: whether names in ``folder`` can be changed (access(2)). Raises
    UsageError (path-unwritable).
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder / label, os.strerror(errno.EACCES), NOTHING_CHANGED)


def retire_files(folder: Path, label: str, reason: str) -> tuple[Renamed, ...]:
    """Write the reason, rename; returns what was renamed. Raises UsageError (name-taken,
    path-unwritable).
    """
    made = renames(folder, label)
    state = "No file was changed: it can still run. The trail says that it was to be retired."
    try:
        for one in made:
            if classify(one.before.name).role is Role.CHANGE:
                _write_reason(one.before, reason)
            # From here on its header or its name keeps it from running.
            state = "What was renamed stays so; no file of it can run."
            one.before.rename(one.after)
        _flush(folder)
    except OSError as error:
        raise _unwritable(folder / label, str(error.strerror), state) from error
    return made


def _unwritable(path: Path, why: str, state: str) -> UsageError:
    return UsageError(
        "path-unwritable",
        f"{str(path)!r} cannot be renamed: {why}.",
        state=state,
        next_step="Give the user who runs this command the right to write there, then run it "
        "again: it goes on where it stopped.",
    )


def _write_reason(path: Path, reason: str) -> None:
    """In place of the file at once, never half of it."""
    data = path.read_bytes()
    wanted = with_reason(data, reason)
    if wanted == data:
        return
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(wanted)
        file.flush()
        os.fsync(file.fileno())
    part.chmod(path.stat().st_mode & 0o777)
    part.replace(path)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def shown(made: Sequence[Renamed]) -> tuple[tuple[str, str], ...]:
    """Old and new names, without their folder."""
    return tuple((one.before.name, one.after.name) for one in made)
