"""What every address costs: as many queries over thousands of rows as over a few, and at most 15.

Asked of the URL list, so that no page is forgotten.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.models import Attempt, AuditEvent, CheckRecord
from tests.django import factories
from tests.django.addresses import addresses
from tests.django.crowd import crowd
from tests.django.everything import VERBS, browser, everything

pytestmark = pytest.mark.django_db

MOST = 15
LARGEST = 400_000
"""Bytes of one page. What is saved as a file is as long as its list."""

DOCUMENTS = {"/report/": 40}
"""A report is gathered from all tables of a ceremony: a fixed number of its own."""

ALL = addresses()


def cost(client, url):
    """How many queries the address takes, and how many bytes it answers."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
        size = len(answer.getvalue())
    return len(queries), size


def allowed(at):
    """How many queries an address may take."""
    return next((most for end, most in DOCUMENTS.items() if at.endswith(end)), MOST)


def urls():
    """Every address of ours with the rows there are, and the pages of Django's that list ours."""
    found = {one.route: one.url() for one in ALL}
    return {
        **found,
        "index": reverse("admin:index"),
        "app": reverse("admin:app_list", args=["ceremony"]),
    }


def narrowed():
    """Lists under filters and searches."""
    for one in ALL:
        if one.name.endswith("_changelist"):
            yield from (f"{one.url()}?{asked}" for asked in ("q=shop", "p=2", "target=db01", "o=1"))
    trail = reverse("admin:ceremony_auditevent_changelist")
    for asked in (
        "action=signed",
        "series=shop",
        "ceremony=1",
        "recorded_at__year=2026",
        "recorded_at__year=2026&recorded_at__month=11",
        "q=lena",
        "_facets=True",
    ):
        yield f"{trail}?{asked}"


def test_every_address_takes_a_bounded_number_of_queries():
    crowd(events=2_500, attempts=1_500, ceremonies=26)
    everything("shop")
    client = browser("all", None, *VERBS)
    costs = {route: cost(client, url) for route, url in urls().items()}
    costs |= {url: cost(client, url) for url in narrowed()}
    assert {at: many for at, (many, _) in costs.items() if many > allowed(at)} == {}
    pages = {at: size for at, (_, size) in costs.items() if "/export/" not in at}
    assert {at: size for at, size in pages.items() if size > LARGEST} == {}


def test_no_page_costs_more_where_there_are_more_rows():
    made = everything("shop")
    client = browser("all", None, *VERBS)
    asked = urls()
    before = {route: cost(client, url)[0] for route, url in asked.items()}
    crowd(events=2_000, attempts=1_000, ceremonies=26)
    run = made.run
    Attempt.objects.bulk_create(factories.AttemptFactory.build_batch(300, run=run))
    checks = factories.CheckRecordFactory.build_batch(300, attempt=None, run=run)
    CheckRecord.objects.bulk_create(checks)
    after = {route: cost(client, url)[0] for route, url in asked.items()}
    more = {route: (before[route], now) for route, now in after.items() if now > before[route] + 1}
    assert more == {}
    assert AuditEvent.objects.count() > 2_000
