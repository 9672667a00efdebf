"""A ceremony changes by the acts of the table alone: not by the ORM, not by SQL, not half."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from ceremony.actions.ceremonies import ACTIONS, acting, advance, expire_due, locked, note
from ceremony.core.states import ENDED, TABLE, Act, State, acts_in
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditEvent, AuditHead, Ceremony, Transition
from ceremony.models.audit import Action
from tests.django import factories
from tests.django.ceremonies import ceremony_in, draft, manifest, move

pytestmark = pytest.mark.django_db

ILLEGAL = [(state, act) for state in State for act in Act if (state, act) not in TABLE]
REPLICA = "SET LOCAL session_replication_role = replica; "
ALWAYS = "SET CONSTRAINTS ALL IMMEDIATE; "


def facts(ceremony):
    """All there is of a ceremony that an act could change."""
    row = Ceremony.objects.filter(pk=ceremony.pk).values().get()
    return row, Transition.objects.count(), AuditEvent.objects.count()


def refused(message):
    return pytest.raises(IntegrityError, match=message)


def run_sql(statement, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def insert_transition(ceremony, act, before, after, **changed):
    """As whoever has a shell on control would: with a true event that tells just this."""
    with transaction.atomic():
        head, row = AuditHead.lock(), locked(ceremony.pk)
        number = row.transitions + 1
        told = {"act": act, "before": before, "after": after, "transition": number}
        event = note(head, row, Action.RUN_OPENED, "mallory", told)
        facts = {
            "ceremony": row,
            "number": number,
            "act": act,
            "before": before,
            "after": after,
            "actor": event.actor,
            "at": event.recorded_at,
            "event": event.sequence,
            **changed,
        }
        return Transition.objects.create(**facts)


def test_the_database_has_the_same_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, act, ceremony_leads_to(state, act)"
            " FROM unnest(%s::text[]) AS state, unnest(%s::text[]) AS act",
            ([state.value for state in State], [act.value for act in Act]),
        )
        found = {(state, act): after for state, act, after in cursor if after is not None}
    assert found == {(state, act): after.value for (state, act), after in TABLE.items()}


@pytest.mark.parametrize(("before", "act"), TABLE)
def test_a_legal_act_moves_the_ceremony(before, act):
    ceremony = ceremony_in(before)
    number = ceremony.transitions + 1
    move(ceremony, act, "t.silva", {"why": "because"})
    moved = ceremony.history.last()
    event = AuditEvent.objects.get(pk=moved.event)
    assert ceremony.state == TABLE[before, act].value
    assert (moved.number, moved.act, moved.before, moved.after) == (
        number,
        act.value,
        before.value,
        ceremony.state,
    )
    assert (event.action, event.subject) == (ACTIONS[act].value, f"Ceremony {ceremony.pk}")
    assert event.detail() == {
        "act": act.value,
        "after": ceremony.state,
        "before": before.value,
        "ceremony": ceremony.pk,
        "fingerprint": ceremony.fingerprint,
        "round": ceremony.round,
        "transition": number,
        "why": "because",
    }
    assert (moved.actor, event.actor) == ("t.silva", "t.silva")
    assert ceremony.changed_at == moved.at


@pytest.mark.parametrize(("state", "act"), ILLEGAL)
def test_the_action_refuses_an_illegal_act(state, act):
    ceremony = ceremony_in(state)
    before = facts(ceremony)
    with pytest.raises(Refused) as refusal, acting(ceremony.pk) as (head, row):
        advance(head, row, act, "mallory")
    assert refusal.value.code == "ceremony-state"
    assert refusal.value.happened == (
        f"Ceremony {ceremony.pk} is {state.value}: in this state the act “{act.value}” is not "
        "possible."
    )
    assert facts(ceremony) == before


@pytest.mark.parametrize(("state", "act"), ILLEGAL)
def test_sql_cannot_do_an_illegal_act(state, act):
    """Even with an event in the trail that tells of it."""
    ceremony = ceremony_in(state)
    before = facts(ceremony)
    for after in State:
        with refused("ceremony_transition: no act"), transaction.atomic():
            insert_transition(ceremony, act.value, state.value, after.value)
    assert facts(ceremony) == before


@pytest.mark.parametrize("state", State)
def test_no_state_is_written_without_its_act(state):
    ceremony = ceremony_in(state)
    before = facts(ceremony)
    rows = Ceremony.objects.filter(pk=ceremony.pk)
    for other, step in itertools.product(State, (0, 1)):
        ceremony.state = other.value
        ceremony.transitions = before[0]["transitions"] + step
        for change in (
            ceremony.save,
            lambda: rows.update(state=ceremony.state, transitions=ceremony.transitions),
            lambda: Ceremony.objects.bulk_update([ceremony], ["state", "transitions"]),
            lambda: run_sql(
                REPLICA + "UPDATE ceremony_ceremony SET state = %s, transitions = %s",
                ceremony.state,
                ceremony.transitions,
            ),
        ):
            with refused("a change without a legal transition is refused"), transaction.atomic():
                change()
    assert facts(ceremony) == before


@pytest.mark.parametrize(
    "change",
    [
        "id = id + 1000",
        "series = 'other'",
        "direction = 'roll back'",
        "environment = 'local'",
        "requester = 'nobody'",
        "created_at = now()",
        "overridden = NOT overridden",
        "fingerprint = 'manifest1:0'",
        "round = round + 1",
        "policy = 'open'",
        "authors = '[]'",
        "expires_at = NULL",
        "changed_at = now()",
        "transitions = transitions",
    ],
)
def test_nothing_of_the_row_changes_by_itself(change):
    ceremony = ceremony_in(State.REQUESTED)
    before = facts(ceremony)
    with refused("a change without a legal transition is refused"):
        run_sql(f"UPDATE ceremony_ceremony SET {change}")
    assert facts(ceremony) == before


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("series", "other", "a change without a legal transition"),
        ("requester", "nobody", "a change without a legal transition"),
        ("overridden", True, "a change without a legal transition"),
        ("policy", "open", "a new round needs its request and its manifest"),
        ("authors", [], "a new round needs its request and its manifest"),
        ("fingerprint", "manifest1:0", "a new round needs its request and its manifest"),
        ("expires_at", None, "a new round needs its request and its manifest"),
    ],
)
def test_a_legal_act_carries_nothing_else_along(field, value, message):
    ceremony = ceremony_in(State.REQUESTED)
    before = facts(ceremony)
    with refused(message), transaction.atomic():
        moved = insert_transition(ceremony, "approve", "requested", "approved")
        Ceremony.objects.filter(pk=ceremony.pk).update(
            state="approved",
            transitions=moved.number,
            changed_at=moved.at,
            **{field: value},
        )
    assert facts(ceremony) == before


def test_a_round_needs_its_manifest():
    ceremony = draft()
    with (
        refused("a new round needs its request and its manifest"),
        acting(ceremony.pk) as (head, row),
    ):
        row.round, row.fingerprint = 1, "manifest1:0"
        advance(head, row, Act.REQUEST, "lena")
    assert (facts(ceremony)[0]["state"], Transition.objects.count()) == ("draft", 0)


def test_a_request_opens_one_round_and_not_none():
    ceremony = ceremony_in(State.REQUESTED)
    with (
        refused("a new round needs its request and its manifest"),
        acting(ceremony.pk) as (head, row),
    ):
        advance(head, row, Act.REQUEST, "lena")
    ceremony.refresh_from_db()
    assert ceremony.round == 1


def test_a_ceremony_begins_as_a_draft():
    for begun in (
        {"state": "approved"},
        {"round": 1},
        {"fingerprint": "manifest1:0"},
        {"transitions": 3},
        {"overridden": True},
    ):
        with refused("a ceremony begins as a draft"), transaction.atomic():
            draft(**begun)


@pytest.mark.parametrize(
    "changed",
    [{"event": 1}, {"event": 10**9}, {"actor": "t.silva"}],
)
def test_a_transition_has_its_own_event(changed):
    ceremony = ceremony_in(State.REQUESTED)
    with (
        refused("ceremony_transition: no event of the audit trail tells of it"),
        transaction.atomic(),
    ):
        insert_transition(ceremony, "approve", "requested", "approved", **changed)


def test_the_event_of_one_ceremony_moves_no_other():
    ceremony, other = ceremony_in(State.REQUESTED), ceremony_in(State.REQUESTED)
    with acting(other.pk) as (head, row):
        told = {"act": "approve", "before": "requested", "after": "approved", "transition": 2}
        event = note(head, row, Action.RUN_OPENED, "mallory", told)
    with refused("no event of the audit trail tells of it"), transaction.atomic():
        insert_transition(ceremony, "approve", "requested", "approved", event=event.pk)


def test_a_transition_without_its_ceremony_is_not_committed():
    ceremony = ceremony_in(State.REQUESTED)
    with refused("ceremony_transition: its ceremony did not move"), transaction.atomic():
        insert_transition(ceremony, "approve", "requested", "approved")
        run_sql(ALWAYS)


def test_a_transition_takes_the_next_number():
    ceremony = ceremony_in(State.REQUESTED)
    for number in (0, 1, 3):
        with refused("ceremony_transition: no act"), transaction.atomic():
            insert_transition(ceremony, "approve", "requested", "approved", number=number)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM ceremony_ceremony", "ceremony_ceremony is append-only: DELETE"),
        ("DELETE FROM ceremony_ceremony WHERE false", "ceremony_ceremony is append-only: DELETE"),
        ("TRUNCATE ceremony_ceremony CASCADE", "is append-only: TRUNCATE"),
        (REPLICA + "DELETE FROM ceremony_ceremony", "ceremony_ceremony is append-only: DELETE"),
    ],
)
def test_a_ceremony_stays(statement, message):
    ceremony = draft()
    with refused(message):
        run_sql(ALWAYS + statement)
    assert Ceremony.objects.filter(pk=ceremony.pk).exists()


def test_nobody_moves_a_number_that_is_none():
    with pytest.raises(UsageError) as refusal, acting(4711):
        pass
    assert (refusal.value.code, refusal.value.happened) == (
        "ceremony-unknown",
        "There is no ceremony 4711.",
    )


def test_the_refusal_says_what_is_possible():
    ceremony = ceremony_in(State.APPROVED)
    place = f"shop --database {ceremony.target.alias}"
    with pytest.raises(Refused) as refusal:
        move(ceremony, Act.FINISH)
    assert refusal.value.next_step == (
        f"Possible now: request: manage.py request_sql {place} --again {ceremony.pk}; request "
        "changes: on its page in the admin; withdraw: on its page in the admin; reject: on its "
        f"page in the admin; cancel: manage.py request_sql {place} --cancel {ceremony.pk} --why "
        f"TEXT; start: manage.py apply_sql {place} --ceremony {ceremony.pk}"
    )


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_says_how_to_begin_anew(state):
    ceremony = ceremony_in(state)
    with pytest.raises(Refused) as refusal:
        move(ceremony, Act.START)
    assert refusal.value.next_step == (
        "It has ended and stays so. For another one: manage.py request_sql shop --database "
        f"{ceremony.target.alias}"
    )


def test_an_override_is_marked_for_ever():
    ceremony = move(ceremony_in(State.REQUESTED), Act.OVERRIDE)
    assert ceremony.overridden
    move(ceremony, Act.HALT)
    move(ceremony, Act.REQUEST)
    assert (ceremony.overridden, ceremony.round) == (True, 2)


def test_what_is_over_expires_when_somebody_looks():
    late, other, running = (
        ceremony_in(state) for state in (State.APPROVED, State.DRAFT, State.RUNNING)
    )
    assert expire_due(late.expires_at - factories.timedelta(seconds=1)) == ()
    assert expire_due(late.expires_at) == (late.pk,)
    assert expire_due(late.expires_at) == ()
    states = [Ceremony.objects.get(pk=one.pk).state for one in (late, other, running)]
    assert states == ["expired", "draft", "running"]
    moved = late.history.last()
    assert (moved.actor, AuditEvent.objects.get(pk=moved.event).detail()["expires_at"]) == (
        "ceremony",
        late.expires_at.isoformat(),
    )


def test_there_is_an_act_in_every_state_that_has_not_ended():
    assert {state for state in State if not acts_in(state)} == ENDED


def test_the_manifest_of_a_round_is_one():
    ceremony = ceremony_in(State.REQUESTED)
    with refused("ceremony_manifest_round|fingerprint"), transaction.atomic():
        manifest(ceremony)
