"""The frozen bytes of a manifest as a page shows them: what runs, its checks, its way back."""

from collections.abc import Collection, Iterable, Mapping
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
    """The steps, and those of the approved way back, with what is frozen of them. A file that runs
    on the way back is shown there and not twice.

    Raises Tampered (frozen-missing, frozen-differs).
    """
    steps = (*manifest.steps, *manifest.way_back)
    kept = all_frozen({file.digest for step in steps for file in step.files})
    elsewhere = {step.files[0] for step in manifest.way_back if step.files}
    way_back = tuple(_shown(step, kept, frozenset()) for step in manifest.way_back)
    return tuple(_shown(step, kept, elsewhere) for step in manifest.steps), way_back


def _shown(
    step: ManifestStep, kept: Mapping[str, bytes], elsewhere: Collection[FrozenFile]
) -> ShownStep:
    first = _file(step.files[0], kept) if step.files else None
    others = tuple(_file(one, kept) for one in step.files[1:] if one not in elsewhere)
    return ShownStep(step, first, others)


def _file(file: FrozenFile, kept: Mapping[str, bytes]) -> ShownFile:
    text = kept[file.digest].decode(errors="backslashreplace")
    lines = text.splitlines(keepends=True)
    shown = "".join(lines[:LINES])[:CHARACTERS]
    return ShownFile(file.path, file.digest, shown, len(lines), len(shown) < len(text))


def files_of(manifest: Manifest) -> Iterable[FrozenFile]:
    """Every file that takes part in a manifest."""
    for step in (*manifest.steps, *manifest.way_back):
        yield from step.files
