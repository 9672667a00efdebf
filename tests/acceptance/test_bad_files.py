"""Bad files: each gets one clear error from both commands, and no server hears of it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.door import manage
from tests.acceptance.world import BACK, QUIET, TABLE, WHOLE
from tests.conftest import SeriesFolder

Files = Mapping[str, str | bytes]
NONE = "-- Transaction: none\n"


@dataclass(frozen=True)
class Case:
    """``row`` is the name of the golden file. ``change`` is the change's text, or all files."""

    row: str
    code: str
    change: str | bytes | Files

    @property
    def files(self) -> Files:
        if isinstance(self.change, Mapping):
            return {**QUIET, **self.change}
        return {**QUIET, **WHOLE, "0001_things.sql": self.change}


REFUSED = (
    Case("01-nul-byte", "file-nul-byte", b"SELECT 1;\0 DROP TABLE base;\n"),
    Case("02-lone-cr", "file-lone-cr", b"-- harmless note\rDROP TABLE base;\nSELECT 1;\n"),
    Case("06-utf-16", "file-not-utf8", "CREATE TABLE ä (id int);\n".encode("utf-16")),
    Case("07-latin-1", "file-not-utf8", "SELECT 'caf\u00e9';\n".encode("latin-1")),
    Case("07-xff", "file-not-utf8", b"SELECT 1;\n\xff\n"),
    Case("07-overlong", "file-not-utf8", b"SELECT '\xc0\xa7';\n"),
    Case("08-bidi-in-comment", "file-bidi-control", "SELECT 1; -- \u202e olleh\n"),
    Case("08-bidi-in-string", "file-bidi-control", "SELECT '\u2066x';\n"),
    Case("09-zero-width", "file-invisible-character", "CREATE TABLE a\u200bb (id int);\n"),
    Case("09-soft-hyphen", "file-invisible-character", "SELECT 'a\u00adb';\n"),
    Case("09-line-separator", "file-invisible-character", "SELECT 1; -- a\u2028DROP\n"),
    Case("09-next-line", "file-invisible-character", "SELECT 1; -- a\u0085DROP\n"),
    Case("09-vertical-tab", "file-invisible-character", "SELECT\v1;\n"),
    Case("09-form-feed", "file-invisible-character", "SELECT\f1;\n"),
    Case("13-empty", "file-no-statements", ""),
    Case("13-comments-only", "file-no-statements", "-- Purpose: nothing yet\n/* later */\n"),
    Case("13-semicolons-only", "file-no-statements", ";;\n;\n"),
    Case("15-too-many-statements", "file-too-many-statements", "SELECT 1;\n" * 20_001),
    Case("28-duplicate-number", "id-duplicate", {**WHOLE, "0001_other.sql": TABLE}),
    Case("29-dependency-missing", "dependency-missing", f"-- Depends: 0000_base\n{TABLE}"),
    Case(
        "29-dependency-cycle",
        "dependency-cycle",
        {
            **WHOLE,
            "0001_things.sql": f"-- Depends: 0002_more\n{TABLE}",
            "0002_more.sql": "-- Depends: 0001_things\nSELECT 1;\n",
        },
    ),
    Case("30-unterminated-quote", "sql-syntax", "SELECT 1;\nSELECT 'abc;\n"),
    Case("30-unterminated-comment", "sql-syntax", "SELECT 1;\n/* abc;\n"),
    Case("30-unterminated-dollar-quote", "sql-syntax", "SELECT 1;\nDO $x$ BEGIN END $y$;\n"),
    Case("31-syntax", "sql-syntax", "SELECT 1;\nCREATE TABEL things (id int);\n"),
    Case("32-unparsed", "sql-unparsed", "SELECT 'a' -- joined by the server\n'b';\n"),
    Case("33-begin", "tx-control", f"BEGIN;\n{TABLE}"),
    Case("33-start-transaction", "tx-control", f"{TABLE}START TRANSACTION;\n"),
    Case("34-commit", "tx-control", f"{TABLE}COMMIT;\nSELECT 1;\n"),
    Case("34-end", "tx-control", f"{TABLE}END;\n"),
    Case("34-rollback", "tx-control", f"{TABLE}ROLLBACK;\n"),
    Case("34-abort", "tx-control", f"{TABLE}ABORT;\n"),
    Case("35-commit-and-chain", "tx-control", f"BEGIN;\n{TABLE}COMMIT AND CHAIN;\n"),
    Case("36-prepare-transaction", "tx-control", f"{TABLE}PREPARE TRANSACTION 'x';\n"),
    Case("36-commit-prepared", "tx-control", f"{TABLE}COMMIT PREPARED 'x';\n"),
    Case(
        "39-needs-no-transaction",
        "needs-no-transaction",
        f"{TABLE}CREATE INDEX CONCURRENTLY i ON things (name);\nVACUUM things;\n"
        "CREATE DATABASE other;\n",
    ),
    Case(
        "41-if-not-exists",
        "concurrently-if-not-exists",
        f"{NONE}CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON things (name);\n",
    ),
    Case("44-copy-without-data", "copy-stdin", f"{TABLE}COPY things FROM STDIN\n"),
    Case("44-copy-without-end", "copy-stdin", f"{TABLE}COPY things FROM STDIN;\n1\tone\n"),
    Case("44-copy-to-stdout", "copy-stdin", f"{TABLE}COPY things TO STDOUT;\n"),
    Case("45-copy-program", "server-file-access", f"{TABLE}COPY things FROM PROGRAM 'id';\n"),
    Case("45-server-file", "server-file-access", f"{TABLE}COPY things FROM '/etc/passwd';\n"),
    Case("46-include", "psql-meta-command", "\\i other.sql\nSELECT 1;\n"),
    Case("46-connect", "psql-meta-command", "\\connect other\nSELECT 1;\n"),
    Case("46-copy", "psql-meta-command", f"{TABLE}\\copy things from things.csv\n"),
    Case("46-gexec", "psql-meta-command", "SELECT 'DROP TABLE base' \\gexec\n"),
    Case("47-variable", "psql-variable", "CREATE TABLE :name (id int);\n"),
    Case("47-quoted-variable", "psql-variable", "SELECT :'name';\n"),
    Case("49-set-role", "role-change", f"SET ROLE postgres;\n{TABLE}"),
    Case("49-reset-role", "role-change", f"RESET ROLE;\n{TABLE}"),
    Case("49-session-authorization", "role-change", f"SET SESSION AUTHORIZATION x;\n{TABLE}"),
    Case("49-set-config", "role-change", f"SELECT set_config('role', 'x', false);\n{TABLE}"),
    Case("53-replication-role", "trigger-bypass", "SET session_replication_role = replica;\n"),
    Case("54-lock-timeout", "timeout-override", f"SET lock_timeout = 0;\n{TABLE}"),
    Case("54-reset-all", "timeout-override", f"RESET ALL;\n{TABLE}"),
    Case("54-discard-all", "timeout-override", f"DISCARD ALL;\n{TABLE}"),
    Case("misspelt-header", "directive-unknown", f"-- Depend: 0000_base\n-- Rsik: high\n{TABLE}"),
    Case(
        "check-without-expectation",
        "check-no-expectation",
        {**WHOLE, "0001_things.verify.sql": "-- check: things\nSELECT 1;\n"},
    ),
    Case("bad-name-hyphen", "name-bad", {**WHOLE, "0002-add-column.sql": TABLE}),
    Case("bad-name-capitals", "name-bad", {**WHOLE, "0003_AddColumn.sql": TABLE}),
    Case("bad-name-ending", "name-ending", {**WHOLE, "0001_things.down.sql": BACK}),
    Case("orphan", "name-orphan", {**WHOLE, "0002_gone.rollback.sql": BACK}),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.row)
def test_refused_file(case, doorbell, place, series_folder: SeriesFolder, golden) -> None:
    series_folder("shop", case.files, root=place)

    checked, applied = manage("check_sql", "shop"), manage("apply_sql", "shop")

    golden(f"bad_files/{case.row}", checked.told() + applied.told())
    assert (checked.status, applied.status) == (1, 3)
    assert f"[{case.code}]" in applied.err
    assert f"[{case.code}]" in checked.out
    assert not doorbell.rang


def _link(folder: Path) -> None:
    (folder / "0002_more.sql").symlink_to("/etc/hostname")


def _linked_folder(folder: Path) -> None:
    kept = folder.rename(folder.with_name(".kept"))
    folder.symlink_to(kept)


def _backslash(folder: Path) -> None:
    (folder / "0002_..\\x.sql").write_text(TABLE)


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "0002_more.sql")


def _folder(folder: Path) -> None:
    (folder / "0002_more.sql").mkdir()


def _two_names(folder: Path) -> None:
    (folder.parent / "elsewhere.sql").hardlink_to(folder / "0001_things.sql")


def _newline(folder: Path) -> None:
    (folder / "0002_mo\nre.sql").write_text(TABLE)


def _not_utf8(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/0002_\xff.sql"))).write_text(TABLE)


def _case_folded(folder: Path) -> None:
    (folder / "0001_Things.sql").write_text(TABLE)


def _normalised(folder: Path) -> None:
    (folder / "0002_caf\u00e9.sql").write_text(TABLE)
    (folder / "0002_cafe\u0301.sql").write_text(TABLE)


def _huge(folder: Path) -> None:
    os.truncate(folder / "0001_things.sql", 64 * 1024 * 1024 + 1)


PATHS: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
    ("14-too-large", "file-too-large", _huge),
    ("16-symlink", "path-symlink", _link),
    ("16-symlinked-folder", "path-symlink", _linked_folder),
    ("17-backslash", "path-outside-root", _backslash),
    ("18-fifo", "path-not-regular-file", _fifo),
    ("18-folder", "path-not-regular-file", _folder),
    ("19-hard-link", "path-hard-linked", _two_names),
    ("20-newline", "path-bad-name", _newline),
    ("20-not-utf8", "path-bad-name", _not_utf8),
    ("21-case-folding", "name-collision", _case_folded),
    ("21-normal-form", "name-collision", _normalised),
)


@pytest.mark.parametrize(("row", "code", "spoil"), PATHS, ids=[row for row, _, _ in PATHS])
def test_refused_path(row, code, spoil, doorbell, place, series_folder, golden) -> None:
    series_folder("shop", {**QUIET, **WHOLE}, root=place)
    spoil(place / "shop")

    checked, applied = manage("check_sql", "shop"), manage("apply_sql", "shop")

    golden(f"bad_files/{row}", checked.told() + applied.told())
    assert (checked.status, applied.status) == (1, 3)
    assert f"[{code}]" in checked.out
    assert f"[{code}]" in applied.err
    assert not doorbell.rang
