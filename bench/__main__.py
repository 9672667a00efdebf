"""All measurements, one after the other: ``make bench``. Exits 1 when one is beyond its limit."""

import sys

from bench import admin, rehearsal, round_trips, snapshot, thousand

PARTS = {
    "Round trips to the target": round_trips.main,
    "A snapshot against pg_dump": snapshot.main,
    "A rehearsal": rehearsal.main,
    "Whole processes against psql": thousand.main,
    "The pages of the admin": admin.main,
}

if __name__ == "__main__":
    beyond = 0
    for title, measure in PARTS.items():
        print(title)
        beyond = max(beyond, measure())
        print()
    sys.exit(beyond)
