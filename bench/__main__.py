"""All measurements, one after the other: ``make bench``. Exits 1 when one is beyond its limit."""

import sys

from bench import round_trips, thousand

if __name__ == "__main__":
    print("Round trips to the target")
    beyond = round_trips.main()
    print("\nWhole processes against psql")
    sys.exit(thousand.main() or beyond)
