"""The outline of a series says what the whole reading says, of names and dependencies."""

from pathlib import Path

import pytest

from ceremony.core.assemble import assemble
from ceremony.core.graph import resolve
from ceremony.core.migration import Kind
from ceremony.core.outline import outline
from ceremony.core.series import SeriesFiles, SourceFile
from ceremony.sources.folder import read_series, series_names

ROOT = Path(__file__).parents[2] / "migrations_sql"


def files(**texts):
    found = (SourceFile(f"shop/{name}", text.encode()) for name, text in texts.items())
    return SeriesFiles("shop", tuple(found))


@pytest.mark.parametrize("name", series_names(ROOT))
def test_it_says_what_the_whole_reading_says(name):
    read = read_series(ROOT, name)
    whole = assemble(read)
    library = {name: whole}
    told = outline(read)
    assert [(one.label, one.kind) for one in told] == [
        (migration.label, migration.kind) for migration in whole.migrations
    ]
    for one, migration in zip(told, whole.migrations, strict=True):
        found = (resolve(each, name, library) for each in migration.header.depends)
        own = [str(each.version) for each in found if each is not None and each.series == name]
        assert list(one.needs) == list(dict.fromkeys(own))
        assert one.digest == migration.script.bytes_digest


def test_what_is_not_there_or_elsewhere_is_told_in_words():
    text = "-- Depends: 0001\n-- Depends: 0009\n-- Depends: other:0001\n-- Depends: django:a.0002_b"
    first, second = outline(files(**{"0001_a.sql": "SELECT 1;", "0002_b.sql": text}))
    assert (first.needs, first.elsewhere) == ((), ())
    assert second.needs == ("0001",)
    assert second.elsewhere == ("0009", "other:0001", "django:a.0002_b")


def test_nothing_that_files_contain_is_too_much():
    odd = {
        "0001_a.sql": "\0\ufeff$$ never closed",
        "0002_b.sql": "SELECT 'open",
        "readme.txt": "?",
        "0003_c.sql.retired": "-- Retired: old\n",
        "0004_d.sql": "-- Planned: later\nSELECT 1;",
        "x.sql": "SELECT 1;",
        "series.toml": "not = [toml",
    }
    told = outline(files(**odd))
    assert [(one.version, one.kind) for one in told] == [
        ("0001", Kind.RUNNABLE),
        ("0002", Kind.RUNNABLE),
        ("0003", Kind.RETIRED),
        ("0004", Kind.PLANNED),
    ]
    assert outline(SeriesFiles("shop", ())) == ()
