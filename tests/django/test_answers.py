"""What people say about items: who may, when, with what, and what is refused."""

import pytest

from ceremony.actions.answers import LARGEST, Attachment, answer, waive
from ceremony.actions.items import newest, record_items
from ceremony.core.checklist.judging import failed, not_run, passed
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.policy import PROTECTED
from ceremony.core.states import State
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditEvent, Blob, JudgedItem
from tests.django import ceremonies, factories
from tests.django.ceremonies import ceremony_in, person

pytestmark = pytest.mark.usefixtures("control")

HUMAN = Item("backup", "A backup was taken.", ItemKind.HUMAN, Phase.PREFLIGHT)
CLEAN = Item("clean-state", "Tables are empty.", ItemKind.AUTOMATIC, Phase.PREFLIGHT)
DOCS = Item("docs", "They are complete.", ItemKind.HUMAN, Phase.ACCEPTANCE)
NOON = factories.NOON
NOTHING_RECORDED = "Nothing was recorded, and no database was touched."


@pytest.fixture
def policy(monkeypatch):
    """The manifests of these tests hold no policy of their own."""
    monkeypatch.setattr("ceremony.actions.answers.policy_of", lambda _: PROTECTED)
    return PROTECTED


@pytest.fixture
def requested(policy):
    ceremony = ceremony_in(State.REQUESTED)
    manifest = ceremony.manifests.get()
    record_items(
        manifest,
        [
            not_run(HUMAN, NOON, "Nobody has answered it yet."),
            failed(CLEAN, NOON, "Rows stand in t."),
            not_run(DOCS, NOON, "The run has not come to it."),
        ],
        "lena",
    )
    return ceremony


def found(ceremony, phase=Phase.PREFLIGHT):
    return {
        one.item.id: (one.result, one.explanation, one.by)
        for one in newest(ceremony.manifests.get(), phase)
    }


def told(ceremony, result=ItemResult.PASS, attachment=None, by=None, item="backup", **facts):
    return answer(
        ceremony.pk,
        Phase.PREFLIGHT,
        item,
        result,
        facts or {"note": "Taken at noon."},
        attachment,
        by or person("tom", "run"),
    )


def refused(code, call, *given, **more):
    with pytest.raises(Refused) as error:
        call(*given, **more)
    assert (error.value.code, error.value.state) == (code, NOTHING_RECORDED)
    return error.value.happened


def test_an_answer_with_a_file(requested):
    facts = {"note": "Taken at noon.", "path": "/srv/a.dump", "size": " 12 "}
    judged = told(requested, attachment=Attachment("list\0.txt", b"contents"), **facts)
    assert (judged.result, judged.by) == (ItemResult.PASS, "tom")
    row = JudgedItem.objects.latest("pk")
    assert row.evidence == {
        "note": "Taken at noon.",
        "path": "/srv/a.dump",
        "size": "12",
        "file": {"name": "list\u2400.txt", "bytes": 8, "digest": row.blob_id},
    }
    assert bytes(row.blob.data) == b"contents"
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("item answered", "tom")
    assert event.detail()["item"] == "backup"


def test_the_same_file_is_kept_once(requested):
    for _ in range(2):
        told(requested, attachment=Attachment("a", b"same"), by=person(f"tom{_}", "request"))
    assert Blob.objects.count() == 1


def test_an_answer_may_be_no(requested):
    assert told(requested, ItemResult.FAIL).result is ItemResult.FAIL
    assert found(requested)["backup"][0] is ItemResult.FAIL
    # The newest counts; the one before stays.
    assert told(requested, by=person("t2", "sign")).result is ItemResult.PASS
    assert JudgedItem.objects.filter(item="backup").count() == 3


@pytest.mark.parametrize("facts", [{"note": ""}, {"note": " ", "path": "\t"}])
def test_an_answer_wants_evidence(requested, facts):
    happened = refused("evidence-missing", told, requested, **facts)
    assert happened == "An answer without evidence is no answer."


def test_a_file_that_is_too_large(requested):
    big = Attachment("a", b"x" * (LARGEST + 1))
    happened = refused("evidence-too-large", told, requested, attachment=big)
    assert happened == f"The file has {LARGEST + 1} bytes; {LARGEST} are the most."


@pytest.mark.parametrize("result", [ItemResult.PASS, ItemResult.FAIL])
def test_nobody_answers_an_automatic_item(requested, result):
    happened = refused("item-not-human", told, requested, result, item="clean-state")
    assert happened == f"Nobody answers 'clean-state' with {result.value}: it is automatic."


@pytest.mark.parametrize("result", [ItemResult.WAIVED, ItemResult.NOT_RUN])
def test_an_answer_is_yes_or_no(requested, result):
    refused("item-not-human", told, requested, result)


def test_an_item_that_is_not_there(requested):
    with pytest.raises(UsageError) as error:
        told(requested, item="coffee\0")
    assert error.value.code == "item-unknown"
    assert error.value.happened == (
        f"The pre-flight of ceremony {requested.pk}, round 1, has no item 'coffee\u2400'."
    )
    assert error.value.next_step == "Its items: backup, clean-state."


@pytest.mark.parametrize("rights", [(), ("halt",)])
def test_who_may_not_answer(requested, rights):
    happened = refused("item-not-allowed", told, requested, by=person("eve", *rights))
    assert happened == "'eve' may not answer items."


def test_a_superuser_is_nobody_here(requested):
    root = person("root", is_superuser=True)
    refused("item-not-allowed", told, requested, by=root)
    refused("item-not-allowed", waive, requested.pk, Phase.PREFLIGHT, "clean-state", "why", root)


def test_what_comes_after_the_run_is_not_answered_before_it(requested):
    happened = refused(
        "item-closed",
        answer,
        requested.pk,
        Phase.ACCEPTANCE,
        "docs",
        ItemResult.PASS,
        {"note": "a"},
        None,
        person("tom", "run"),
    )
    told = "items of its acceptance are not answered now."
    assert happened == f"Ceremony {requested.pk} is requested: {told}"


@pytest.mark.parametrize("state", [State.SIGNED_OFF, State.REJECTED, State.RUNNING])
def test_what_is_over_is_over(policy, state):
    ceremony = ceremony_in(state)
    items = [not_run(HUMAN, NOON, ""), failed(CLEAN, NOON, "Rows stand in t.")]
    record_items(ceremony.manifests.get(), items, "lena")
    refused("item-closed", told, ceremony)
    sam = person("sam", "sign")
    refused("item-closed", waive, ceremony.pk, Phase.PREFLIGHT, "clean-state", "why", sam)


def test_a_waiver(requested):
    judged = waive(
        requested.pk, Phase.PREFLIGHT, "clean-state", " They are of no use. ", person("sam", "sign")
    )
    assert (judged.result, judged.by) == (ItemResult.WAIVED, "sam")
    assert judged.explanation == "They are of no use."
    assert judged.evidence == {"waived": "FAIL", "found": "Rows stand in t."}
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.actor) == ("item waived", "sam")


@pytest.mark.parametrize("why", ["", " \n\t"])
def test_a_waiver_wants_a_reason(requested, why):
    sam = person("sam", "sign")
    refused("waiver-without-reason", waive, requested.pk, Phase.PREFLIGHT, "backup", why, sam)


def test_what_holds_needs_no_waiver(requested):
    told(requested)
    happened = refused(
        "waiver-not-needed",
        waive,
        requested.pk,
        Phase.PREFLIGHT,
        "backup",
        "why",
        person("sam", "sign"),
    )
    assert happened == "'backup' is PASS: nothing stands against going on."


def test_an_author_waives_nothing(requested):
    lena = person("lena", "sign")
    happened = refused(
        "waiver-own", waive, requested.pk, Phase.PREFLIGHT, "clean-state", "why", lena
    )
    assert happened == (
        "'lena' is one of the authors, and the policy keeps author and approver apart."
    )


def test_who_runs_does_not_waive(requested):
    tom = person("tom", "run", "request", "override", "halt")
    happened = refused(
        "item-not-allowed", waive, requested.pk, Phase.PREFLIGHT, "clean-state", "why", tom
    )
    assert happened == "'tom' may not waive items."


def test_a_waiver_stands_until_it_passes(requested):
    manifest = requested.manifests.get()
    waive(requested.pk, Phase.PREFLIGHT, "clean-state", "Of no use.", person("sam", "sign"))
    for rows in ("t", "u"):
        record_items(manifest, [failed(CLEAN, NOON, f"Rows stand in {rows}.")], "lena")
    assert found(requested)["clean-state"] == (
        ItemResult.WAIVED,
        "Of no use.\nFound then: FAIL: Rows stand in u.",
        "sam",
    )
    record_items(manifest, [passed(CLEAN, NOON, "All are empty.")], "lena")
    assert found(requested)["clean-state"] == (ItemResult.PASS, "All are empty.", "")


def test_nobodys_answer_does_not_take_a_persons_away(requested):
    told(requested)
    manifest = requested.manifests.get()
    record_items(manifest, [not_run(HUMAN, NOON, "Nobody has answered it yet.")], "lena")
    assert found(requested)["backup"][0] is ItemResult.PASS


@pytest.mark.parametrize("state", [State.HALTED, State.AWAITING_SIGN_OFF])
def test_what_was_found_before_a_run_is_waived_after_it(policy, state):
    ceremony = ceremony_in(state)
    record_items(ceremony.manifests.get(), [failed(CLEAN, NOON, "Rows stand in t.")], "lena")
    sam = person("sam", "sign")
    judged = waive(ceremony.pk, Phase.PREFLIGHT, "clean-state", "As agreed.", sam)
    assert judged.result is ItemResult.WAIVED


def test_a_row_without_its_event_counts_for_nothing(requested):
    row = JudgedItem.objects.get(item="backup")
    row.pk, row.result = None, "PASS"
    row.save(force_insert=True)
    assert found(requested)["backup"][0] is ItemResult.NOT_RUN


def test_a_row_that_says_another_thing_than_its_event_counts_for_nothing(requested):
    """Inserted with the event of a row that says FAIL."""
    row = JudgedItem.objects.get(item="clean-state")
    row.pk, row.explanation = None, "All are empty."
    row.save(force_insert=True)
    assert found(requested)["clean-state"][1] == "Rows stand in t."


def test_hostile_text_is_kept_as_text(requested):
    manifest = requested.manifests.get()
    item = Item("a", "<b>\0", ItemKind.AUTOMATIC, Phase.PREFLIGHT)
    evidence = {"deep": [{"x\0": "\udc80" * 3}], "number": 3}
    record_items(manifest, [Judged(item, ItemResult.FAIL, "\0" * 9000, evidence)], "l\0")
    row = JudgedItem.objects.get(item="a")
    assert row.text == "<b>\u2400"
    assert len(row.explanation) == 2000
    assert row.evidence == {"deep": [{"x\u2400": r"\udc80" * 3}], "number": 3}
    assert found(requested)["a"][0] is ItemResult.FAIL


def test_a_new_round_begins_with_nothing(requested):
    told(requested)
    ceremonies.move(requested, ceremonies.Act.REQUEST)
    assert newest(requested.manifests.latest("round"), Phase.PREFLIGHT) == ()
