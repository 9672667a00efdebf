"""Worlds for acceptance tests: a control database, targets, series, the command line."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from ceremony.actions import actor
from ceremony.actions.actor import current_actor
from project.binaries import find_wheel_binaries
from tests.acceptance.gatehouse import OPERATOR, Gatehouse, environment
from tests.acceptance.proved import address, record_is_proved
from tests.acceptance.world import QUIET, WHOLE, Doorbell, World
from tests.conftest import Database, SeriesFolder
from tests.django.ceremonies import person

_GOLDEN = Path(__file__).parent / "golden"
_VARYING = (
    (re.compile(r"(?:meaning\d+|sha256):[0-9a-f]{64}"), "<digest>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?(?:[+-]\d{4}| UTC)?"), "<time>"),
    (re.compile(r"\b(process|pid =) \d+"), r"\1 <pid>"),
    (re.compile(r"\b(role_of_)?d\d+\b"), r"\1<name>"),
    (re.compile(r"(parser) \(PostgreSQL [\d.]+\)"), r"\1 (PostgreSQL <version>)"),
    (re.compile(r"(PostgreSQL) \d\d\.\d+ at"), r"\1 <version> at"),
    (re.compile(r"(?<!\S)(at|on|-h) /[^\s:]+"), r"\1 <socket folder>"),
    (re.compile(r" +(Time|–|\d[\d.]* (?:ms|s))$", re.MULTILINE), "  <seconds>"),
    (re.compile(r"^Waiting for the lock\b.*\n", re.MULTILINE), ""),
    (re.compile(r'"(max_locks_per_transaction)"'), r"\1"),
    (re.compile(r"'/[^']*/sql'"), "'<working directory>/sql'"),
    (re.compile(r" in \d[\d.]* (?:ms|s)\."), " in <seconds>."),
    (re.compile(r"catalog-v\d+:[0-9a-f]{12}"), "<fingerprint>"),
    (re.compile(r"\b\d+ objects on a scratch"), "<count> objects on a scratch"),
)

Golden = Callable[[str, str], None]


@pytest.fixture
def golden() -> Golden:
    """Compare an answer with its golden file; ``CEREMONY_WRITE_GOLDEN=1`` writes it, and fails."""

    def compare(name: str, text: str) -> None:
        text = text.replace(current_actor().shown, "<somebody>")
        for pattern, word in _VARYING:
            text = pattern.sub(word, text)
        path = _GOLDEN / f"{name}.txt"
        if os.environ.get("CEREMONY_WRITE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            pytest.fail(f"{name} was written; read it, then run without CEREMONY_WRITE_GOLDEN")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(autouse=True)
def shell_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests are another user of the system by LOGNAME, which the product does not believe."""
    real = actor._user_name()
    monkeypatch.setattr(actor, "_user_name", lambda: os.environ.get("LOGNAME") or real)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of series, ``sql`` below the working directory, and nothing else set."""
    root = tmp_path / "sql"
    root.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    before = settings.CEREMONY
    settings.CEREMONY = {"ROOT": root, "PG_BIN": str(find_wheel_binaries() or "")}
    databases = dict(settings.DATABASES)
    yield root
    settings.CEREMONY = before
    settings.DATABASES.clear()
    settings.DATABASES.update(databases)


@pytest.fixture
def world(
    control: Database,
    place: Path,
    series_folder: SeriesFolder,
    target_alias: Callable[[str], Database],
) -> Iterator[World]:
    """A control database, an empty folder of series, and targets as they are asked for.

    Whatever a test does through the product, the audit trail tells of it.
    """
    there = address()
    yield World(place, series_folder, target_alias)
    if address() == there:
        record_is_proved()


@pytest.fixture
def doorbell(place: Path) -> Iterator[Doorbell]:
    """The target ``shop`` is an address where nobody answers, and every knock is heard."""
    folder = Path(tempfile.mkdtemp(prefix="bell"))
    bell = Doorbell(folder)
    entry: dict[str, Any] = {**settings.DATABASES["default"], "HOST": str(folder), "NAME": "shop"}
    settings.DATABASES["shop"] = entry
    settings.DATABASES["default"] = {**entry, "NAME": "control"}
    yield bell
    bell.close()
    shutil.rmtree(folder)


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    """One migration that waits, and a target that settings call production."""
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production")
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def anna(house: Gatehouse) -> User:
    """Who may sign."""
    made: User = person("anna", "sign")
    return made


@pytest.fixture
def sam() -> User:
    """Somebody who may sign."""
    made: User = person("sam", "sign")
    return made


@pytest.fixture
def olga() -> User:
    """Who runs changes at her shell, with an account."""
    made: User = person(OPERATOR, "run")
    return made
