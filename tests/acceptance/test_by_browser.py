"""A ceremony from the request to the last remark in the browser, and a halt with its stations.

The runs are commands: signing is not running.
"""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ceremony.models import Ceremony, HaltStep, Remark, SignOff, Target
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import Gatehouse, environment
from tests.acceptance.world import QUIET, WHOLE, World, point
from tests.django.ceremonies import PASSWORD
from tests.django.pages_of_acts import carried, opened, refusal, send
from tests.django.test_committed_pages import at_once
from tests.django.test_signing_pages import browser

SECOND = {
    "0002_names.sql": "-- Risk: low\nALTER TABLE things ADD COLUMN short text;\n",
    "0002_names.rollback.sql": "ALTER TABLE things DROP COLUMN short;\n",
}


@pytest.fixture
def shop(world: World) -> World:
    """One migration, and a target that settings call production."""
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production")
    return world


@pytest.fixture
def rita(shop: World) -> Client:
    made: Client = browser("rita", "request")
    return made


@pytest.fixture
def ada(shop: World) -> Client:
    made: Client = browser("ada", "sign")
    return made


def url(ceremony: Ceremony, name: str, *more: Any) -> str:
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


def requested(client: Client, **given: Any) -> Ceremony:
    asked = {"series": "shop", "direction": "apply", **given}
    answer = client.post(reverse("admin:ceremony_ceremony_request"), asked)
    assert answer.status_code == 302, answer.content.decode()
    made: Ceremony = Ceremony.objects.latest("pk")
    assert answer["Location"] == url(made, "change")
    return made


def state(ceremony: Ceremony) -> str:
    found: str = Ceremony.objects.get(pk=ceremony.pk).state
    return found


def test_from_the_request_to_the_last_remark(
    shop: World, rita: Client, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony = requested(rita, title="Things", why="They come on Monday.")
    assert (ceremony.requester, ceremony.title, ceremony.state) == ("rita", "Things", "requested")
    told = rita.get(url(ceremony, "change")).content.decode()
    assert "They come on Monday." in told
    assert "is one of the authors" not in told  # rita may not sign at all
    assert send(ada, url(ceremony, "sign"), decision="approve", **_all_of(_typed(ceremony)))
    assert state(ceremony) == "approved"
    assert "An operator runs it: manage.py apply_sql shop" in page_told(ada, ceremony)
    house = Gatehouse(shop, monkeypatch)
    assert house.apply("--ceremony", str(ceremony.pk)).status == 0
    assert shop.applied_versions() == ["0001"]
    assert state(ceremony) == "awaiting sign-off"
    answer_all(ada, ceremony)
    evidence = _all_of(_evidence(ada, ceremony))
    answer = send(ada, url(ceremony, "accept"), decision="approve", **evidence)
    assert answer.status_code == 302, answer.content.decode()
    assert state(ceremony) == "signed off"
    remark = url(ceremony, "remark")
    assert send(rita, remark, kind="lesson", text="Ask earlier.").status_code == 302
    assert Remark.objects.get().by == "rita"
    assert manage("verify_audit").status == 0


def test_a_request_that_is_sent_twice_opens_one_ceremony(shop: World, rita: Client) -> None:
    ceremony = requested(rita)
    page = reverse("admin:ceremony_ceremony_request")
    again = rita.post(page, {"series": "shop", "direction": "apply", "why": "Again."})
    assert (refusal(again), Ceremony.objects.count()) == ("ceremony-open", 1)
    assert "Again." in again.content.decode()
    assert f"manage.py request_sql shop --database shop --cancel {ceremony.pk}" in (
        again.content.decode()
    )


def test_a_request_for_what_is_done_says_so(shop: World, rita: Client) -> None:
    environment("local")
    shop.applied()
    page = reverse("admin:ceremony_ceremony_request")
    answer = rita.post(page, {"series": "shop", "direction": "apply"})
    assert "There is nothing to request" in answer.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"series": "nonsense"},
        {"series": "../shop"},
        {"series": "shop", "database": "nowhere"},
        {"series": "shop", "direction": "sideways"},
    ],
)
def test_a_request_names_what_there_is(rita: Client, given: dict[str, str]) -> None:
    page = reverse("admin:ceremony_ceremony_request")
    answer = rita.post(page, {"direction": "apply", **given})
    assert "is not one of the available choices" in answer.content.decode()
    assert Ceremony.objects.count() == 0


def test_a_new_round_takes_earlier_signatures_away(shop: World, rita: Client, ada: Client) -> None:
    ceremony = requested(rita)
    sign, again = url(ceremony, "sign"), url(ceremony, "again")
    send(ada, sign, decision="approve", **_all_of(_typed(ceremony)))
    assert refusal(send(rita, again, why="No reason.")) == "request-unchanged"
    assert "It changed since it was requested." not in page_told(ada, ceremony)
    shop.write(SECOND)
    shop.write({"0001_things.sql": "CREATE TABLE things (id bigint PRIMARY KEY, name text);\n"})
    for page in (page_told(ada, ceremony), opened(ada, sign).content.decode()):
        assert "It changed since it was requested." in page
        assert "shop/0001_things.sql" in page
    old, tab = opened(ada, sign), opened(rita, again)
    assert send(rita, again, tab, why="One more column.").status_code == 302
    ceremony.refresh_from_db()
    assert (ceremony.state, ceremony.round) == ("requested", 2)
    twice = send(rita, again, tab, why="One more column.")
    assert (refusal(twice), Ceremony.objects.get().round) == ("page-stale", 2)
    answer = send(ada, sign, old, decision="comment", comment="Of the old text.")
    assert (refusal(answer), SignOff.objects.count()) == ("page-stale", 1)
    assert "(an earlier one: it does not count now)" in page_told(ada, ceremony)


def test_a_halt_goes_through_its_stations(shop: World) -> None:
    environment("local")
    shop.applied()
    target = Target.objects.get(alias="shop")
    olga = browser("olga", "halt", groups=())
    _may_view_targets("olga")
    halt, assess, decide, document = (
        reverse(f"admin:ceremony_target_{name}", args=[target.pk])
        for name in ("halt", "assess", "decide", "document")
    )
    assert "The target is under no halt." in olga.get(assess).content.decode()
    tab = opened(olga, halt)
    assert send(olga, halt, text=" ").status_code == 200
    assert send(olga, halt, tab, text="Wrong figures.").status_code == 302
    twice = send(olga, halt, tab, text="Wrong figures.")
    assert (refusal(twice), HaltStep.objects.count()) == ("page-stale", 1)
    assert manage("apply_sql", "shop").status in {0, 3}
    assert "The next station is assess." in olga.get(decide).content.decode()
    tab = opened(olga, assess)
    assert send(olga, assess, tab, text="The report counts twice.").status_code == 302
    assert refusal(send(olga, assess, tab, text="The report counts twice.")) == "page-stale"
    assert send(olga, decide, text="The data is right.").status_code == 200  # no decision
    assert send(olga, decide, course="accept", text="The data is right.").status_code == 302
    assert send(olga, document, text="Count in the view.").status_code == 302
    stations = [(row.station, row.by) for row in HaltStep.objects.order_by("pk")]
    assert [name for name, _ in stations] == [
        "stop",
        "assess",
        "decide",
        "execute",
        "document",
        "lift",
    ]
    assert {by for name, by in stations if name != "stop"} == {"olga"}
    events = shop.ask("SELECT event FROM ceremony_ledger ORDER BY sequence")
    assert [row[0] for row in events][-2:] == ["halted", "resumed"]


def test_a_halt_that_the_target_was_not_told_of_says_so(shop: World) -> None:
    environment("local")
    shop.applied()
    olga = browser("olga", "halt")
    _may_view_targets("olga")
    halt = reverse("admin:ceremony_target_halt", args=[Target.objects.get(alias="shop").pk])
    tab = opened(olga, halt)
    there = dict(settings.DATABASES["shop"])
    point("shop", HOST="/nowhere-at-all")
    answer = olga.post(halt, {**carried(tab), "text": "Wrong figures."}, follow=True)
    settings.DATABASES["shop"] = there
    assert [(one.level_tag, str(one)) for one in answer.context["messages"]] == [
        ("warning", "The target does not answer; only this control side knows."),
        ("success", "shop is halted."),
    ]
    assert "When it was halted, its ledger could not be told" in answer.content.decode()
    shop.write(SECOND)
    assert manage("apply_sql", "shop").status == 3
    assert shop.ask("SELECT event FROM ceremony_ledger ORDER BY sequence")[-1][0] == "halted"


def test_a_station_that_is_sent_twice_at_once_is_taken_once(shop: World) -> None:
    environment("local")
    shop.applied()
    target = Target.objects.get(alias="shop")
    assert manage("halt_sql", "--database", "shop", "--reason", "Wrong figures.").status == 0
    olga = browser("olga", "halt")
    _may_view_targets("olga")
    assess = reverse("admin:ceremony_target_assess", args=[target.pk])
    tab = opened(olga, assess)
    answers = at_once(*(lambda: send(olga, assess, tab, text="Counted twice."),) * 3)
    assert sorted(one.status_code for one in answers) == [200, 200, 302]
    refused = {refusal(one) for one in answers if one.status_code == 200}
    assert refused <= {"page-stale", "target-locked"}
    assert [row.station for row in HaltStep.objects.order_by("pk")] == ["stop", "assess"]


def page_told(client: Client, ceremony: Ceremony) -> str:
    found: str = client.get(url(ceremony, "change")).content.decode()
    return found


def _all_of(typed: str) -> dict[str, str]:
    """What is asked of an approver where nobody stated the risk."""
    return {"typed": typed, "read": "on", "password": PASSWORD}


def _typed(ceremony: Ceremony) -> str:
    return ceremony.fingerprint.partition(":")[2][:8]


def _evidence(client: Client, ceremony: Ceremony) -> str:
    subject: str = opened(client, url(ceremony, "accept")).context["subject"]
    return subject.partition(":")[2][:8]


def answer_all(client: Client, ceremony: Ceremony) -> None:
    """Answer what people are asked, and waive what did not run."""
    for _, items in client.get(url(ceremony, "change")).context["checklists"]:
        for one in items:
            if one.answers:
                page = url(ceremony, "answer", one.row.pk)
                assert send(client, page, result="PASS", note="Seen.").status_code == 302
            elif one.waives:
                page = url(ceremony, "waive", one.row.pk)
                assert send(client, page, why="Not needed here.").status_code == 302


def _may_view_targets(username: str) -> None:
    user = get_user_model().objects.get(username=username)
    user.user_permissions.add(Permission.objects.get(codename="view_target"))
