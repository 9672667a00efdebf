"""A test that did not run fails the run, whoever skipped it."""

import subprocess
import sys

from tests.house.checkout import ROOT

SKIPPING = """
import pytest

@pytest.mark.skip(reason="no server here")
def test_marked(): pass

def test_from_inside():
    pytest.skip("no server here")

@pytest.mark.xfail(raises=ZeroDivisionError)
def test_known_to_fail(): 1 / 0
"""


def test_a_skip_is_a_failure(tmp_path):
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "test_skipping.py").write_text(SKIPPING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    closing = done.stdout.splitlines()[-1]
    assert closing.startswith("1 failed, 1 xfailed, 1 error in ")
    assert "did not run" in done.stdout
