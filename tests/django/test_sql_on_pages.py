"""SQL as people read it on pages, before they sign and after it ran."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from ceremony.actions.rounds import newest_round
from ceremony.admin.comparing import ComparedLine, ShownChange
from tests.django import scenes
from tests.django.ceremonies import person
from tests.django.test_shown_sql import SQL, stop

pytestmark = pytest.mark.usefixtures("control")


def reader(*views):
    """Somebody who may sign, and view ceremonies and these."""
    user = person("ada", "sign")
    names = [f"view_{one}" for one in ("ceremony", *views)]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def page(client, ceremony, name="change"):
    answer = client.get(reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def words(markup):
    """What a person reads, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


@pytest.mark.parametrize("name", ["change", "sign"])
def test_every_statement_stands_there_with_what_it_does(name):
    told = words(page(reader(), scenes.scene(sql=SQL), name))
    assert (
        "Nothing was measured in a rehearsal: the locks are those that the manual tells of. "
        "Statement 1 ACCESS EXCLUSIVE on orders, nobody reads or writes meanwhile "
        "waits at most 2 s, then fails without change "
        "-- Timeout: lock 2s ALTER TABLE orders ADD COLUMN email text ;" in told
    )
    assert (
        "Statement 2 SHARE on orders, nobody writes meanwhile "
        "waits at most 2 s, then fails without change "
        "-- for the search CREATE INDEX orders_email ON orders (email); "
        "⚠ warning lint-index-not-concurrent While the index orders_email on orders is built, "
        "every INSERT, UPDATE and DELETE on the table waits. Write CREATE INDEX CONCURRENTLY, in a "
        "file of its own with the header line -- Transaction: none" in told
    )
    assert "Statement 3 takes no lock on a table that was there SELECT 1 ;" in told


def test_a_warning_leads_to_the_page_that_says_why():
    told = page(reader(), scenes.scene(sql=SQL))
    link = re.search(r'<a href="([^"]*)" rel="noreferrer"><code>lint-index-not-concurrent', told)
    assert link[1] == (
        "https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"
    )


@pytest.mark.parametrize("views", [(), ("attempt",)])
def test_where_a_run_failed_stands_at_its_line(views):
    ceremony = scenes.scene(sql=SQL)
    attempt = stop(newest_round(ceremony), ceremony)
    told = page(reader(*views), ceremony)
    assert 'class="cer-line cer-line-failed" id="step-1-line-5" data-line="5"' in told
    assert "orders (email); ✕ failed here 55P03 canceling" in words(told)
    url = reverse("admin:ceremony_attempt_change", args=[attempt.pk])
    assert (f'<a href="{url}">The attempt</a>' in told) is bool(views)


def test_checks_and_ways_back_are_folded_where_one_reads_and_open_where_one_signs():
    ceremony, client = scenes.scene(sql=SQL), reader()
    folded = page(client, ceremony).partition('<article class="cer-step"')[2]
    signing = page(client, ceremony, "sign")
    assert '<details class="cer-check" open' not in folded
    assert signing.count("<details") == signing.count('<details class="cer-check" open')


def test_line_numbers_are_no_text():
    told = page(reader(), scenes.scene(sql="SELECT 1;\n\nSELECT 2;\n"))
    shown = re.findall(r'<pre class="cer-sql-lines">(.*?)</pre>', told, re.DOTALL)
    assert [words(one) for one in shown][:2] == ["SELECT 1 ;", "SELECT 2 ;"]
    assert 'data-line="3"' in shown[1]


def changed(**facts):
    lines = (
        ComparedLine("place", "@@ -1 +1 @@"),
        ComparedLine("removed", "-SELECT '<b>\u202e'"),
        ComparedLine("added", "+SELECT 2"),
    )
    given = {"path": "shop/0001_x.sql", "was": "sha256:a", "now": "sha256:b", "lines": lines}
    return ShownChange(**{**given, "added": 1, "removed": 1, "cut": 0, **facts})


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            {},
            "shop/0001_x.sql 1 line added, 1 removed @@ -1 +1 @@ -SELECT &#x27;&lt;b&gt;[U+202E]"
            "&#x27; +SELECT 2 was sha256:a , is sha256:b",
        ),
        (
            {"lines": (), "added": 0, "removed": 0},
            "shop/0001_x.sql 0 lines added, 0 removed No line differs: line ends do, or bytes that "
            "cannot be seen. was sha256:a , is sha256:b",
        ),
        (
            {"now": "", "lines": (), "added": 0, "removed": 0},
            "shop/0001_x.sql gone It is not there any more. was sha256:a , is –",
        ),
        (
            {"was": "", "cut": 3},
            "shop/0001_x.sql new, 1 line added, 1 removed @@ -1 +1 @@ -SELECT &#x27;&lt;b&gt;"
            "[U+202E]&#x27; +SELECT 2 3 more lines are not shown. was – , is sha256:b",
        ),
        (
            {"now": "", "cut": 1},
            "shop/0001_x.sql gone, 1 line added, 1 removed @@ -1 +1 @@ -SELECT &#x27;&lt;b&gt;"
            "[U+202E]&#x27; +SELECT 2 1 more line is not shown. was sha256:a , is –",
        ),
    ],
)
def test_a_difference_says_in_signs_and_words_what_its_colours_say(facts, told):
    made = render_to_string("ceremony/partials/compare.html", {"compared": [changed(**facts)]})
    assert words(made) == told
    assert '<ins class="cer-line cer-added">' in made or not changed(**facts).lines


def test_nothing_that_differs_is_said():
    assert words(render_to_string("ceremony/partials/compare.html", {"compared": ()})) == (
        "No file differs."
    )
