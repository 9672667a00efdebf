"""The development server: there when it is wanted, gone when it is not, whatever happened."""

import os
import signal
import stat
import time

import psycopg
import pytest

from ceremony.errors import Failed, UsageError
from project import binaries, embedded, place
from project.cluster import Cluster, claim

#: Holds the server until its standard input ends.
HOLD = (
    "import sys; from project import embedded\n"
    "from project.command_line import termination_unwinds\n"
    "with termination_unwinds(), embedded.server() as cluster:\n"
    "    print(cluster.conninfo(), flush=True)\n"
    "    sys.stdin.read()\n"
)


def held(checkout):
    """A process that holds the server, and the connection string it printed."""
    process = checkout.start("-c", HOLD)
    return process, process.stdout.readline().strip()


def answers(conninfo):
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def stopped(checkout):
    """Whether the server is gone before long."""
    give_up = time.monotonic() + 30
    while checkout.postmaster is not None and time.monotonic() < give_up:
        time.sleep(0.05)
    return checkout.postmaster is None


def test_a_command_starts_it_and_leaves_nothing_behind(checkout):
    done = checkout.run("manage.py", "showmigrations", "auth")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("auth\n [ ] 0001_initial\n")
    assert checkout.postmaster is None
    assert not (checkout.place / "data" / "postmaster.pid").exists()


def test_it_listens_on_no_port_and_lets_no_other_user_in(checkout):
    process, conninfo = held(checkout)
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
    process.communicate("")
    assert row == ("",)
    assert stat.S_IMODE(checkout.place.stat().st_mode) & 0o007 == 0


def test_two_at_once_share_one_server(checkout):
    first, conninfo = held(checkout)
    server = checkout.postmaster
    second, same = held(checkout)
    assert (same, checkout.postmaster) == (conninfo, server)
    first.communicate("")
    assert answers(conninfo)
    second.communicate("")
    assert not answers(conninfo)
    assert checkout.postmaster is None


def test_many_commands_at_once_from_nothing(checkout):
    processes = [checkout.start("manage.py", "shell", "-c", "print(6 * 7)") for _ in range(4)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    assert all(text.endswith("42\n") for text in said)
    assert checkout.postmaster is None


def test_a_killed_user_leaves_no_server(checkout):
    process, conninfo = held(checkout)
    process.kill()
    process.wait()
    assert stopped(checkout)
    second, same = held(checkout)
    assert same == conninfo
    assert answers(conninfo)
    second.communicate("")
    assert checkout.postmaster is None


def test_a_killed_user_does_not_take_the_server_from_others(checkout):
    first, conninfo = held(checkout)
    second, _ = held(checkout)
    first.kill()
    first.wait()
    time.sleep(1)
    assert answers(conninfo)
    second.kill()
    second.wait()
    assert stopped(checkout)


def test_a_killed_server_is_recovered(checkout):
    process, conninfo = held(checkout)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
    os.kill(process.pid, signal.SIGKILL)
    os.kill(checkout.postmaster, signal.SIGKILL)
    process.wait()
    second, _ = held(checkout)
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    second.communicate("")
    assert checkout.postmaster is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_command_and_the_server(checkout, number):
    process, conninfo = held(checkout)
    process.send_signal(number)
    process.communicate()
    assert process.returncode != 0
    assert not answers(conninfo)
    assert checkout.postmaster is None


def test_help_and_commands_about_files_start_nothing(checkout):
    for words in (["help"], ["check"], ["migrate", "--help"], ["version"]):
        assert checkout.run("manage.py", *words).returncode == 0
    assert list(checkout.area.iterdir()) == []


def test_data_of_another_version_is_refused(checkout):
    checkout.run("manage.py", "showmigrations", "auth")
    data = checkout.place / "data"
    (data / "PG_VERSION").write_text("12\n")
    done = checkout.run("manage.py", "showmigrations")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"The development data in {data} was written by PostgreSQL 12; the installed server is 18."
        " [server-data-version]\n"
        "Nothing was changed.\n"
        "Next: make clean (drops the development databases), then make demo\n"
    )
    assert checkout.run("-m", "project.clean").returncode == 0
    assert checkout.run("manage.py", "showmigrations", "auth").returncode == 0


def test_damaged_data_is_reported_with_the_servers_own_words(checkout):
    checkout.run("manage.py", "showmigrations", "auth")
    (checkout.place / "data" / "global" / "pg_control").write_bytes(b"")
    done = checkout.run("manage.py", "showmigrations")
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == f"pg_ctl failed for the development server in {checkout.place}:"
    assert any("pg_control" in line for line in lines)
    assert lines[-3].endswith("[server-start-failed]")
    assert lines[-2:] == [
        "No migration was run.",
        (
            "Next: make clean (drops the development databases), then make demo;"
            " or set DATABASE_URL to a server of your own"
        ),
    ]


def test_clean_does_not_drop_what_is_in_use(checkout):
    process, conninfo = held(checkout)
    done = checkout.run("-m", "project.clean")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The development server is in use. Nothing was dropped.\n"
        "Next: stop make serve and other commands, then make clean\n"
    )
    assert answers(conninfo)
    process.communicate("")
    kept = checkout.place
    done = checkout.run("-m", "project.clean")
    assert (done.returncode, done.stdout) == (0, f"Dropped the development databases in {kept}\n")
    assert list(checkout.area.iterdir()) == []


def test_a_start_that_hangs_is_named_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "LOCK_SECONDS", 0)
    lock = tmp_path / "start.lock"
    with embedded._locked(lock), pytest.raises(Failed) as raised, embedded._locked(lock):
        pass
    assert str(raised.value) == (
        f"Another process has been starting or stopping the server in {tmp_path} for 0 seconds."
        " [server-locked]\n"
        "Nothing was changed.\n"
        f"Next: fuser {lock} (says which process it is), end that one, try again"
    )


def test_a_place_that_somebody_else_made_is_refused(tmp_path):
    for squat in ("file", "link", "open"):
        spot = tmp_path / squat
        if squat == "file":
            spot.write_text("")
        elif squat == "link":
            spot.symlink_to(tmp_path)
        else:
            spot.mkdir()
            spot.chmod(0o777)
        with pytest.raises(UsageError) as raised:
            claim(spot)
        assert str(raised.value) == (
            f"{spot} exists and is not a directory that only you can write to."
            " [server-place-taken]\n"
            "Nothing was changed.\n"
            "Next: TMPDIR=<another directory> make demo, or have it removed"
        )


def test_a_place_that_cannot_be_made_is_refused(tmp_path):
    spot = tmp_path / "missing" / "place"
    with pytest.raises(UsageError) as raised:
        claim(spot)
    assert str(raised.value) == (
        f"The development server cannot be kept in {spot}: No such file or directory."
        " [server-place-unwritable]\n"
        "Nothing was changed.\n"
        "Next: TMPDIR=<a directory you may write to> make demo, or set DATABASE_URL"
    )


def test_a_temporary_area_too_long_for_a_socket_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("project.place.tempfile.gettempdir", lambda: str(tmp_path / ("d" * 60)))
    assert str(place.temporary_area()) == "/tmp"


def test_each_checkout_has_a_place_of_its_own(tmp_path):
    assert place.development_place(tmp_path) != place.development_place()
    assert place.development_place() == place.development_place()


def test_programs_in_a_closed_home_are_copied_not_opened(tmp_path, monkeypatch, server):
    monkeypatch.setattr(binaries, "server_user", object)
    package = tmp_path / "home" / binaries.WHEEL
    (package / "pginstall18" / "bin").mkdir(parents=True)
    (package / "pginstall18" / "bin" / "postgres").write_text("#!/bin/sh\n")
    package.with_name(f"{binaries.WHEEL}.libs").mkdir()
    (tmp_path / "home").chmod(0o700)
    spot = tmp_path / "place"
    spot.mkdir()
    found = binaries.usable_binaries(package / "pginstall18" / "bin", spot)
    assert found == spot / "programs" / binaries.WHEEL / "pginstall18" / "bin"
    assert (found / "postgres").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_without_the_wheel_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    with pytest.raises(UsageError) as raised:
        binaries.wheel_binaries()
    assert raised.value.code == "server-missing"
    assert raised.value.next_step == "make setup, or set DATABASE_URL to a server of your own"


def test_the_throwaway_server_is_as_asked(server: Cluster):
    with psycopg.connect(server.conninfo()) as connection:
        settings: dict[str, str] = dict(
            connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN"
                " ('fsync', 'track_commit_timestamp', 'max_prepared_transactions',"
                " 'client_connection_check_interval', 'lc_messages', 'server_encoding')"
            ).fetchall()
        )
    assert settings == {
        "fsync": "off",
        "track_commit_timestamp": "on",
        "max_prepared_transactions": "10",
        "client_connection_check_interval": "0",
        "lc_messages": "C" if server.version >= 17 else "C.UTF-8",
        "server_encoding": "UTF8",
    }


def test_a_terminals_ctrl_c_does_not_reach_the_server(checkout):
    process, _ = held(checkout)
    assert os.getsid(checkout.postmaster) != os.getsid(process.pid)
    process.communicate("")
