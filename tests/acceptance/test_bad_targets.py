"""Targets that cannot be trusted or reached: refused before anything changes, no secret told."""

import hashlib
import os
import socket
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from psycopg import sql

from project.binaries import server_user
from project.cluster import Cluster
from tests.acceptance.door import manage, shell
from tests.acceptance.world import WHOLE, World, point
from tests.conftest import Database

CANARY = "c4nary%zz-pAss"


@pytest.fixture
def whole(world: World) -> World:
    world.write(WHOLE)
    world.target()
    return world


@contextmanager
def role(database: Database, options: str) -> Iterator[str]:
    """A login of this test alone."""
    name = f"role_of_{database.name}"
    with database.connect() as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN {options}")
    yield name
    with database.connect() as admin:
        admin.execute(f"DROP OWNED BY {name}")
        admin.execute(f"DROP ROLE {name}")


def test_82_role_without_rights_to_begin(whole: World, golden) -> None:
    with role(whole.target(), "") as name:
        point("shop", USER=name)

        answer = whole.apply()

        golden("bad_targets/82-no-ledger", answer.told())
        assert "[permission-denied]" in answer.err
        assert answer.status == 1
        assert (whole.catalog(), whole.ledger()) == (_empty(whole), ())


def _empty(world: World) -> tuple[str, ...]:
    """The catalog of a target in which nothing was ever done."""
    return world.catalog("untouched")


def test_82_role_without_rights_to_an_object(whole: World, golden) -> None:
    target = whole.target()
    with role(target, "") as name:
        whole.ask(f"GRANT CREATE ON SCHEMA public TO {name}")
        whole.ask("CREATE TABLE owned (id int)")
        point("shop", USER=name)
        whole.applied()
        before = whole.catalog(), whole.ledger()
        whole.write({"0002_more.sql": "ALTER TABLE owned ADD note text;\n"})

        answer = whole.apply()

        golden("bad_targets/82-no-owner", answer.told())
        assert "[permission-denied]" in answer.err
        assert answer.status == 1
        assert (whole.catalog(), whole.ledger()) == before


def test_77_read_only_role(whole: World, golden) -> None:
    whole.applied()
    before = whole.catalog(), whole.ledger()
    with role(whole.target(), "SUPERUSER") as name:
        whole.ask(f"ALTER ROLE {name} SET default_transaction_read_only = on")
        point("shop", USER=name)

        answer = whole.apply()

        golden("bad_targets/77-read-only-role", answer.told())
        assert answer.status == 3
        assert "[target-read-only]" in answer.err
        assert (whole.catalog(), whole.ledger()) == before


def test_77_standby(whole: World, standby: Path, golden) -> None:
    point("shop", HOST=str(standby))

    answer = whole.apply()

    golden("bad_targets/77-standby", answer.told())
    assert answer.status == 3
    assert "[target-read-only]" in answer.err
    assert whole.ledger() == ()


@pytest.fixture
def standby(server: Cluster) -> Iterator[Path]:
    """A real standby of the test server: a copy of its files that stays in recovery."""
    with tempfile.TemporaryDirectory(prefix="standby", dir="/tmp") as folder:
        place, owner = Path(folder), server_user()
        if owner is not None:
            os.chown(place, owner.pw_uid, owner.pw_gid)
        data = place / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [str(server.bindir / program), *arguments],
                cwd=place,
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
            )

        run(
            "pg_basebackup",
            f"--pgdata={data}",
            f"--host={server.socket_dir}",
            "--username=postgres",
            "--checkpoint=fast",
            "--no-sync",
            "--write-recovery-conf",
            "--wal-method=fetch",
        )
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{place}'\n")
        control = f"--pgdata={data}"
        run("pg_ctl", "start", "--wait", "--silent", control, f"--log={place / 'log'}")
        try:
            yield place
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent", control)


def test_83_server_too_old(whole: World, old_server: Path, golden) -> None:
    point("shop", HOST=str(old_server))

    answer = whole.apply()

    golden("bad_targets/83-too-old", answer.told())
    assert answer.status == 3
    assert "[server-too-old]" in answer.err


@pytest.fixture
def old_server(tmp_path: Path) -> Iterator[Path]:
    """Speaks the start of the protocol as PostgreSQL 13 does, and not a word more."""
    with tempfile.TemporaryDirectory(prefix="old", dir="/tmp") as folder:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/.s.PGSQL.5432")
        listener.listen()
        threading.Thread(target=_greet, args=(listener,), daemon=True).start()
        yield Path(folder)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _greet(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client:
                client.recv(8192)
                client.sendall(
                    _message(b"R", struct.pack("!i", 0))
                    + _message(b"S", b"server_version\x0013.14\x00")
                    + _message(b"S", b"client_encoding\x00UTF8\x00")
                    + _message(b"K", struct.pack("!ii", 1, 1))
                    + _message(b"Z", b"I")
                )
                client.recv(8192)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgres://ann:{CANARY}@db.example/shop",
        f"host=db.example password='{CANARY}",
        f"postgres://ann:{CANARY}",
        f"{CANARY}",
    ],
)
def test_84_malformed_address(dsn: str, place, golden) -> None:
    answer = shell(
        "apply_sql",
        "shop",
        "--database",
        "mine",
        DATABASE_URL="postgres://nobody@localhost/none",
        CEREMONY_ROOT=str(place),
        CEREMONY_EXTRA_ALIASES="mine",
        MINE_DATABASE_URL=dsn,
    )

    golden("bad_targets/84-malformed-dsn", answer.told())
    assert answer.status == 2
    assert "[dsn-invalid]" in answer.err
    assert not any(part in answer.told() for part in ("c4nary", "pAss", "ann", "db.example"))


@pytest.fixture
def password_login(server: Cluster, whole: World) -> Iterator[str]:
    """A login for which the server wants a password, which is the canary."""
    hba = server.data / "pg_hba.conf"
    before = hba.read_text()
    target = whole.target()
    with role(target, "SUPERUSER") as name:
        with target.connect() as admin:
            admin.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(CANARY)
                )
            )
            hba.write_text(f"local all {name} scram-sha-256\n{before}")
            admin.execute("SELECT pg_reload_conf()")
        yield name
        hba.write_text(before)
        whole.ask("SELECT pg_reload_conf()")


def test_85_wrong_password(whole: World, password_login: str, golden) -> None:
    point("shop", USER=password_login, PASSWORD="wr0ng-one")

    answer = _until_asked(whole)

    golden("bad_targets/85-wrong-password", answer.told())
    assert answer.status == 3
    assert "[connect-failed]" in answer.err
    assert "wr0ng-one" not in answer.told()


def _until_asked(world: World):
    """The server reads its rules anew in the background; until then it lets everybody in."""
    while not manage("plan_sql", "shop").status:
        continue
    return world.apply()


def test_85_no_password(whole: World, password_login: str, golden) -> None:
    point("shop", USER=password_login, PASSWORD="")
    _until_asked(whole)

    answer = whole.apply()

    golden("bad_targets/85-no-password", answer.told())
    assert answer.status == 3
    assert "[connect-failed]" in answer.err


def test_85_right_password_is_told_nowhere(whole: World, password_login: str, tmp_path) -> None:
    point("shop", USER=password_login, PASSWORD=CANARY)
    whole.write({"0002_bad.sql": "SELECT 1 / 0;\n"})

    answers = [
        manage("plan_sql", "shop", "--format", "json"),
        manage("apply_sql", "shop", "-v", "3"),
        manage("apply_sql", "shop", "--format", "json"),
        manage("status_sql", "shop"),
        manage("verify_sql", "shop", "--format", "json"),
        manage("rollback_sql", "shop", "--backup", str(tmp_path), "--traceback"),
    ]

    assert [answer.status for answer in answers] == [0, 1, 1, 0, 0, 0]
    for answer in answers:
        assert CANARY not in answer.told()
    assert CANARY not in "".join(whole.ledger())
    assert CANARY not in "".join(_everything_recorded())


def _everything_recorded() -> Iterator[str]:
    """Every row that the product keeps in the control database, as text."""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("ceremony").get_models():
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")
            yield from (row[0] for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        ("85-no-host", {"HOST": "no-such-host.invalid", "PASSWORD": CANARY}),
        ("85-server-down", {"HOST": "127.0.0.1", "PORT": "1", "PASSWORD": CANARY}),
        ("85-no-database", {"NAME": "no_such_database"}),
        ("85-no-role", {"USER": "no_such_role"}),
    ],
)
def test_85_not_reached(row: str, parts, whole: World, golden) -> None:
    point("shop", **parts)

    answer = whole.apply(*(["--confirm", "unknown"] if row == "85-no-host" else []))

    golden(f"bad_targets/{row}", answer.told())
    assert answer.status == 3
    assert "[connect-failed]" in answer.err
    assert CANARY not in answer.told()


def test_control_refuses_the_connection(whole: World, monkeypatch: pytest.MonkeyPatch) -> None:
    point("default", NAME="no_such_database")
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")

    answer = whole.apply()

    connection.close()
    assert answer.status == 1
    place = f"{connection.settings_dict['HOST']}, database 'no_such_database'"
    assert answer.err == (
        f"✕ The server of the control database ({place}) answers and refuses the connection: the "
        "password, the database or the role.  [control-unreachable]\n"
        "State  The ledger in the target says what is applied; the next command settles the "
        "record from it.\n"
        "Next   Correct DATABASE_URL, or create what it names (createdb, createuser); then run "
        "the same command again.\n"
    )


def test_control_is_down(whole: World, golden) -> None:
    point("default", HOST="/nowhere")
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"

    answer = whole.apply()

    golden("bad_targets/control-down", answer.told())
    assert answer.status == 1
    assert whole.ledger() == ()


def test_75_somebody_else_holds_the_lock(whole: World, golden) -> None:
    whole.applied()
    with whole.target().connect(application_name="ceremony pat@desk") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_lock_key()])

        answer = whole.apply("--no-wait")

        golden("bad_targets/75-locked", answer.told())
        assert answer.status == 4
        assert "[locked-by]" in answer.err
        assert f"process {other.info.backend_pid}" in answer.err


def _lock_key() -> int:
    """As documented: the first 8 bytes of SHA-256("ceremony:v1:" + ledger schema)."""
    return int.from_bytes(hashlib.sha256(b"ceremony:v1:public").digest()[:8], "big", signed=True)


def test_unknown_alias(whole: World, golden) -> None:
    answer = whole.apply("--database", "shp")

    golden("bad_targets/unknown-alias", answer.told())
    assert answer.status == 2
    assert "[alias-unknown]" in answer.err
