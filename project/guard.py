"""``python -m project.guard PLACE PROGRAMS [--delete]``: what a killed user left to do."""

import sys
from pathlib import Path

from project.embedded import stop_unused


def main(place: str, programs: str, *flags: str) -> None:
    """Stop the server at ``place`` unless it has another user; ``--delete`` removes it as well."""
    if Path(place).exists():
        stop_unused(Path(place), Path(programs), delete="--delete" in flags)


if __name__ == "__main__":
    main(*sys.argv[1:])
