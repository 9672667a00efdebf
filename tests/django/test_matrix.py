"""The matrix of a series: its page, its file, and what they cost."""

import csv
import io
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.core.digests import bytes_digest
from ceremony.core.sql import parse_script
from tests.django import factories

pytestmark = pytest.mark.django_db

ONE = "-- Purpose: orders\nCREATE TABLE orders (id int);\n"
TWO = "-- Purpose: an email\nALTER TABLE orders ADD COLUMN email text;\n"
MOST_QUERIES = 15
EVIL = "<b>evil</b>\u202e"
SHOWN = "&lt;b&gt;evil&lt;/b&gt;[U+202E]"


@pytest.fixture
def reader(client):
    user = User.objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_migrationrecord"))
    client.force_login(user)
    return user


@pytest.fixture
def shop(series_folder, settings):
    root = series_folder("shop", {"0001_orders.sql": ONE, "0002_email.sql": TWO})
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": root}
    return root


def address(series="shop", **asked):
    url = reverse("admin:ceremony_migrationrecord_matrix", args=[series])
    return url + "".join(f"{'&' if n else '?'}{k}={v}" for n, (k, v) in enumerate(asked.items()))


def page(client, **asked):
    return client.get(address(**asked)).content.decode()


def text(html):
    """What a person reads: tags away, blanks as one."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def digests(sql):
    script, _ = parse_script("x.sql", sql, sql.encode(), transactional=True)
    return {"bytes_digest": bytes_digest(sql.encode()), "meaning_digest": script.meaning_digest}


def record(target, version, sql=ONE, **fields):
    return factories.MigrationRecordFactory(
        target=target, version=version, **{"name": "orders", **digests(sql), **fields}
    )


def cells(html, label):
    """The words in the row of a migration."""
    (row,) = re.findall(rf"<tr>\s*<th scope=\"row\">[^\n]*{label}.*?</tr>", html, re.DOTALL)
    return re.findall(r"</span> ([a-z ]+)</span>", row)


def test_every_migration_stands_on_every_target(client, reader, shop):
    first = factories.TargetFactory(alias="a1", environment="production")
    second = factories.TargetFactory(alias="b2", environment="staging")
    record(first, "0001")
    record(first, "0002", ONE, name="email")
    reworded = record(second, "0001", ONE.replace("orders\n", "all orders\n", 1))
    record(second, "0003", name="gone")
    html = page(client)
    assert cells(html, "0001_orders") == ["same", "reworded"]
    assert cells(html, "0002_email") == ["changed", "pending"]
    assert cells(html, "0003_gone") == ["not there", "missing"]
    url = reverse("admin:ceremony_migrationrecord_change", args=[reworded.pk])
    assert f'<a href="{url}"><span class="cer-mark cer-idle">' in html
    assert ": 0001_orders on b2</span></a>" in html
    assert "a1 production 1 ≠ changed 1 ✓ same b2 staging" in text(html)
    assert client.get(url).status_code == 200


def test_the_newest_comes_first_unless_need_is_asked_for(client, reader, shop):
    target = factories.TargetFactory(alias="a1")
    record(target, "0001", TWO)
    record(target, "0002", TWO, name="email")

    def order(**asked):
        return re.findall(r'<span class="cer-title">(\w+)</span>', page(client, **asked))

    assert order() == ["0002_email", "0001_orders"]
    assert order(order="oldest") == ["0001_orders", "0002_email"]
    assert order(order="need") == ["0001_orders", "0002_email"]
    assert order(order="nonsense") == ["0002_email", "0001_orders"]


def test_what_is_cut_is_said_and_reached(client, reader, series_folder, settings):
    files = {f"{n:04d}_t.sql": f"CREATE TABLE t{n} (id int);\n" for n in range(1, 206)}
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": series_folder("many", files)}
    for number in range(13):
        target = factories.TargetFactory(alias=f"t{number:02d}")
        record(target, "0001", series="many", name="t")
    html = client.get(address("many")).content.decode()
    assert "Migrations 1 to 200 of 205" in text(html)
    assert "t11" in text(html)
    assert "t12" not in text(html)
    assert 'href="?order=newest&amp;row=200"' in html
    assert 'href="?order=newest&amp;from=12"' in html
    rest = client.get(address("many", row=200, **{"from": 12})).content.decode()
    assert "Migrations 201 to 205 of 205" in text(rest)
    assert "t12" in text(rest)
    assert "t11" not in text(rest)


def test_a_series_without_a_folder_is_compared_with_nothing(client, reader, shop):
    record(factories.TargetFactory(alias="a1"), "0001", series="gone")
    html = page(client, series="gone")
    assert (
        "The folder of this series is not there: nothing can be compared with its files."
        in text(html)
    )
    assert cells(html, "0001_orders") == ["missing"]


def test_a_series_without_targets_says_so(client, reader, shop):
    assert "No target has a record of this series yet." in text(page(client))


@pytest.mark.parametrize("series", ["nobody", "../shop", "shop/.."])
def test_a_series_that_nobody_knows_is_not_found(client, reader, shop, series):
    assert client.get(address(series)).status_code == 404


@pytest.mark.parametrize(
    "asked", [{"row": "x"}, {"row": "-1"}, {"row": "9" * 30}, {"from": "²"}, {"from": "9000"}]
)
def test_odd_numbers_in_the_address_do_no_harm(client, reader, shop, asked):
    record(factories.TargetFactory(alias="a1"), "0001")
    assert client.get(address(**asked)).status_code == 200


def test_who_may_not_view_records_sees_no_matrix(client, reader, shop):
    reader.user_permissions.clear()
    assert client.get(address()).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="view_ceremony"))
    assert client.get(address()).status_code == 403
    assert client.post(address()).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="view_migrationrecord"))
    assert client.post(address()).status_code == 405


def test_the_list_leads_to_the_matrix_of_each_series(client, reader, shop):
    record(factories.TargetFactory(alias="a1"), "0001", series="gone")
    html = client.get(reverse("admin:ceremony_migrationrecord_changelist")).content.decode()
    assert "Each migration on each target: gone shop" in text(html)
    for series in ("gone", "shop"):
        assert f'<a href="{address(series)}">{series}</a>' in html


def test_hostile_names_are_escaped_and_made_visible(client, reader, shop):
    target = factories.TargetFactory(alias=EVIL, environment=EVIL)
    record(target, "0001", series=EVIL, name=EVIL)
    html = page(client, series=EVIL)
    assert html.count(SHOWN) > 4
    assert EVIL not in html
    assert "\u202e" not in html


def test_a_full_matrix_costs_as_much_as_an_empty_one(client, reader, shop):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address()).status_code == 200
        return len(queries)

    cost()
    record(factories.TargetFactory(), "0001")
    few = cost()
    for number in range(8):
        target = factories.TargetFactory()
        for version in range(1, 40):
            record(target, f"{version:04d}", name=f"t{number}")
    assert cost() == few <= MOST_QUERIES


def saved(client, **asked):
    response = client.get(address(format="csv", **asked))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="matrix.csv"'
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_the_file_has_every_cell(client, reader, shop):
    record(factories.TargetFactory(alias="a1", environment="production"), "0001")
    record(factories.TargetFactory(alias="b2"), "0002", name="email")
    rows = saved(client)
    assert [(row["target"], row["migration"], row["state"]) for row in rows] == [
        ("b2", "0001_orders", "pending"),
        ("b2", "0002_email", "changed"),
        ("a1", "0001_orders", "same"),
        ("a1", "0002_email", "pending"),
    ]
    assert rows[2]["recorded bytes"] == rows[2]["file bytes"] == digests(ONE)["bytes_digest"]
    assert rows[2]["by"] == "lena"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_spreadsheet_takes_a_name_for_a_formula(client, reader, shop, start):
    record(factories.TargetFactory(alias=f"{start}cmd|' /C calc'!A0"), "0001")
    assert {row["target"] for row in saved(client)} == {f"'{start}cmd|' /C calc'!A0"}
