"""The process of a start: its own session, its own log, and nothing of the web server's.

A shell stands between, which outlives the web server, waits for the process, and writes its exit
status into a file: so it is known how a process ended that could not even begin. It holds no
secret: the token goes through standard input.
"""

import fcntl
import os
import re
import secrets
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings as django_settings
from django.utils import timezone

from ceremony import conf
from ceremony.actions import evidence
from ceremony.core.starting import StartSettings
from ceremony.errors import Refused
from ceremony.models import RunStart, RunStartStep, StartStation

KEPT_BYTES = 4_000
"""How much of what a process said is kept and shown: its last words."""

_STDOUT = 1

SILENT = timedelta(minutes=30)
"""After this long, what was taken up on another machine and never ended stands in nobody's way: the
target's lock and the approval, which counts once, do.
"""

_SHELL = 'status=$1; shift; "$@"; echo "$?" >"$status.new"; mv "$status.new" "$status"'

_OF_THE_SERVER = re.compile(
    r"(UWSGI|GUNICORN|MOD_WSGI|WERKZEUG|DJANGO_SUPERUSER)_\w+|WSGI_RELOAD\w*|WEB_CONCURRENCY"
    r"|RUN_MAIN|DJANGO_AUTORELOAD_ENV|LISTEN_(PID|FDS|FDNAMES)|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)"
    r"|MAINPID|JOURNAL_STREAM"
    r"|AUTH_TYPE|CONTENT_(LENGTH|TYPE)|DOCUMENT_ROOT|GATEWAY_INTERFACE|PATH_(INFO|TRANSLATED)"
    r"|QUERY_STRING|REMOTE_(ADDR|HOST|IDENT|PORT|USER)|REQUEST_(METHOD|SCHEME|URI)"
    r"|SCRIPT_(FILENAME|NAME)|SERVER_(ADDR|ADMIN|NAME|PORT|PROTOCOL|SIGNATURE|SOFTWARE)"
)
"""Variables that a web server, a CGI (RFC 3875, 4.1) or a service manager sets for itself, by their
whole names: a project's own may begin alike (``CONTENT_DATABASE_URL``, ``SERVER_EMAIL``).
"""

_HEADER = "HTTP_"
"""How CGI names the headers of a request (RFC 3875, 4.1.18); elsewhere it is anybody's word."""


@dataclass(frozen=True)
class Words:
    """What a process has said so far: ``text`` are its last words, ``cut`` whether there were more.
    ``status`` is its exit status, ``None`` while it is at work, or where nobody here knows.
    """

    text: str = ""
    cut: bool = False
    status: int | None = None


def launch(row: RunStart, words: Sequence[str], token: str) -> None:
    """Start the process, which reads ``token`` from standard input and then finds it closed.

    Raises Refused (start-failed) where the system gives none.
    """
    starts = conf.load().starts
    try:
        log, status = _places(row, starts)
        process = _process([*program(starts), *words], log, status)
    except OSError as error:
        raise Refused(
            "start-failed",
            f"The system starts no process: {error.strerror or error}.",
            state="Nothing was started.",
            next_step="See that CEREMONY['RUN_LOGS'] is a folder of this user's that nobody else "
            "reads, and CEREMONY['MANAGE_PY'] the program; or type the command yourself.",
        ) from error
    _hand_over(process, token)


def words_of(row: RunStart, steps: Sequence[RunStartStep]) -> Words:
    """What the process of a start said: as it was recorded, else as its files here tell."""
    ended = next((one for one in steps if one.station == StartStation.ENDED), None)
    if ended is not None:
        return Words(ended.said, False, ended.status)
    try:
        log, status = _named(row, conf.load().starts)
        with log.open("rb") as file:
            return Words(*_last_words(file.fileno()), _status(status))
    except OSError:
        return Words()


def own_words() -> str:
    """The last words of this very process, whose output a page has sent into a log; ``""`` where
    it goes anywhere else.
    """
    try:
        return _last_words(_STDOUT)[0] if stat.S_ISREG(os.fstat(_STDOUT).st_mode) else ""
    except OSError:
        return ""


def hold_log() -> None:
    """Lock the log that a page has given to this very process, until it ends: so it is known to
    live. Where files are not locked, or there is no log, its number alone tells.
    """
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(_STDOUT).st_mode):
            fcntl.flock(_STDOUT, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_over(row: RunStart, steps: Sequence[RunStartStep]) -> bool:
    """Whether the process of a start has ended without a word in the record, as far as can be told
    from here.
    """
    taken = next((one for one in steps if one.station == StartStation.TAKEN), None)
    if words_of(row, steps).status is not None:
        return True
    if taken is None:
        return False
    if is_elsewhere(steps):
        return timezone.now() - taken.at > SILENT
    return not (_writes(row) and _lives(taken.pid))


def is_elsewhere(steps: Sequence[RunStartStep]) -> bool:
    """Whether the process was taken up on another machine: only the record tells of it then."""
    taken = next((one for one in steps if one.station == StartStation.TAKEN), None)
    return taken is not None and taken.host != evidence.bounded(os.uname().nodename, 255)


def program(starts: StartSettings) -> tuple[str, ...]:
    """What starts a command of this project: its ``manage.py`` where settings or the working
    directory have one, else Django's own command line.
    """
    here = Path(starts.program) if starts.program else Path.cwd() / "manage.py"
    if starts.program or here.is_file():
        return (_interpreter(), str(here))
    return (_interpreter(), "-m", "django")


def _interpreter() -> str:
    """The Python that this process is. A server that embeds one (uWSGI, mod_wsgi) names itself, or
    nothing (Python's sys.executable); the environment's own stands in ``sys.prefix`` then.
    """
    if re.match(r"(python|pypy)", Path(sys.executable or "").name):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What goes along of the web server's environment: the way to the databases and the settings.

    What the server set for itself does not; nor does what signs sessions: where a variable holds
    it, the process gets one of its own, which opens nothing.
    """
    keys = {django_settings.SECRET_KEY, *getattr(django_settings, "SECRET_KEY_FALLBACKS", ())}
    is_cgi = "GATEWAY_INTERFACE" in variables
    kept = {
        name: value
        for name, value in variables.items()
        if not (_OF_THE_SERVER.fullmatch(name) or (is_cgi and name.startswith(_HEADER)))
    }
    own = {name: secrets.token_urlsafe(48) for name, value in kept.items() if value.strip() in keys}
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    return {
        **kept,
        **own,
        "NO_COLOR": "1",
        **({"DJANGO_SETTINGS_MODULE": module} if module else {}),
    }


def _last_words(log: int) -> tuple[str, bool]:
    """The end of an open log, from the beginning of a line, and whether there was more before."""
    size = os.fstat(log).st_size
    data = os.pread(log, KEPT_BYTES, max(0, size - KEPT_BYTES))
    cut = size > KEPT_BYTES
    if cut:
        data = data.partition(b"\n")[2] or data
    return evidence.clean(data.decode(errors="replace")).strip("\n"), cut


def _process(words: Sequence[str], log: Path, status: Path) -> "subprocess.Popen[bytes]":
    # The process reads its own last words there, for the record.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(log, flags, 0o600), "r+b", buffering=0) as out:
        return subprocess.Popen(
            ["/bin/sh", "-c", _SHELL, "sh", str(status), *words],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment(os.environ),
            cwd=_directory(words),
            start_new_session=True,
            umask=0o077,
        )


def _directory(words: Sequence[str]) -> Path:
    """Where the project lies: settings are imported from there."""
    program = Path(words[1])
    return program.absolute().parent if program.name.endswith(".py") else Path.cwd()


def _hand_over(process: "subprocess.Popen[bytes]", token: str) -> None:
    """Give the token, close standard input, and have the process waited for."""
    if process.stdin is not None:
        # What could not even begin has closed its end already; its exit status says so.
        with suppress(BrokenPipeError):
            process.stdin.write(f"{token}\n".encode())
            process.stdin.flush()
        with suppress(BrokenPipeError):
            process.stdin.close()
    threading.Thread(target=process.wait, name="ceremony start", daemon=True).start()


def _places(row: RunStart, starts: StartSettings) -> tuple[Path, Path]:
    """Log and status of a start, in a folder that is this user's alone. Raises OSError."""
    log, status = _named(row, starts)
    folder = log.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o077 or folder.is_symlink():
        raise PermissionError(f"{folder} is not this user's alone")
    return log, status


def _named(row: RunStart, starts: StartSettings) -> tuple[Path, Path]:
    own = Path(tempfile.gettempdir()) / f"ceremony-runs-{os.geteuid()}"
    folder = Path(starts.folder).expanduser() if starts.folder else own
    # The digest keeps two control databases apart that share a folder.
    name = f"{row.pk}-{row.token.rpartition(':')[2][:16]}"
    return folder / f"{name}.log", folder / f"{name}.status"


def _status(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None


def _writes(row: RunStart) -> bool:
    """Whether the process still holds its log, which is let go however it ends (flock(2)): numbers
    of processes are given again, as after the machine was started anew. True where there is no log
    to ask.
    """
    try:
        with _named(row, conf.load().starts)[0].open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
