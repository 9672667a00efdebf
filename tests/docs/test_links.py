"""Every relative link of every page leads somewhere, and every page is led to."""

import re

import pytest

from tests.docs.pages import CHECKOUT, name_of, pages

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def _prose(page):
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def _links(page):
    return [link for link in _LINK.findall(_prose(page)) if "://" not in link]


def _anchor(heading):
    """The anchor of a heading, as GitHub makes it."""
    plain = re.sub(r"[^\w\- ]", "", heading.lower())
    return plain.replace(" ", "-")


def _anchors(page):
    return {_anchor(heading) for heading in _HEADING.findall(_prose(page))}


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_relative_link_leads_somewhere(page):
    dead = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_of_the_documentation_is_in_the_index():
    indexes = [CHECKOUT / "docs" / "README.md", CHECKOUT / "docs" / "adr" / "README.md"]
    led_to = {(i.parent / link.partition("#")[0]).resolve() for i in indexes for link in _links(i)}
    written = {page.resolve() for page in (CHECKOUT / "docs").rglob("*.md")}
    assert written - led_to - set(indexes) == set()


def test_no_page_names_a_path_of_a_machine():
    for page in pages():
        found = re.findall(r"(?<![\w.])/(?:tmp|root|home|work|Users)/\S*", page.read_text("utf-8"))
        assert (name_of(page), found) == (name_of(page), [])
