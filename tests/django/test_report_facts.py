"""What a report takes from the record, and what it does not believe."""

import pytest
from django.db import connection

from ceremony.actions.actor import Actor
from ceremony.actions.remarks import remark
from ceremony.actions.report import look_at, make_report
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.report import Verdict
from ceremony.core.states import State
from ceremony.errors import Tampered, UsageError
from ceremony.models import (
    AuditEvent,
    JudgedItem,
    Remark,
    RemarkKind,
    StoredManifest,
    StoredReport,
)
from ceremony.models.row_digest import row_digest
from tests.django.ceremonies import draft, person, sign_off
from tests.django.factories import NOON, MigrationRecordFactory, TargetFactory, digest
from tests.django.manifests import under

pytestmark = pytest.mark.usefixtures("control")
OTTO = Actor("otto", "build-1", 4711)


@pytest.fixture
def owner(control):
    """The hands of the tables' owner, whom no trigger stops."""
    with connection.cursor() as cursor:
        for model in (StoredManifest, JudgedItem):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER ALL")


def test_a_draft_has_a_report_that_says_so():
    made = make_report(draft().pk, OTTO)
    assert (made.verdict, made.document["state"]) == (Verdict.NOT_RUN, "draft")
    assert (made.document["inventory"], made.document["fingerprint"]) == ([], "")


@pytest.mark.parametrize("state", [one for one in State if one is not State.DRAFT])
def test_every_state_has_a_report(state):
    told = make_report(under(state=state).pk, OTTO).document
    assert told["state"] == state.value
    # A state alone is no evidence: nothing ran, so nothing is a pass.
    assert told["verdict"] == Verdict.NOT_RUN.value


def test_a_number_that_no_ceremony_has_is_refused():
    with pytest.raises(UsageError) as caught:
        make_report(99, OTTO)
    assert caught.value.code == "ceremony-unknown"


def test_a_manifest_that_was_changed_has_no_report(owner):
    ceremony = under()
    StoredManifest.objects.filter(ceremony=ceremony).update(document="{}")
    with pytest.raises(Tampered) as caught:
        make_report(ceremony.pk, OTTO)
    assert caught.value.code == "manifest-damaged"
    assert not StoredReport.objects.exists()


def test_an_item_that_no_event_tells_of_is_not_told(owner):
    ceremony = under()
    JudgedItem.objects.create(
        manifest=ceremony.manifests.get(),
        phase=Phase.PREFLIGHT.value,
        item="backup",
        text="A backup was taken.",
        kind=ItemKind.HUMAN.value,
        result=ItemResult.PASS.value,
        at=NOON,
    )
    assert look_at(ceremony.pk).document["preflight"] == []


def test_a_sign_off_that_no_event_tells_of_is_told_as_such():
    ceremony = under()
    sign_off(ceremony, person("mallory", "sign"))  # its event is another act's
    made = look_at(ceremony.pk)
    assert [(one["username"], one["told"]) for one in made.document["signed"]] == [
        ("mallory", False)
    ]
    text = str(made.reading)
    assert "THE TRAIL DOES NOT TELL OF IT: it counts for nothing" in text


def test_what_is_applied_elsewhere_is_told_by_target():
    ceremony = under()
    live = TargetFactory(alias="live", environment="production")
    MigrationRecordFactory(target=live, series="shop", version="0001", state="applied")
    MigrationRecordFactory(
        target=ceremony.target, series="shop", version="0001", state="rolled back"
    )
    told = {one["alias"]: one for one in look_at(ceremony.pk).document["elsewhere"]}
    assert told["live"]["applied"] == ["0001_orders"]
    assert told[ceremony.target.alias]["missing"] == ["0001_orders"]


@pytest.mark.parametrize(
    ("record", "kind", "sentence"),
    [
        ({}, "applied", "On live, everything is applied."),
        (
            {"meaning_digest": digest("e", "meaning1")},
            "differing",
            "On live, another file is applied under the number of: 0001_orders.",
        ),
        (
            {"state": "baselined"},
            "recorded",
            "On live, recorded without a run: 0001_orders.",
        ),
        ({"state": "retired"}, "missing", "On live, not applied: 0001_orders."),
    ],
)
def test_what_production_has_is_told_by_what_ran_there(record, kind, sentence):
    ceremony = under()
    live = TargetFactory(alias="live", environment="production")
    MigrationRecordFactory(target=live, series="shop", version="0001", **record)
    made = look_at(ceremony.pk)
    (told,) = [one for one in made.document["elsewhere"] if one["alias"] == "live"]
    kinds = ("applied", "missing", "recorded", "differing")
    assert {key: told[key] for key in kinds} == {key: [] for key in kinds} | {kind: ["0001_orders"]}
    assert sentence in str(made.reading)


def test_a_remark_is_a_row_whose_event_proves_it():
    ceremony, lena = under(), person("lena")
    row = remark(ceremony.pk, RemarkKind.LESSON, "  Build it at night.\0 ", by="lena", user=lena)
    event = AuditEvent.objects.get(action="remark written")
    kept = Remark.objects.get()
    assert (kept.text, kept.user_id, kept.kind) == ("Build it at night.␀", lena.pk, "lesson")
    assert event.rows() == [("ceremony_remark", row_digest(kept))]
    assert (event.subject, event.actor) == (f"Ceremony {ceremony.pk}", "lena")
    assert row.pk == kept.pk


def test_a_remark_can_be_written_when_all_is_over():
    ceremony = under(state=State.SIGNED_OFF)
    remark(ceremony.pk, RemarkKind.ISSUE, "late", by="lena")
    assert [one["text"] for one in look_at(ceremony.pk).document["remarks"]] == ["late"]


def test_a_look_is_not_kept_and_the_report_that_is_has_the_same_digest():
    ceremony = under()
    looked = look_at(ceremony.pk)
    assert (looked.number, looked.made_at, StoredReport.objects.count()) == (0, None, 0)
    made = make_report(ceremony.pk, OTTO)
    assert (made.digest, made.made_by) == (looked.digest, "otto")
    assert look_at(ceremony.pk).number == made.number
