"""What is otherwise in the files of a round than in those of the round before, or on the disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ceremony.core.digests import bytes_digest
from ceremony.core.manifest import Manifest
from ceremony.core.manifest_changes import changed_files
from ceremony.core.series import SeriesFiles
from ceremony.core.text_change import TextChange, text_change

ADDED, REMOVED, PLACE, SAME = "added", "removed", "place", "same"
_KINDS = {"+": ADDED, "-": REMOVED, "@": PLACE}


@dataclass(frozen=True)
class ComparedLine:
    """A line of a unified difference, with its sign in front; ``kind`` says what the sign means."""

    kind: str
    text: str


@dataclass(frozen=True)
class ShownChange:
    """One file's difference. ``was`` and ``now`` are digests, ``""`` where there is no such file.
    ``added`` and ``removed`` count lines, ``cut`` how many lines of the difference are not shown. A
    file without lines is gone from the disk, or differs in line ends or in bytes that cannot be
    seen.
    """

    path: str
    was: str
    now: str
    lines: tuple[ComparedLine, ...]
    added: int
    removed: int
    cut: int


def wanted(manifest: Manifest, before: Manifest | None, files: SeriesFiles) -> set[str]:
    """The digests of all frozen bytes that pages show or compare."""
    found = {file.digest for file in manifest.changing}
    if before is not None:
        for _, was, now in changed_files(before, manifest):
            found.update((was, now))
    there = _on_disk(files)
    found.update(one.digest for one in manifest.checks if there.get(one.path) != one.digest)
    return found - {""}


def changes_since(
    before: Manifest, manifest: Manifest, kept: Mapping[str, bytes]
) -> tuple[ShownChange, ...]:
    """How the frozen files differ from those of the round before. ``kept`` has the bytes of both
    (``wanted``).
    """
    return tuple(
        _change(path, was, now, kept.get(was, b""), kept.get(now, b""))
        for path, was, now in changed_files(before, manifest)
    )


def changes_to(
    manifest: Manifest, kept: Mapping[str, bytes], files: SeriesFiles
) -> tuple[ShownChange, ...]:
    """How the files on the disk differ from those that are frozen. One that is gone has no lines:
    all of it stands among the frozen ones.
    """
    data = {file.path: file.data for file in files.files}
    there = _on_disk(files)
    return tuple(
        _change(one.path, one.digest, there[one.path], kept[one.digest], data[one.path])
        if one.path in there
        else ShownChange(one.path, one.digest, "", (), 0, 0, 0)
        for one in manifest.files
        if there.get(one.path) != one.digest
    )


def _on_disk(files: SeriesFiles) -> dict[str, str]:
    return {file.path: bytes_digest(file.data) for file in files.files}


def _change(path: str, was: str, now: str, before: bytes, after: bytes) -> ShownChange:
    found: TextChange = text_change(path, before, after)
    lines = tuple(_lines(found.lines))
    return ShownChange(
        path,
        was,
        now,
        lines,
        sum(line.kind == ADDED for line in lines),
        sum(line.kind == REMOVED for line in lines),
        found.cut,
    )


def _lines(lines: Iterable[str]) -> Iterable[ComparedLine]:
    """The lines behind the two that name the files."""
    for line in list(lines)[2:]:
        yield ComparedLine(_KINDS.get(line[:1], SAME), line)
