"""Sending the forms of acts, as a browser does: with what the page carried."""

import re
from html import unescape

HIDDEN = re.compile(r'<input type="hidden" name="(?P<name>\w+)" value="(?P<value>[^"]*)"')


def carried(page):
    """The hidden fields of the form on a page."""
    return {
        found["name"]: unescape(found["value"]) for found in HIDDEN.finditer(page.content.decode())
    }


def opened(client, url):
    """The page of an act, which must be there."""
    page = client.get(url)
    assert page.status_code == 200, page.content.decode()
    return page


def send(client, url, page=None, **given):
    """Post the form with what ``page`` (else the page as it is now) carried. Whoever approves has
    accepted the warnings, unless ``given`` says otherwise.
    """
    held = carried(page or opened(client, url))
    ticked = {"warnings": "on"} if given.get("decision") == "approve" else {}
    return client.post(url, {**held, **ticked, **given})


def refusal(response):
    """The code of the refusal that a page shows, ``None`` for none."""
    error = response.context.get("error") if response.context else None
    return error.code if error else None
