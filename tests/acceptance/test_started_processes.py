"""What becomes of a process that a page has started: killed servers, processes that cannot begin,
tokens shown twice; and what the page says of what the target is at.
"""

import fcntl
import io
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ceremony.actions.live import live_of
from ceremony.actions.start_run import StartRequest, order_start
from ceremony.actions.starts import starting_of
from ceremony.core.starting import Deed
from ceremony.models import Run, RunStart
from tests.acceptance.door import ROOT, manage
from tests.acceptance.gatehouse import Gatehouse, configure
from tests.acceptance.pressing import Press, now, over, page_of, pressed, text_of, until
from tests.acceptance.world import QUIET, TABLE, WHOLE, World
from tests.conftest import Database
from tests.django.ceremonies import person
from tests.django.pages_of_acts import HIDDEN, carried, opened, refusal
from tests.django.test_signing_pages import browser

SLOW = f"-- Risk: low\n{TABLE}SELECT pg_sleep(4);\n"


@pytest.fixture
def press(
    world: World, control: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Press:
    world.write({**WHOLE, **QUIET})
    world.write({"0001_things.sql": f"-- Risk: low\n{TABLE}"})
    world.target()
    made = Press(world, control, tmp_path / "runs")
    made.set(monkeypatch)
    return made


@pytest.fixture
def house(press: Press, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    return Gatehouse(press.world, monkeypatch)


@pytest.fixture
def olga(house: Gatehouse) -> Client:
    found: Client = browser("olga", "run")
    return found


def token_shown(number: int, token: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> str:
    """The code with which a start is refused whose token is shown by hand."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    flags = more or ("--database", "shop", "--ceremony", "1")
    answer = manage("apply_sql", "shop", *flags, "--started", str(number))
    assert answer.status in {2, 3}, answer.told()
    found: list[str] = re.findall(r"\[([a-z-]+)\]", answer.err)
    return found[0]


def test_a_token_counts_once_soon_and_for_one_command(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved, olga = house.approved(anna), person("olga", "run")
    request = StartRequest(approved.pk, Deed.RUN, approved.fingerprint)
    ordered = order_start(request, olga)
    number, token = ordered.row.pk, ordered.token
    assert token not in str(RunStart.objects.values())
    assert token_shown(number, "x", monkeypatch) == "start-token-wrong"
    assert token_shown(number + 1, token, monkeypatch) == "start-unknown"
    assert token_shown(number, token, monkeypatch, "--database", "shop") == "start-differs"
    meant = ("--database", "shop", "--ceremony", "1")
    for more in (("--confirm", "qa"), ("--to", "0001"), ("--include-late",)):
        assert token_shown(number, token, monkeypatch, *meant, *more) == "start-differs"
    with monkeypatch.context() as patched:
        patched.setattr("ceremony.actions.start_run.TOKEN_SECONDS", 120)
        patched.setattr("django.utils.timezone.now", lambda: ordered.row.expires_at)
        assert token_shown(number, token, monkeypatch) == "start-token-late"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    flags = ("--database", "shop", "--ceremony", "1", "--started", str(number))
    taken = manage("apply_sql", "shop", *flags)
    assert taken.status == 0, taken.told()
    assert Run.objects.get().actor == "olga"
    assert token_shown(number, token, monkeypatch) == "start-token-used"
    assert now(approved) == "awaiting sign-off"


def test_who_has_lost_the_right_meanwhile_runs_nothing(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved, olga = house.approved(anna), person("olga", "run")
    ordered = order_start(StartRequest(approved.pk, Deed.RUN, approved.fingerprint), olga)
    olga.user_permissions.clear()
    assert token_shown(ordered.row.pk, ordered.token, monkeypatch) == "right-missing"
    assert now(approved) == "approved"


def test_what_cannot_even_begin_is_shown_with_its_last_words(
    house: Gatehouse, anna: User, olga: Client, tmp_path: Path
) -> None:
    approved = house.approved(anna)
    broken = tmp_path / "manage.py"
    broken.write_text("import sys\nprint('<b>No such module\u202e</b>')\nsys.exit(7)\n")
    configure(MANAGE_PY=broken)
    pressed(olga, approved)
    found = over(approved)
    assert (found.never_came, now(approved)) == (True, "approved")
    told = text_of(olga, approved)
    assert "did not begin" in told
    assert "&lt;b&gt;No such module[U+202E]&lt;/b&gt;" in told
    assert "<dd>7</dd>" in told
    configure(MANAGE_PY=ROOT / "manage.py")
    pressed(olga, approved)
    assert over(approved).ended is not None
    assert now(approved) == "awaiting sign-off"


def test_where_the_system_gives_no_process_nothing_is_started(
    house: Gatehouse, anna: User, olga: Client, tmp_path: Path
) -> None:
    approved = house.approved(anna)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    configure(RUN_LOGS=shared)
    answer = olga.post(page_of(approved), carried(opened(olga, page_of(approved))))
    assert refusal(answer) == "start-failed"
    assert "is not this user&#x27;s alone" in answer.content.decode()
    found = starting_of(approved)
    assert found is not None
    assert (found.over, [one.status for one in found.steps]) == (True, [126])


def test_where_pages_start_nothing_the_command_is_shown(
    house: Gatehouse, anna: User, olga: Client
) -> None:
    approved = house.approved(anna)
    configure(RUN_FROM_PAGE="show")
    told = text_of(olga, approved)
    assert "Type the command." in told
    assert f"manage.py apply_sql shop --database=shop --ceremony={approved.pk}" in told
    assert "Run it now" not in told
    configure(RUN_FROM_PAGE="start")
    form = carried(opened(olga, page_of(approved)))
    configure(RUN_FROM_PAGE="show")
    assert refusal(olga.post(page_of(approved), form)) == "start-not-here"
    assert RunStart.objects.count() == 0


class Server:
    """A web server of the project, as a process of its own."""

    def __init__(self, press: Press, client: Client) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        words = [sys.executable, str(ROOT / "manage.py"), "runserver", "--noreload"]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        variables = {**kept, **press.variables, "CEREMONY_RUN_FROM_PAGE": "start"}
        self.process = subprocess.Popen(
            [*words, f"127.0.0.1:{self.port}"],
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._cookie = f"sessionid={client.cookies['sessionid'].value}"

    def ask(self, path: str, **form: str) -> str:
        """The page at ``path``; with a form, after it was sent."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Cookie", f"{self._cookie}; csrftoken={form.get('token', '')}")
        data = urlencode(form).encode() if form else None
        with urllib.request.urlopen(request, data, timeout=60) as answer:
            self.csrf = answer.headers.get("Set-Cookie", "")
            told: str = answer.read().decode()
            return told

    def is_up(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web(press: Press, olga: Client) -> Iterator[Server]:
    made = Server(press, olga)
    until(made.is_up, "the start of the web server")
    yield made
    if made.process.poll() is None:
        made.kill()


@pytest.mark.slow
def test_a_run_outlives_the_web_server(
    press: Press, house: Gatehouse, anna: User, olga: Client, web: Server
) -> None:
    press.world.write({"0001_things.sql": SLOW})
    approved = house.approved(anna)
    page = web.ask(page_of(approved))
    hidden = {found["name"]: found["value"] for found in HIDDEN.finditer(page)}
    (secret,) = re.findall(r"csrftoken=(\w+)", web.csrf)
    web.ask(page_of(approved), token=secret, **hidden)
    until(lambda: now(approved) == "running", "the run")
    live = until(lambda: (found := live_of(approved)) and found.number == 2 and found, "a look")
    assert (live.label, live.count, live.line) == ("0001_things", 2, 3)
    assert live.summary == "SELECT pg_sleep(4)"
    web.kill()
    assert now(approved) == "running"
    (log,) = press.folder.glob("*.log")
    with log.open("rb") as said, pytest.raises(BlockingIOError):
        fcntl.flock(said, fcntl.LOCK_SH | fcntl.LOCK_NB)
    assert text_of(olga, approved).count("under way")
    assert over(approved).ended is not None
    assert now(approved) == "awaiting sign-off"
    assert house.world.applied_versions() == ["0001"]
