"""The lock file: hashes for everything, addresses for nothing, and in step with pyproject.toml."""

import importlib.util
import re

import pytest

from tests.house.checkout import ROOT

spec = importlib.util.spec_from_file_location("lock_fresh", ROOT / ".ci" / "lock_fresh.py")
assert spec
assert spec.loader
lock_fresh = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lock_fresh)


@pytest.fixture
def lock(monkeypatch):
    monkeypatch.chdir(ROOT)
    return (ROOT / "requirements.lock").read_text()


def test_every_pin_has_hashes_and_no_address(lock):
    pins = re.split(
        r"^(?=\S)", re.sub(r"^ *#.*\n", "", lock, flags=re.MULTILINE), flags=re.MULTILINE
    )
    assert "://" not in lock
    assert len(pins) > 30
    for pin in filter(None, pins):
        assert re.match(
            r"[a-z0-9-]+==\S+( ; .+)? \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+\Z", pin
        )


def test_it_fits(lock):
    assert list(lock_fresh.findings(lock)) == []


def test_a_requirement_that_is_not_pinned(lock):
    without = re.sub(r"^pygments==", "poor==", lock, flags=re.MULTILINE)
    found = set(lock_fresh.findings(without))
    assert "pygments>=2.17 (for ceremony) is not pinned" in found
    assert "poor is pinned, and nothing requires it" in found


def test_a_pin_that_is_too_old(lock):
    older = re.sub(r"^psycopg==\S+", "psycopg==3.1.0", lock, flags=re.MULTILINE)
    assert "psycopg[binary]>=3.2 (for ceremony) does not allow the pinned 3.1.0" in set(
        lock_fresh.findings(older)
    )


def test_an_address(lock):
    assert "it records an address" in set(lock_fresh.findings(f"{lock}# https://example.org\n"))
