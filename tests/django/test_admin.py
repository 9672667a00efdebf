"""The admin: who may read it, that nobody can write in it, and what it costs."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.admin.read_only import LISTED, CappedPaginator
from ceremony.core.catalog import Snapshot
from ceremony.models import (
    Attempt,
    AuditEvent,
    CatalogSnapshot,
    CheckRecord,
    MigrationRecord,
    Rehearsal,
    Run,
    Target,
)
from ceremony.models.audit import Act, Action, append
from tests.django import factories
from tests.django.evidence_samples import finding, message, observed, problem, statement
from tests.django.factories import NOON
from tests.django.rehearsals import rehearsal

MODELS = [
    Target,
    MigrationRecord,
    Run,
    Attempt,
    AuditEvent,
    CatalogSnapshot,
    Rehearsal,
    CheckRecord,
]
PAGES = {"changelist": False, "add": False, "history": True, "delete": True, "change": True}
EVIL = "<script>alert('x')</script>\u202eevil\u0007"
SHOWN = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;[U+202E]evil[U+0007]"
#: Where a fixture fills one target with everything once, every page has something to show.
MOST_QUERIES = 15

pytestmark = pytest.mark.django_db


def name(model):
    return f"ceremony_{model._meta.model_name}"


def lists():
    return [reverse(f"admin:{name(model)}_changelist") for model in MODELS]


def pages():
    return [
        reverse(f"admin:{name(model)}_change", args=[row.pk])
        for model in MODELS
        for row in model.objects.all()
    ]


def everything():
    """Every address that Django gives each model, with the rows there are. Those of our own are
    asked in ``test_every_address``.
    """
    return [
        reverse(f"admin:{name(model)}_{page}", args=[model.objects.first().pk] if keyed else [])
        for model in MODELS
        for page, keyed in PAGES.items()
    ]


@pytest.fixture
def record():
    """One target with a run, attempts in every state, checks, a record and events."""
    target = factories.TargetFactory(alias="db1")
    run = factories.RunFactory(target=target)
    factories.RunOutcomeFactory(run=run, findings=[finding()], problem=problem())
    for number, state in enumerate(["done", "failed", "partly", "unknown", "not started"], 1):
        attempt = factories.AttemptFactory(run=run, number=number)
        factories.OutcomeFactory(
            attempt=attempt,
            state=state,
            problem=problem() if state != "done" else None,
            statements=[statement()],
            messages=[message()],
        )
        factories.CheckRecordFactory(attempt=attempt, result="FAIL", observed=observed())
    settled = factories.AttemptFactory(run=run, number=6)
    factories.OutcomeFactory(attempt=settled, state="unknown", problem=problem())
    factories.OutcomeFactory(
        attempt=settled,
        state="done",
        settled_by=run,
        explanation="It has its row.",
        started_at=None,
        finished_at=None,
        seconds=0,
    )
    factories.AttemptFactory(run=run, number=7)
    factories.CheckRecordFactory(attempt=None, run=run)
    factories.MigrationRecordFactory(target=target)
    factories.MigrationRecordFactory(target=target, state="rolled back", applied_at=None)
    snapshots(run, {"id": "integer"}, {"id": "bigint", "note": "text"})
    rehearsal()
    append([Act(Action.APPLIED, "lena", "db1", "shop", "0001_orders", {"n": 1})])
    return target


def snapshots(run, *catalogs, **facts):
    """A snapshot of the run's target for each of these columns of a table."""
    return [
        factories.CatalogSnapshotFactory(
            run=run,
            content=factories.CatalogContentFactory(catalog=factories.catalog(**columns)),
            **facts,
        )
        for columns in catalogs
    ]


@pytest.fixture
def staff(client):
    user = User.objects.create_user("staff", password="x", is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def reader(staff):
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="ceremony"))
    return staff


def test_only_viewing_can_be_permitted_and_the_acts_on_a_ceremony():
    codes = Permission.objects.filter(content_type__app_label="ceremony")
    names = set(codes.values_list("codename", flat=True))
    assert {name for name in names if not name.startswith("view_")} == {
        f"{act}_ceremony" for act in ("request", "sign", "run", "halt", "override")
    }


def test_anonymous_visitors_are_sent_to_the_login(client, record):
    for url in everything():
        response = client.get(url)
        assert response.status_code == 302, url
        assert response.url.startswith("/admin/login/"), url


def test_staff_without_permission_is_refused(client, staff, record):
    for url in everything():
        assert client.get(url).status_code == 403, url
        assert client.post(url).status_code == 403, url


def test_one_permission_opens_one_model(client, staff, record):
    staff.user_permissions.add(Permission.objects.get(codename="view_run"))
    run = Run.objects.get()
    for model in MODELS:
        expected = 200 if model is Run else 403
        assert client.get(reverse(f"admin:{name(model)}_changelist")).status_code == expected
    page = client.get(reverse("admin:ceremony_run_change", args=[run.pk])).content.decode()
    assert ">0001_orders</a>" not in page
    staff.user_permissions.add(Permission.objects.get(codename="view_attempt"))
    page = client.get(reverse("admin:ceremony_run_change", args=[run.pk])).content.decode()
    assert ">0001_orders</a>" in page


def test_readers_see_every_list_and_page(client, reader, record):
    for url in [*lists(), *pages()]:
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_writes_not_even_superusers(client, reader, record, superuser):
    reader.is_superuser = superuser
    reader.save()
    before = {model: list(model.objects.order_by("pk").values()) for model in MODELS}
    data = {"_save": "Save", "action": "delete_selected", "_selected_action": "1", "post": "yes"}
    for url in everything():
        assert client.post(url, data).status_code in {403, 405}, url
        if "/add/" in url or "/delete/" in url:
            assert client.get(url).status_code == 403, url
    for url in [*lists(), *pages()]:
        assert client.post(url, data).status_code == 405, url
        page = client.get(url).content.decode()
        assert "delete_selected" not in page
        assert 'name="_save"' not in page
    assert {model: list(model.objects.order_by("pk").values()) for model in MODELS} == before


def test_what_does_not_exist_is_not_found(client, reader):
    for model in MODELS:
        for key in ("7", "00000000-0000-0000-0000-000000000007", "9" * 30, "_22"):
            url = reverse(f"admin:{name(model)}_change", args=[key])
            assert client.get(url).status_code == 404, url


def test_every_page_costs_a_bounded_number_of_queries(client, reader, record):
    for url in [*lists(), *pages()]:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        assert len(queries) <= MOST_QUERIES, (url, len(queries))


def test_no_page_grows_with_its_table(client, reader, record):
    def cost():
        counts = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                size = len(client.get(url).content)
            counts.append((url, len(queries)))
            sizes[url] = size
        return counts

    sizes = {}
    run = Run.objects.get()
    urls = [
        *lists(),
        reverse("admin:ceremony_run_change", args=[run.pk]),
        reverse("admin:ceremony_target_change", args=[record.pk]),
    ]
    before = cost()
    Attempt.objects.bulk_create(factories.AttemptFactory.build_batch(300, run=run))
    Run.objects.bulk_create(factories.RunFactory.build_batch(300, target=record))
    append([Act(Action.APPLIED, "lena", "db1", "shop", "0001_orders") for _ in range(300)])
    assert cost() == before
    assert max(sizes.values()) < 150_000


def test_five_columns_in_every_list():
    for model in MODELS:
        assert len(admin.site._registry[model].list_display) == 5


def test_hostile_text_is_escaped_and_made_visible(client, reader):
    target = factories.TargetFactory(
        alias=EVIL,
        environment=EVIL,
        host=EVIL,
        database_name=EVIL,
        port="1",
    )
    run = factories.RunFactory(
        target=target,
        series=EVIL,
        actor=EVIL,
        host=EVIL,
        command_line=EVIL,
        git_commit=EVIL,
        tool_version=EVIL[:50],
        plan_digest=EVIL,
    )
    factories.RunOutcomeFactory(run=run, problem=problem(EVIL), findings=[finding(EVIL)])
    attempt = factories.AttemptFactory(
        run=run,
        series=EVIL,
        version="0001",
        name=EVIL,
        path=EVIL,
        variant=EVIL,
        bytes_digest=EVIL,
        checks_digest=EVIL,
    )
    factories.OutcomeFactory(
        attempt=attempt,
        state="failed",
        statements=[statement(EVIL)],
        messages=[message(EVIL)],
        problem=problem(EVIL),
        ledger_hash=EVIL,
    )
    factories.OutcomeFactory(attempt=attempt, state="unknown", settled_by=run, explanation=EVIL)
    for place in ({"attempt": attempt}, {"attempt": None, "run": run}):
        factories.CheckRecordFactory(
            **place,
            name=EVIL,
            path=EVIL,
            expectation=EVIL,
            explanation=EVIL,
            observed=observed(EVIL),
            series=EVIL,
        )
    factories.MigrationRecordFactory(
        target=target,
        series=EVIL,
        version="0001",
        name=EVIL,
        path=EVIL,
        applied_by=EVIL,
        bytes_digest=EVIL,
        last_attempt=attempt,
    )
    snapshots(run, {"id": "int"}, {EVIL: EVIL}, {EVIL: "int"}, reason="accepted", why=EVIL)
    rehearsal(EVIL)
    append([Act(Action.APPLIED, EVIL, EVIL, EVIL, EVIL, {"x": EVIL})])
    opening = reverse("admin:ceremony_auditevent_change", args=[1])
    for url in [*lists(), *pages()]:
        page = client.get(url).content.decode()
        assert "<script>alert" not in page, url
        assert "\u202e" not in page, url
        assert "\u0007" not in page, url
        assert SHOWN in page or url == opening, url


def test_no_page_of_ours_needs_inline_style_or_script(client, reader, record):
    for url in [*lists(), *pages()]:
        page = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=", page), url
        assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", page), url
        assert "/static/ceremony/admin.css" in page, url


def test_every_status_is_icon_and_word(client, reader, record):
    page = client.get(reverse("admin:ceremony_attempt_changelist")).content.decode()
    for icon, word in [
        ("✓", "done"),
        ("✕", "failed"),
        ("◐", "partly"),
        ("⚠", "unknown"),
        ("○", "not started"),
        ("▶", "no outcome yet"),
    ]:
        assert f'<span aria-hidden="true">{icon}</span> {word}</span>' in page


def test_an_attempt_shows_its_error_in_full(client, reader, record):
    failed = Attempt.objects.get(outcomes__state="failed")
    page = client.get(reverse("admin:ceremony_attempt_change", args=[failed.pk])).content.decode()
    assert '    It failed.\n    <strong class="cer-caret">^</strong>' in page
    for words in (
        "What happened",
        "State of the database",
        "Next",
        "23505",
        "line 3, column 5",
        "40 rows, 1 kept",
        "200 ms",
        "<em>NULL</em>",
        "set-up statement 2",
    ):
        assert words in page


def test_a_snapshot_shows_what_differs_from_the_one_before(client, reader, record):
    first, second = CatalogSnapshot.objects.order_by("pk")
    page = client.get(reverse("admin:ceremony_catalogsnapshot_change", args=[second.pk]))
    shown = page.content.decode()
    assert f"Differences from Snapshot {first.pk}" in shown
    assert "Column public.orders.note appeared." in shown
    assert "Column public.orders.id: type was integer, is now bigint." in shown
    assert second.content.digest in shown
    oldest = client.get(reverse("admin:ceremony_catalogsnapshot_change", args=[first.pk]))
    assert "It is the first snapshot of this target." in oldest.content.decode()


def test_snapshots_that_cannot_be_compared_say_why(client, reader, record):
    older = CatalogSnapshot.objects.latest("pk")
    other = factories.catalog(id="integer")
    content = factories.CatalogContentFactory(
        catalog=Snapshot("catalog-v0", other.server_major, other.objects)
    )
    newer = factories.CatalogSnapshotFactory(run=older.run, content=content)
    page = client.get(reverse("admin:ceremony_catalogsnapshot_change", args=[newer.pk]))
    told = "They were made by different algorithms: catalog-v1 and catalog-v0."
    assert told in page.content.decode()
    assert "None: the catalog is the same." not in page.content.decode()


def test_an_unchanged_catalog_is_said_to_be_the_same(client, reader, record):
    older = CatalogSnapshot.objects.latest("pk")
    newer = factories.CatalogSnapshotFactory(run=older.run, content=older.content)
    page = client.get(reverse("admin:ceremony_catalogsnapshot_change", args=[newer.pk]))
    assert "None: the catalog is the same." in page.content.decode()


def test_broken_checks_come_first_and_open(client, reader, record):
    attempt = Attempt.objects.get(outcomes__state="done", number=1)
    factories.CheckRecordFactory(attempt=attempt, name="passes", result="PASS")
    factories.CheckRecordFactory(attempt=attempt, name="waits", result="NOT RUN")
    factories.CheckRecordFactory(attempt=attempt, name="breaks", result="FAIL")
    page = client.get(reverse("admin:ceremony_attempt_change", args=[attempt.pk])).content.decode()
    found = re.findall(
        r'<details class="cer-check"( open)?>.*?</span> (\w[\w ]*)</h3>', page, re.DOTALL
    )
    assert found == [
        (" open", "one active order"),
        (" open", "breaks"),
        (" open", "waits"),
        ("", "passes"),
    ]


def test_an_attempt_says_what_it_left_behind(client, reader, record):
    said = {
        "done": "Committed, together with its row in the ledger.",
        "failed": "It failed.",
        None: "No outcome yet: it is running, or its run was killed. "
        "reconcile_sql asks the ledger.",
    }
    for state, sentence in said.items():
        attempt = Attempt.objects.filter(outcomes__state=state).order_by("number").first()
        url = reverse("admin:ceremony_attempt_change", args=[attempt.pk])
        assert f"<strong>Left behind:</strong> {sentence}</p>" in client.get(url).content.decode()


def test_a_settled_attempt_names_who_asked_the_ledger(client, reader, record):
    settled = Attempt.objects.get(outcomes__settled_by__isnull=False)
    page = client.get(reverse("admin:ceremony_attempt_change", args=[settled.pk])).content.decode()
    assert re.search(r"Settled from the ledger by <a [^>]+>run \d+</a>: It has its row\.", page)
    assert "Committed, together with its row in the ledger." in page
    assert "As the run saw it, before the ledger was asked." in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=failed", 1),
        ("state=open", 2),
        ("state=unknown", 2),
        ("target=db1", 7),
        ("target=nowhere", 0),
        ("series=shop", 7),
        ("q=0003", 1),
    ],
)
def test_attempts_can_be_filtered(client, reader, record, query, shown):
    response = client.get(reverse("admin:ceremony_attempt_changelist") + "?" + query)
    assert response.context["cl"].result_count == shown


@pytest.mark.parametrize(("query", "shown"), [("verdict=PASS", 1), ("verdict=open", 1)])
def test_runs_can_be_filtered(client, reader, record, query, shown):
    factories.RunFactory(target=record)
    response = client.get(reverse("admin:ceremony_run_changelist") + "?" + query)
    assert response.context["cl"].result_count == shown


def test_every_way_to_narrow_a_list_is_understood(client, reader, record):
    for url in [*lists(), f"{reverse('admin:ceremony_attempt_changelist')}?run__id__exact=1"]:
        told = client.get(url).content.decode()
        ways = {unescape(found) for found in re.findall(r'href="(\?[^"]+)"', told)}
        assert ways
        for way in ways:
            assert (client.get(url.partition("?")[0] + way).status_code, url, way) == (
                200,
                url,
                way,
            )


def test_filters_without_hits_offer_a_way_back(client, reader, record):
    page = client.get(reverse("admin:ceremony_run_changelist") + "?target=x").content.decode()
    assert 'Nothing matches. <a href="?">Clear filters.</a>' in page
    page = client.get(reverse("admin:ceremony_auditevent_changelist")).content.decode()
    assert "Nothing matches." not in page


def test_an_empty_list_says_so(client, reader):
    page = client.get(reverse("admin:ceremony_attempt_changelist")).content.decode()
    assert "Nothing is recorded yet." in page


def test_the_trail_shows_that_it_holds(client, reader, record):
    page = client.get(reverse("admin:ceremony_auditevent_changelist")).content.decode()
    assert page.count('cer-ok"><span aria-hidden="true">✓</span> ') == 3
    for event in AuditEvent.objects.all():
        url = reverse("admin:ceremony_auditevent_change", args=[event.pk])
        assert "The event follows from the one before it" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("change", "sequence", "sentence"),
    [
        (
            "UPDATE ceremony_auditevent SET actor = 'x' WHERE sequence = 2",
            2,
            "The columns differ from the payload.",
        ),
        (
            "UPDATE ceremony_auditevent SET payload = '{' WHERE sequence = 2",
            2,
            "The payload or the previous hash cannot be read.",
        ),
        ("DELETE FROM ceremony_auditevent WHERE sequence = 2", 3, "Event 2 is missing."),
        ("DELETE FROM ceremony_auditevent WHERE sequence = 3", 2, "Event 3 is missing."),
        (
            "UPDATE ceremony_auditevent SET hash = repeat('a', 64) WHERE sequence = 1",
            2,
            "It does not name the hash of event 1.",
        ),
    ],
)
def test_a_broken_chain_is_shown_where_it_breaks(
    client, reader, record, change, sequence, sentence
):
    append([Act(Action.RUN_CLOSED, "lena")])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        cursor.execute(change)
        cursor.execute("ALTER TABLE ceremony_auditevent ENABLE TRIGGER USER")
    page = client.get(reverse("admin:ceremony_auditevent_change", args=[sequence]))
    assert f"The chain is broken here. {sentence}" in page.content.decode()
    if change.startswith("UPDATE"):
        listed = client.get(reverse("admin:ceremony_auditevent_changelist")).content.decode()
        assert '<span aria-hidden="true">✕</span> broken' in listed


def test_times_are_relative_with_utc_beside(client, reader):
    target = factories.TargetFactory(last_seen_at=NOON - timedelta(days=1))
    page = client.get(reverse("admin:ceremony_target_change", args=[target.pk])).content.decode()
    assert '<time datetime="2026-02-28T12:00:00Z" title="2026-02-28 12:00:00 UTC">' in page


def test_lists_count_no_further_than_they_show():
    factories.TargetFactory.create_batch(3)
    with CaptureQueriesContext(connection) as queries:
        assert CappedPaginator(Target.objects.order_by("pk"), 50).count == 3
    assert f"LIMIT {LISTED}" in queries[0]["sql"]


def test_all_our_templates_are_found():
    for model in MODELS:
        assert get_template(f"admin/ceremony/{model._meta.model_name}/change_form.html")


def test_no_page_trusts_text():
    """Nothing is marked safe by hand, and escaping is never turned off."""
    for folder in ("ceremony", "templates"):
        for path in Path(settings.BASE_DIR, folder).rglob("*"):
            if path.suffix in {".py", ".html"}:
                found = re.search(
                    r"mark_safe|SafeString\(|\|\s*safe\b|safeseq|autoescape", path.read_text()
                )
                assert found is None, path


def test_a_snapshot_is_compared_with_the_newest_of_its_target(client, reader, record):
    first, second = CatalogSnapshot.objects.order_by("pk")
    page = reverse("admin:ceremony_catalogsnapshot_change", args=[first.pk])
    told = client.get(f"{page}?against=newest").content.decode()
    assert f"Differences from Snapshot {second.pk}" in told
    assert "Column public.orders.note appeared." in told
    newest = reverse("admin:ceremony_catalogsnapshot_change", args=[second.pk])
    told = client.get(f"{newest}?against=newest").content.decode()
    assert "It is the newest snapshot of this target." in told


def test_the_list_of_snapshots_says_whether_each_differs_from_the_one_before(
    client, reader, record
):
    newest = CatalogSnapshot.objects.latest("pk")
    factories.CatalogSnapshotFactory(run=newest.run, content=newest.content)
    told = client.get(reverse("admin:ceremony_catalogsnapshot_changelist")).content.decode()
    words = re.findall(
        r'field-fingerprint"><span class="cer-mark[^>]*><[^>]*>.</span> ([^<]+)', told
    )
    assert words == ["the same", "differs", "first"]
