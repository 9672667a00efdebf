"""``python -m project.clean``: drops the development databases of this checkout."""

import sys

from ceremony.errors import CeremonyError
from project.binaries import wheel_binaries
from project.cluster import claim
from project.embedded import stop_unused
from project.place import development_place


def main() -> int:
    """Stop and delete the development server, unless it is in use. Returns the exit status."""
    place = development_place()
    if not place.exists():
        return 0
    try:
        claim(place)
        gone = stop_unused(place, wheel_binaries(), delete=True)
    except CeremonyError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    if not gone:
        sys.stderr.write("The development server is in use. Nothing was dropped.\n")
        sys.stderr.write("Next: stop make serve and other commands, then make clean\n")
        return 1
    sys.stdout.write(f"Dropped the development databases in {place}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
