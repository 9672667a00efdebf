"""Pictures on pages: the lanes of a plan, and timelines over their rehearsals."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.admin.pictures import works
from ceremony.admin.pictures.lanes import MOST_ROWS, lanes_of
from tests.django import factories, scenes
from tests.django.evidence_samples import statement
from tests.django.scenes import EVIL, SHOWN

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15


@pytest.fixture
def reader(client):
    user = User.objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="ceremony"))
    client.force_login(user)
    return user


@pytest.fixture
def page(client, reader):
    """Call with a name of an address and its arguments: the page on one line."""

    def read(name, *arguments):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(f"admin:ceremony_{name}", args=arguments))
        assert answer.status_code == 200
        assert len(queries) <= MOST_QUERIES
        return " ".join(answer.content.decode().split())

    return read


@pytest.fixture
def files(settings, tmp_path):
    """Call with stems and texts: the series ``shop`` on the disk."""
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": tmp_path}
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "series.toml").write_text('title = "Shop"\nnumbering = "sequence"\n')

    def write(texts):
        for stem, text in texts.items():
            (folder / f"{stem}.sql").write_text(text)

    return write


DIAMOND = {
    "0001_orders": "SELECT 1;",
    "0002_lines": "-- Depends: 0001_orders\nSELECT 1;",
    "0003_mail": "-- Depends: 0001_orders\n-- Depends: other:0007\nSELECT 1;",
    "0004_last": "-- Depends: 0002_lines\n-- Depends: 0003_mail\nSELECT 1;",
}


def rows_of(page):
    """The rows of the table with lanes: name, status, what it needs."""
    body = re.search(r'cer-lanes">.*?<tbody>(.*?)</tbody>', page)[1]
    found = []
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", re.sub(r"<svg.*</svg>", "", row))
        found.append([re.sub(r"(<[^>]+>| )+", " ", cell).strip() for cell in cells[1:]])
    return found


def strokes_of(page):
    """The number of lines in each row's strip."""
    strips = re.findall(r'<svg class="cer-strip-picture".*?</svg></svg>', page)
    return [strip.count("<line") for strip in strips]


def test_the_plan_shows_every_migration_with_its_state_and_what_it_needs(page, files):
    files(DIAMOND)
    target = factories.TargetFactory(alias="db1", environment="staging")
    factories.MigrationRecordFactory(target=target, version="0001", name="orders")
    factories.MigrationRecordFactory(target=target, version="0009", name="gone")
    run = factories.RunFactory(target=target)
    failed = factories.AttemptFactory(run=run, version="0002")
    factories.OutcomeFactory(attempt=failed, state="failed")
    factories.AttemptFactory(run=run, version="0003")

    shown = page("target_plan", target.pk, "shop")

    assert "<title>Plan of shop on db1 |" in shown
    assert rows_of(shown) == [
        ["0001_orders", "✓ applied", "–"],
        ["0002_lines", "✕ failed", "0001_orders"],
        ["0003_mail", "▶ open", "0001_orders other:0007"],
        ["0004_last", "○ pending", "0002_lines 0003_mail"],
        ["0009_gone", "· missing", "–"],
    ]
    assert strokes_of(shown) == [2, 3, 3, 3, 1]
    assert shown.count("cer-dot-full") == shown.count("cer-dot-ring") == 1
    assert shown.count("cer-dot-square") == 2
    assert 'class="cer-strip-picture" aria-hidden="true"' in shown


def test_without_files_the_records_alone_speak(page, settings, tmp_path):
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": tmp_path}
    record = factories.MigrationRecordFactory(version="0001")
    shown = page("target_plan", record.target_id, "shop")
    assert rows_of(shown) == [["0001_orders", "✓ applied", "–"]]
    assert "No file of this series can be read here: the records alone speak." in shown


def test_a_plan_of_nothing_is_not_found(client, reader, files):
    target = factories.TargetFactory()
    for series in ("nowhere", "../shop", "a\0b", EVIL, "x/y"):
        url = reverse("admin:ceremony_target_plan", args=[target.pk, series])
        assert client.get(url).status_code == 404, series
    assert client.get(reverse("admin:ceremony_target_plan", args=[9, "shop"])).status_code == 404


def test_the_plan_needs_the_right_to_see_records_as_well(client, reader, files):
    files(DIAMOND)
    url = reverse("admin:ceremony_target_plan", args=[factories.TargetFactory().pk, "shop"])
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 405
    for code in ("view_target", "view_migrationrecord"):
        reader.user_permissions.set(Permission.objects.filter(codename=code))
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403


def test_a_long_plan_costs_as_many_queries_and_is_cut(page, files):
    target = factories.TargetFactory()
    files({f"{number:04d}_step": "SELECT 1;" for number in range(1, MOST_ROWS + 6)})
    shown = page("target_plan", target.pk, "shop")
    assert len(rows_of(shown)) == MOST_ROWS
    assert "0 rows above and 5 below are not shown." in shown


def test_around_a_ceremony_ten_rows_on_both_sides_are_shown(files):
    files({f"{number:04d}_step": "SELECT 1;" for number in range(1, 41)})
    target = factories.TargetFactory()
    lanes = lanes_of(target, "shop", {"0020", "0021"})
    assert [row.version for row in lanes.rows] == [f"{n:04d}" for n in range(10, 32)]
    assert [row.version for row in lanes.rows if row.chosen] == ["0020", "0021"]
    assert (lanes.above, lanes.below, lanes.count) == (9, 9, 40)
    shown = render_to_string("ceremony/partials/lanes.html", {"lanes": lanes})
    assert "9 rows above and 9 below are not shown." in " ".join(shown.split())
    assert f'href="/admin/ceremony/target/{target.pk}/plan/shop/"' not in shown


def test_hostile_names_stay_text(page, settings, tmp_path):
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": tmp_path}
    record = factories.MigrationRecordFactory(series=EVIL, version=EVIL[:30], name=EVIL)
    shown = page("target_plan", record.target_id, EVIL)
    assert "<script>alert" not in shown
    assert "\u202e" not in shown
    assert SHOWN in shown


def of_ceremony(ceremony, rehearsals=()):
    kept = {name: list(rows) for name, rows in works.asked(ceremony).items()}
    return works.of_ceremony(manifest_of(newest_round(ceremony)), kept, rehearsals)


def test_the_timeline_of_a_ceremony_is_that_of_its_newest_run():
    ceremony = scenes.scene()
    for number in (1, 2):
        run = scenes.run(ceremony).run
        attempt = factories.AttemptFactory(run=run, version="0001")
        said = [statement(f"{EVIL} {number}"), {**statement(), "number": 2, "state": "not run"}]
        factories.OutcomeFactory(attempt=attempt, statements=said)
    found = of_ceremony(ceremony)
    assert [(row.work.label, row.work.seconds) for row in found.rows] == [
        (f"1 {EVIL} 2", 0.2),
        ("2 CREATE TABLE orders (id int)", None),
    ]
    shown = render_to_string("ceremony/partials/timeline.html", {"timeline": found})
    assert "<script>alert" not in shown
    assert SHOWN in shown
