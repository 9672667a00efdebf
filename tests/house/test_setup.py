"""The road from a clone to a virtual environment, as far as it goes without a network."""

import subprocess
from pathlib import Path

import pytest

from tests.house.checkout import ROOT

WORKING = "exit 0"
FAILING_SHIM = 'echo "pyenv: version not installed" >&2; exit 127'
TOO_OLD = 'case "$2" in *version_info*) exit 1;; esac; exit 0'
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; esac; exit 0'
INSTALLER = 'case "$1" in *install.py) echo "$(basename "$0") $*";; esac; exit 0'


def setup(folder: Path, pythons: dict[str, str], wanted: str = "") -> tuple[int, str, str]:
    """What .ci/setup does where only these programs exist."""
    folder.mkdir(exist_ok=True)
    for name, body in {"basename": 'echo "${1##*/}"', **pythons}.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", ".ci/setup", wanted, ".venv", "", ".venv/.ready"],
        cwd=ROOT,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_shim_that_fails_is_passed_over(tmp_path):
    pythons = {"python3.13": FAILING_SHIM, "python3.12": TOO_OLD, "python3": INSTALLER}
    assert setup(tmp_path / "bin dir", pythons) == (
        0,
        "python3 .ci/install.py .venv  .venv/.ready\n",
        "",
    )


def test_the_newest_that_works_is_taken(tmp_path):
    pythons = {"python3": INSTALLER, "python3.11": INSTALLER, "python3.13": INSTALLER}
    assert setup(tmp_path, pythons)[1].startswith("python3.13 ")


def test_the_one_asked_for_is_taken(tmp_path):
    pythons = {"python3": INSTALLER, "python3.11": INSTALLER}
    assert setup(tmp_path, pythons, "python3.11")[1].startswith("python3.11 ")


@pytest.mark.parametrize(
    ("pythons", "wanted", "message"),
    [
        (
            {"python3": WITHOUT_VENV},
            "",
            "python3 cannot make virtual environments:"
            " its modules venv and ensurepip are missing.\n"
            "Next: apt-get install python3-venv (Debian, Ubuntu), then the same command again.\n",
        ),
        (
            {"python3": TOO_OLD},
            "",
            "python3 is older than Python 3.11.\n"
            "Next: install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3\n",
        ),
        (
            {"python3.13": FAILING_SHIM},
            "",
            "No working Python was found.\n"
            "Next: install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3\n",
        ),
        (
            {"python3": WORKING},
            "python9",
            "No working Python was found under the name python9.\n"
            "Next: install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python3\n",
        ),
    ],
)
def test_no_usable_python_says_what_to_do(tmp_path, pythons, wanted, message):
    assert setup(tmp_path, pythons, wanted) == (2, "", message)


def test_make_help_lists_the_commands():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"demo", "test", "serve", "check", "bench", "setup", "clean"} <= set(listed)
