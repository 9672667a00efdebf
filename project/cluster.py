"""One PostgreSQL cluster in a directory of its own, reached over a Unix socket only.

Programs: https://www.postgresql.org/docs/current/app-initdb.html and app-pg-ctl.html.
"""

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from ceremony.errors import Failed, UsageError
from project.binaries import major_version, server_user, usable_binaries
from project.place import socket_directory

SUPERUSER = "postgres"
BUILTIN_LOCALES_SINCE = 17
START_SECONDS = 60
#: How long the processes of a killed server may hold its shared memory; they see that it is gone.
ORPHAN_SECONDS = 10
LOG_LINES = 15


def claim(place: Path) -> None:
    """Make ``place`` ours: a directory that nobody else can write to.

    Raises ``UsageError``: ``server-place-unwritable`` or ``server-place-taken`` (somebody else made
    it first; the temporary area is shared).
    """
    try:
        place.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(
            "server-place-unwritable",
            f"The development server cannot be kept in {place}: {error.strerror}.",
            next_step="TMPDIR=<a directory you may write to> make demo, or set DATABASE_URL",
        ) from error
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise UsageError(
            "server-place-taken",
            f"{place} exists and is not a directory that only you can write to.",
            next_step="TMPDIR=<another directory> make demo, or have it removed",
        )


class Cluster:
    """A cluster at ``place``: ``data`` (files), ``run`` (socket), ``programs`` (root only, a copy).

    ``settings`` are lines of postgresql.conf, written once when the cluster is made.
    """

    def __init__(self, place: Path, binaries: Path, settings: Mapping[str, str]) -> None:
        self.place = place
        self.data = place / "data"
        self.socket_dir = socket_directory(place)
        self.log = self.data / "server.log"
        self.programs = binaries
        self._settings = settings
        self._user = server_user()

    @property
    def bindir(self) -> Path:
        """The programs, where the server's user can run them."""
        return usable_binaries(self.programs, self.place)

    @property
    def version(self) -> int:
        """The major version of the server's programs."""
        return major_version(self.programs)

    def conninfo(self, dbname: str = SUPERUSER) -> str:
        """A libpq connection string for one database, as the superuser over the socket."""
        return make_conninfo(host=str(self.socket_dir), user=SUPERUSER, dbname=dbname)

    def answers(self) -> bool:
        """Whether a server accepts connections here."""
        try:
            psycopg.connect(self.conninfo(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_running(self) -> None:
        """Make the cluster if there is none, and start it if nothing answers.

        A server that was left behind by a killed process answers, and is taken over; the files of a
        killed server are recovered by PostgreSQL itself.
        """
        if self.answers():
            return
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._refuse_other_version()
        self._start()

    def stop(self) -> None:
        """Stop the server at once, rolling open transactions back (``fast`` mode)."""
        self._run("pg_ctl", "stop", "--mode=fast", "--wait", f"--pgdata={self.data}")

    def remove(self) -> None:
        """Delete the place with everything in it. The server must be stopped.

        What is left of a killed server may still be deleting files of its own.
        """
        while self.place.exists():
            with suppress(FileNotFoundError):
                shutil.rmtree(self.place)

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self._open_to_server_user()
        locale = ["--locale=C.UTF-8"]
        if self.version >= BUILTIN_LOCALES_SINCE:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            *locale,
        )
        lines = [f"{name} = {_quoted(value)}\n" for name, value in self._all_settings().items()]
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.writelines(lines)

    def _open_to_server_user(self) -> None:
        """Give the server's user its two directories, and the way to them to its group alone."""
        for directory in (self.data, self.socket_dir):
            directory.mkdir(mode=0o700, exist_ok=True)
            if self._user is not None:
                os.chown(directory, self._user.pw_uid, self._user.pw_gid)
        if self._user is not None:
            os.chown(self.place, -1, self._user.pw_gid)
            self.place.chmod(0o710)

    def _all_settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_dir}"',
            "unix_socket_permissions": "0700",
            "track_commit_timestamp": "on",
            "max_prepared_transactions": "10",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._settings,
        }

    def _refuse_other_version(self) -> None:
        try:
            written_by = int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except (OSError, ValueError):
            written_by = 0
        if written_by != self.version:
            raise UsageError(
                "server-data-version",
                f"The development data in {self.data} was written by PostgreSQL {written_by};"
                f" the installed server is {self.version}.",
                next_step="make clean (drops the development databases), then make demo",
            )

    def _start(self) -> None:
        was_killed = (self.data / "postmaster.pid").exists()
        give_up = time.monotonic() + (ORPHAN_SECONDS if was_killed else 0)
        while True:
            try:
                return self._start_once()
            except Failed:
                if time.monotonic() >= give_up:
                    raise
            time.sleep(0.2)

    def _start_once(self) -> None:
        self._run(
            "pg_ctl",
            "start",
            "--wait",
            f"--timeout={START_SECONDS}",
            "--silent",
            f"--pgdata={self.data}",
            f"--log={self.log}",
        )

    def _run(self, program: str, *arguments: str) -> None:
        """Run one program as the server's user, out of reach of a terminal's Ctrl-C."""
        user = self._user
        done = subprocess.run(
            [str(self.bindir / program), *arguments],
            cwd=self.place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            start_new_session=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        if done.returncode != 0:
            raise Failed(
                "server-start-failed",
                f"{program} failed for the development server in {self.place}:\n"
                f"{done.stdout.strip()}\n{self._last_log_lines()}".rstrip(),
                state="No migration was run.",
                next_step="make clean (drops the development databases), then make demo;"
                " or set DATABASE_URL to a server of your own",
            )

    def _last_log_lines(self) -> str:
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-LOG_LINES:])


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
