"""Lists as files: what is in them, and that it is what the list shows."""

import csv
import io
import json

import pytest
from django.urls import reverse

from ceremony.admin import exporting
from ceremony.models import AuditEvent, CheckRecord
from ceremony.models.audit import Act, Action, append
from tests.django import factories
from tests.django.addresses import registered
from tests.django.everything import HOSTILE, browser, everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return browser("reader")


def url(model, form, asked=""):
    name = f"admin:ceremony_{model._meta.model_name}_export"
    return f"{reverse(name, args=[form])}{asked}"


def lines(client, model, asked=""):
    answer = client.get(url(model, "jsonl", asked))
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.getvalue().splitlines()]


def table(client, model, asked=""):
    text = client.get(url(model, "csv", asked)).getvalue().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("model", registered())
def test_every_list_is_a_file_with_every_row(client, model):
    everything()
    count = model.objects.count()
    assert count
    listed = client.get(reverse(f"admin:ceremony_{model._meta.model_name}_changelist"))
    shown = listed.context["cl"].result_count
    assert (len(lines(client, model)), len(table(client, model))) == (shown, shown)
    assert {row["id"] for row in lines(client, model)} <= {
        str(pk) for pk in model.objects.values_list("pk", flat=True)
    }


def test_the_file_has_what_the_list_shows_under_its_filters(client):
    append([Act(action, "ada") for action in (Action.SIGNED, Action.APPLIED, Action.SIGNED)])
    listed = client.get(f"{reverse('admin:ceremony_auditevent_changelist')}?action=signed&p=1")
    for form, link in listed.context["exports"]:
        assert link == url(AuditEvent, form.lower(), "?action=signed")
        assert f'href="{link}"' in listed.content.decode()
    found = lines(client, AuditEvent, "?action=signed")
    assert [(row["sequence"], row["action"]) for row in found] == [(4, "signed"), (2, "signed")]
    assert found[0]["previous_hash"] == AuditEvent.objects.get(sequence=3).hash
    assert lines(client, AuditEvent, "?q=nobody") == []


def test_no_more_rows_than_one_file_holds(client, monkeypatch):
    monkeypatch.setattr(exporting, "EXPORTED", 2)
    append([Act(Action.SIGNED, "ada") for _ in range(3)])
    answer = client.get(url(AuditEvent, "jsonl"))
    assert len(answer.getvalue().splitlines()) == 2
    assert 'filename="auditevent-first-2-' in answer["Content-Disposition"]
    monkeypatch.setattr(exporting, "EXPORTED", 4)
    answer = client.get(url(AuditEvent, "csv"))
    assert 'filename="auditevent-2' in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer.streaming


def test_a_cell_is_no_formula(client):
    for name in ("=1+1", "+1", "-1", "@sum", "\t=1", "plain"):
        factories.CheckRecordFactory(name=name, version="-7")
    names = [row["name"] for row in table(client, CheckRecord)]
    assert names == ["plain", "'\t=1", "'@sum", "'-1", "'+1", "'=1+1"]


def test_hostile_text_is_kept_and_written_as_code_points(client):
    everything()
    found = client.get(url(CheckRecord, "jsonl")).getvalue()
    assert HOSTILE in [json.loads(line)["name"] for line in found.splitlines()]
    assert b"\\u202e" in found
    assert found.isascii()


@pytest.mark.parametrize("asked", ["?title=x", "?actor__regex=(", "?action=%00"])
def test_a_file_asks_for_nothing_that_its_list_does_not_offer(client, asked):
    assert client.get(url(AuditEvent, "jsonl", asked)).status_code == 400
    assert client.get(url(AuditEvent, "csv", "?recorded_at__year=9999")).status_code == 400


def test_there_are_two_forms(client):
    assert client.get(url(AuditEvent, "xlsx")).status_code == 404
    assert client.head(url(AuditEvent, "csv")).status_code == 200


def test_attempts_are_told_with_what_came_of_them(client):
    made = everything("shop")
    state = {row["id"]: row.get("state") for row in lines(client, made.run.attempts.model)}
    assert "failed" in state.values()
