"""A folder that changed behind the ledger's back, and what is taken as it comes."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests.acceptance.door import manage
from tests.acceptance.world import CHECK, QUIET, TABLE, WHOLE, World

SECOND = {
    "0003_more.sql": "CREATE TABLE more (id int);\n",
    "0003_more.verify.sql": "-- check: more\n-- expect: no rows\nSELECT * FROM more;\n",
    "0003_more.rollback.sql": "DROP TABLE more;\n",
}


@pytest.fixture
def two(world: World) -> World:
    """0001 and 0003 are applied."""
    world.write({**WHOLE, **SECOND})
    world.target()
    world.applied()
    return world


def refused(world: World, code: str, status: int, *flags: str) -> str:
    """Apply, which must be refused and change nothing; what was told."""
    before = world.catalog(), world.ledger()
    answer = world.apply(*flags)
    assert f"[{code}]" in answer.err, answer.told()
    assert answer.status == status
    assert (world.catalog(), world.ledger()) == before
    return answer.told()


def test_27_out_of_order(two: World, golden) -> None:
    two.write({"0002_late.sql": "CREATE TABLE late (id int);\n"})

    told = refused(two, "order-inserted-before-applied", 3)

    golden("refusals/27-late", told + two.applied("--include-late").told())
    assert two.applied_versions() == ["0001", "0002", "0003"]


def test_25_changed(two: World, golden) -> None:
    two.write({"0001_things.sql": TABLE.replace("NOT NULL", "")})

    told = refused(two, "ledger-digest-mismatch", 5)

    golden("refusals/25-changed", told + manage("status_sql", "shop").told())


def test_25_changed_inside_a_body(world: World) -> None:
    """A comment inside a function's body is part of what runs."""
    body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 -- {} $$;\n"
    body = body.replace("$$;", "\n$$;")
    world.write({"0001_f.sql": body.format("one")})
    world.target()
    world.applied()
    world.write({"0001_f.sql": body.format("two")})

    refused(world, "ledger-digest-mismatch", 5)


def test_reworded_runs_on_and_says_so(two: World, golden) -> None:
    two.write({"0001_things.sql": f"-- Copyright: nobody\n\n  {TABLE.replace(' (', '  (')}"})
    two.write({"0004_next.sql": "SELECT 1;\n"})

    answer = two.applied()

    golden("refusals/reworded", answer.told())
    assert "[ledger-reworded]" in answer.out
    assert two.applied_versions() == ["0001", "0003", "0004"]


def test_26_missing(two: World, golden) -> None:
    for name in SECOND:
        two.path(name).unlink()

    golden("refusals/26-missing", refused(two, "ledger-file-missing", 5))


def test_several_things_at_once(two: World, golden) -> None:
    two.write({"0001_things.sql": TABLE.replace("NOT NULL", ""), "0002_late.sql": "SELECT 1;\n"})
    for name in SECOND:
        two.path(name).unlink()

    golden("refusals/several", refused(two, "plan-refused", 5))


def test_29_dependency_on_another_series_is_not_applied(two: World, golden) -> None:
    two.write({"0001_base.sql": "SELECT 1;\n", "series.toml": 'database = "shop"\n'}, "base")
    two.write({"0004_next.sql": "-- Depends: base:0001 (its rows)\nSELECT 1;\n"})

    golden("refusals/29-unmet", refused(two, "dependency-unmet", 3))

    two.applied(series="base")
    two.applied()
    assert two.applied_versions() == ["0001", "0003", "0004"]


def test_29_dependency_on_django(two: World, golden) -> None:
    two.write({"0004_next.sql": "-- Depends: django:auth.0001_initial\nSELECT 1;\n"})

    golden("refusals/29-django", refused(two, "dependency-unmet", 3))


def test_29_cycle_between_series(two: World, golden) -> None:
    two.write({"0001_base.sql": "-- Depends: shop:0004\nSELECT 1;\n"}, "base")
    two.write({"0004_next.sql": "-- Depends: base:0001\nSELECT 1;\n"})

    golden("refusals/29-cycle", refused(two, "dependency-cycle", 3))


ACCEPTED = (
    ("03-crlf", TABLE.replace("\n", "\r\n").encode() + b"-- the end\r\n"),
    ("05-byte-order-mark", b"\xef\xbb\xbf" + TABLE.encode()),
    ("04-mixed-newlines", b"-- one\r\n-- two\n" + TABLE.encode()),
    (
        "48-search-path",
        b"SELECT pg_catalog.set_config('search_path', '', false);\n"
        b"CREATE TABLE public.things (id int PRIMARY KEY, name text NOT NULL);\n",
    ),
    ("33-own-wrapper", f"BEGIN;\n{TABLE}COMMIT;\n".encode()),
)


@pytest.mark.parametrize(("row", "change"), ACCEPTED, ids=[row for row, _ in ACCEPTED])
def test_accepted(row: str, change: bytes, world: World, golden) -> None:
    check = CHECK.replace("things;", "public.things;")
    world.write({**QUIET, **WHOLE, "0001_things.sql": change, "0001_things.verify.sql": check})
    world.target()

    checked, applied = manage("check_sql", "shop"), world.applied()

    golden(f"refusals/{row}", checked.told() + applied.told())
    assert checked.status == 0
    assert world.applied_versions() == ["0001"]


@pytest.mark.parametrize(
    "other", [TABLE.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + TABLE.encode()]
)
def test_3_and_5_mean_the_same(other: bytes, two: World) -> None:
    """The applied file comes back with other line ends, or a mark: reworded, not changed."""
    two.write({"0001_things.sql": other})

    answer = two.applied()

    assert "[ledger-reworded]" in answer.out
    assert answer.out.startswith("✓ Up to date")


def test_48_search_path_reaches_no_other_file(world: World) -> None:
    world.write({"0001_a.sql": "SELECT pg_catalog.set_config('search_path', '', false);\n"})
    world.write({"0002_b.sql": TABLE})
    world.target()

    world.applied()

    assert world.ask("SELECT to_regclass('public.things')::text") == [("things",)]


def test_22_unreadable(doorbell, open_place: Path, series_folder, golden) -> None:
    series_folder("shop", WHOLE, root=open_place)
    (open_place / "shop" / "0001_things.sql").chmod(0)

    with _nobody_special():
        told = manage("check_sql", "shop").told() + manage("apply_sql", "shop").told()

    golden("refusals/22-unreadable", told)
    assert not doorbell.rang


def test_22_unreadable_root(doorbell, open_place: Path, golden) -> None:
    open_place.chmod(0)

    with _nobody_special():
        told = manage("check_sql").told()

    golden("refusals/22-unreadable-root", told)


@pytest.fixture
def open_place(place: Path, monkeypatch) -> Iterator[Path]:
    """A folder of series to which everybody finds the way."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        root = Path(folder) / "sql"
        root.mkdir()
        monkeypatch.chdir(folder)
        settings.CEREMONY["ROOT"] = root
        yield root
        root.chmod(0o700)


@contextmanager
def _nobody_special() -> Iterator[None]:
    """Root may read everything, and gives that up for a moment; any other user is as nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_22_vanished(doorbell, place: Path, series_folder, golden, monkeypatch) -> None:
    series_folder("shop", WHOLE, root=place)
    real = os.listdir

    def listing(folder):
        return [*real(folder), "0002_gone.sql"]

    monkeypatch.setattr("ceremony.sources.folder.os.listdir", listing)

    golden("refusals/22-vanished", manage("apply_sql", "shop").told())
    assert not doorbell.rang


def test_17_series_named_by_a_path(doorbell, place: Path, series_folder, golden) -> None:
    series_folder("shop", WHOLE, root=place)
    told = [manage("apply_sql", name).told() for name in ("../sql/shop", "/etc", "sh\\op")]

    golden("refusals/17-series", "".join(told))
    assert not doorbell.rang
