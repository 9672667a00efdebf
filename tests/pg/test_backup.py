"""Backups: a file that was read back, or an error that says what to do; no password anywhere."""

import hashlib
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ceremony.errors import Refused
from ceremony.pg.backup import back_up
from tests.pg.making import libpq

CANARY = "s3cr3t-canary"


@pytest.fixture
def parameters(target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE TABLE precious AS SELECT 42 AS x")
    return libpq(make_conninfo(target, password=CANARY))


def version(server):
    return server.version * 10000


def test_the_file_can_be_restored(parameters, server, databases, tmp_path):
    folder = tmp_path / "new" / "folder"
    made = back_up(parameters, folder, pg_bin=str(server.bindir), server_version=version(server))
    data = made.path.read_bytes()
    assert made.path.parent == folder
    assert made.path.name.startswith(f"{parameters['dbname']}-")
    assert (made.size, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [made.path]
    fresh = databases.create()
    restore = [
        str(Path(server.bindir) / "pg_restore"),
        f"--dbname={fresh.conninfo}",
        str(made.path),
    ]
    subprocess.run(restore, check=True)
    with fresh.connect() as connection:
        assert connection.execute("SELECT x FROM precious").fetchone() == (42,)
    databases.drop(fresh.name)


def fake_program(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_the_password_is_in_no_argument(parameters, tmp_path):
    fake_program(
        tmp_path,
        "pg_dump",
        'if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.1"; exit; fi\n'
        f'echo "$@" > {tmp_path}/arguments; echo "$PGPASSWORD" > {tmp_path}/password\n'
        f'echo "FATAL: no: {CANARY}" >&2; exit 1',
    )
    fake_program(tmp_path, "pg_restore", "exit 0")
    with pytest.raises(Refused) as caught:
        back_up(parameters, tmp_path / "b", pg_bin=str(tmp_path), server_version=180004)
    assert CANARY not in (tmp_path / "arguments").read_text()
    assert (tmp_path / "password").read_text() == CANARY + "\n"
    assert str(caught.value) == (
        "The backup was not made. pg_dump said: FATAL: no: … [backup-failed]\n"
        "Nothing was changed.\nNext: See what it says, then run the command again"
    )
    assert list((tmp_path / "b").iterdir()) == []


def test_what_pg_dump_says_of_an_error_is_told_without_the_query(parameters, tmp_path):
    fake_program(
        tmp_path,
        "pg_dump",
        'if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) 99.1"; exit; fi\n'
        "echo 'pg_dump: warning: x' >&2\n"
        "echo 'pg_dump: error: query failed: ERROR:  permission denied for table t' >&2\n"
        "echo 'pg_dump: detail: Query was: LOCK TABLE public.t' >&2; exit 1",
    )
    fake_program(tmp_path, "pg_restore", "exit 0")
    with pytest.raises(Refused) as caught:
        back_up(parameters, tmp_path / "b", pg_bin=str(tmp_path), server_version=180004)
    assert caught.value.happened == (
        "The backup was not made. pg_dump said: pg_dump: error: query failed: ERROR:  permission "
        "denied for table t"
    )


def test_a_file_that_cannot_be_read_back_is_no_backup(parameters, tmp_path):
    fake_program(
        tmp_path,
        "pg_dump",
        'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) touch "${2#--file=}";; esac',
    )
    fake_program(tmp_path, "pg_restore", "exit 0")
    with pytest.raises(Refused, match="found no table of contents in"):
        back_up(parameters, tmp_path / "b", pg_bin=str(tmp_path), server_version=180004)
    assert list((tmp_path / "b").iterdir()) == []


def test_a_file_that_was_never_written_is_no_backup(parameters, tmp_path):
    """Both programs say that all is well."""
    fake_program(
        tmp_path,
        "pg_dump",
        'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; esac',
    )
    fake_program(tmp_path, "pg_restore", 'echo "; Archive created at noon"')
    with pytest.raises(Refused) as caught:
        back_up(parameters, tmp_path / "b", pg_bin=str(tmp_path), server_version=180004)
    assert caught.value.code == "backup-failed"
    assert caught.value.happened.startswith("The backup was not made. The file could not be kept: ")
    assert caught.value.happened.endswith(".dump.part: No such file or directory.")
    assert caught.value.next_step == f"ls -ld {tmp_path / 'b'}"


def test_a_backup_is_named_by_a_path_that_holds_everywhere(
    parameters, server, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    made = back_up(
        parameters, Path("here"), pg_bin=str(server.bindir), server_version=version(server)
    )
    assert made.path.parent == tmp_path / "here"


def test_an_older_pg_dump_is_refused(parameters, server, tmp_path):
    with pytest.raises(Refused) as caught:
        back_up(parameters, tmp_path, pg_bin=str(server.bindir), server_version=990001)
    assert caught.value.happened == (
        f"The backup was not made. {Path(server.bindir) / 'pg_dump'} has version "
        f"{server.version}, the server has 99; it must not be older."
    )
    assert (
        caught.value.next_step == "Set CEREMONY['PG_BIN'] to the folder of PostgreSQL 99's programs"
    )


def test_no_pg_dump(parameters, tmp_path):
    with pytest.raises(Refused) as caught:
        back_up(parameters, tmp_path, pg_bin=str(tmp_path), server_version=180004)
    assert caught.value.happened == f"The backup was not made. pg_dump was not found in {tmp_path}."
    assert caught.value.next_step == (
        "Install PostgreSQL's client programs, or set CEREMONY['PG_BIN'] to their folder"
    )


def test_a_folder_that_is_a_file(parameters, server, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(Refused, match="cannot be made: File exists"):
        back_up(parameters, taken, pg_bin=str(server.bindir), server_version=version(server))
    assert list(tmp_path.iterdir()) == [taken]
