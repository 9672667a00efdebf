"""Who is told of changes, as the environment of the project says."""

import pytest

from ceremony.core.notice_settings import NoticeSettings, Webhook, read_notices
from ceremony.errors import UsageError
from project.environment import Environment

SECRET = "a secret of more than 24 bytes"


def test_without_a_word_nobody_is_told():
    env = Environment({})
    assert read_notices(env.notices()) == (NoticeSettings(), None)
    assert env.mail_server() == {}


def test_everything_that_can_be_said():
    env = Environment(
        {
            "EMAIL_URL": "smtp+tls://ana%40example.org:p%3Aq@mail.example.org",
            "CEREMONY_EMAIL_FROM": "ceremony@example.org",
            "CEREMONY_SITE": "https://ceremony.example.org",
            "CEREMONY_WEBHOOK_URL": "https://hooks.example.org/1",
            "CEREMONY_WEBHOOK_SECRET": SECRET,
        }
    )
    assert read_notices(env.notices()) == (
        NoticeSettings(
            True,
            "ceremony@example.org",
            "https://ceremony.example.org",
            (Webhook("https://hooks.example.org/1", SECRET.encode()),),
        ),
        None,
    )
    assert env.mail_server() == {
        "host": "mail.example.org",
        "port": 587,
        "username": "ana@example.org",
        "password": "p:q",
        "use_tls": True,
        "use_ssl": False,
    }


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://hunter2@example.org",
        "smtp://",
        "smtp://host:hunter2",
        "smtp:///x",
    ],
)
def test_a_mail_server_that_nobody_understands_is_refused_without_its_password(url):
    with pytest.raises(UsageError) as refusal:
        Environment({"EMAIL_URL": url}).mail_server()
    assert refusal.value.code == "variable-invalid"
    assert "hunter2" not in str(refusal.value)
