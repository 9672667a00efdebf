from datetime import UTC, datetime
from pathlib import Path

import pytest

from ceremony.core.assemble import assemble
from ceremony.core.series import Numbering
from ceremony.errors import UsageError
from ceremony.sources.folder import read_series
from ceremony.sources.write import new_migration

NOW = datetime(2026, 1, 17, 9, 30, tzinfo=UTC)


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_a_new_series_begins_at_one(tmp_path):
    written = new_migration(tmp_path, "shop", "add_orders", now=NOW, create_series=True)
    assert names(written) == [
        "series.toml",
        "0001_add_orders.sql",
        "0001_add_orders.verify.sql",
        "0001_add_orders.rollback.sql",
    ]
    assert written[0].read_text() == 'title = "Shop"\nnumbering = "sequence"\n'
    assert written[1].read_text() == (
        "-- Purpose: add orders\n-- Depends: none\n-- Risk: low\n-- Reversible: yes\n\n"
        "-- One transaction around the whole file comes with the runner: no BEGIN, no COMMIT "
        "here.\n"
    )


def test_what_is_written_is_understood_and_cannot_run_as_it_is(tmp_path):
    new_migration(tmp_path, "shop", "add_orders", now=NOW, create_series=True)
    series = assemble(read_series(tmp_path, "shop"))
    assert [(f.path, f.code) for f in series.findings] == [
        ("shop/0001_add_orders.rollback.sql", "file-no-statements"),
        ("shop/0001_add_orders.sql", "file-no-statements"),
    ]
    [migration] = series.migrations
    assert migration.header.purpose == "add orders"
    assert [check.name for check in migration.checks] == ["add orders"]


def test_the_next_number_follows_all_files(tmp_path):
    new_migration(tmp_path, "shop", "one", now=NOW, create_series=True)
    (tmp_path / "shop" / "0007_old.sql.retired").write_text("-- Retired: x\n")
    assert names(new_migration(tmp_path, "shop", "two", now=NOW))[0] == "0008_two.sql"


def test_a_series_of_timestamps_takes_the_clock(tmp_path):
    first = new_migration(
        tmp_path, "shop", "one", now=NOW, create_series=True, numbering=Numbering.TIMESTAMP
    )
    second = new_migration(tmp_path, "shop", "two", now=NOW)
    assert first[1].name == "20260117093000_one.sql"
    assert second[0].name == "20260117093001_two.sql"


def test_a_folder_without_settings_keeps_its_numbering(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "041_a.sql").write_text("SELECT 1;")
    written = new_migration(tmp_path, "shop", "two", now=NOW, create_series=True)
    assert names(written)[0] == "042_two.sql"
    assert not (tmp_path / "shop" / "series.toml").exists()


def test_an_unknown_series_is_not_made_unasked(tmp_path):
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError) as caught:
        new_migration(tmp_path, "shop", "one", now=NOW)
    assert caught.value.code == "series-unknown"
    assert (
        caught.value.happened == f"There is no series 'shop' in {str(tmp_path)!r}; it holds other."
    )
    assert caught.value.next_step == (
        "Name one of those, or start it: manage.py new_sql shop first_change --create-series"
    )
    assert list(tmp_path.iterdir()) == [tmp_path / "other"]


def test_a_name_that_is_taken_is_refused(tmp_path):
    new_migration(tmp_path, "shop", "one", now=NOW, create_series=True)
    with pytest.raises(UsageError) as caught:
        new_migration(tmp_path, "shop", "one", now=NOW)
    assert caught.value.code == "name-taken"
    assert caught.value.happened == "'0001_one' in 'shop' has this name already."


@pytest.mark.parametrize("ending", [".sql", ".verify.sql", ".rollback.sql"])
def test_nothing_is_written_over(tmp_path, ending):
    (tmp_path / "shop").mkdir()
    there = tmp_path / "shop" / f"0001_one{ending}"
    there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError) as caught:
        new_migration(tmp_path, "shop", "one", now=NOW)
    assert caught.value.code == "name-taken"
    assert caught.value.happened == f"{str(there)!r} is there already."
    assert caught.value.next_step == "Choose another name, or delete the file if nobody needs it."
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == [there.name]
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_without_the_right_to_write(tmp_path, as_nobody):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop").chmod(0o555)
    happened = as_nobody(_refusal, tmp_path)
    path = str(tmp_path / "shop" / "0001_one.sql")
    assert happened == ("path-unwritable", f"{path!r} cannot be written: Permission denied.")


def _refusal(root: Path) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        new_migration(root, "shop", "one", now=NOW)
    return caught.value.code, caught.value.happened
