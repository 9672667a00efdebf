"""The page of a rehearsal, and that its row stays as it was written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.core.rehearsal.certificate import digest_of, rehearsed
from ceremony.models import Rehearsal
from tests.django.rehearsals import XRAY, rehearsal, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, django_user_model):
    """Call with a row: its page."""
    client.force_login(django_user_model.objects.create_superuser("reader"))

    def read(row: Rehearsal) -> str:
        url = reverse("admin:ceremony_rehearsal_change", args=[row.pk])
        answer = client.get(url)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return read


def test_everything_that_was_found_is_on_the_page(page) -> None:
    shown = page(rehearsal())

    for words in (
        "1 fault</span>",
        "recorded only</span>",
        "restored</span>",
        "orders: not restored",
        "fails</span>",
        "ACCESS EXCLUSIVE on public.orders",
        "<div>public.lines</div>",
        "8.0 KB",
        "table orders",
        "silent</span>",
        "Table orders appeared.",
        "orders left: Table orders appeared.",
        "Not drilled, behind the failure: orders.",
        "rehearsal-way-back-fails",
    ):
        assert words in shown, words
    assert "does not have the digest" not in shown


def test_a_certificate_that_was_changed_is_shown_as_such(page) -> None:
    stored = rehearsal().certificate
    row = rehearsal(certificate={**stored, "clean": True})

    assert "The certificate does not have the digest that was recorded." in page(row)


def test_a_page_costs_the_same_however_much_was_rehearsed(client, django_user_model) -> None:
    client.force_login(django_user_model.objects.create_superuser("reader"))
    row = rehearsal()
    url = reverse("admin:ceremony_rehearsal_change", args=[row.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    assert len(queries) <= 6


def test_what_is_read_back_is_what_was_measured() -> None:
    row = rehearsal()
    row.refresh_from_db()
    told = report()

    found = rehearsed(row.certificate)

    assert digest_of(row.certificate) == row.digest
    assert len(found) == 2, "what was only recorded was not rehearsed"
    assert {one.xrays[0].locks for one in found.values()} == {XRAY.locks}
    assert all(one.server_version == told.target.server_version for one in found.values())
