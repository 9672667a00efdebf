"""Says whether requirements.lock still fits pyproject.toml. Needs no network.

Starting at the project's own requirements, every requirement that holds for this Python must be
pinned in the lock file to a version that satisfies it; a pin that nothing requires is left over.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "ceremony"
EXTRAS = frozenset({"dev"})
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """The versions that the lock file pins for this Python."""
    found = {}
    for name, pinned, marker in PIN.findall(lock):
        probe = Requirement(f"{name}; {marker}" if marker else name)
        if probe.marker is None or probe.marker.evaluate():
            found[canonicalize_name(name)] = pinned
    return found


def own_requirements() -> dict[str, list[str]]:
    """The project's requirements by extra; ``""`` are those it always has."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def requirements_of(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    if name == PROJECT:
        own = own_requirements()
        lines = [line for extra in ("", *sorted(extras)) for line in own[extra]]
    else:
        lines = requires(name) or []
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def findings(lock: str) -> Iterator[str]:
    """One sentence for each way in which the lock file does not fit."""
    if "://" in lock:
        yield "it records an address"
    pinned = pins(lock)
    waiting, seen = [(PROJECT, EXTRAS)], set()
    while waiting:
        name, extras = node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        try:
            wanted = list(requirements_of(name, extras))
        except PackageNotFoundError:
            yield f"{name} is pinned and not installed"
            continue
        for requirement in wanted:
            needed = canonicalize_name(requirement.name)
            waiting.append((needed, frozenset(requirement.extras)))
            if needed != PROJECT:
                yield from misfits(requirement, pinned.get(needed), name)
    for left in sorted(set(pinned) - {name for name, _ in seen}):
        yield f"{left} is pinned, and nothing requires it"


def misfits(requirement: Requirement, pinned: str | None, wanted_by: str) -> Iterator[str]:
    if pinned is None:
        yield f"{requirement} (for {wanted_by}) is not pinned"
    elif not requirement.specifier.contains(pinned, prereleases=True):
        yield f"{requirement} (for {wanted_by}) does not allow the pinned {pinned}"


def main() -> int:
    lock = Path("requirements.lock").read_text(encoding="utf-8")
    found = sorted(set(findings(lock)))
    for sentence in found:
        print(f"requirements.lock: {sentence}", file=sys.stderr)
    if found:
        print("Next: make lock, then make setup", file=sys.stderr)
        return 1
    print(
        f"requirements.lock fits pyproject.toml (Python {sys.version.split()[0]},"
        f" Django {version('django')})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
