"""What the documentation shows is what happens: every command of every page is run."""

import os
from pathlib import Path

import pytest

from tests.docs.pages import Command, File, name_of, pages, rewritten, steps
from tests.docs.playing import Player, agrees, masked

#: Commands that are shown and not run here, each with the reason. ``*`` ends a beginning.
NOT_RUN = {
    ". .venv/bin/activate": "concerns the reader's shell",
    "python manage.py createsuperuser": "asks a person",
    "python manage.py collectstatic": "writes into the checkout",
    "pip install *": "needs a package index; tests/house/test_distribution.py installs the wheel",
    "python -m build *": "tests/house/test_distribution.py builds the wheel",
}

#: command-line.md shows the use of commands without output; tests/commands holds it.
WITHOUT_A_STORY = ("docs/reference/command-line.md",)


def _is_run(command: Command) -> bool:
    return not any(
        command.text == known or (known.endswith("*") and command.text.startswith(known[:-1]))
        for known in NOT_RUN
    )


def _steps(page: Path) -> list[File | Command]:
    found = steps(page.read_text(encoding="utf-8"))
    return [step for step in found if isinstance(step, File) or _is_run(step)]


def _is_played(page: Path) -> bool:
    if name_of(page) in WITHOUT_A_STORY:
        return False
    return any(isinstance(step, Command) for step in _steps(page))


@pytest.mark.parametrize("page", [*filter(_is_played, pages())], ids=name_of)
def test_the_commands_of_a_page_print_what_it_shows(
    page, tmp_path, server, databases, control, target_alias, settings, monkeypatch
):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    player = Player(folder, server, control, target_alias, settings)
    wrong = {}
    for step in _steps(page):
        if isinstance(step, File):
            player.write(step)
            continue
        printed = player.run(step)
        if not agrees(masked("\n".join(step.shown)), masked(printed, folder)):
            wrong[step] = printed.replace(f"{folder}/", "")
    for name in player.made:
        databases.drop(name)
    if os.environ.get("CEREMONY_WRITE_DOCS") and wrong:
        page.write_text(rewritten(page.read_text(encoding="utf-8"), wrong), encoding="utf-8")
        pytest.fail(f"{name_of(page)} was written; read it, then run without CEREMONY_WRITE_DOCS")
    told = [f"{name_of(page)}:{c.line}: $ {c.text}\n{text}" for c, text in wrong.items()]
    assert not wrong, "\n".join(["These commands print something else:", *told])


def test_no_reason_for_not_running_is_left_over():
    commands = [s for p in pages() for s in steps(p.read_text(encoding="utf-8"))]
    spared = [s.text for s in commands if isinstance(s, Command) and not _is_run(s)]
    unused = {
        known
        for known in NOT_RUN
        if not any(text == known or text.startswith(known.rstrip("*")) for text in spared)
    }
    assert unused == set()
