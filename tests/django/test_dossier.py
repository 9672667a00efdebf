"""Dossiers: rows of many tables by few questions, the same rows as one by one."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from ceremony.actions.answers import waive
from ceremony.actions.dossier import dossier_of, dossiers_of, whole_dossier_of
from ceremony.actions.gates import gates_in, gates_of
from ceremony.actions.items import newest
from ceremony.actions.people import HALT, REQUEST, RUN, SIGN, members, names_at_shell
from ceremony.actions.quorums import quorum_in, quorum_now
from ceremony.actions.subjects import subject_in, subject_of
from ceremony.actions.told import is_told
from ceremony.core.item import Phase
from ceremony.core.policy import PROTECTED
from ceremony.core.states import State
from ceremony.models import (
    AuditEvent,
    AuditHead,
    Ceremony,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Purpose,
    Remark,
    Run,
    RunOutcome,
    RunPurpose,
    SignOff,
    StoredManifest,
    Target,
)
from ceremony.models.row_digest import row_facts
from ceremony.models.together import together
from tests.django import factories, scenes
from tests.django.ceremonies import PASSWORD, draft, person
from tests.django.signing import approve

pytestmark = pytest.mark.django_db

KINDS = (
    AuditEvent,
    AuditHead,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Remark,
    Run,
    RunOutcome,
    SignOff,
    StoredManifest,
    Target,
)


@pytest.fixture
def much():
    """A ceremony about which there is a row of every kind."""
    ceremony = scenes.scene()
    approve(ceremony, person("ada", "sign", groups=("dba",)), typed="", password=PASSWORD)
    scenes.item(ceremony, text="Größe “ok”\n\t\\ \u2028 \U0001f600")
    scenes.remarked(ceremony)
    scenes.halted(ceremony)
    scenes.run(ceremony)
    return ceremony


@pytest.mark.parametrize("model", KINDS)
def test_rows_read_together_are_the_rows(much, model):
    alone = list(model.objects.order_by("pk"))
    assert alone
    found = together(rows=model.objects.order_by("pk"))["rows"]
    assert found == alone
    assert [row_facts(one) for one in found] == [row_facts(one) for one in alone]
    assert {type(one) for one in found} == {model}
    assert not any(one._state.adding for one in found)


def test_numbers_and_times_come_back_as_they_were():
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    run = factories.RunFactory(started_at=at)
    factories.RunOutcomeFactory(run=run, seconds=0.1 + 0.2, findings=[{"n": 2**53 + 1, "x": None}])
    (outcome,) = together(rows=RunOutcome.objects.all())["rows"]
    (found,) = together(rows=Run.objects.all())["rows"]
    assert (outcome.seconds, outcome.findings) == (0.1 + 0.2, [{"n": 2**53 + 1, "x": None}])
    assert found.started_at == at


def test_several_kinds_are_one_question(much):
    with CaptureQueriesContext(connection) as queries:
        found = together(
            targets=Target.objects.all(),
            none=Target.objects.none(),
            nobody=Target.objects.filter(pk__in=[]),
            events=AuditEvent.objects.order_by("-sequence")[:2],
        )
    assert len(queries) == 1
    assert (found["none"], found["nobody"]) == ([], [])
    assert [one.sequence for one in found["events"]] == sorted(
        (one.sequence for one in found["events"]), reverse=True
    )


def test_nothing_is_asked_for_nothing():
    with CaptureQueriesContext(connection) as queries:
        assert together(none=Target.objects.none()) == {"none": []}
        assert dossiers_of([]) == ()
        assert members() == ()
    assert len(queries) == 0


def test_columns_that_are_left_out_are_read_when_they_are_wanted(much):
    (stored,) = together(rows=StoredManifest.objects.defer("document"))["rows"]
    assert stored.get_deferred_fields() == {"document"}
    assert stored.document == StoredManifest.objects.get().document


def test_a_dossier_is_three_questions_and_so_are_many(much):
    others = [scenes.scene(state=state) for state in (State.HALTED, State.SIGNED_OFF)]
    numbers = [one.pk for one in (much, draft(), *others)]
    every = list(Ceremony.objects.select_related("target").filter(pk__in=numbers))
    for whole in (False, True):
        with CaptureQueriesContext(connection) as queries:
            found = dossiers_of(every, whole=whole)
        assert len(queries) == 3
        assert [one.ceremony for one in found] == every


def test_nothing_more_is_asked_to_judge(much):
    dossier = whole_dossier_of(much)
    now = factories.NOON
    expected = (
        gates_of(much, now),
        quorum_now(much, Purpose.APPROVAL).missing,
        [subject_of(much, one) for one in Purpose],
        newest(much.manifests.get(), Phase.PREFLIGHT),
    )
    with CaptureQueriesContext(connection) as queries:
        judged = (
            gates_in(dossier, now),
            quorum_in(dossier, Purpose.APPROVAL).missing,
            [subject_in(dossier, one) for one in Purpose],
            dossier.judged(Phase.PREFLIGHT),
        )
    assert judged == expected
    assert len(queries) == 0


def test_a_dossier_holds_what_is_about_its_ceremony_alone(much):
    other = scenes.scene()
    scenes.remarked(other, "of the other")
    mine, others = dossiers_of([much, other])
    assert [one.text for one in others.remarks] == ["of the other"]
    assert (others.sign_offs, others.runs, others.found) == ((), (), ())
    assert [len(rows) for rows in (mine.sign_offs, mine.runs, mine.found, mine.remarks)] == [1] * 4
    assert mine.halts[0].ceremony_id == much.pk


def test_a_draft_has_no_round():
    dossier = dossier_of(draft())
    assert dossier.newest is None
    with pytest.raises(StoredManifest.DoesNotExist):
        _ = dossier.stored


def test_a_row_without_an_event_is_not_told_of(much):
    (row,) = SignOff.objects.all()
    assert is_told(row)
    assert dossier_of(much).trail.tells(row)
    row.comment = "changed by other hands"
    assert not is_told(row)
    row = SignOff.objects.get()
    row.event += 1
    assert not dossier_of(much).trail.tells(row)


def test_results_that_no_event_tells_of_do_not_count(much):
    stored = much.manifests.get()
    before = dossier_of(much).items
    row = JudgedItem.objects.latest("pk")
    row.pk, row.result = None, "PASS"
    row.save(force_insert=True)
    assert dossier_of(much).items.keys() == before.keys()
    assert newest(stored, Phase.PREFLIGHT)[0].result.value == "NOT RUN"


def test_whoever_ran_without_approval_on_the_same_database_stands_in_a_whole_one():
    first = scenes.scene(PROTECTED)
    assert whole_dossier_of(first).others == ()


def test_members_know_rights_and_groups_of_this_moment():
    by_group = person("by group", groups=("dba",))
    group = by_group.groups.get()
    sign = person("own", "sign", "run")
    group.permissions.set(sign.user_permissions.filter(codename=SIGN))
    gone = person("gone", "sign", is_active=False)
    root = person("root", is_superuser=True)
    people = {one.user.username: one for one in members([gone.pk, root.pk], right=SIGN)}
    assert sorted(people) == ["by group", "gone", "own", "root"]
    assert (people["by group"].rights, people["by group"].groups) == ({SIGN}, {"dba"})
    assert people["own"].rights == {SIGN, RUN}
    assert [people["own"].may(one) for one in (SIGN, RUN, HALT, REQUEST)] == [
        True,
        True,
        False,
        False,
    ]
    assert not people["gone"].may(SIGN)
    assert not any(people["root"].may(one) for one in (SIGN, RUN, HALT, REQUEST))


def test_who_is_hidden_by_the_manager_of_the_accounts_is_known_all_the_same(much, monkeypatch):
    class StillHere(models.Manager):
        def get_queryset(self):
            return super().get_queryset().filter(is_active=True)

    accounts = get_user_model()
    hiding = StillHere()
    hiding.model, hiding.name = accounts, "objects"
    ada = accounts.objects.get(username="ada")
    stored, row = much.manifests.get(), JudgedItem.objects.latest("pk")
    waive(much.pk, Phase.PREFLIGHT, row.item, "Not here.", ada)
    accounts.objects.filter(pk=ada.pk).update(is_active=False)
    monkeypatch.setitem(vars(accounts._meta), "default_manager", hiding)
    assert not accounts._default_manager.filter(pk=ada.pk)
    now = quorum_now(much, Purpose.APPROVAL)
    assert [one.why_not for one in now.standings] == ["'ada' is not active."]
    assert (now.missing, [one.by for one in newest(stored, Phase.PREFLIGHT)]) == (1, ["ada"])


def test_accounts_that_a_shell_user_may_mean_are_found_in_any_capitals():
    for name in ("Ada", "ada", "ADA", "ad"):
        get_user_model().objects.create_user(name, f"{uuid4()}@example.org")
    found = [one.user.username for one in members(at_shell=["aDa"])]
    assert found == ["Ada", "ada", "ADA"]
    names = names_at_shell("aDa", {})
    assert names[:2] == ("aDa", "Ada")
    assert "ad" not in names


def test_runs_keep_their_outcomes(much):
    run = scenes.run(much, RunPurpose.WATCH).run
    open_run = factories.RunFactory(target=much.target)
    manifest = much.manifests.get()
    CeremonyRun.objects.create(run=open_run, ceremony=much, manifest=manifest, purpose="change")
    with CaptureQueriesContext(connection) as queries:
        dossier = dossier_of(much)
        outcomes = {one.run_id: getattr(one.run, "outcome", None) for one in dossier.runs}
    assert outcomes[run.pk] == run.outcome
    assert outcomes[open_run.pk] is None
    assert len(queries) == 3
