"""What stands where on the pages: items with what each rests on, what can be done, a halt."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ceremony.core.states import State
from ceremony.models import JudgedItem
from ceremony.templatetags.ceremony_pages import evidence
from tests.django import scenes
from tests.django.pages_of_acts import send
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.django_db


def page_of(ceremony, *rights):
    url = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    return browser("lena", *rights).get(url).content.decode()


@pytest.mark.parametrize(
    ("found", "plain", "more"),
    [
        ({}, [], ""),
        ({"note": "It is there."}, [], ""),
        ({"server_version": 180004}, [("server version", "180004")], ""),
        ({"path": "/backups/1", "kept": True}, [("path", "/backups/1"), ("kept", "yes")], ""),
        ({"counted": [], "fewer": {}, "at": None}, [], "none"),
        ({"looked_at": ["a", "b"]}, [("looked at", "a, b")], ""),
        ({"checks": [{"rows": 0}]}, [], '{\n  "checks": [\n    {\n      "rows": 0\n    }\n  ]\n}'),
        ({"flags": {"É": "off"}}, [], '{\n  "flags": {\n    "É": "off"\n  }\n}'),
    ],
)
def test_evidence_is_told_in_lines_and_the_rest_as_json(found, plain, more):
    if more == "none":
        plain, more = [(name, "none") for name in found], ""
    assert evidence(found) == {"plain": plain, "more": more}


def test_what_can_be_done_about_an_item_stands_beside_its_result():
    ceremony = scenes.scene()
    row = scenes.item(ceremony)
    told = page_of(ceremony, "request").partition('id="items-1"')[2].partition("</table>")[0]
    second = told.partition("<td>")[2].partition("</td>")[0]
    assert reverse("admin:ceremony_ceremony_answer", args=[ceremony.pk, row.pk]) in second


def test_what_went_wrong_stands_before_the_files():
    ceremony = scenes.scene(state=State.HALTED)
    scenes.halted(ceremony)
    scenes.run(ceremony)
    told = page_of(ceremony)
    places = [told.index(f'<h2 id="{one}">') for one in ("halts", "runs", "sql", "sign-offs")]
    assert places == sorted(places)
    for one in ("halts", "runs", "sql", "way-back", "sign-offs", "remarks", "audit"):
        assert f'<a href="#{one}">' in told
        assert told.count(f'id="{one}"') == 1


def test_a_target_that_is_halted_says_so_first():
    ceremony = scenes.scene(state=State.HALTED)
    scenes.halted(ceremony)
    client = browser("olga", "halt")
    get_user_model().objects.get(username="olga").user_permissions.add(
        Permission.objects.get(codename="view_target")
    )
    url = reverse("admin:ceremony_target_change", args=[ceremony.target_id])
    told = client.get(url).content.decode()
    assert told.index("Nothing starts on this target.") < told.index("System identifier")
    assert "Halt this target" not in told


def test_a_file_that_is_attached_to_an_answer_can_be_saved():
    ceremony, other = scenes.scene(), scenes.scene()
    row = scenes.item(ceremony)
    answer = reverse("admin:ceremony_ceremony_answer", args=[ceremony.pk, row.pk])
    client = browser("lena", "request")
    file = SimpleUploadedFile("<b>.html", b"<script>alert(1)</script>\xff")
    assert send(client, answer, result="PASS", file=file).status_code == 302
    digest = JudgedItem.objects.latest("pk").blob_id
    saved = reverse("admin:ceremony_ceremony_file", args=[ceremony.pk, digest])
    change = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    assert f'<a href="{saved}">Save the attached file</a>' in client.get(change).content.decode()
    answer = client.get(saved)
    assert answer.content == b"<script>alert(1)</script>\xff"
    assert answer["Content-Type"] == "application/octet-stream"
    name = digest.partition(":")[2][:8]
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    elsewhere = reverse("admin:ceremony_ceremony_file", args=[other.pk, digest])
    assert client.get(elsewhere).status_code == 404
