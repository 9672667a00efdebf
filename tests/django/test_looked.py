"""What changed since a person last looked at a ceremony."""

import re

import pytest
from django.test import Client

from ceremony.admin.looked import COOKIE
from tests.django import scenes
from tests.django.pages_of_acts import opened, send
from tests.django.rounds import renewed
from tests.django.test_sign_form import told
from tests.django.test_signing_pages import browser, url

pytestmark = pytest.mark.django_db

OLD = "CREATE TABLE orders (id int);\n"
NEW = "CREATE TABLE orders (id bigint);\nCREATE TABLE other (id int);\n"


@pytest.fixture
def ada():
    return browser("ada", "sign")


def looked(client, ceremony):
    """What the page says about it."""
    found = re.search(
        r"Changed since you last looked: (.*?)(?=What runs)", told(opened(client, url(ceremony)))
    )
    return found[1].strip()


def test_a_first_round_is_new_as_a_whole(ada):
    assert looked(ada, scenes.scene()) == "nothing; this is its first round."


def test_who_never_looked_has_nothing_to_compare_with(ada):
    ceremony = renewed(scenes.scene(), NEW)
    assert looked(ada, ceremony) == "you have not looked at an earlier round. This is round 2."


def test_what_changed_since_the_round_that_the_browser_showed(ada):
    ceremony = renewed(scenes.scene(), OLD)
    opened(ada, url(ceremony))
    ceremony = renewed(ceremony, NEW)
    for _ in range(2):  # looked at once, it is still what is new
        page = looked(ada, ceremony)
        assert page.startswith("3 lines from round 2 to round 3")
        assert "-CREATE TABLE orders (id int);" in page
        assert "+CREATE TABLE other (id int);" in page


def test_who_commented_in_this_round_has_looked_at_it(ada):
    ceremony = renewed(scenes.scene(), OLD)
    send(ada, url(ceremony), decision="comment", comment="Hm.")
    assert looked(ada, ceremony) == "nothing."
    ceremony = renewed(ceremony, NEW)
    # Another browser knows of nothing, and the record does.
    other = Client()
    other.cookies["sessionid"] = ada.cookies["sessionid"].value
    assert looked(other, ceremony).startswith("3 lines from round 2 to round 3")


def test_what_one_person_looked_at_another_one_has_not(ada):
    ceremony = renewed(scenes.scene(), OLD)
    opened(ada, url(ceremony))
    ceremony = renewed(ceremony, NEW)
    ben = browser("ben", "sign")
    ben.cookies[COOKIE] = ada.cookies[COOKIE].value
    assert looked(ben, ceremony).startswith("you have not looked at an earlier round.")


@pytest.mark.parametrize("forged", ["nonsense", "{}:x:y", '{"1":[1,1]}'])
def test_a_cookie_that_is_not_ours_is_left_out(ada, forged):
    ceremony = renewed(scenes.scene(), NEW)
    ada.cookies[COOKIE] = forged
    assert looked(ada, ceremony).startswith("you have not looked at an earlier round.")


def test_looking_keeps_nothing_but_a_cookie(ada):
    ceremony = scenes.scene()
    page = opened(ada, url(ceremony))
    cookie = page.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert COOKIE not in opened(ada, url(ceremony)).cookies  # nothing new to remember
