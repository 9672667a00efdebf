"""The workflow that users copy: its steps are run here as the runner would run them."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from project.cluster import SUPERUSER, Cluster
from tests.house.checkout import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/migrations.yml").read_text())
COPIED = ("ceremony", "project", "templates", "migrations_sql", "manage.py", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository as the runner checks it out: a branch, and the one that it goes to."""
    place = tmp_path / "clone"
    place.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    git = ["git", "-c", "user.name=ci", "-c", "user.email=ci@example.org"]
    for command in (
        [*git, "init", "--quiet"],
        [*git, "add", "--all"],
        [*git, "commit", "--quiet", "--message", "all"],
        [*git, "update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run(command, cwd=place, check=True)
    return place


@pytest.fixture
def environment(server: Cluster) -> dict[str, str]:
    """What the runner would set, on our server and with databases of our own names."""
    host = str(server.socket_dir).replace("/", "%2F")
    return {
        "HOME": os.environ["HOME"],
        "PATH": f"{server.bindir}:{os.environ['PATH']}",
        "DATABASE_URL": f"postgres://{SUPERUSER}@{host}/control",
        "PGHOST": str(server.socket_dir),
        "PGUSER": SUPERUSER,
        "GITHUB_BASE_REF": "main",
        "SERIES": "listings",
    }


def _runs(job: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = WORKFLOW["jobs"][job]["steps"]
    return [step for step in steps if "run" in step and step["run"] != "make setup"]


def test_every_step_of_every_job_goes_well(
    clone: Path, environment: dict[str, str], databases: Any
) -> None:
    try:
        for job in WORKFLOW["jobs"]:
            for step in _runs(job):
                script = step["run"].replace(".venv/bin/python", shlex.quote(sys.executable))
                done = subprocess.run(
                    ["bash", "-e", "-o", "pipefail", "-c", script],
                    cwd=clone,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, f"{step['name']}:\n{done.stdout}{done.stderr}"
        assert 'failures="0"' in (clone / "rehearsal.xml").read_text()
    finally:
        for name in ("control_listings", "control"):
            databases.drop(name)


def test_the_series_are_those_of_the_repository() -> None:
    here = {path.name for path in (ROOT / "migrations_sql").iterdir() if path.is_dir()}
    assert set(WORKFLOW["jobs"]["series"]["strategy"]["matrix"]["series"]) == here
