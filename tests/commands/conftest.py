"""Golden texts: what a command prints, whole, as a file to read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

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
