"""The frozen bytes of a manifest as a page shows them: what runs, its checks, its way back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ceremony.actions.manifest import all_frozen
from ceremony.core.manifest import FrozenFile, Manifest, ManifestStep

LINES = 500
CHARACTERS = 60_000


@dataclass(frozen=True)
class ShownFile:
    """The beginning of a file. ``lines`` is how many it has, ``cut`` whether some are not shown."""

    path: str
    digest: str
    text: str
    lines: int
    cut: bool


@dataclass(frozen=True)
class ShownStep:
    """A step with its files; ``first`` is the one that runs."""

    step: ManifestStep
    first: ShownFile | None
    others: tuple[ShownFile, ...]


def steps_of(manifest: Manifest) -> tuple[tuple[ShownStep, ...], tuple[ShownStep, ...]]:
    """The steps, and those of the approved way back, with what is frozen of them.

    Raises Tampered (frozen-missing, frozen-differs).
    """
    steps = (*manifest.steps, *manifest.way_back)
    kept = all_frozen({file.digest for step in steps for file in step.files})
    return _shown(manifest.steps, kept), _shown(manifest.way_back, kept)


def _shown(steps: Sequence[ManifestStep], kept: Mapping[str, bytes]) -> tuple[ShownStep, ...]:
    return tuple(_step(step, [_file(one, kept) for one in step.files]) for step in steps)


def _step(step: ManifestStep, files: Sequence[ShownFile]) -> ShownStep:
    return ShownStep(step, files[0] if files else None, tuple(files[1:]))


def _file(file: FrozenFile, kept: Mapping[str, bytes]) -> ShownFile:
    text = kept[file.digest].decode(errors="backslashreplace")
    lines = text.splitlines(keepends=True)
    shown = "".join(lines[:LINES])[:CHARACTERS]
    return ShownFile(file.path, file.digest, shown, len(lines), len(shown) < len(text))


def files_of(manifest: Manifest) -> Iterable[FrozenFile]:
    """Every file that takes part in a manifest."""
    for step in (*manifest.steps, *manifest.way_back):
        yield from step.files
