"""What a crash left open, settled from the ledger; the cache of the ledger, repaired from it."""

import pytest

from ceremony.actions import record
from ceremony.actions.record import RunFacts
from ceremony.actions.settlement import repair_records, settle
from ceremony.core.history import Event
from ceremony.core.report import Settled, SettledAs
from ceremony.models import AuditEvent, MigrationRecord, Outcome, RecordState, RunKind
from ceremony.models.audit import verify_chain
from tests.django import factories
from tests.django.factories import ACTOR, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def reconcile():
    target = factories.TargetFactory(alias="db1")
    return record.open_run(RunFacts(RunKind.RECONCILE, target, "shop", ACTOR, "0.1.0", NOON))


@pytest.fixture
def attempt(reconcile):
    run = factories.RunFactory(target=reconcile.target)
    return factories.AttemptFactory(run=run, number=1, version="0001")


def settled(attempt, settled_as):
    return Settled(attempt.pk, "shop", attempt.label, settled_as, "The ledger has its row.")


@pytest.mark.parametrize(
    ("settled_as", "event", "outcome_state", "record_state"),
    [
        (SettledAs.DONE, Event.APPLIED, "done", "applied"),
        (SettledAs.DONE, Event.ROLLED_BACK, "done", "rolled back"),
        (SettledAs.PARTLY, Event.STATEMENT, "partly", "partly applied"),
        (SettledAs.ABORTED, None, "failed", None),
        (SettledAs.NOT_STARTED, None, "not started", None),
    ],
)
def test_an_open_attempt_is_settled_once(
    reconcile, attempt, settled_as, event, outcome_state, record_state
):
    row = event and factories.LedgerRowFactory(attempt=attempt.pk, event=event, sequence=5)
    rows = {attempt.pk: row} if row else {}
    for _ in range(2):
        settle(reconcile, [settled(attempt, settled_as)], rows)
    outcome = Outcome.objects.get()
    assert (outcome.state, outcome.settled_by, outcome.explanation) == (
        outcome_state,
        reconcile,
        "The ledger has its row.",
    )
    assert outcome.ledger_sequence == (5 if outcome_state == "done" else 0)
    found = MigrationRecord.objects.values_list("state", flat=True)
    assert list(found) == ([record_state] if record_state else [])
    event = AuditEvent.objects.get(action="settled")
    assert event.detail()["settled_as"] == settled_as.value
    assert record.open_attempts(reconcile.target) == []
    assert verify_chain().intact


def test_unknown_is_settled_beside_its_evidence(reconcile, attempt):
    factories.OutcomeFactory(attempt=attempt, state="unknown")
    row = factories.LedgerRowFactory(attempt=attempt.pk)
    settle(reconcile, [settled(attempt, SettledAs.DONE)], {attempt.pk: row})
    assert list(Outcome.objects.values_list("state", flat=True)) == ["unknown", "done"]


def test_records_are_repaired_from_the_ledger(reconcile):
    right = factories.MigrationRecordFactory(target=reconcile.target, version="0001")
    factories.MigrationRecordFactory(target=reconcile.target, version="0002", state="applied")
    states = [
        (RecordState.APPLIED, factories.LedgerRowFactory(version="0001")),
        (RecordState.ROLLED_BACK, factories.LedgerRowFactory(version="0002")),
        (RecordState.APPLIED, factories.LedgerRowFactory(version="0003", attempt=None)),
    ]
    assert repair_records(reconcile, states) == ("shop 0002_orders", "shop 0003_orders")
    assert repair_records(reconcile, states) == ()
    found = dict(MigrationRecord.objects.values_list("version", "state"))
    assert found == {"0001": "applied", "0002": "rolled back", "0003": "applied"}
    right.refresh_from_db()
    assert right.applied_by == "lena"
    assert AuditEvent.objects.filter(action="records repaired").count() == 1


def test_a_ledger_that_went_back_repairs_nothing(reconcile):
    factories.MigrationRecordFactory(target=reconcile.target, version="0001", ledger_sequence=50)
    row = factories.LedgerRowFactory(version="0001", sequence=9)
    assert repair_records(reconcile, [(RecordState.ROLLED_BACK, row)]) == ()
    assert MigrationRecord.objects.get().state == "applied"
