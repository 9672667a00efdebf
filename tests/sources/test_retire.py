"""Renaming the files of a retired migration: what is said of the folder is so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ceremony.errors import UsageError
from ceremony.sources.retire import refuse_unwritable, retire_files

NEXT = (
    "Give the user who runs this command the right to write there, then run it again: it goes on "
    "where it stopped."
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for ending in (".sql", ".verify.sql"):
        (tmp_path / f"0001_a{ending}").write_text("SELECT 1;\n")
    return tmp_path


def denied(path: Path, target: Path) -> Path:
    raise PermissionError(13, "Permission denied")


def said(caught: pytest.ExceptionInfo[UsageError]) -> tuple[str, str, str]:
    error = caught.value
    assert error.code == "path-unwritable"
    return (error.happened, error.state, error.next_step)


def test_a_folder_that_cannot_be_written_is_refused_in_front(
    folder: Path, as_nobody: Callable[..., tuple[str, str, str]]
) -> None:
    refuse_unwritable(folder, "0001_a")
    folder.chmod(0o555)
    happened = f"{str(folder / '0001_a')!r} cannot be renamed: Permission denied."
    assert as_nobody(refusal, folder) == (happened, "Nothing was changed.", NEXT)


def refusal(folder: Path) -> tuple[str, str, str]:
    with pytest.raises(UsageError) as caught:
        refuse_unwritable(folder, "0001_a")
    return said(caught)


@pytest.mark.parametrize(
    ("step", "header", "state"),
    [
        (
            "replace",
            "SELECT 1;\n",
            "No file was changed: it can still run. The trail says that it was to be retired.",
        ),
        (
            "rename",
            "-- Retired: no more\nSELECT 1;\n",
            "What was renamed stays so; no file of it can run.",
        ),
    ],
)
def test_what_is_said_of_a_file_is_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, header: str, state: str
) -> None:
    monkeypatch.setattr(Path, step, denied)
    with pytest.raises(UsageError) as caught:
        retire_files(folder, "0001_a", "no more")
    happened = f"{str(folder / '0001_a')!r} cannot be renamed: Permission denied."
    assert said(caught) == (happened, state, NEXT)
    assert (folder / "0001_a.sql").read_text() == header
