"""Notices as values, and the setting that says who gets them."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.notice import HEADLINES, Notice, Occasion, one_line
from ceremony.core.notice_settings import NoticeSettings, Webhook, read_notices
from ceremony.core.states import Act

SECRET = "0123456789abcdef0123456789"
NOTICE = Notice(
    id=UUID(int=7),
    occasion=Act.REQUEST.value,
    actor="lena",
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    target="shop",
    environment="production",
    ceremony=12,
    series="orders",
    title="Orders get an email",
    state="requested",
    fingerprint="manifest1:ab",
)


def test_a_notice_in_one_line():
    assert NOTICE.headline == (
        "#12 Orders get an email asks for approval: orders on shop (production)"
    )


def test_a_notice_without_a_ceremony():
    halted = Notice(
        UUID(int=1), Occasion.TARGET_HALTED, "ana", NOTICE.at, "shop", "production", text="By hand."
    )
    assert halted.letter == (
        "shop (production) halted: nothing runs there until it is decided.\n\nBy hand.\n\nBy: ana\n"
    )


def test_a_notice_as_a_letter_and_as_json():
    assert NOTICE.letter == (
        "#12 Orders get an email asks for approval: orders on shop (production).\n\n"
        "By: lena\nState: requested\nFingerprint: manifest1:ab\n"
    )
    assert json.loads(json.dumps(NOTICE.document)) == {
        "format": "ceremony-notice-v1",
        "id": "00000000-0000-0000-0000-000000000007",
        "occasion": "request",
        "headline": NOTICE.headline,
        "actor": "lena",
        "at": "2026-03-01T12:00:00.000000+00:00",
        "target": "shop",
        "environment": "production",
        "ceremony": 12,
        "series": "orders",
        "title": "Orders get an email",
        "state": "requested",
        "fingerprint": "manifest1:ab",
        "text": "",
        "link": "",
    }


def test_every_act_and_occasion_has_its_words():
    assert set(HEADLINES) == {*Act, *Occasion}


@given(st.text())
def test_what_people_type_stays_on_its_line(text):
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= len(text)


def test_without_a_word_nobody_is_told():
    assert read_notices({}) == (NoticeSettings(), None)


def test_everything_that_can_be_said():
    found, wrong = read_notices(
        {
            "EMAIL": True,
            "FROM": "ceremony@example.org",
            "SITE": "https://ceremony.example.org/",
            "WEBHOOKS": [
                {"URL": "https://hooks.example.org/a?b=c", "SECRET": SECRET},
                {"URL": "http://127.0.0.1:8000", "SECRET": "whsec_" + "QUJD" * 8},
            ],
            "TIMEOUT": "500ms",
        }
    )
    assert wrong is None
    assert found == NoticeSettings(
        True,
        "ceremony@example.org",
        "https://ceremony.example.org",
        (
            Webhook("https://hooks.example.org/a?b=c", SECRET.encode()),
            Webhook("http://127.0.0.1:8000", b"ABC" * 8),
        ),
        500,
    )


@pytest.mark.parametrize(
    "raw",
    [
        [],
        {"MAIL": True},
        {"EMAIL": "yes"},
        {"SITE": "ceremony.example.org"},
        {"SITE": "https://user:secret@example.org"},
        {"TIMEOUT": "soon"},
        {"TIMEOUT": "0s"},
        {"WEBHOOKS": "https://example.org"},
        {"WEBHOOKS": [{"URL": "https://example.org"}]},
        {"WEBHOOKS": [{"URL": "ftp://example.org", "SECRET": SECRET}]},
        {"WEBHOOKS": [{"URL": "https://example.org:port", "SECRET": SECRET}]},
        {"WEBHOOKS": [{"URL": "https://example.org/\r\nX: y", "SECRET": SECRET}]},
        {"WEBHOOKS": [{"URL": "https://user:hunter2@example.org", "SECRET": SECRET}]},
        {"WEBHOOKS": [{"URL": "https://example.org", "SECRET": "hunter2"}]},
        {"WEBHOOKS": [{"URL": "https://example.org", "SECRET": "whsec_hunter2!"}]},
        {"WEBHOOKS": [{"URL": "https://example.org", "SECRET": SECRET, "EVENTS": []}]},
    ],
)
def test_what_cannot_be_understood_is_refused_without_a_secret(raw):
    found, wrong = read_notices(raw)
    assert found == NoticeSettings()
    assert wrong is not None
    assert "hunter2" not in "".join(wrong)


def test_a_webhook_shows_no_secret():
    webhook = Webhook("https://hooks.example.org/token-hunter2", b"hunter2")
    assert repr(webhook) == "Webhook()"
    assert webhook.host == "hooks.example.org"
