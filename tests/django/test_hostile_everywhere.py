"""Hostile text, wherever a text comes in, on every page there is: from the URL list."""

import re

import pytest
from django.urls import reverse

from ceremony.core.states import State
from tests.django.addresses import Address, addresses, registered
from tests.django.everything import SHOWN, VERBS, browser, everything
from tests.django.pages_of_acts import carried

pytestmark = pytest.mark.django_db

DANGEROUS = ("<script>alert", "\u202e", "\u0007", "\u200b", "<img src=x")
QUOTES = "'><img src=x onerror=alert(1)>\"><img src=x>\u200b\u202e"
NOT_PAGES = ("application/octet-stream", "application/jsonl", "text/csv")
"""What is saved as it is, and never shown."""

ALL = addresses()


def pages(of=None) -> list[tuple[str, str]]:
    """Every address of ours, with the pages of Django's that list ours."""
    index = [(name, reverse(f"admin:{name}")) for name in ("index",)]
    app = [("app_list", reverse("admin:app_list", args=["ceremony"]))]
    return [*index, *app, *((one.route, one.url()) for one in of or ALL)]


def told(client, url):
    """What a page says, ``""`` for what is no page."""
    answer = client.get(url)
    assert answer.status_code in {200, 302, 403, 405}, (url, answer.status_code)
    if answer.get("Content-Type", "").partition(";")[0] in NOT_PAGES:
        assert answer["X-Content-Type-Options"] == "nosniff", url
        return ""
    return answer.content.decode()


@pytest.fixture
def client():
    """Somebody who may do everything: every form and every button is on the pages."""
    return browser("all", None, *VERBS)


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_no_page_in_any_state_carries_markup_or_unseen_characters(client, state):
    everything(state=state)
    for route, url in pages():
        page = told(client, url)
        for bad in DANGEROUS:
            assert bad not in page, (route, bad)


def test_no_page_breaks_out_of_an_attribute(client):
    everything(QUOTES)
    for route, url in pages():
        page = told(client, url)
        for bad in DANGEROUS:
            assert bad not in page, (route, bad)


def test_every_page_of_a_row_shows_the_text_all_the_same(client):
    everything()
    for one in ALL:
        if one.name.endswith(("_changelist", "_change")):
            assert (one.route, SHOWN in told(client, one.url())) == (one.route, True)


def test_every_row_has_a_page_that_holds(client):
    everything()
    for model in registered():
        change = next(one for one in ALL if one.name == f"ceremony_{model._meta.model_name}_change")
        for row in model.objects.all():
            page = told(client, change.url(object_id=row.pk))
            assert "<script>alert" not in page
            assert "\u202e" not in page


def test_no_page_needs_inline_style_or_script(client):
    everything()
    for route, url in pages():
        page = told(client, url)
        assert not re.search(r"<style|<[^>]*\sstyle=|<[^>]*\son[a-z]+=", page), route
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", page), route
        assert not re.search(r"(?i)(href|src|action)=\"\s*(javascript|data|vbscript):", page), route


def test_what_is_searched_for_is_shown_safely(client):
    everything()
    for one in ALL:
        if one.name.endswith("_changelist"):
            for asked in ("q", "e", "p", "o", "target", "state", "action"):
                answer = client.get(one.url(), {asked: QUOTES})
                assert answer.status_code in {200, 302, 400}, (one.route, asked)
                assert "<img src=x" not in answer.content.decode(), (one.route, asked)


def test_what_was_typed_comes_back_safely(client):
    everything(state=State.REQUESTED)
    for one in ALL:
        if _is_act(client, one):
            names = [*client.get(one.url()).context["form"].fields]
            held = carried(client.get(one.url()))
            answer = client.post(one.url(), {**held, **dict.fromkeys(names, QUOTES), **held})
            # What stands in a field is what was typed: it is escaped, and otherwise as it was.
            assert "<img src=x" not in answer.content.decode(), one.route


def _is_act(client, one: Address) -> bool:
    answer = client.get(one.url())
    return bool(answer.context and answer.context.get("form"))
