"""Notices go out after the commit, to those who can act; nothing about them stops an act."""

import base64
import hmac
import json
import logging
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import django
import pytest
from django.core import mail
from django.db import transaction

from ceremony.actions import notices
from ceremony.actions.ceremonies import acting, advance
from ceremony.actions.notices import tell
from ceremony.core.notice import Occasion
from ceremony.core.policies import form
from ceremony.core.policy import OPEN, PROTECTED
from ceremony.core.states import Act
from ceremony.errors import Refused
from ceremony.models import Ceremony
from ceremony.notify.delivery import Delivery
from ceremony.notify.signals import noticed
from tests.django import ceremonies
from tests.django.told import requested_under

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
SECRET = "a secret of more than 24 bytes"


@pytest.fixture
def told(settings):
    """Set what ``CEREMONY["NOTICES"]`` says."""

    def say(backend=LOCMEM, **words):
        settings.CEREMONY = {**settings.CEREMONY, "NOTICES": words}
        if django.VERSION >= (6, 1):
            settings.MAILERS = {"default": {"BACKEND": backend}}
        else:
            settings.EMAIL_BACKEND = backend
        mail.outbox = []

    return say


@pytest.fixture
def heard():
    """Every notice that the signal carried."""
    found = []

    def hear(notice, **_):
        found.append(notice)

    noticed.connect(hear)
    yield found
    noticed.disconnect(hear)


@contextmanager
def listening(status=204, location=""):
    """A web server on this machine; the requests that it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def cancelled_twice(number):
    """Two acts in one transaction, of which the second is illegal: neither happens."""
    with acting(number) as (head, row):
        for _ in range(2):
            advance(head, row, Act.CANCEL, "lena")


def test_a_signal_follows_the_commit_and_a_rollback_tells_nothing(control, heard):
    ceremony = ceremonies.draft()
    with pytest.raises(Refused, match="ceremony-state"):
        cancelled_twice(ceremony.pk)
    assert heard == []
    with acting(ceremony.pk) as (head, row):
        advance(head, row, Act.CANCEL, "lena")
        assert heard == []
    (notice,) = heard
    assert (notice.ceremony, notice.occasion, notice.actor) == (ceremony.pk, "cancel", "lena")
    assert notice.state == "cancelled"
    assert notice.headline == (
        f"#{ceremony.pk} Orders get an email was cancelled: shop on {ceremony.target.alias} "
        "(production)"
    )


def test_a_receiver_that_fails_stops_nothing(control, heard, caplog):
    def fail(**_):
        raise ValueError("the chat is down")

    noticed.connect(fail)
    try:
        ceremony = ceremonies.draft()
        ceremonies.move(ceremony, Act.CANCEL)
    finally:
        noticed.disconnect(fail)
    assert ceremony.state == "cancelled"
    assert len(heard) == 1


def test_settings_that_nobody_understands_stop_nothing(control, told, caplog):
    ceremony = ceremonies.draft()
    told(NONSENSE=True)
    ceremonies.move(ceremony, Act.CANCEL)
    assert ceremony.state == "cancelled"
    assert ["on_commit" in record.getMessage() for record in caplog.records] == [True]


def test_a_webhook_is_signed(control, told):
    with listening() as (url, got):
        told(WEBHOOKS=[{"URL": url, "SECRET": SECRET}], SITE="https://ceremony.example.org")
        ceremony = ceremonies.move(ceremonies.draft(), Act.CANCEL)
    ((path, headers, body),) = got
    assert path == "/hook?x=1"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
    document = json.loads(body)
    assert document["id"] == headers["webhook-id"]
    assert document["format"] == "ceremony-notice-v1"
    assert (document["ceremony"], document["state"]) == (ceremony.pk, "cancelled")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_does_not_take_it_is_logged_by_its_host(control, told, caplog, status):
    with listening(status, "http://127.0.0.1:1/elsewhere") as (url, got):
        told(WEBHOOKS=[{"URL": f"{url}&token=hunter2", "SECRET": SECRET}])
        ceremonies.move(ceremonies.draft(), Act.CANCEL)
    assert len(got) == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"The notice “cancel” was not taken by 127.0.0.1: status {status}."
    ]


def test_nobody_at_the_address(control, told, caplog):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told(WEBHOOKS=[{"URL": f"http://127.0.0.1:{port}/", "SECRET": SECRET}])
    ceremony = ceremonies.move(ceremonies.draft(), Act.CANCEL)
    assert ceremony.state == "cancelled"
    assert [record.getMessage() for record in caplog.records] == [
        "The notice “cancel” was not taken by 127.0.0.1: ConnectionRefusedError."
    ]


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    """No test is in a hurry because of the one before."""
    monkeypatch.setattr(notices, "deliver", Delivery().deliver)


def test_an_address_that_never_answers_is_waited_for_once(control, told, caplog):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        told(WEBHOOKS=[{"URL": url, "SECRET": SECRET}], TIMEOUT="1s")
        waiting = [ceremonies.draft() for _ in range(4)]
        began = time.monotonic()
        for ceremony in waiting:
            ceremonies.move(ceremony, Act.CANCEL)
        took = time.monotonic() - began
    assert 1 <= took < 3
    assert "The notice “cancel”: 1 of 1 ways took too long." in caplog.messages


def test_an_address_that_never_answers_is_waited_for_as_long_as_settings_say(control, told, caplog):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        told(WEBHOOKS=[{"URL": url, "SECRET": SECRET}] * 3, TIMEOUT="200ms")
        ceremony = ceremonies.draft()
        began = time.monotonic()
        ceremonies.move(ceremony, Act.CANCEL)
        took = time.monotonic() - began
    assert took < 2
    assert caplog.records


@pytest.mark.parametrize(
    "backend", ["tests.django.no_such.Backend", "tests.django.mailers.Failing"]
)
def test_mail_that_cannot_be_sent_stops_nothing(control, told, caplog, backend):
    told(backend, EMAIL=True)
    ceremonies.person("ana", "sign")
    ceremony = requested_under(PROTECTED)
    assert ceremony.state == "requested"
    (record,) = (one for one in caplog.records if one.name == "ceremony.notices")
    assert record.getMessage().startswith("The notice “request” was not mailed: ")
    assert "hunter2" not in caplog.text


def test_mail_goes_to_those_who_may_sign(control, told):
    told(EMAIL=True, FROM="ceremony@example.org", SITE="https://ceremony.example.org")
    mail.outbox = []
    ceremonies.person("ana", "sign")
    bo = ceremonies.person("bo", "sign")
    bo.email = ""
    bo.save()
    ceremonies.person("cy", "sign", is_active=False)
    ceremonies.person("dee", "run")
    ceremonies.person("root", is_superuser=True)
    ceremonies.person("lena", "sign")
    ceremony = requested_under(PROTECTED, title="Emails\r\nBcc: eve@example.org\u202e")
    (letter,) = mail.outbox
    assert letter.recipients() == ["ana@example.org"]
    assert letter.from_email == "ceremony@example.org"
    assert letter.subject == (
        f"[Ceremony] #{ceremony.pk} Emails  Bcc: eve@example.org  asks for approval: shop on "
        f"{ceremony.target.alias} (production)"
    )
    assert f"Fingerprint: {ceremony.fingerprint}" in letter.body


def test_whoever_may_run_it_hears_of_the_approval(control, told):
    told(EMAIL=True)
    ceremonies.person("ana", "sign")
    ceremonies.person("olga", "run")
    ceremonies.person("lena", "run")  # she wrote it: the policy keeps author and operator apart
    asking = ceremonies.person("pat", "request")
    ceremony = requested_under(PROTECTED, requested_by=asking)
    mail.outbox = []
    ceremonies.move(ceremony, Act.APPROVE, "ana")
    (letter,) = mail.outbox
    assert sorted(letter.recipients()) == ["olga@example.org", "pat@example.org"]


def test_whoever_decides_about_halts_hears_of_one(control, told):
    told(EMAIL=True)
    ceremonies.person("hal", "halt")
    ceremonies.person("ana", "sign")
    ceremony = requested_under(PROTECTED)
    for act in (Act.APPROVE, Act.START):
        ceremonies.move(ceremony, act)
    mail.outbox = []
    ceremonies.move(ceremony, Act.HALT)
    (letter,) = mail.outbox
    assert letter.recipients() == ["hal@example.org"]


def test_break_glass_is_told_to_everybody_who_signs_or_halts(control, told):
    told(EMAIL=True)
    for name, right in (("hal", "halt"), ("ana", "sign"), ("olga", "run")):
        ceremonies.person(name, right)
    ceremony = requested_under(PROTECTED)
    mail.outbox = []
    ceremonies.move(ceremony, Act.OVERRIDE, "olga")
    (letter,) = mail.outbox
    assert sorted(letter.recipients()) == ["ana@example.org", "hal@example.org"]
    assert "WITHOUT an approval" in letter.subject


def test_the_reviews_of_a_break_glass_run_are_asked_for_when_it_has_ended(control, told, heard):
    told(EMAIL=True)
    for name, right in (("ana", "sign"), ("bo", "sign"), ("olga", "run"), ("lena", "sign")):
        ceremonies.person(name, right)
    ceremony = requested_under(PROTECTED)
    ceremonies.move(ceremony, Act.OVERRIDE, "olga")
    mail.outbox = []
    ceremonies.move(ceremony, Act.FINISH, "olga")
    (letter,) = mail.outbox
    assert sorted(letter.recipients()) == ["ana@example.org", "bo@example.org"]
    assert "waits for two reviews" in letter.subject
    assert [notice.occasion for notice in heard][-2:] == ["finish", "review due"]


def test_where_nobody_is_asked_nobody_is_written_to(control, told, heard):
    told(EMAIL=True)
    mail.outbox = []
    ceremonies.person("ana", "sign", "halt", "run")
    ceremony = requested_under(OPEN)
    for act in (Act.APPROVE, Act.START, Act.HALT):
        ceremonies.move(ceremony, act)
    assert mail.outbox == []
    assert [notice.occasion for notice in heard] == ["request", "approve", "start", "halt"]


def test_a_halt_without_a_ceremony_is_told(control, told, heard):
    told(EMAIL=True)
    mail.outbox = []
    ceremonies.person("hal", "halt")
    target = ceremonies.draft().target
    with transaction.atomic():
        tell(Occasion.TARGET_HALTED, target, "ana", text="halted by hand")
        assert heard == []
    (letter,) = mail.outbox
    assert letter.recipients() == ["hal@example.org"]
    assert letter.subject == (
        f"[Ceremony] {target.alias} (production) halted: nothing runs there until it is decided"
    )


def test_nothing_is_asked_of_control_where_nobody_is_to_be_told(control, django_assert_num_queries):
    ceremony = Ceremony.objects.select_related("target").get(pk=ceremonies.draft().pk)
    with django_assert_num_queries(0):
        tell(Occasion.REVIEW_DUE, ceremony.target, "ana", ceremony=ceremony)


def test_notices_are_logged_under_one_name():
    assert logging.getLogger("ceremony.notices").name == "ceremony.notices"


def test_the_policies_used_here_are_what_they_say():
    assert form.from_document(form.document_of(OPEN)).is_open
    assert not form.from_document(form.document_of(PROTECTED)).is_open
