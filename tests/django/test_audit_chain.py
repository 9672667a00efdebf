"""The trail: one unbroken chain, and any single change to it is found."""

import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.chain import AUDIT, GENESIS, PayloadInvalid, canonical, link
from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import Act, Action, ChainState, append, verify_chain, verify_events
from tests.django.factories import NOON

COLUMNS = [field.attname for field in AuditEvent._meta.concrete_fields]
CONTROL = uuid4()
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def chain(length=8):
    """A trail in memory: its events, its head's sequence and hash."""
    acts = [Act(Action.TRAIL_OPENED, "ceremony", detail={"control": str(CONTROL)})]
    acts += [
        Act(Action.APPLIED, "lena é", f"db{n}", "shop", f"000{n}_x", {"n": n, "l": [1, None, "–"]})
        for n in range(length - 1)
    ]
    events, sequence, previous = [], 0, GENESIS
    for act in acts:
        now = NOON + timedelta(microseconds=sequence)
        event = AuditEvent.following(sequence, previous, act, now)
        events.append(event)
        sequence, previous = event.sequence, event.hash
    return events, sequence, previous


EVENTS, NEWEST, NEWEST_HASH = chain()


def state(events):
    return verify_events(events, NEWEST, NEWEST_HASH, CONTROL)


def test_an_untouched_trail_is_intact():
    assert state(EVENTS) == ChainState(checked=8)


@given(
    st.integers(0, NEWEST - 1), st.sampled_from(COLUMNS), st.integers(0, 10_000), st.integers(0, 7)
)
def test_any_flipped_bit_of_any_column_is_found_where_it_is(index, column, place, bit):
    events = [copy.copy(event) for event in EVENTS]
    event = events[index]
    setattr(event, column, _flipped(getattr(event, column), place, bit))
    found = state(events)
    assert found.broken_at == index + 1, (column, found)


def test_every_bit_of_one_event_is_found():
    target = EVENTS[3]
    for column in COLUMNS:
        value = getattr(target, column)
        length = len(value.encode()) if isinstance(value, str) else 8
        for place in range(length):
            for bit in range(8):
                event = copy.copy(target)
                setattr(event, column, _flipped(value, place, bit))
                found = state([*EVENTS[:3], event, *EVENTS[4:]])
                assert found.broken_at == 4, (column, place, bit, found)


@pytest.mark.parametrize("index", range(NEWEST))
def test_a_deleted_event_is_found(index):
    found = state(EVENTS[:index] + EVENTS[index + 1 :])
    assert found.broken_at == index + 1


@given(st.integers(0, NEWEST - 1), st.integers(0, NEWEST - 1))
def test_swapped_and_repeated_events_are_found(one, other):
    swapped = list(EVENTS)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert state(swapped).intact is (one == other)
    assert not state(EVENTS[: one + 1] + EVENTS[one:]).intact


def forged(index):
    """An event that follows the one before it as well as event ``index + 1`` does."""
    previous = EVENTS[index - 1].hash if index else GENESIS
    act = Act(Action.APPLIED, "eve", detail=EVENTS[index].detail())
    return AuditEvent.following(index, previous, act, NOON)


@given(st.integers(1, NEWEST - 1))
def test_a_fork_is_found_behind_the_event_that_was_put_in_its_place(index):
    """Two events follow the same one; whichever is left, the next does not follow it."""
    replaced = [*EVENTS[:index], forged(index), *EVENTS[index + 1 :]]
    assert state(replaced).broken_at == index + 2
    both = [*EVENTS[:index], forged(index), *EVENTS[index:]]
    assert state(both).broken_at == index + 2


@given(st.integers(1, NEWEST - 1))
def test_two_heads_cannot_both_be_the_end(index):
    branch = [*EVENTS[:index], forged(index)]
    assert verify_events(branch, index + 1, branch[-1].hash, CONTROL).intact
    assert state(branch).broken_at == index + 2


@given(st.integers(0, 2**62), st.integers(0, 63), st.integers(0, 7))
def test_any_change_of_the_head_is_found(sequence, place, bit):
    moved = verify_events(EVENTS, sequence, NEWEST_HASH, CONTROL)
    assert moved.intact is (sequence == NEWEST)
    other = _flipped(NEWEST_HASH, place, bit)
    assert verify_events(EVENTS, NEWEST, other, CONTROL).broken_at == NEWEST + 1


def test_another_control_identity_is_found():
    found = verify_events(EVENTS, NEWEST, NEWEST_HASH, uuid4())
    assert found == ChainState(
        0, 1, "The head names another control identity than the first event."
    )


def test_a_cut_trail_is_found_by_its_head():
    assert state(EVENTS[:-1]) == ChainState(7, 8, "The trail does not end where its head says.")


@pytest.mark.parametrize(
    "change",
    [
        {"detail": None},
        {"detail": [1]},
        {"detail": "x"},
        {"rows": {"a": "b"}},
        {"rows": [["a"]]},
        {"rows": [["a", 1]]},
        {"rows": ["ab"]},
        {"more": 1},
    ],
)
def test_a_payload_that_nobody_writes_is_found_although_its_hash_is_right(change):
    event = copy.copy(EVENTS[3])
    event.payload = canonical({**json.loads(event.payload), **change}).decode()
    event.hash = link(AUDIT, event.previous_hash, event.sequence, event.payload.encode())
    found = verify_events([*EVENTS[:3], event], 4, event.hash, CONTROL)
    assert found.broken_at == 4


def test_a_payload_without_an_end_is_found():
    event = copy.copy(EVENTS[3])
    event.payload = "[" * 100_000
    event.hash = link(AUDIT, event.previous_hash, event.sequence, event.payload.encode())
    found = verify_events([*EVENTS[:3], event], 4, event.hash, CONTROL)
    assert (found.broken_at, found.why) == (
        4,
        "The payload or the previous hash cannot be read.",
    )


@given(TEXT, TEXT, TEXT)
def test_texts_survive_the_chain(actor, subject, detail):
    act = Act(Action.APPLIED, actor, subject=subject, detail={"text": detail})
    event = AuditEvent.following(0, GENESIS, act, NOON)
    assert event.fault() == ""
    assert event.detail() == {"text": detail}


@pytest.mark.parametrize("bad", ["\0", "\ud800", 1.5, {1: "x"}, b"x"])
def test_what_has_no_canonical_form_is_refused(bad):
    with pytest.raises(PayloadInvalid):
        AuditEvent.following(0, GENESIS, Act(Action.APPLIED, "lena", detail={"x": bad}), NOON)


@pytest.mark.django_db
def test_the_first_event_names_the_control_identity():
    (event,) = append([Act(Action.RUN_OPENED, "lena")])
    head = AuditHead.current()
    first = AuditEvent.objects.get(sequence=1)
    assert (first.action, first.detail()) == ("trail opened", {"control": str(head.control)})
    assert (event.sequence, event.previous_hash) == (2, first.hash)
    assert (head.sequence, head.hash) == (2, event.hash)
    assert verify_chain() == ChainState(checked=2)


@pytest.mark.django_db
def test_events_survive_the_database():
    detail = {"n": 2**60, "t": "é\N{COMBINING ACUTE ACCENT}"}
    append([Act(Action.APPLIED, "lena é", "t", "s", "x\n\u202e", detail)])
    event = AuditEvent.objects.get(sequence=2)
    assert event.fault() == ""
    assert event.subject == "x\n\u202e"


@pytest.mark.django_db
@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_in_the_table_is_found(column):
    append([Act(Action.APPLIED, "lena", "db", "shop", "0001_x") for _ in range(3)])
    changes = {"sequence": "sequence + 10", "recorded_at": "recorded_at + interval '1 us'"}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        change = changes.get(column, f"overlay({column} placing 'Z' from 1)")
        cursor.execute(f"UPDATE ceremony_auditevent SET {column} = {change} WHERE sequence = 3")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert verify_chain().broken_at == 3


def test_an_event_outside_a_transaction_is_refused(control):
    with pytest.raises(RuntimeError, match=r"inside transaction\.atomic\(\) only"):
        append([Act(Action.RUN_OPENED, "lena")])
    assert not AuditEvent.objects.exists()


def test_a_rolled_back_act_leaves_neither_event_nor_gap(control):
    def fail():
        with transaction.atomic():
            append([Act(Action.RUN_OPENED, "lena")])
            raise ValueError

    with transaction.atomic():
        append([Act(Action.RUN_OPENED, "lena")])
    with pytest.raises(ValueError):
        fail()
    with transaction.atomic():
        append([Act(Action.RUN_CLOSED, "lena")])
    assert verify_chain() == ChainState(checked=3)


def test_eight_writers_make_one_unbroken_chain(control):
    start = threading.Barrier(8)

    def write(name):
        start.wait()
        try:
            for n in range(20):
                write_one(name, n)
        finally:
            connections.close_all()

    def write_one(name, n):
        try:
            with transaction.atomic():
                append([Act(Action.APPLIED, name, subject=str(n)) for _ in range(1 + n % 3)])
                if n % 5 == 4:
                    raise KeyError(n)
        except KeyError:
            return

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, [f"w{n}" for n in range(8)]))
    written = sum(1 + n % 3 for n in range(20) if n % 5 != 4)
    assert verify_chain() == ChainState(checked=8 * written + 1)


def test_verifying_while_others_write_finds_nothing(control):
    written = threading.Event()

    def write():
        try:
            for n in range(60):
                with transaction.atomic():
                    append([Act(Action.APPLIED, "lena", subject=str(n)) for _ in range(3)])
        finally:
            written.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as writer:
        done = writer.submit(write)
        found = []
        while not written.is_set():
            found.append(verify_chain())
        done.result()
    assert [state for state in found if not state.intact] == []
    assert verify_chain() == ChainState(checked=181)


def test_verifying_changes_nothing(control):
    with transaction.atomic():
        append([Act(Action.RUN_OPENED, "lena")])
    with CaptureQueriesContext(connection) as queries:
        verify_chain()
    statements = [query["sql"] for query in queries]
    assert "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" in statements
    assert len(statements) <= 5


def _flipped(value, place, bit):
    """The value with one bit of one byte changed, as far as the column's type can hold it."""
    if isinstance(value, int):
        return value ^ (1 << (place * 8 + bit) % 62)
    if isinstance(value, str):
        data = bytearray(value.encode() or b"\0")
        data[place % len(data)] ^= 1 << bit
        return data.decode(errors="surrogateescape")
    return value + timedelta(microseconds=1 << (place * 8 + bit) % 40)
