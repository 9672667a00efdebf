"""Check results: which rows broke, and what the same check said before."""

import pytest
from django.urls import reverse

from ceremony.models import CheckRecord
from tests.django import factories
from tests.django.everything import browser
from tests.django.evidence_samples import observed

pytestmark = pytest.mark.django_db

LIST = reverse("admin:ceremony_checkrecord_changelist")


@pytest.fixture
def client():
    return browser("reader")


@pytest.fixture
def results():
    """The same check on one target three times, and another on another target."""
    target = factories.TargetFactory(alias="db1")
    runs = factories.RunFactory.create_batch(3, target=target)
    told = [
        factories.CheckRecordFactory(attempt=None, run=run, result=result, observed=seen)
        for run, result, seen in zip(
            runs, ("PASS", "FAIL", "NOT RUN"), ({}, observed("4711"), {}), strict=True
        )
    ]
    factories.CheckRecordFactory(name="another", result="NOT APPLICABLE")
    return told


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", 4),
        ("result=broken", 2),
        ("result=FAIL", 1),
        ("result=NOT+APPLICABLE", 1),
        ("target=db1", 3),
        ("severity__exact=block", 4),
        ("q=one", 3),
        ("q=0001", 4),
        ("q=nothing", 0),
    ],
)
def test_results_are_found(client, results, asked, shown):
    assert client.get(f"{LIST}?{asked}").context["cl"].result_count == shown


def test_the_rows_that_broke_a_check_stand_on_its_page(client, results):
    page = client.get(reverse("admin:ceremony_checkrecord_change", args=[results[1].pk]))
    told = page.content.decode()
    assert "40 rows, 1 kept" in " ".join(told.split())
    assert "<td>4711</td><td><em>NULL</em></td>" in told
    assert "none: it ran outside a migration" in told
    history = [one.result for one in page.context["history"]]
    assert history == ["NOT RUN", "FAIL", "PASS"]
    assert 'aria-current="true"' in told


def test_the_list_says_how_many_rows_broke(client, results):
    told = client.get(LIST).content.decode()
    assert '<td class="field-rows">40</td>' in told
    assert told.count('<td class="field-rows">–</td>') == 3


def test_a_result_of_a_step_leads_to_it(client):
    row = factories.CheckRecordFactory()
    told = client.get(reverse("admin:ceremony_checkrecord_change", args=[row.pk]))
    step = reverse("admin:ceremony_attempt_change", args=[row.attempt_id])
    assert f'href="{step}"' in told.content.decode()
    assert CheckRecord._meta.verbose_name_plural == "check results"
