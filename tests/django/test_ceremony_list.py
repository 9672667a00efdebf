"""The list of ceremonies and the index of the app: what awaits you, whom each waits for, filters
with counts, the search, and what it all costs.
"""

import re
from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony import conf
from ceremony.actions.sign import sign
from ceremony.core.manifest import FrozenFile
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.errors import UsageError
from ceremony.models import StoredManifest
from tests.django import factories, scenes
from tests.django.ceremonies import move, person
from tests.django.manifests import under
from tests.django.signing import asking

pytestmark = pytest.mark.django_db

LIST = reverse("admin:ceremony_ceremony_changelist")
INDEX = reverse("admin:app_list", args=["ceremony"])
MOST_QUERIES = 15
LOOSE = replace(PROTECTED, separate=frozenset(), preflight=False)


def browser(name, *verbs, view="view_", **fields):
    """A person who may view ours, logged in."""
    user = person(name, *verbs, **fields)
    seen = Permission.objects.filter(content_type__app_label="ceremony", codename__startswith=view)
    user.user_permissions.add(*seen)
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def text(html):
    """What a person reads: tags away, blanks as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace(" ,", ",").replace(" :", ":")


def read(client, url=LIST):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def panel(html):
    found = re.search(r'<section class="cer-awaiting".*?</section>', html, re.DOTALL)
    return found[0] if found else ""


def listed(client, query=""):
    return [row.pk for row in client.get(LIST + query).context["cl"].result_list]


def rows(html):
    """Each row of the table as it reads."""
    body = html.partition('id="result_list"')[2].partition("</table>")[0].partition("<tbody>")[2]
    return [text(row) for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]


def choices(html, title):
    """The choices of a filter as they read."""
    found = re.search(rf"<summary>{title}: .*?</details>", html, re.DOTALL)
    return [text(one) for one in re.findall(r"<li>(.*?)</li>", found[0], re.DOTALL)]


def test_what_awaits_a_person_has_one_button_each():
    made = scenes.scene(title="Orders get an email", target=factories.TargetFactory(alias="db1"))
    html = panel(read(browser("ada", "sign")))
    sign_page = reverse("admin:ceremony_ceremony_sign", args=[made.pk])
    page = reverse("admin:ceremony_ceremony_change", args=[made.pk])
    assert text(html) == (
        f"Awaiting you (1) #{made.pk} Orders get an email ◑ requested production · db1 · lena, "
        f"just now Review and sign: #{made.pk} Orders get an email"
    )
    assert f'<a class="cer-button" href="{sign_page}">Review and sign<' in html
    assert f'<a href="{page}">#{made.pk} Orders get an email</a>' in html


@pytest.mark.parametrize(
    ("state", "verbs", "name", "button", "page"),
    [
        (State.REQUESTED, ["sign"], "ada", "Review and sign", "sign"),
        (State.AWAITING_SIGN_OFF, ["sign"], "ada", "Look and accept", "accept"),
        (State.CHANGES_REQUESTED, ["request"], "lena", "Open", "change"),
    ],
)
def test_each_kind_of_turn_leads_to_its_page(state, verbs, name, button, page):
    made = scenes.scene(state=state)
    html = panel(read(browser(name, *verbs)))
    url = reverse(f"admin:ceremony_ceremony_{page}", args=[made.pk])
    assert f'<a class="cer-button" href="{url}">{button}<' in html


def test_a_halt_leads_to_the_page_of_its_target_for_who_may_view_targets():
    made = scenes.scene(state=State.HALTED)
    scenes.halted(made)
    url = reverse("admin:ceremony_target_halt", args=[made.target_id])
    assert f'href="{url}">Go on with the halt<' in panel(read(browser("eve", "halt")))
    narrow = browser("ida", "halt", view="view_ceremony")
    page = reverse("admin:ceremony_ceremony_change", args=[made.pk])
    assert f'<a class="cer-button" href="{page}">Open<' in panel(read(narrow))


def test_a_halt_without_a_ceremony_stands_there_too():
    made = scenes.scene(state=State.SIGNED_OFF, target=factories.TargetFactory(alias="db1"))
    scenes.halted(made)
    told = text(panel(read(browser("eve", "halt"))))
    assert told.startswith("Awaiting you (1) Target db1 ✕ halted local · lena, ")
    assert told.endswith(" Go on with the halt: Target db1")
    narrow = text(panel(read(browser("ida", "halt", view="view_ceremony"))))
    assert narrow == "Awaiting you (0) Nothing waits for you."


def test_who_may_do_nothing_has_no_panel():
    scenes.scene()
    assert panel(read(browser("auditor"))) == ""


def test_who_could_act_is_told_that_nothing_waits():
    assert text(panel(read(browser("ada", "sign")))) == "Awaiting you (0) Nothing waits for you."


def test_more_than_five_are_folded_and_many_are_counted_only():
    for _ in range(27):
        scenes.scene()
    html = panel(read(browser("ada", "sign")))
    assert text(html).startswith("Awaiting you (27) ")
    above, _, folded = html.partition("<summary>20 others</summary>")
    assert (above.count("Review and sign"), folded.count("Review and sign")) == (5, 20)
    assert text(html).endswith(" 2 more stand in the list of ceremonies.")


def test_who_is_in_two_groups_that_are_asked_is_asked_once():
    scenes.scene(replace(PROTECTED, approvals=(Quorum("dba", 1), Quorum("team", 1))))
    html = panel(read(browser("ada", "sign", groups=("dba", "team"))))
    assert text(html).startswith("Awaiting you (1) ")


def test_a_search_keeps_the_filters():
    scenes.scene()
    html = read(browser("reader"), f"{LIST}?risk=low&q=%3Cb%3E&p=1")
    assert '<input type="hidden" name="risk" value="low">' in html
    assert 'name="q" value="&lt;b&gt;"' in html
    assert 'name="p"' not in html


def test_the_index_of_the_app_has_the_same_panel_and_the_matrices():
    made = scenes.scene()
    factories.MigrationRecordFactory(series="gone")
    ada = browser("ada", "sign")
    assert panel(read(ada, INDEX)) == panel(read(ada))
    html = read(ada, INDEX)
    assert "Each migration on each target:" in text(html)
    matrix = reverse("admin:ceremony_migrationrecord_matrix", args=["gone"])
    assert f'<a href="{matrix}">gone</a>' in html
    assert 'href="/static/ceremony/list.css"' in html
    narrow = browser("ida", "sign", view="view_run")
    assert (panel(read(narrow, INDEX)), f"#{made.pk}" in read(narrow, INDEX)) == ("", False)
    assert "Each migration" not in read(narrow, INDEX)


def test_another_page_of_a_project_can_show_the_panel(settings, tmp_path):
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "index.html").write_text(
        '{% extends "admin/index.html" %}{% load ceremony_awaiting %}'
        "{% block content %}{% awaiting_you %}{{ block.super }}{% endblock %}"
    )
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    scenes.scene()
    html = read(browser("ada", "sign"), reverse("admin:index"))
    assert text(panel(html)).startswith("Awaiting you (1) ")


def test_a_row_says_where_how_and_whom_it_waits_for():
    policy = replace(PROTECTED, approvals=(Quorum("dba", 2), Quorum("team", 1)))
    target = factories.TargetFactory(alias="db1")
    made = scenes.scene(policy, title="Orders", risk="high", target=target)
    sign(asking(made, typed=made.fingerprint[10:18]), person("ada", "sign", groups=("dba",)))
    assert rows(read(browser("reader"))) == [
        f"#{made.pk} Orders production · high risk · shop ◑ requested dba (1 of 2) team (0 of 1) "
        "db1 just now"
    ]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State.CHANGES_REQUESTED, "↩ changes requested lena, for a new round"),
        (State.RUNNING, "▶ running –"),
        (State.AWAITING_SIGN_OFF, "◑ awaiting sign-off acceptance: any signer (0 of 1)"),
        (State.CANCELLED, "⊘ cancelled –"),
    ],
)
def test_each_state_says_what_it_waits_for(state, told):
    scenes.scene(state=state)
    (row,) = rows(read(browser("reader"), f"{LIST}?state=all"))
    assert f" shop {told} " in row


def test_what_ran_without_an_approval_says_so_for_ever():
    made = scenes.scene()
    for act in (Act.OVERRIDE, Act.FINISH, Act.VERIFY, Act.SIGN_OFF):
        move(made, act)
    (row,) = rows(read(browser("reader"), f"{LIST}?state=all"))
    assert "✓ signed off ⚠ ran without approval review: any signer (0 of 2)" in row


def test_an_approval_that_is_stale_is_marked_and_waits_for_the_author(
    settings, series_folder, target_alias
):
    target_alias("shop")
    root = series_folder("shop", {"0001_orders.sql": "SELECT 'another';\n"})
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": root}
    scenes.scene(target=factories.TargetFactory(alias="shop"))
    (row,) = rows(read(browser("reader")))
    assert "◑ requested ⚠ approval stale lena, for a new round" in row


def test_a_damaged_record_is_marked_and_the_list_stands():
    made = scenes.scene()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ceremony_storedmanifest DISABLE TRIGGER USER")
        StoredManifest.objects.filter(ceremony=made).update(document="{}")
        cursor.execute("ALTER TABLE ceremony_storedmanifest ENABLE TRIGGER USER")
    (row,) = rows(read(browser("ada", "sign")))
    assert "◑ requested ✕ record damaged –" in row


@pytest.fixture
def many():
    """Ceremonies of two environments, three risks and two targets, one of them ended."""
    first = factories.TargetFactory(alias="db1", environment="production")
    second = factories.TargetFactory(alias="db2", environment="staging")
    return {
        "a": scenes.scene(target=first, risk="high").pk,
        "b": scenes.scene(target=first, risk="low").pk,
        "c": scenes.scene(target=second, environment="staging", risk="").pk,
        "d": scenes.scene(state=State.CANCELLED, target=first, risk="high").pk,
    }


def test_the_open_ones_are_listed_and_all_are_one_click_away(many):
    client = browser("reader")
    assert listed(client) == [many[one] for one in "cba"]
    html = read(client)
    assert choices(html, "state") == ["open (3)", "all (4)", "requested (3)", "cancelled (1)"]
    assert 'href="?state=all"' in html
    assert listed(client, "?state=all") == [many[one] for one in "dcba"]
    assert listed(client, "?state=cancelled") == [many["d"]]
    assert "<summary>state: <strong>open</strong></summary>" in html


def test_filters_count_what_the_others_leave(many):
    client = browser("reader")
    html = read(client)
    assert choices(html, "environment") == ["all (3)", "production (2)", "staging (1)"]
    assert choices(html, "risk") == ["all (3)", "high (1)", "low (1)", "not stated (1)"]
    assert choices(html, "target") == ["all (3)", "db1 (2)", "db2 (1)"]
    html = read(client, f"{LIST}?risk=high&state=all")
    assert choices(html, "environment") == ["all (2)", "production (2)"]
    assert choices(html, "state") == ["open (1)", "all (2)", "requested (1)", "cancelled (1)"]
    assert "<summary>risk: <strong>high</strong></summary>" in html
    assert listed(client, "?risk=high&state=all") == [many["d"], many["a"]]
    assert listed(client, "?risk=not+stated") == [many["c"]]
    assert listed(client, "?environment=staging&target=db2") == [many["c"]]


def test_every_choice_lists_as_many_as_it_says(many):
    client = browser("reader")
    for start in ("", "?state=all", "?risk=high", "?environment=production&state=all"):
        for one in client.get(LIST + start).context["cl"].filters:
            for choice in one["choices"]:
                found = listed(client, choice["query_string"])
                assert len(found) == choice["count"], (start, one["title"], choice)


def test_a_value_that_nothing_has_is_shown_as_chosen(many):
    html = read(browser("reader"), f"{LIST}?environment=%3Cb%3Emoon")
    assert "<summary>environment: <strong>&lt;b&gt;moon</strong></summary>" in html
    assert 'Nothing matches. <a href="?">Clear filters.</a>' in html


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("emails", True),
        ("EMAILS to", True),
        ("shop", True),
        ("len", True),
        ("0001_orders", True),
        ("ORDERS", True),
        ("0001", True),
        ("orders lena", True),
        ("orders nobody", False),
        ("0000_before", False),
        ("production", False),
        ("protected", False),
        ("or.ers", False),
        ('"path"', False),
        ("%", False),
        ("\\", False),
        ("(", False),
    ],
)
def test_the_search_finds_titles_migrations_series_and_people(asked, found):
    made = scenes.scene(
        title="Add emails to everything",
        step_facts={"name": "orders"},
    )
    assert listed(browser("reader"), f"?q={asked.replace('%', '%25')}") == (
        [made.pk] if found else []
    )


def test_the_search_finds_numbers_and_fingerprints_of_ended_ones_too():
    other, made = scenes.scene(), scenes.scene(state=State.CANCELLED)
    client = browser("reader")
    digits = made.fingerprint.partition(":")[2]
    for asked in (f"%23{made.pk}", made.fingerprint, digits[:8], digits[:8].upper()):
        assert made.pk in listed(client, f"?q={asked}"), asked
    assert other.pk not in listed(client, f"?q={digits[:12]}")
    assert listed(client, f"?q={'9' * 30}") == []
    assert choices(read(client, f"{LIST}?q={digits[:12]}"), "state") == [
        "open (0)",
        "all (1)",
        "cancelled (1)",
    ]


def test_checks_of_earlier_migrations_are_no_names_of_its_steps():
    before = FrozenFile("shop/0000_before.verify.sql", factories.digest("d"))
    made = under(of={"checks": (before,)})
    client = browser("reader")
    assert listed(client, "?q=0000_before") == []
    assert listed(client, "?q=0001_orders") == [made.pk]


def test_empty_lists_say_what_to_do():
    client = browser("reader")
    assert (
        "No ceremonies yet. Put a file into <code>migrations_sql/</code> and run "
        "<code>manage.py request_sql</code>." in read(client)
    )
    scenes.scene(state=State.CANCELLED)
    told = text(read(client))
    assert "Nothing is open. Show the one that has ended." in told
    scenes.scene(state=State.CANCELLED)
    html = read(client)
    assert 'Nothing is open. <a href="?state=all">Show all 2.</a>' in html
    assert "Nothing matches." in read(client, f"{LIST}?q=nothing")


def test_an_empty_list_links_to_the_guide_that_settings_name(settings):
    assert "How to begin" not in read(browser("reader"))
    settings.CEREMONY = {**settings.CEREMONY, "GUIDE": "https://shop.example/migrations"}
    guide = '<a href="https://shop.example/migrations">How to begin</a>'
    assert guide in read(browser("ben"))
    scenes.scene(state=State.CANCELLED)
    assert guide not in read(browser("eve"))


@pytest.mark.parametrize("guide", ["javascript:alert(1)", 7, None])
def test_a_guide_is_an_address(settings, guide):
    settings.CEREMONY = {**settings.CEREMONY, "GUIDE": guide}
    with pytest.raises(UsageError) as refused:
        conf.load()
    assert (refused.value.code, refused.value.happened) == (
        "settings-invalid",
        f"CEREMONY['GUIDE'] is {guide!r}.",
    )


def test_the_tools_are_for_those_who_have_the_right():
    plain, asks = read(browser("reader")), read(browser("lena", "request"))
    assert ("Request a ceremony" in plain, "Request a ceremony" in asks) == (False, True)
    assert ">Audit trail</a></li>" in asks
    assert ">Audit trail</a></li>" not in read(browser("ida", view="view_ceremony"))


def test_hostile_words_are_escaped_in_panel_rows_and_filters():
    target = factories.TargetFactory(alias=scenes.EVIL)
    policy = replace(PROTECTED, approvals=(Quorum(scenes.EVIL, 1),))
    scenes.scene(policy, target=target, environment=scenes.EVIL, requester=scenes.EVIL)
    ada = browser("ada", "sign", groups=(scenes.EVIL,))
    for url in (LIST, INDEX):
        html = read(ada, url)
        assert panel(html).count(scenes.SHOWN) >= 4, url
        assert "<script>alert" not in html
        assert "\u202e" not in html
    assert f"{scenes.SHOWN} (0 of 1)" in read(ada)


@pytest.mark.parametrize("url", [LIST, f"{LIST}?state=all", f"{LIST}?q=orders", INDEX])
def test_much_costs_what_little_costs(url):
    client = browser("ada", "sign", "request", "halt", "run")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            read(client, url)
        return len(queries)

    for state in (State.REQUESTED, State.HALTED, State.SIGNED_OFF):
        scenes.scene(state=state)
    cost()
    few = cost()
    for state in (State.REQUESTED, State.APPROVED, State.HALTED, State.AWAITING_SIGN_OFF):
        for _ in range(5):
            made = scenes.scene(LOOSE, state)
            scenes.item(made)
            scenes.run(made)
            if state is State.HALTED:
                scenes.halted(made)
    assert cost() == few <= MOST_QUERIES
