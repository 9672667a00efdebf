"""What stands behind a run is judged from evidence, and no row that was put there counts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.standing import behind_runs
from ceremony.actions.subjects import subject_of
from ceremony.core.execution.population import Standing
from ceremony.core.policy import OPEN
from ceremony.models import (
    CeremonyRun,
    Decision,
    Purpose,
    RunPurpose,
    SignOff,
    Spending,
    StoredManifest,
)
from tests.django.ceremonies import person
from tests.django.factories import RunFactory, TargetFactory
from tests.django.manifests import under

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def owner(db):
    """The hands of the tables' owner, whom no trigger stops."""
    with connection.cursor() as cursor:
        for model in (Spending, SignOff, StoredManifest):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER ALL")


def member(ceremony, purpose=RunPurpose.CHANGE, *, target=None, reason="", spend=True):
    """A run of the ceremony, which spent its manifest."""
    run = RunFactory(target=target or ceremony.target)
    manifest = StoredManifest.objects.get(ceremony=ceremony, round=ceremony.round)
    CeremonyRun.objects.create(
        run=run, ceremony=ceremony, manifest=manifest, purpose=purpose, reason=reason
    )
    if spend:
        Spending.objects.create(manifest=manifest, run=run, at=timezone.now())
    return run


def says(ceremony, user, decision=Decision.APPROVE, purpose=Purpose.APPROVAL, comment=""):
    request = SignRequest(
        ceremony.pk, subject_of(ceremony, purpose), purpose, decision, comment=comment
    )
    return sign(request, user)


def told(run):
    found = behind_runs([run.pk])[run.pk]
    return (found.standing, found.people, found.why)


def test_a_quorum_that_was_complete_stands_behind_its_run():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    assert told(member(ceremony)) == (Standing.APPROVED, ("ada",), "")


def test_what_a_policy_lets_through_that_asks_nobody_is_called_so():
    assert told(member(under(OPEN))) == (Standing.OPEN, (), "")


def test_a_run_without_a_ceremony_is_not_in_the_answer():
    assert behind_runs([RunFactory().pk]) == {}


def test_a_spending_without_sign_offs_is_no_approval():
    why = "Its sign-offs do not fill the quorum."
    assert told(member(under())) == (Standing.NONE, (), why)


def test_a_sign_off_that_somebody_put_there_counts_for_nothing():
    ceremony = under()
    genuine = says(ceremony, person("ada", "sign"), Decision.COMMENT, comment="reading it")
    bob = person("bob", "sign")
    SignOff.objects.create(
        manifest=genuine.manifest,
        purpose=Purpose.APPROVAL,
        decision=Decision.APPROVE,
        subject=genuine.subject,
        user=bob,
        username="bob",
        meaning=genuine.meaning,
        signed_at=genuine.signed_at,
        event=genuine.event + 1_000,
    )
    assert told(member(ceremony))[:2] == (Standing.NONE, ())


def test_an_approval_that_was_withdrawn_before_the_run_does_not_count():
    ceremony, ada = under(), person("ada", "sign")
    says(ceremony, ada)
    says(ceremony, ada, Decision.WITHDRAW, comment="wait")
    assert told(member(ceremony))[0] is Standing.NONE


def test_one_that_was_signed_after_the_run_does_not_count():
    ceremony = under()
    run = RunFactory(target=ceremony.target)
    manifest = StoredManifest.objects.get(ceremony=ceremony)
    CeremonyRun.objects.create(
        run=run, ceremony=ceremony, manifest=manifest, purpose=RunPurpose.CHANGE
    )
    before = timezone.now() - timedelta(minutes=1)
    Spending.objects.create(manifest=manifest, run=run, at=before)
    says(ceremony, person("ada", "sign"))
    assert told(run)[0] is Standing.NONE


def test_an_approval_is_spent_by_one_run():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    first = member(ceremony)
    second = member(ceremony, spend=False)
    assert told(second) == (Standing.NONE, (), f"Run {first.pk} spent the approval.")


def test_an_approval_that_nobody_spent_is_none():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    assert told(member(ceremony, spend=False)) == (Standing.NONE, (), "No approval was spent.")


def test_an_approval_for_another_target_is_none():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    run = member(ceremony, target=TargetFactory())
    assert told(run) == (Standing.NONE, (), "The approval is for another target.")


def test_the_way_back_of_an_approved_change_is_approved():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    member(ceremony)
    back = member(ceremony, RunPurpose.WAY_BACK, spend=False)
    assert told(back) == (Standing.WAY_BACK, ("ada",), "")


def test_break_glass_is_called_so_with_its_reason_and_who_reviewed_it():
    ceremony = under()
    run = member(ceremony, RunPurpose.OVERRIDE, reason="site down")
    assert told(run) == (Standing.OVERRIDE, (), "Break-glass: site down")


def test_a_stored_manifest_that_was_changed_is_no_approval():
    ceremony = under()
    says(ceremony, person("ada", "sign"))
    genuine = StoredManifest.objects.get(ceremony=ceremony)
    forged = StoredManifest.objects.create(
        ceremony=ceremony,
        round=2,
        fingerprint="manifest1:" + "0" * 64,
        document=genuine.document,
        made_by="mallory",
        made_at=genuine.made_at,
    )
    run = RunFactory(target=ceremony.target)
    CeremonyRun.objects.create(
        run=run, ceremony=ceremony, manifest=forged, purpose=RunPurpose.CHANGE
    )
    Spending.objects.create(manifest=forged, run=run, at=timezone.now())
    assert told(run) == (Standing.NONE, (), "The stored manifest was changed.")
