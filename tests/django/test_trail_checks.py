"""The chain, checked from its list: what is said, what is recorded, and how much is read."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from ceremony.actions import check_trail as checking
from ceremony.actions.check_trail import check_trail, trail_standing
from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import Act, Action, append
from tests.django.everything import browser

pytestmark = pytest.mark.django_db

LIST = reverse("admin:ceremony_auditevent_changelist")
CHECK = reverse("admin:ceremony_auditevent_check")


@pytest.fixture
def trail(monkeypatch):
    """Ten events, and no pause between two checks."""
    monkeypatch.setattr(checking, "PAUSE", timedelta(0))
    append([Act(Action.APPLIED, "lena", "db1", "shop", f"{number:04d}") for number in range(9)])


@pytest.fixture
def reader():
    return browser("reader", ("auditevent",))


def tampered(sql):
    """What other hands do, past the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        cursor.execute(sql)
        cursor.execute("ALTER TABLE ceremony_auditevent ENABLE TRIGGER USER")


def said(client, url=LIST):
    page = client.get(url).content.decode().partition('cer-trail"')[2].partition("<form")[0]
    text = "".join(f"<{part}".partition(">")[2] for part in page.split("<")[1:])
    return " ".join(text.split())


def test_nobody_has_checked_yet(reader, trail):
    assert said(reader) == "○ The chain was not checked from here yet."


def test_an_intact_chain_is_said_to_be_intact_and_the_check_is_an_event(reader, trail):
    answer = reader.post(CHECK, follow=True)
    assert "The chain is intact to event 10." in answer.content.decode()
    assert said(reader) == "✓ Chain intact to event 10, checked just now by reader"
    event = AuditEvent.objects.get(sequence=11)
    assert (event.actor, event.action) == ("reader", "trail checked")
    assert event.detail() == {
        "first": 1,
        "last": 10,
        "hash": AuditEvent.objects.get(sequence=10).hash,
        "head": 10,
        "broken_at": 0,
        "why": "",
    }


@pytest.mark.parametrize(
    ("sql", "event", "why"),
    [
        (
            "UPDATE ceremony_auditevent SET actor = 'x' WHERE sequence = 4",
            4,
            "The columns differ from the payload.",
        ),
        (
            "DELETE FROM ceremony_auditevent WHERE sequence = 4",
            4,
            "Event 4 is missing: event 5 follows 3.",
        ),
        (
            "DELETE FROM ceremony_auditevent WHERE sequence = 10",
            10,
            "The trail does not end where its head says.",
        ),
        (
            "UPDATE ceremony_auditevent SET payload = '{' WHERE sequence = 1",
            1,
            "The payload or the previous hash cannot be read.",
        ),
    ],
)
def test_a_broken_chain_stands_in_red_with_a_link(reader, trail, sql, event, why):
    tampered(sql)
    answer = reader.post(CHECK, follow=True)
    assert f"The chain is broken at event {event}." in answer.content.decode()
    seen = AuditEvent.objects.get(action="trail checked").recorded_at
    page = reader.get(LIST).content.decode()
    assert 'cer-banner cer-bad" role="alert"' in page
    assert f"✕ The chain is broken at event {event}. {why} First seen: {seen:%Y-%m-%d}" in said(
        reader
    )
    nearest = AuditEvent.objects.filter(sequence__gte=event).earliest("sequence").sequence
    assert f"/admin/ceremony/auditevent/{nearest}/change/" in page


def test_it_says_when_a_fault_was_first_seen(trail):
    check_trail("lena")
    tampered("UPDATE ceremony_auditevent SET actor = 'x' WHERE sequence = 4")
    first = check_trail("lena")
    second = check_trail("ada")
    standing = trail_standing()
    assert (standing.newest, standing.first_seen, standing.nearest) == (second, first.at, 4)


def test_a_long_trail_is_checked_a_part_at_a_time(reader, trail, monkeypatch):
    monkeypatch.setattr(checking, "PART", 4)
    told = reader.post(CHECK, follow=True).content.decode()
    assert "The chain is intact to event 4 of 10. Check on: the next part begins there." in told
    assert said(reader).startswith("✓ Chain intact to event 4 of 10 so far, checked")
    assert "Check on</button>" in told
    ends = [(one.first, one.last, one.at_end) for one in (check_trail("lena") for _ in range(3))]
    assert ends == [(5, 8, False), (9, 12, True), (1, 4, False)]


def test_a_part_begins_with_the_hash_that_was_recorded(trail, monkeypatch):
    monkeypatch.setattr(checking, "PART", 4)
    check_trail("lena")
    tampered("UPDATE ceremony_auditevent SET previous_hash = repeat('a', 64) WHERE sequence = 5")
    found = check_trail("lena")
    assert (found.broken_at, found.why) == (
        5,
        "The event does not name the hash of the one before.",
    )


def test_a_check_that_other_hands_wrote_does_not_count(trail):
    check_trail("lena")
    row = AuditEvent.objects.get(action="trail checked")
    told = json.loads(row.payload)
    told["detail"]["last"] = 999
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ceremony_auditevent SET payload = %s WHERE sequence = %s",
            [json.dumps(told), row.sequence],
        )
        cursor.execute("ALTER TABLE ceremony_auditevent ENABLE TRIGGER USER")
    assert trail_standing().newest is None


def test_sent_twice_is_one_check(reader):
    append([Act(Action.APPLIED, "lena")])
    reader.post(CHECK)
    reader.post(CHECK)
    assert AuditEvent.objects.filter(action="trail checked").count() == 1


def test_an_empty_trail_is_intact():
    found = check_trail("lena")
    assert (found.intact, found.last, found.head, found.at_end) == (True, 0, 0, True)
    assert AuditHead.objects.get().sequence == 2


def test_an_event_says_old_and_new(reader):
    before = {"environment": "staging", "port": "5432"}
    after = {"environment": "production", "port": "5432"}
    detail = {"before": before, "after": after, "why": "moved", "found": {"rows": 3}}
    append([Act(Action.TARGET_CHANGED, "lena", "db1", subject="db1", detail=detail)])
    event = AuditEvent.objects.latest("sequence")
    page = reader.get(reverse("admin:ceremony_auditevent_change", args=[event.pk]))
    assert page.context["changes"] == [
        ("environment", "staging", "production", True),
        ("port", "5432", "5432", False),
    ]
    assert page.context["told"] == [("found: rows", "3"), ("why", "moved")]
    told = page.content.decode()
    assert "<td>staging</td><td>production</td>" in told
    assert event.hash in told
    assert event.previous_hash in told


@pytest.mark.parametrize("payload", ["{", "[]", '{"detail": 3}', '{"detail": {"ceremony": 1e99}}'])
def test_an_event_that_cannot_be_read_has_a_page_all_the_same(reader, payload):
    append([Act(Action.APPLIED, "lena")])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE ceremony_auditevent SET payload = %s WHERE sequence = 2", [payload])
        cursor.execute("ALTER TABLE ceremony_auditevent ENABLE TRIGGER USER")
    page = reader.get(reverse("admin:ceremony_auditevent_change", args=[2]))
    assert page.status_code == 200
    assert "The chain is broken here." in page.content.decode()


def test_days_lead_to_the_events_of_a_day(reader):
    append([Act(Action.APPLIED, "lena")])
    now = timezone.now()
    page = reader.get(LIST)
    assert [link.text for link in page.context["days"].choices] == [str(now.year)]
    year = f"recorded_at__year={now.year}"
    month = f"recorded_at__month={now.month}"
    for asked, shown in [
        (year, 2),
        (f"{year}&{month}", 2),
        (f"{year}&{month}&recorded_at__day={now.day}", 2),
        ("recorded_at__year=2019", 0),
    ]:
        found = reader.get(f"{LIST}?{asked}")
        assert (asked, found.context["cl"].result_count) == (asked, shown)
    assert (
        'aria-current="date"'
        in reader.get(f"{LIST}?{year}&{month}&recorded_at__day={now.day}").content.decode()
    )


@pytest.mark.parametrize(
    "asked",
    [
        "recorded_at__year=9999",
        "recorded_at__year=9998&recorded_at__month=13",
        "recorded_at__year=x",
        "recorded_at__month=2",
        "recorded_at__year=2026&recorded_at__day=3",
        "recorded_at__year=2026&recorded_at__month=2&recorded_at__day=30",
        "recorded_at__year=99999999999999999999",
        "recorded_at__year=%00",
    ],
)
def test_a_day_that_is_in_no_calendar_is_left_out(reader, asked):
    answer = reader.get(f"{LIST}?{asked}")
    assert (answer.status_code, answer.url) == (302, f"{LIST}?e=1")


def test_events_of_one_ceremony(reader):
    append([Act(Action.SIGNED, "ada", subject=f"Ceremony {number}") for number in (1, 1, 12)])
    assert reader.get(f"{LIST}?ceremony=1").context["cl"].result_count == 2
    assert reader.get(f"{LIST}?q=Ceremony").context["cl"].result_count == 3
    assert reader.get(f"{LIST}?ceremony=x").context["cl"].result_count == 0


@pytest.mark.parametrize(
    ("detail", "gist"),
    [
        ({"subject": "manifest1:9f3ac1d2ffff", "decision": "approve", "comment": "ok,\n noted"},
         "9f3ac1d2 approve “ok, noted”"),
        ({"item": "backup", "result": "PASS"}, "backup PASS"),
        ({"condition": "halt-by-hand", "text": "\u202eevil"}, "halt-by-hand “[U+202E]evil”"),
        ({"why": "x" * 200}, "“" + "x" * 119 + "…"),
        ({"why": " ", "decision": 3, "result": ["PASS"]}, ""),
    ],
)  # fmt: skip
def test_a_row_of_the_trail_tells_what_was_said(reader, detail, gist):
    append([Act(Action.SIGNED, "lena", detail=detail)])
    page = reader.get(LIST).content.decode()
    assert f'<span class="cer-below">{gist}</span>' in page
