"""Reading a folder of series: every file once, as bytes, and nothing that is not a plain file of
that folder.

Folders are opened by descriptor and files relative to it, with ``O_NOFOLLOW`` (no symbolic link),
``O_NONBLOCK`` (a FIFO answers at once) and ``O_CLOEXEC``; what was opened is judged by ``fstat``,
so that nothing can be exchanged between the look and the reading (POSIX ``openat``).
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ceremony.core.finding import Finding, refuse, warn
from ceremony.core.naming import SETTINGS, Role, classify, path_finding
from ceremony.core.series import SeriesFiles, SourceFile
from ceremony.core.text import SIZE_LIMIT

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SQL_ENDINGS = (".sql", ".sql.retired")


def series_names(root: Path) -> tuple[str, ...]:
    """The names of the series under ``root``: its folders, but hidden ones, in order.

    Raises OSError where ``root`` cannot be listed.
    """
    with os.scandir(root) as entries:
        return tuple(sorted(e.name for e in entries if _is_series(e)))


def _is_series(entry: "os.DirEntry[str]") -> bool:
    return not entry.name.startswith((".", "__")) and (entry.is_symlink() or entry.is_dir())


def read_series(root: Path, name: str) -> SeriesFiles:
    """Every file of the series ``name`` that has a part in it, and what the reading found wrong.

    Files that are no part of a series (a README, hidden files) are not opened. Findings:
    ``path-symlink``, ``path-outside-root``, ``path-not-regular-file``, ``path-hard-linked``,
    ``path-bad-name``, ``path-unreadable``, ``path-subfolder``, ``file-too-large``,
    ``series-missing``. Raises nothing for what stands on the disk.
    """
    wrong = path_finding(name) or (
        _no_name(name) if "/" in name or name in ("", ".", "..") else None
    )
    if wrong:
        return SeriesFiles(name, (), (wrong,))
    try:
        with _opened(root / name) as folder:
            return _read_folder(folder, name)
    except OSError as error:
        return SeriesFiles(name, (), (_folder_finding(root, name, error),))


def read_settings_file(root: Path, name: str) -> SourceFile | None:
    """The ``series.toml`` of one of ``series_names`` and nothing else of it; ``None`` where there
    is none that can be read. Raises nothing for what stands on the disk.
    """
    files: list[SourceFile] = []
    try:
        with _opened(root / name) as folder:
            _read_into(folder, SETTINGS, f"{name}/{SETTINGS}", files, [])
    except OSError:
        return None
    return files[0] if files else None


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The root may be reached through a link; the series' folder itself may be none."""
    root = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        descriptor = os.open(folder.name, _FOLDER, dir_fd=root)
    finally:
        os.close(root)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read_folder(folder: int, series: str) -> SeriesFiles:
    files: list[SourceFile] = []
    found: list[Finding] = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("."):
            continue
        path = f"{series}/{name}"
        wrong = path_finding(path)
        if wrong:
            found.append(wrong)
        elif classify(path).role is Role.OTHER:
            found.extend(_subfolder(folder, name, path))
        else:
            _read_into(folder, name, path, files, found)
    return SeriesFiles(series, tuple(files), tuple(found))


def _read_into(
    folder: int, name: str, path: str, files: list[SourceFile], found: list[Finding]
) -> None:
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        found.append(_open_finding(path, error))
        return
    try:
        facts = os.fstat(descriptor)
        wrong = _judge(path, facts)
        if wrong:
            found.append(wrong)
        else:
            files.append(SourceFile(path, _read(descriptor, facts.st_size)))
    except OSError as error:
        found.append(_unreadable(path, error))
    finally:
        os.close(descriptor)


def _read(descriptor: int, size: int) -> bytes:
    """All bytes; one byte more than the size is asked for, to see the end without a second look."""
    data = os.read(descriptor, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _judge(path: str, facts: os.stat_result) -> Finding | None:
    if not stat.S_ISREG(facts.st_mode):
        return refuse(
            path,
            "path-not-regular-file",
            f"{path!r} is {_kind(facts.st_mode)}, not a file.",
            "Put a plain file in its place.",
        )
    if facts.st_nlink > 1:
        return refuse(
            path,
            "path-hard-linked",
            f"{path!r} has {facts.st_nlink} names (hard links): it could be edited under "
            "another one.",
            "Copy the file, delete it here, and put the copy in its place.",
        )
    if facts.st_size > SIZE_LIMIT:
        return refuse(
            path,
            "file-too-large",
            f"{path!r} has {facts.st_size:,} bytes; the limit is {SIZE_LIMIT:,}.",
            "Split the file.",
        )
    return None


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def _open_finding(path: str, error: OSError) -> Finding:
    if error.errno == errno.ELOOP:
        return _symlink(path)
    if error.errno in (errno.ENXIO, errno.ENODEV):
        return refuse(
            path,
            "path-not-regular-file",
            f"{path!r} is a socket or a device, not a file.",
            "Put a plain file in its place.",
        )
    return _unreadable(path, error)


def _symlink(path: str) -> Finding:
    return refuse(
        path,
        "path-symlink",
        f"{path!r} is a symbolic link: what it leads to could change unseen.",
        "Put the file itself in its place.",
    )


def _unreadable(path: str, error: OSError) -> Finding:
    gone = error.errno == errno.ENOENT
    return refuse(
        path,
        "path-unreadable",
        f"{path!r} vanished while the folder was read."
        if gone
        else f"{path!r} cannot be read: {error.strerror}.",
        "Run the command again when nobody changes the folder."
        if gone
        else "Give the user who runs this command the right to read it.",
    )


def _subfolder(folder: int, name: str, path: str) -> Iterator[Finding]:
    """A folder below a series is never read; that is said where it holds SQL."""
    try:
        descriptor = os.open(name, _FOLDER | os.O_NONBLOCK, dir_fd=folder)
    except OSError:
        return
    try:
        count = sum(entry.endswith(_SQL_ENDINGS) for entry in os.listdir(descriptor))  # noqa: PTH208
    except OSError:
        return
    finally:
        os.close(descriptor)
    if count:
        files = "1 SQL file that is" if count == 1 else f"{count} SQL files that are"
        yield warn(
            path,
            "path-subfolder",
            f"The folder {path!r} holds {files} never read and never run.",
            "Move them up into the series, or out of it.",
        )


def _no_name(name: str) -> Finding:
    return refuse(
        name,
        "path-outside-root",
        f"{name!r} is not the name of a series.",
        "A series is one folder directly below the folder of series.",
    )


def _folder_finding(root: Path, name: str, error: OSError) -> Finding:
    if error.errno == errno.ENOENT and not root.exists():
        return refuse(
            "",
            "root-missing",
            f"The folder of series {str(root)!r} does not exist.",
            "Create it, or point CEREMONY_ROOT at the folder that holds your series.",
        )
    if (root / name).is_symlink():
        return _symlink(name)
    if error.errno == errno.ENOENT:
        return refuse(
            name,
            "series-missing",
            f"There is no series {name!r} in {str(root)!r}.",
            f"Start it: manage.py new_sql {name} first_change --create-series",
        )
    if error.errno == errno.ENOTDIR:
        return refuse(
            name,
            "path-not-regular-file",
            f"{name!r} is a file; a series is a folder.",
            "Put the file into a folder of its own.",
        )
    return _unreadable(name, error)
