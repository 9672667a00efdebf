"""Calling off, items and remarks in the browser."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ceremony.actions.answers import LARGEST
from ceremony.core.states import Act, State
from ceremony.models import Blob, Ceremony, JudgedItem, Remark
from tests.django import scenes
from tests.django.ceremonies import move
from tests.django.pages_of_acts import carried, opened, refusal, send
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def lena():
    return browser("lena", "request")


@pytest.fixture
def ada():
    return browser("ada", "sign")


def url(ceremony, name, *more):
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


def state(ceremony):
    return Ceremony.objects.get(pk=ceremony.pk).state


def test_a_ceremony_that_ran_meanwhile_is_not_called_off(lena):
    ceremony = scenes.scene(state=State.APPROVED)
    page = opened(lena, url(ceremony, "cancel"))
    move(ceremony, Act.START)
    answer = send(lena, url(ceremony, "cancel"), page, why="Too late?")
    assert (refusal(answer), state(ceremony)) == ("page-stale", "running")
    assert "Too late?" in answer.content.decode()


def test_a_person_answers_an_item_with_evidence(lena):
    ceremony = scenes.scene()
    row = scenes.item(ceremony)
    answer = url(ceremony, "answer", row.pk)
    assert refusal(send(lena, answer, result="PASS")) == "evidence-missing"
    assert send(lena, answer, note="It is there.").status_code == 200
    page = opened(lena, answer)
    file = SimpleUploadedFile("list.txt", b"backup 1\n")
    given = {"result": "PASS", "note": scenes.EVIL, "path": "/backups/1", "file": file}
    assert send(lena, answer, page, **given).status_code == 302
    kept = JudgedItem.objects.latest("pk")
    assert (kept.result, kept.explanation, kept.by) == ("PASS", scenes.EVIL, "lena")
    assert kept.evidence["path"] == "/backups/1"
    assert kept.evidence["file"]["name"] == "list.txt"
    assert bytes(Blob.objects.get(pk=kept.blob_id).data) == b"backup 1\n"
    before = JudgedItem.objects.count()
    again = send(lena, answer, page, result="FAIL", note="Sent again.")
    assert (refusal(again), JudgedItem.objects.count()) == ("page-stale", before)
    assert "Sent again." in again.content.decode()
    shown = lena.get(reverse("admin:ceremony_ceremony_change", args=[ceremony.pk]))
    assert "path: /backups/1" in shown.content.decode()


def test_two_people_answer_one_item(lena, ada):
    ceremony = scenes.scene()
    row = scenes.item(ceremony)
    answer = url(ceremony, "answer", row.pk)
    first, second = opened(lena, answer), opened(ada, answer)
    assert send(lena, answer, first, result="PASS", note="Taken.").status_code == 302
    late = send(ada, answer, second, result="FAIL", note="I found none.")
    assert refusal(late) == "page-stale"
    assert "This is not the newest result of the item." in late.content.decode()
    assert JudgedItem.objects.latest("pk").explanation == "Taken."


def test_a_file_that_is_too_large_is_not_kept(lena):
    ceremony = scenes.scene()
    row = scenes.item(ceremony)
    file = SimpleUploadedFile("dump.sql", b"x" * (LARGEST + 1))
    answer = send(lena, url(ceremony, "answer", row.pk), result="PASS", file=file)
    assert f"The file has {LARGEST + 1} bytes; {LARGEST} are the most." in answer.content.decode()
    assert JudgedItem.objects.count() == 1


def test_what_the_tool_looks_at_is_not_answered_by_people(lena):
    ceremony = scenes.scene()
    row = scenes.item(ceremony, kind="automatic", result="FAIL")
    page = opened(lena, url(ceremony, "answer", row.pk))
    assert "looked at by the tool itself" in page.content.decode()
    held = {"fingerprint": ceremony.fingerprint, "round": 1, "result": "PASS", "note": "Yes."}
    seen = carried(opened(lena, url(ceremony, "remark")))["seen"]
    answer = lena.post(url(ceremony, "answer", row.pk), {**held, "seen": seen})
    assert (refusal(answer), JudgedItem.objects.count()) == ("item-not-human", 1)


def test_an_item_is_waived_with_a_reason_by_one_who_may_sign(ada, lena):
    ceremony = scenes.scene()
    row = scenes.item(ceremony, kind="automatic", result="FAIL")
    waive = url(ceremony, "waive", row.pk)
    assert lena.get(waive).status_code == 403
    assert send(ada, waive, why="").status_code == 200
    assert JudgedItem.objects.count() == 1
    page = opened(ada, waive)
    assert send(ada, waive, page, why="The session is ours.").status_code == 302
    kept = JudgedItem.objects.latest("pk")
    assert (kept.result, kept.explanation, kept.by) == ("WAIVED", "The session is ours.", "ada")
    again = send(ada, waive, page, why="The session is ours.")
    assert (refusal(again), JudgedItem.objects.count()) == ("page-stale", 2)


def test_an_author_waives_nothing():
    lena = browser("lena", "sign")
    ceremony = scenes.scene()
    row = scenes.item(ceremony, result="FAIL")
    answer = send(lena, url(ceremony, "waive", row.pk), why="It is fine.")
    assert (refusal(answer), JudgedItem.objects.count()) == ("waiver-own", 1)
    assert "It is fine." in answer.content.decode()


@pytest.mark.parametrize("text", ["x\0y", "x" * 5_001])
def test_a_remark_that_cannot_be_kept_is_told_so(lena, text):
    ceremony = scenes.scene()
    assert send(lena, url(ceremony, "remark"), kind="issue", text=text).status_code == 200
    assert Remark.objects.count() == 0


@pytest.mark.parametrize("sent", [None, {"series": "shop", "direction": "apply"}])
def test_a_web_server_without_the_files_says_so(lena, settings, tmp_path, sent):
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": tmp_path / "gone"}
    page = reverse("admin:ceremony_ceremony_request")
    answer = lena.get(page) if sent is None else lena.post(page, sent)
    assert (answer.status_code, refusal(answer)) == (200, "root-missing")
    sentence = f"The folder of series &#x27;{tmp_path}/gone&#x27; does not exist or is no folder."
    assert sentence in answer.content.decode()
    assert "<form method" not in answer.content.decode().partition('id="content"')[2]
