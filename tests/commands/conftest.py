"""Golden texts: what a command prints, whole, as a file to read."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.stage import TABLE, Stage
from tests.conftest import Database

_FOLDER = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compare a text with a golden file; ``CEREMONY_WRITE_GOLDEN=1`` writes it, and fails."""

    def compare(name: str, text: str) -> None:
        path = _FOLDER / name
        if os.environ.get("CEREMONY_WRITE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            pytest.fail(f"{name} was written; read it, then run without CEREMONY_WRITE_GOLDEN")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def stage(
    control: Database,
    target_alias: Callable[[str], Database],
    series_folder: Callable[..., Path],
    tmp_path: Path,
    settings: Any,
) -> Stage:
    """A series ``mine`` with one table, an empty target of that name, and a control database."""
    root = tmp_path / "sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": root}
    made = Stage(root, control, target_alias("mine"), series_folder)
    made.files(TABLE)
    return made
