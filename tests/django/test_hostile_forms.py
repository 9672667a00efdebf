"""What no browser sends: bodies that are too large, texts that nobody sees, odd filters."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ceremony.admin.body_limit import LARGEST_BODY
from ceremony.models import Ceremony, JudgedItem, Remark
from tests.django import scenes
from tests.django.ceremonies import person
from tests.django.pages_of_acts import opened, send
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.django_db


class Unread:
    """The body of a request of which nothing may be read."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = read


@pytest.fixture
def lena():
    return browser("lena", "request")


@pytest.fixture
def reader():
    """Staff who may look at everything of ours."""
    user = person("reader")
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def remark_page():
    return reverse("admin:ceremony_ceremony_remark", args=[scenes.scene().pk])


def answer_page():
    ceremony = scenes.scene()
    row = scenes.item(ceremony)
    return reverse("admin:ceremony_ceremony_answer", args=[ceremony.pk, row.pk])


def sent_unread(client, url, size):
    kind = "multipart/form-data; boundary=x"
    told = {"CONTENT_LENGTH": str(size), "CONTENT_TYPE": kind, "wsgi.input": Unread()}
    return client.generic("POST", url, **told)


def test_what_is_larger_than_any_form_is_refused_before_it_is_read(lena):
    page = remark_page()
    for client in (lena, Client(enforce_csrf_checks=True)):
        answer = sent_unread(client, page, 200_000_000)
        assert (answer.status_code, answer["Content-Type"]) == (413, "text/plain; charset=utf-8")
        assert answer.content.decode() == (
            "What was sent has 200000000 bytes; a file may have 5242880 at the most. "
            "[evidence-too-large]\n"
            "Nothing was read, and nothing was recorded.\n"
            "Next: Keep the file where it is, and give its path, size and digest."
        )
    with pytest.raises(AssertionError, match="The body was read"):
        sent_unread(lena, page, LARGEST_BODY)


def test_a_form_asks_for_its_token_however_it_is_sent(lena):
    page = answer_page()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = lena.cookies
    held = opened(lena, page).context["held"]
    given = {**held, "result": "PASS", "note": "Forged."}
    assert strict.post(page, given).status_code == 403
    token = opened(strict, page).context["csrf_token"]
    assert strict.post(page, {**given, "csrfmiddlewaretoken": "x" * 32}).status_code == 403
    assert JudgedItem.objects.count() == 1
    assert strict.post(page, {**given, "csrfmiddlewaretoken": str(token)}).status_code == 302


@pytest.mark.parametrize("text", ["\u200b\u200b", "\u202e \u2066\n", "\x01\x07", "\u2028\ufeff"])
def test_a_text_that_nobody_sees_is_no_text(lena, text):
    answer = send(lena, remark_page(), kind="issue", text=text)
    assert "This field is required." in answer.content.decode()
    assert Remark.objects.count() == 0


def test_a_line_end_counts_as_one_character(lena):
    lines = "\r\n".join(["x" * 9] * 200)  # 1,999 characters as a browser counts them, 2,198 sent
    assert send(lena, answer_page(), result="PASS", note=lines).status_code == 302
    assert len(JudgedItem.objects.latest("pk").explanation) == 1_999


@pytest.mark.parametrize("asked", ["state=%00", "target=a%00b", "environment=%00", "e=1&state=%00"])
def test_a_filter_that_no_text_can_match_is_left_out(reader, asked):
    page = reverse("admin:ceremony_ceremony_changelist")
    answer = reader.get(f"{page}?{asked}")
    assert (answer.status_code, answer.url) == (302, f"{page}?e=1")
    assert reader.get(answer.url).status_code == 200


@pytest.mark.parametrize(
    "asked", ["title__regex=(", "requester__startswith=a", "target__host__contains=a", "title=x"]
)
def test_an_address_asks_for_nothing_that_the_list_does_not_offer(reader, asked):
    page = reverse("admin:ceremony_ceremony_changelist")
    assert reader.get(f"{page}?{asked}").status_code == 400


def test_what_the_lists_offer_is_understood(reader):
    ceremony = Ceremony.objects.get(pk=scenes.scene().pk)
    for model, asked in (
        ("ceremony", f"state=open&environment={ceremony.environment}&target=shop&q=x&o=1&p=1"),
        ("run", "verdict=PASS&series=shop&kind__exact=apply"),
        ("rehearsal", "is_clean__exact=1"),
        ("auditevent", "recorded_at__year=2026&recorded_at__month=1&recorded_at__day=20"),
        ("catalogsnapshot", "reason__exact=run"),
    ):
        page = reverse(f"admin:ceremony_{model}_changelist")
        assert reader.get(f"{page}?{asked}").status_code == 200, model
