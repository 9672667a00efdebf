"""What a page lets people do in the admin, and their passwords at the terminal."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from ceremony.actions.signing import first_of
from ceremony.models import JudgedItem
from project.accounts import PASSWORD_LENGTH
from project.environment import kept_secret
from tests.django.pages_of_acts import carried, opened

_PURPOSES = re.compile(r"sign|accept|decide|review")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def at_the_terminal() -> Iterator[None]:
    """Somebody sits there, who types the password of the demo accounts where one is asked for."""
    with (
        patch.object(sys, "stdin", _Terminal()),
        patch("ceremony.management.person.getpass", lambda prompt: _password()),
    ):
        yield


def acted(words: list[str]) -> str:
    """What the admin answers to ``reviewer sign 1 decision=approve``: who, which page, the number
    of the ceremony, the item where it is about one, and what is filled in.
    """
    who, page, number, *more = words
    given = dict(word.split("=", 1) for word in more if "=" in word)
    items = [_item(number, word) for word in more if "=" not in word]
    client = Client()
    client.force_login(get_user_model().objects.get(username=who))
    url = reverse(f"admin:ceremony_ceremony_{page}", args=[int(number), *items])
    shown = opened(client, url)
    held = carried(shown)
    if _PURPOSES.fullmatch(page):
        held |= {"read": "on", "warnings": "on", "password": _password()}
        held |= {"typed": first_of(held["fingerprint"])}
    answer = client.post(url, {**held, **given}, follow=True)
    error = answer.context.get("error")
    if error:
        return f"{error.happened}  [{error.code}]\n"
    return "".join(f"{message}\n" for message in answer.context["messages"])


def _item(ceremony: str, name: str) -> int:
    """The newest row of the item, in the checklist that is open now."""
    row = JudgedItem.objects.filter(manifest__ceremony=int(ceremony), item=name).latest("pk")
    return int(row.pk)


def _password() -> str:
    return kept_secret(settings.STATE_DIR, "demo_password")[:PASSWORD_LENGTH]
