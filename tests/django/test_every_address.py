"""Who comes in at each address, and by which method: asked of every address in the URL list.

A new address is refused here until ``ACTS`` says that it acts, and who may; every other one only
shows, and takes nothing but GET.
"""

import pytest
from django.test import Client
from django.views.generic import RedirectView

from ceremony.actions.people import HALT, REQUEST, RUN, SIGN
from tests.django.addresses import GONE, addresses, registered
from tests.django.ceremonies import person
from tests.django.everything import VERBS, browser, everything, kept

pytestmark = pytest.mark.django_db

ANYBODY = "whoever may view it"

ACTS = {
    "ceremony_ceremony_request": {REQUEST},
    "ceremony_ceremony_sign": {SIGN},
    "ceremony_ceremony_accept": {SIGN},
    "ceremony_ceremony_decision": {SIGN},
    "ceremony_ceremony_review": {SIGN},
    # To take back one's own signature needs no right, but a signature.
    "ceremony_ceremony_withdraw": {ANYBODY},
    "ceremony_ceremony_again": {REQUEST},
    "ceremony_ceremony_cancel": {REQUEST},
    "ceremony_ceremony_answer": {REQUEST, SIGN, RUN},
    "ceremony_ceremony_waive": {SIGN},
    "ceremony_ceremony_remark": {REQUEST, SIGN, RUN, HALT},
    "ceremony_ceremony_run": {RUN},
    "ceremony_ceremony_way_back": {RUN},
    "ceremony_ceremony_verify_again": {RUN},
    "ceremony_target_halt": {HALT},
    "ceremony_target_assess": {HALT},
    "ceremony_target_decide": {HALT},
    "ceremony_target_execute": {HALT},
    "ceremony_target_document": {HALT},
}
"""Every address that acts, with the rights of which any one is enough."""

SENT = {"ceremony_auditevent_check": {ANYBODY}}
"""Every address that is only sent to: there is nothing to look at."""

NOBODY = ("_add", "_delete")
"""How the addresses of Django's are named that are shut to everybody."""

OTHER_METHODS = ("put", "patch", "delete", "options", "trace")

ALL = addresses()
FORWARD = [one for one in ALL if getattr(one.pattern.callback, "view_class", 0) is RedirectView]
SHUT = [one for one in ALL if one.name.endswith(NOBODY)]
ACTING = [one for one in ALL if one.name in ACTS]
SENDING = [one for one in ALL if one.name in SENT]
SHOWING = [one for one in ALL if one not in [*FORWARD, *SHUT, *ACTING, *SENDING]]


@pytest.fixture
def there():
    """One of everything, and what the database holds then."""
    everything()
    return kept()


def answers(client, method="get", of=ALL, **instead):
    """The status of each address, by its route."""
    return {one.route: getattr(client, method)(one.url(**instead)).status_code for one in of}


def every(code, of=ALL):
    return {one.route: code for one in of}


def test_every_model_has_something_to_show(there):
    assert [model.__name__ for model in registered() if not model.objects.exists()] == []
    assert {*ACTS, *SENT} <= {one.name for one in ALL}
    assert {one.route for one in ALL if not one.name} == {one.route for one in FORWARD}
    assert len({one.name for one in ALL if one.name}) == len(ALL) - len(FORWARD)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("guest", [False, True])
def test_strangers_are_sent_to_the_login(there, method, guest):
    client = Client()
    if guest:
        client.force_login(person("guest", *VERBS, is_staff=False))
    for one in ALL:
        answer = getattr(client, method)(one.url())
        assert (one.route, answer.status_code) == (one.route, 302)
        assert answer.url.startswith("/admin/login/")
    assert kept() == there


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("verbs", [(), VERBS])
def test_staff_without_the_permission_to_view_is_refused(there, method, verbs):
    client = browser("clerk", (), *verbs)
    of = [one for one in ALL if one not in FORWARD]
    assert answers(client, method, of) == every(403, of)
    assert kept() == there


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("model", registered())
def test_to_view_other_models_opens_nothing(there, method, model):
    others = [one._meta.model_name for one in registered() if one is not model]
    client = browser("neighbour", tuple(others), *VERBS)
    of = [one for one in ALL if one.model is model and one not in FORWARD]
    assert answers(client, method, of) == every(403, of)
    assert kept() == there


def test_who_may_view_sees_what_is_shown_and_nothing_else(there):
    client = browser("viewer")
    assert answers(client, of=SHOWING) == every(200, SHOWING)
    assert answers(client, of=SHUT) == every(403, SHUT)
    assert answers(client, of=FORWARD) == every(302, FORWARD)
    assert kept() == there


def test_a_superuser_adds_changes_and_deletes_nothing(there):
    client = browser("root", is_superuser=True)
    assert answers(client, of=SHOWING) == every(200, SHOWING)
    sent = {"_save": "Save", "action": "delete_selected", "_selected_action": "1", "post": "yes"}
    for one in [*SHOWING, *SHUT]:
        refused = 403 if one in SHUT else 405
        assert (one.route, client.post(one.url(), sent).status_code) == (one.route, refused)
    assert answers(client, of=SHUT) == every(403, SHUT)
    assert kept() == there


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("is_superuser", [False, True])
def test_without_its_right_nobody_acts_not_even_superusers(there, method, is_superuser):
    client = browser("viewer", is_superuser=is_superuser)
    of = [one for one in ACTING if ANYBODY not in ACTS[one.name]]
    assert answers(client, method, of) == every(403, of)
    assert kept() == there


@pytest.mark.parametrize("verb", VERBS)
def test_each_right_opens_its_acts_and_no_others(there, verb):
    client = browser("one", None, verb)
    expected = {
        one.route: 200 if {f"{verb}_ceremony", ANYBODY} & ACTS[one.name] else 403 for one in ACTING
    }
    assert answers(client, of=ACTING) == expected
    assert kept() == there


def test_to_look_changes_nothing(there):
    client = browser("all", None, *VERBS)
    assert answers(client, of=[*SHOWING, *ACTING]) == every(200, [*SHOWING, *ACTING])
    assert answers(client, "head", [*SHOWING, *ACTING]) == every(200, [*SHOWING, *ACTING])
    assert kept() == there


def test_what_only_shows_takes_nothing(there):
    client = browser("all", None, *VERBS)
    assert answers(client, "post", SHOWING) == every(405, SHOWING)
    assert kept() == there


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_no_other_method_is_understood(there, method):
    client = browser("all", None, *VERBS)
    of = [*SHOWING, *ACTING, *SENDING]
    assert answers(client, method, of) == every(405, of)
    assert kept() == there


def test_an_act_without_its_token_is_refused(there):
    client = browser("all", None, *VERBS, csrf=True)
    of = [*ACTING, *SENDING]
    assert answers(client, "post", of) == every(403, of)
    assert kept() == there


def test_what_is_only_sent_to_shows_nothing(there):
    client = browser("all", None, *VERBS)
    assert answers(client, of=SENDING) == every(405, SENDING)
    assert answers(client, "head", SENDING) == every(405, SENDING)
    assert kept() == there
    assert answers(client, "post", SENDING) == every(302, SENDING)


def test_an_empty_form_records_nothing(there):
    client = browser("all", None, *VERBS)
    assert answers(client, "post", ACTING) == every(200, ACTING)
    assert kept() == there


@pytest.mark.parametrize("number", [GONE, 0, 9_223_372_036_854_775_807, 10**40])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_there_is_not_found(there, method, number):
    client = browser("all", None, *VERBS)
    of = SHOWING if method == "get" else []
    for one in [*of, *ACTING]:
        for parameter in one.numbers():
            answer = getattr(client, method)(one.url(**{parameter: number}))
            assert (one.route, parameter, answer.status_code) == (one.route, parameter, 404)
    assert kept() == there


@pytest.mark.parametrize("text", ["x", "_22", "a\x01b", "%00", "../../x", "\u202e"])
def test_an_address_that_names_no_row_is_not_found(there, text):
    client = browser("all", None, *VERBS)
    for one in SHOWING:
        if "object_id" in one.numbers():
            answer = client.get(one.url(object_id=text))
            assert (one.route, answer.status_code) == (one.route, 404)


def test_every_act_runs_outside_a_transaction_of_the_request():
    for one in ACTING:
        assert one.pattern.callback._non_atomic_requests == {"default"}, one.route


def test_no_act_is_kept_by_a_cache(there):
    client = browser("all", None, *VERBS)
    for one in ACTING:
        assert "no-store" in client.get(one.url())["Cache-Control"], one.route
