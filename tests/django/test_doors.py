"""The pages of acts: who comes in, what is refused, and that nothing is recorded by a refusal."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ceremony.admin.doors import SIGNING
from ceremony.core.halting import Station
from ceremony.core.states import Act, State
from ceremony.models import (
    AuditEvent,
    Ceremony,
    HaltStep,
    JudgedItem,
    Remark,
    RunPurpose,
    SignOff,
    Target,
    Transition,
)
from tests.django import scenes
from tests.django.ceremonies import draft, move, person
from tests.django.pages_of_acts import carried, opened

pytestmark = pytest.mark.django_db

VERBS = ("request", "sign", "run", "halt", "override")
KEPT = [AuditEvent, Ceremony, HaltStep, JudgedItem, Remark, SignOff, Transition]


def evidence():
    """Everything that an act could have left."""
    return {model: list(model.objects.order_by("pk").values()) for model in KEPT}


def acts(model):
    """Names of the addresses that are acts, from the URL list: none can be forgotten."""
    reading = {"changelist", "add", "history", "delete", "change", "file", "report", "state"}
    reading |= {"export", "plan", "started"}
    patterns = admin.site._registry[model].get_urls()
    names = {one.name: one for one in patterns if one.name}
    return {name: one for name, one in names.items() if name.rpartition("_")[2] not in reading}


def urls(ceremony, row):
    """Every address of an act, with the rows there are."""
    found = {}
    for model, number in ((Ceremony, ceremony.pk), (Target, ceremony.target_id)):
        for name, one in acts(model).items():
            route = str(one.pattern)
            arguments = [number] if "number" in route else []
            arguments += [row.pk] if "item" in route else []
            arguments += ["approval"] if "purpose" in route else []
            found[name] = reverse(f"admin:{name}", args=arguments)
    return found


@pytest.fixture
def everything():
    """A ceremony about which everything was said, and the addresses of its acts."""
    ceremony = scenes.scene(state=State.REQUESTED)
    row = scenes.item(ceremony)
    scenes.remarked(ceremony)
    return urls(ceremony, row)


@pytest.fixture
def viewer():
    """Staff who may look at everything of ours, and do nothing."""
    user = person("viewer")
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return user


def logged_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", ["file", "report"])
def test_what_is_only_read_takes_the_permission_to_view(everything, viewer, name):
    ceremony = Ceremony.objects.get()
    more = [scenes.frozen("x").digest] if name == "file" else []
    page = reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])
    before = evidence()
    assert Client().get(page).status_code == 302
    assert logged_in(person("clerk", *VERBS)).get(page).status_code == 403
    assert logged_in(viewer).get(page).status_code == 200
    assert logged_in(viewer).post(page).status_code == 405
    assert evidence() == before


def test_these_are_the_acts():
    assert set(acts(Ceremony)) == {
        f"ceremony_ceremony_{name}"
        for name in (
            *(name for name, _ in SIGNING.values()),
            "request",
            "withdraw",
            "again",
            "cancel",
            "answer",
            "waive",
            "remark",
            "run",
            "way_back",
            "verify_again",
        )
    }
    assert set(acts(Target)) == {
        f"ceremony_target_{name}" for name in ("halt", "assess", "decide", "execute", "document")
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_sent_to_the_login(everything, method):
    before = evidence()
    for url in everything.values():
        response = getattr(Client(), method)(url)
        assert (response.status_code, url) == (302, url)
        assert response.url.startswith("/admin/login/")
    assert evidence() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_people_who_are_not_staff_are_sent_to_the_login(everything, method):
    client = logged_in(person("guest", *VERBS, is_staff=False))
    for url in everything.values():
        response = getattr(client, method)(url)
        assert (response.status_code, url) == (302, url)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("rights", [(), VERBS])
def test_staff_without_the_permission_to_view_is_refused(everything, method, rights):
    client = logged_in(person("clerk", *rights))
    before = evidence()
    for url in everything.values():
        assert (getattr(client, method)(url).status_code, url) == (403, url)
    assert evidence() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_only_view_does_nothing(everything, viewer, method):
    client = logged_in(viewer)
    before = evidence()
    codes = {name: getattr(client, method)(url).status_code for name, url in everything.items()}
    # To take back one's own signature needs no right, but a signature.
    assert codes.pop("ceremony_ceremony_withdraw") == 200
    assert set(codes.values()) == {403}
    assert evidence() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_superuser_has_no_right_by_that(everything, method):
    client = logged_in(person("root", is_superuser=True))
    before = evidence()
    codes = {name: getattr(client, method)(url).status_code for name, url in everything.items()}
    assert codes.pop("ceremony_ceremony_withdraw") == 200
    assert set(codes.values()) == {403}
    assert evidence() == before


@pytest.fixture
def all_rights(viewer):
    """Somebody who may do everything."""
    names = [f"{verb}_ceremony" for verb in VERBS]
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=names))
    return viewer


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_nothing_but_get_and_post_is_understood(everything, all_rights, method):
    client = logged_in(all_rights)
    for url in everything.values():
        assert (getattr(client, method)(url).status_code, url) == (405, url)


def test_to_look_changes_nothing(everything, all_rights):
    client = logged_in(all_rights)
    before = evidence()
    for url in everything.values():
        response = client.get(url)
        assert (response.status_code, url) == (200, url)
        assert "no-store" in response["Cache-Control"]
    assert evidence() == before


def test_a_form_without_its_token_is_refused(everything, all_rights):
    client = logged_in(all_rights, enforce_csrf_checks=True)
    before = evidence()
    for url in everything.values():
        assert (client.post(url).status_code, url) == (403, url)
    assert evidence() == before


def test_an_empty_form_records_nothing(everything, all_rights):
    client = logged_in(all_rights)
    before = evidence()
    for url in everything.values():
        assert (client.post(url).status_code, url) == (200, url)
    assert evidence() == before


def test_what_is_not_there_is_not_found(everything, all_rights):
    client = logged_in(all_rights)
    for url in everything.values():
        for kind in ("ceremony", "target"):
            parts = url.split(f"/{kind}/")
            if len(parts) == 2 and parts[1][0].isdigit():
                gone = f"{parts[0]}/{kind}/987654/{parts[1].partition('/')[2]}"
                assert (client.get(gone).status_code, gone) == (404, gone)
                assert (client.post(gone).status_code, gone) == (404, gone)


def test_an_item_of_another_ceremony_is_not_found(everything, all_rights):
    other = scenes.scene()
    row = scenes.item(scenes.scene())
    client = logged_in(all_rights)
    for name in ("answer", "waive"):
        url = reverse(f"admin:ceremony_ceremony_{name}", args=[other.pk, row.pk])
        assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)


def test_every_act_runs_outside_a_transaction_of_the_request(everything):
    for model in (Ceremony, Target):
        for one in acts(model).values():
            assert one.callback._non_atomic_requests == {"default"}, one.name


@pytest.mark.parametrize("state", State)
def test_every_page_of_every_state_is_shown(all_rights, state):
    client = logged_in(all_rights)
    if state is State.DRAFT:
        ceremony, row = draft(title=scenes.EVIL), scenes.item(scenes.scene())
    else:
        ceremony = scenes.scene(state=state)
        row = scenes.item(ceremony)
        scenes.run(ceremony)
        scenes.remarked(ceremony)
    if state is State.HALTED:
        stop = scenes.halted(ceremony)
        scenes.halted(ceremony, Station.ASSESS, stop.halt)
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    assert client.get(page).status_code == 200
    for url in urls(ceremony, row).values():
        response = client.get(url)
        assert response.status_code == (404 if "/items/" in url and state is State.DRAFT else 200)
        assert "<script>alert" not in response.content.decode()
        assert "\u202e" not in response.content.decode()


def test_break_glass_is_loud(all_rights):
    ceremony = move(scenes.scene(), Act.OVERRIDE)
    scenes.run(ceremony, RunPurpose.OVERRIDE, reason=scenes.EVIL)
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    told = logged_in(all_rights).get(page).content.decode()
    assert "Ran without an approval (break-glass)." in told
    assert f"m.okafor: “{scenes.SHOWN}”" in told


def test_pages_carry_no_inline_style_and_no_script_of_ours(everything, all_rights):
    client = logged_in(all_rights)
    ceremony = Ceremony.objects.first()
    pages = [*everything.values(), reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])]
    for url in pages:
        content = client.get(url).content.decode().partition('id="content-main"')[2]
        assert (" style=" in content, "<script" in content, url) == (False, False, url)


def test_hostile_words_are_escaped_and_made_visible(all_rights):
    ceremony = scenes.scene(requester=scenes.EVIL, authors=[scenes.EVIL], sql=scenes.HOSTILE_SQL)
    scenes.item(ceremony, explanation=scenes.EVIL, by=scenes.EVIL)
    scenes.remarked(ceremony)
    url = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    told = logged_in(all_rights).get(url).content.decode()
    assert told.count(scenes.SHOWN) >= 8
    assert "<script>alert" not in told
    assert "\u202e" not in told


def test_the_list_names_what_each_waits_for(all_rights):
    for state in (State.REQUESTED, State.HALTED, State.SIGNED_OFF):
        scenes.scene(state=state)
    client = logged_in(all_rights)
    listed = client.get(reverse("admin:ceremony_ceremony_changelist"))
    told = listed.content.decode()
    assert "Request a ceremony" in told
    for word in ("any signer (0 of 1)", scenes.SHOWN.partition("[")[0]):
        assert word in told, word
    assert [row.state for row in listed.context["cl"].result_list] == ["halted", "requested"]
    every = client.get(reverse("admin:ceremony_ceremony_changelist") + "?state=all")
    states = [row.state for row in every.context["cl"].result_list]
    assert states == ["signed off", "halted", "requested"]


def test_a_frozen_file_is_saved_and_never_shown(all_rights, viewer):
    ceremony, other = scenes.scene(), scenes.scene(step_facts={"files": ()})
    digest = scenes.frozen("x").digest
    client = logged_in(all_rights)
    url = reverse("admin:ceremony_ceremony_file", args=[ceremony.pk, digest])
    answer = client.get(url)
    assert answer.content.decode() == scenes.SQL
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == f'attachment; filename="{digest[7:15]}.sql"'
    assert client.post(url).status_code == 405
    elsewhere = reverse("admin:ceremony_ceremony_file", args=[other.pk, digest])
    assert client.get(elsewhere).status_code == 404
    assert logged_in(person("clerk", *VERBS)).get(url).status_code == 403


def test_a_form_carries_fingerprint_round_and_what_was_recorded(everything, all_rights):
    ceremony = Ceremony.objects.first()
    held = carried(opened(logged_in(all_rights), everything["ceremony_ceremony_sign"]))
    assert (held["fingerprint"], held["round"]) == (ceremony.fingerprint, "1")
