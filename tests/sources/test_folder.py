import os
import socket
import time
from pathlib import Path

import pytest

from ceremony.core.finding import Severity
from ceremony.core.series import SeriesFiles, SourceFile
from ceremony.core.text import SIZE_LIMIT
from ceremony.sources import folder
from ceremony.sources.folder import read_series, series_names


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A series ``shop`` below the folder of series ``tmp_path/root``, with one file."""
    series = tmp_path / "root" / "shop"
    series.mkdir(parents=True)
    (series / "0001_a.sql").write_bytes(b"SELECT 1;\r\n")
    return series


def refused(shop: Path):
    found = read_series(shop.parent, "shop")
    [finding] = found.findings
    assert [file.path for file in found.files] == ["shop/0001_a.sql"]
    assert finding.severity is Severity.ERROR
    return finding


def test_files_are_read_as_bytes_in_order(shop):
    (shop / "0001_a.verify.sql").write_bytes(b"\xff")
    (shop / "series.toml").write_text("")
    assert read_series(shop.parent, "shop") == SeriesFiles(
        "shop",
        (
            SourceFile("shop/0001_a.sql", b"SELECT 1;\r\n"),
            SourceFile("shop/0001_a.verify.sql", b"\xff"),
            SourceFile("shop/series.toml", b""),
        ),
    )


def test_what_is_no_part_of_a_series_is_not_opened(shop):
    (shop / "README.md").symlink_to("/etc/passwd")
    os.mkfifo(shop / "notes.txt")
    (shop / ".hidden.sql").write_text("x")
    (shop / "docs").mkdir()
    (shop / "docs" / "a.md").write_text("x")
    found = read_series(shop.parent, "shop")
    assert ([file.path for file in found.files], found.findings) == (["shop/0001_a.sql"], ())


def test_the_names_of_series_are_the_folders(shop):
    root = shop.parent
    (root / "another").mkdir()
    (root / ".git").mkdir()
    (root / "__pycache__").mkdir()
    (root / "README.md").write_text("x")
    assert series_names(root) == ("another", "shop")


def test_a_symbolic_link_is_refused(shop):
    (shop / "0002_b.sql").symlink_to(shop / "0001_a.sql")
    finding = refused(shop)
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "path-symlink")
    assert finding.message == (
        "'shop/0002_b.sql' is a symbolic link: what it leads to could change unseen."
    )
    assert finding.hint == "Put the file itself in its place."


def test_a_link_to_nowhere_is_refused_alike(shop):
    (shop / "0002_b.sql").symlink_to("nowhere")
    assert refused(shop).code == "path-symlink"


def test_a_series_behind_a_link_is_refused(shop):
    (shop.parent / "other").symlink_to(shop)
    assert series_names(shop.parent) == ("other", "shop")
    found = read_series(shop.parent, "other")
    [finding] = found.findings
    assert (found.files, finding.path, finding.code) == ((), "other", "path-symlink")


def test_the_root_itself_may_be_behind_a_link(shop, tmp_path):
    (tmp_path / "link").symlink_to(shop.parent)
    found = read_series(tmp_path / "link", "shop")
    assert (len(found.files), found.findings) == (1, ())


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (os.mkfifo, "a FIFO"),
        (lambda path: path.mkdir(), "a folder"),
    ],
)
def test_what_is_no_plain_file_is_refused_without_waiting(shop, make, kind):
    make(shop / "0002_b.sql")
    finding = refused(shop)
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "path-not-regular-file")
    assert finding.message == f"'shop/0002_b.sql' is {kind}, not a file."
    assert finding.hint == "Put a plain file in its place."


def test_a_socket_is_refused(shop, monkeypatch):
    monkeypatch.chdir(shop)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("0002_b.sql")
        finding = refused(shop)
    assert finding.code == "path-not-regular-file"
    assert finding.message == "'shop/0002_b.sql' is a socket or a device, not a file."


def test_a_hard_link_is_refused(shop, tmp_path):
    (tmp_path / "elsewhere").write_text("SELECT 2;")
    (shop / "0002_b.sql").hardlink_to(tmp_path / "elsewhere")
    finding = refused(shop)
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "path-hard-linked")
    assert finding.message == (
        "'shop/0002_b.sql' has 2 names (hard links): it could be edited under another one."
    )
    assert finding.hint == "Copy the file, delete it here, and put the copy in its place."


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"0002_\n.sql", r"shop/0002_\n.sql"),
        (b"0002_\x1b[31m.sql", r"shop/0002_\x1b[31m.sql"),
        (b"0002_\xff.sql", r"shop/0002_\udcff.sql"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(shop, name, shown):
    (shop / os.fsdecode(name)).write_text("SELECT 2;")
    finding = refused(shop)
    assert (finding.path, finding.code) == (shown, "path-bad-name")
    assert finding.message == (
        f"The name '{shown}' holds a control character, is no UTF-8, or has over 255 bytes."
    )
    assert finding.hint == "Rename the file."


def test_a_backslash_in_a_name_is_refused(shop):
    (shop / "0002\\b.sql").write_text("SELECT 2;")
    finding = refused(shop)
    assert (finding.path, finding.code) == (r"shop/0002\\b.sql", "path-outside-root")


def test_a_file_that_is_too_large_is_not_read(shop):
    with (shop / "0002_b.sql").open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    finding = refused(shop)
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "file-too-large")
    assert finding.message == (
        f"'shop/0002_b.sql' has {SIZE_LIMIT + 1:,} bytes; the limit is {SIZE_LIMIT:,}."
    )


def test_a_file_that_vanishes_is_refused(shop, monkeypatch):
    monkeypatch.setattr(folder.os, "listdir", lambda _: ["0001_a.sql", "0002_b.sql"])
    finding = refused(shop)
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "path-unreadable")
    assert finding.message == "'shop/0002_b.sql' vanished while the folder was read."
    assert finding.hint == "Run the command again when nobody changes the folder."


def test_a_file_without_the_right_to_read_is_refused(shop, as_nobody):
    (shop / "0002_b.sql").write_text("SELECT 2;")
    (shop / "0002_b.sql").chmod(0)
    found = as_nobody(read_series, shop.parent, "shop")
    [finding] = found.findings
    assert (finding.path, finding.code) == ("shop/0002_b.sql", "path-unreadable")
    assert finding.message == "'shop/0002_b.sql' cannot be read: Permission denied."
    assert finding.hint == "Give the user who runs this command the right to read it."


def test_sql_in_a_folder_below_is_said_to_be_unread(shop):
    for name in ("old", "older"):
        (shop / name).mkdir()
        (shop / name / "0002_b.sql").write_text("SELECT 2;")
    (shop / "older" / "0003_c.sql.retired").write_text("x")
    found = read_series(shop.parent, "shop")
    assert [(f.path, f.code, f.severity, f.message) for f in found.findings] == [
        (
            "shop/old",
            "path-subfolder",
            Severity.WARNING,
            "The folder 'shop/old' holds 1 SQL file that is never read and never run.",
        ),
        (
            "shop/older",
            "path-subfolder",
            Severity.WARNING,
            "The folder 'shop/older' holds 2 SQL files that are never read and never run.",
        ),
    ]
    assert found.findings[0].hint == "Move them up into the series, or out of it."


@pytest.mark.parametrize("name", ["..", "../root", "/etc", "a\\b"])
def test_a_series_cannot_lead_out_of_the_root(shop, name):
    found = read_series(shop.parent, name)
    [finding] = found.findings
    assert (found.files, finding.code) == ((), "path-outside-root")


@pytest.mark.parametrize("name", ["", ".", "shop/deeper"])
def test_a_series_is_one_folder(shop, name):
    found = read_series(shop.parent, name)
    [finding] = found.findings
    assert (found.files, finding.code) == ((), "path-outside-root")
    assert finding.message == f"{name!r} is not the name of a series."
    assert finding.hint == "A series is one folder directly below the folder of series."


def test_a_series_that_is_not_there(shop):
    root = shop.parent
    [finding] = read_series(root, "other").findings
    assert (finding.path, finding.code) == ("other", "series-missing")
    assert finding.message == f"There is no series 'other' in {str(root)!r}."
    assert finding.hint == "Start it: manage.py new_sql other first_change --create-series"


def test_a_series_that_is_a_file(shop):
    (shop.parent / "other").write_text("x")
    [finding] = read_series(shop.parent, "other").findings
    assert (finding.path, finding.code) == ("other", "path-not-regular-file")
    assert finding.message == "'other' is a file; a series is a folder."


def test_a_root_that_is_not_there(tmp_path):
    [finding] = read_series(tmp_path / "none", "shop").findings
    assert (finding.path, finding.code) == ("", "root-missing")
    assert finding.message == f"The folder of series {str(tmp_path / 'none')!r} does not exist."
    assert finding.hint == "Create it, or point CEREMONY_ROOT at the folder that holds your series."


def test_an_empty_series_is_read(tmp_path):
    (tmp_path / "shop").mkdir()
    assert read_series(tmp_path, "shop") == SeriesFiles("shop", ())


def test_a_file_that_grows_is_read_to_its_end(shop, monkeypatch):
    real = os.fstat
    monkeypatch.setattr(
        folder.os, "fstat", lambda fd: os.stat_result([*real(fd)[:6], 3, *real(fd)[7:10]])
    )
    [file] = read_series(shop.parent, "shop").files
    assert file.data == b"SELECT 1;\r\n"


def test_no_descriptor_stays_open(shop):
    os.mkfifo(shop / "0002_b.sql")
    (shop / "old").mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        read_series(shop.parent, "shop")
        read_series(shop.parent, "none")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_three_thousand_files_are_read_quickly(tmp_path):
    series = tmp_path / "shop"
    series.mkdir()
    for number in range(3000):
        (series / f"{number:04d}_a.sql").write_text("SELECT 1;\n")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert len(read_series(tmp_path, "shop").files) == 3000
        times.append(time.perf_counter() - started)
    assert min(times) < 1
