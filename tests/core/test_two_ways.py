"""Files of dbmate, goose, sql-migrate and MyBatis Migrations: change and way back in one."""

import pytest

from ceremony.core.finding import Severity
from ceremony.core.two_ways import both_ways
from tests.core.folders import complete, said, series_of

PATH = "shop/0001_a.sql"


@pytest.mark.parametrize(
    "marker",
    ["migrate:down", "+goose Down", "+migrate Down", "//@UNDO", "migrate:down transaction:false"],
)
def test_a_file_that_would_undo_itself_is_refused(marker):
    text = f"-- up\nCREATE TABLE t (a int);\n  -- {marker}\nDROP TABLE t;\n"
    [finding] = both_ways(PATH, text)
    assert (finding.code, finding.severity) == ("two-ways", Severity.ERROR)
    assert (finding.line, finding.column) == (3, 3)
    assert finding.message == (
        f"'{marker.removesuffix(' transaction:false')}' begins the way back in files of another "
        "tool; here what follows would run right after the change."
    )
    assert finding.hint == (
        "Move what follows into the .rollback.sql of this migration, and delete the line."
    )


@pytest.mark.parametrize(
    "text",
    [
        "-- migrate:up\nSELECT 1;\n",
        "-- +goose Up\nSELECT 1;\n",
        "SELECT '\n-- migrate:down\n';\n",
        "DO $$\n-- +goose Down\nBEGIN END $$;\n",
        "-- how to migrate:down later\nSELECT 1;\n",
    ],
)
def test_what_is_no_marker_is_left_alone(text):
    assert both_ways(PATH, text) == ()


def test_a_series_with_such_a_file_is_refused():
    files = complete("0001_a")
    files["0001_a.sql"] += "-- migrate:down\nDROP TABLE a;\n"
    assert said(series_of(files).findings) == [("shop/0001_a.sql", "two-ways")]
