"""The pages from which something is started: what they ask for, what they cost, what they say of a
process, and what goes along of the web server's environment.
"""

import fcntl
import os
import re
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ceremony.actions import start_process
from ceremony.actions.live import Live
from ceremony.actions.starts import starting_of
from ceremony.core.policy import PROTECTED
from ceremony.core.starting import Deed, StartSettings, Wanted, token_digest
from ceremony.core.states import State
from ceremony.models import RunStart, RunStartStep
from ceremony.pg.at_work import Blocker
from ceremony.pg.progress import Progress
from tests.django import scenes
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.django_db

NAMES = ("run", "way_back", "verify_again")
SIGNED = replace(PROTECTED, approvals=())
MOST = 15


@pytest.fixture(autouse=True)
def starts_here(tmp_path):
    before = settings.CEREMONY
    settings.CEREMONY = {**before, "RUN_FROM_PAGE": "start", "RUN_LOGS": tmp_path / "runs"}
    yield
    settings.CEREMONY = before


@pytest.fixture
def olga():
    return browser("olga", "run")


def url(ceremony, name="run"):
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk])


def started(ceremony, host="web-1", seconds=40, **ended):
    """Something that olga has started, which ended so."""
    at = timezone.now() - timedelta(seconds=seconds)
    row = RunStart.objects.create(
        ceremony=ceremony,
        manifest=ceremony.manifests.latest("round"),
        deed="run",
        command=["apply_sql", scenes.EVIL, "--database=shop"],
        user=get_user_model().objects.get(username="olga"),
        username="olga",
        token=token_digest(f"{ceremony.pk}"),
        host=host,
        at=at,
        expires_at=at + timedelta(seconds=120),
    )
    if ended:
        facts = {"host": host, "pid": 4711, "at": at, **ended}
        RunStartStep.objects.create(start=row, station="ended", **facts)
    return row


@pytest.mark.parametrize("state", State)
def test_no_page_of_a_start_takes_more_than_its_queries(olga, state, monkeypatch):
    monkeypatch.setattr("ceremony.admin.start_page.live_of", lambda _: Live(pid=7, seconds=2.0))
    ceremony = scenes.scene(SIGNED, state=state)
    if state is not State.DRAFT:
        scenes.item(ceremony)
        started(ceremony, status=7, said="no")
    for name in (*NAMES, "started"):
        with CaptureQueriesContext(connection) as queries:
            page = olga.get(url(ceremony, name))
        assert (name, page.status_code, len(queries) <= MOST) == (name, 200, True)


def test_what_is_asked_for_grows_with_the_risk(olga):
    def asked(**fields):
        ceremony = scenes.scene(replace(SIGNED, **fields.pop("policy", {})), **fields)
        form = olga.get(url(ceremony)).context["form"]
        return {one.name for one in form.visible_fields()}

    # A protected target whose policy asks nobody wants its name typed, whatever the risk.
    assert asked(risk="low", state=State.APPROVED) == {"environment"}
    approved = {"state": State.APPROVED, "environment": "local"}
    assert asked(risk="low", **approved) == set()
    assert asked(risk="high", **approved) == {"environment"}
    assert asked(risk="", **approved) == {"environment"}
    assert asked(risk="low", policy={"reauthenticate": True}, **approved) == {"password"}


def test_the_page_repeats_what_is_about_to_happen(olga):
    ceremony = scenes.scene(SIGNED, state=State.APPROVED, risk="high", title="Orders")
    page = olga.get(url(ceremony)).content.decode()
    for told in ("production", "ACCESS EXCLUSIVE on orders", "0001_orders", "approved, 1 step"):
        assert told in page
    assert ceremony.fingerprint in page
    assert "<dt>Runs as</dt><dd>olga</dd>" in page


def test_the_words_of_a_process_are_shown_as_they_are(olga):
    ceremony = scenes.scene(SIGNED, state=State.APPROVED)
    started(ceremony, status=2, said=f"{scenes.EVIL}\nNothing was changed.")
    page = olga.get(url(ceremony)).content.decode()
    assert page.count(scenes.SHOWN) >= 2
    assert "<script>alert" not in page
    assert "did not begin" in page
    assert "Run it now" in page


def test_what_the_run_said_does_not_stand_above_its_way_back(olga):
    ceremony = scenes.scene(SIGNED, state=State.HALTED)
    started(ceremony, status=1, said="It stopped.")
    assert "It stopped." in olga.get(url(ceremony)).content.decode()
    assert "It stopped." not in olga.get(url(ceremony, "way_back")).content.decode()


def test_what_is_at_work_is_told_with_who_is_in_its_way(olga, monkeypatch):
    found = Live(
        pid=8123, label="0001_orders", number=2, count=3, line=9, summary=scenes.EVIL,
        seconds=38.2, rehearsed=48.0, waits=True,
        blockers=(Blocker(9001, scenes.EVIL, "billing", "idle in transaction", 72.0), Blocker(0)),
        progress=Progress("building index", 4200, 10000, "blocks"),
    )  # fmt: skip
    monkeypatch.setattr("ceremony.admin.start_page.live_of", lambda _: found)
    monkeypatch.setattr("ceremony.admin.start_state.live_of", lambda _: found)
    ceremony = scenes.scene(SIGNED, state=State.RUNNING)
    started(ceremony)
    page = olga.get(url(ceremony)).content.decode()
    for told in (
        "statement 2 of 3, line 9",
        "38.2 s",
        "(rehearsal 48.0 s)",
        "waits for a lock",
        "process 9001",
        "idle in transaction, 1 min 12 s",
        "a prepared transaction",
        "4200 / 10000 blocks",
    ):
        assert told in page
    assert "<script>alert" not in page
    answer = olga.get(url(ceremony, "started"))
    assert (answer.json()["state"], answer.json()["every"]) == ("running", 3)
    assert "process 9001" in answer.json()["now"]
    tag = {"If-None-Match": answer["ETag"]}
    assert olga.get(url(ceremony, "started"), headers=tag).status_code == 304
    assert browser("zoe").post(url(ceremony, "started")).status_code == 405


def test_a_start_is_over_when_it_ended_or_never_came_up(olga):
    def is_over(**facts):
        ceremony = scenes.scene(SIGNED, state=State.APPROVED)
        started(ceremony, **facts)
        return starting_of(ceremony).over

    assert is_over(status=0)
    assert not is_over()
    assert is_over(seconds=121)


def taken_here(ceremony, pid):
    """Something that was started on this machine, and taken up by this process."""
    return taken(ceremony, os.uname().nodename, pid)


def taken(ceremony, host, pid=4711, seconds=40):
    """Something that was started and taken up there, so many seconds ago."""
    row = started(ceremony, host=host, seconds=seconds)
    RunStartStep.objects.create(start=row, station="taken up", host=host, pid=pid, at=row.at)
    return row


def test_a_number_that_another_process_has_by_now_is_no_sign_of_life(olga, tmp_path):
    ceremony = scenes.scene(SIGNED, state=State.APPROVED)
    row = taken_here(ceremony, os.getpid())
    log = tmp_path / "runs" / f"{row.pk}-{row.token.rpartition(':')[2][:16]}.log"
    assert not starting_of(ceremony).over  # Without a log, the number tells.
    log.parent.mkdir()
    with log.open("w") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        assert not starting_of(ceremony).over
    assert starting_of(ceremony).over


@pytest.mark.parametrize("named", ["/usr/bin/uwsgi", "", None])
def test_a_server_that_embeds_python_is_not_started(monkeypatch, named):
    assert start_process.program(StartSettings(program="manage.py"))[0] == sys.executable
    monkeypatch.setattr(sys, "executable", named)
    monkeypatch.setattr(sys, "prefix", "/srv/env")
    program = start_process.program(StartSettings(program="manage.py"))
    assert program == ("/srv/env/bin/python3", "manage.py")


NEXT = "The next command on the target settles what it left."


def test_of_another_machine_nothing_is_claimed_that_only_the_target_knows(olga, monkeypatch):
    at_work = Live(pid=8123, summary="CREATE INDEX")
    monkeypatch.setattr("ceremony.admin.start_page.live_of", lambda _: at_work)
    ceremony = scenes.scene(SIGNED, state=State.RUNNING)
    taken(ceremony, "web-2", seconds=3600)
    page = olga.get(url(ceremony)).content.decode()
    assert "no word from its machine" in page
    assert "ended without a word" not in page
    assert NEXT not in page
    monkeypatch.setattr("ceremony.admin.start_page.live_of", lambda _: Live())
    assert NEXT in olga.get(url(ceremony)).content.decode()


def test_what_never_came_up_has_left_nothing(olga):
    ceremony = scenes.scene(SIGNED, state=State.APPROVED)
    started(ceremony, seconds=121)
    page = olga.get(url(ceremony)).content.decode()
    assert "did not begin" in page
    assert NEXT not in page


def test_what_the_command_wants_besides_is_said(olga, tmp_path):
    settings.CEREMONY = {**settings.CEREMONY, "RUN_FROM_PAGE": "show"}

    def said(**fields):
        page = olga.get(url(scenes.scene(state=State.APPROVED, **fields))).content.decode()
        return re.findall(r'<p class="cer-note">(Add [^<]*)</p>', page)

    shared = "Add --user and your name where the machine&#x27;s account is shared."
    confirm = "Add --confirm and the name of the environment."
    assert said(policy=SIGNED) == [confirm, shared]
    assert said(policy=SIGNED, environment="local") == [shared]


def test_no_word_of_a_person_is_taken_for_a_flag():
    wanted = Wanted(
        Deed.WAY_BACK, "shop", "live", 7, back=True, confirm="-v3", why_lost="--fake; rm",
        backup="--password-stdin",
    )  # fmt: skip
    assert wanted.started(3) == (
        "rollback_sql",
        "shop",
        "--database=live",
        "--ceremony=7",
        "--confirm=-v3",
        "--accept-data-loss=--fake; rm",
        "--backup-evidence=--password-stdin",
        "--wait=60",
        "--started=3",
    )
    verify = Wanted(Deed.VERIFY, "shop", "live", 7)
    assert verify.started(3)[0] == "verify_sql"
    assert "--wait=60" not in verify.started(3)


def test_nothing_of_the_web_server_goes_along(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project.settings")
    given = {
        "DATABASE_URL": "postgres://somewhere",
        "SIGNING": settings.SECRET_KEY,
        "GATEWAY_INTERFACE": "CGI/1.1",
        "CONTENT_TYPE": "text/plain",
        "SERVER_NAME": "shop.example",
        "HTTP_COOKIE": "sessionid=1",
        "GUNICORN_FD": "3",
        "LISTEN_PID": "7",
        "RUN_MAIN": "true",
        "PATH": "/bin",
    }
    kept = start_process.environment(given)
    assert kept.pop("SIGNING") != settings.SECRET_KEY
    assert kept == {
        "DATABASE_URL": "postgres://somewhere",
        "PATH": "/bin",
        "NO_COLOR": "1",
        "DJANGO_SETTINGS_MODULE": "project.settings",
    }


def test_variables_of_the_project_go_along_however_they_begin(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project.settings")
    given = {
        "CONTENT_DATABASE_URL": "postgres://elsewhere",
        "CONTENT_ENVIRONMENT": "production",
        "REMOTE_DATABASE_URL": "postgres://remote",
        "SERVER_EMAIL": "ops@shop.example",
        "HTTP_DATABASE_URL": "postgres://http",
    }
    kept = start_process.environment(given)
    assert {name: kept.get(name) for name in given} == given


def test_what_signs_sessions_is_known_with_blanks_around_it(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "project.settings")
    kept = start_process.environment({"SIGNING": f" {settings.SECRET_KEY}\n"})
    assert settings.SECRET_KEY not in kept["SIGNING"]
