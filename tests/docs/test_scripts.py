"""The scripts that the reference gives to verify the chains, on rows of every kind."""

import io
import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.chain import GENESIS
from ceremony.core.ledger_hash import sealed
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.models.audit import Act, Action, AuditEvent
from tests.docs.pages import CHECKOUT, File, steps

NOW = datetime(2026, 1, 17, 9, 30, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def _script(page, path):
    text = (CHECKOUT / "docs" / "reference" / page).read_text(encoding="utf-8")
    (found,) = [s.text for s in steps(text) if isinstance(s, File) and s.path == path]
    return compile(found, path, "exec")


LEDGER = _script("ledger.md", "verify_ledger.py")
TRAIL = _script("record.md", "verify_trail.py")


def _said(script, rows):
    """What the script prints last for these rows, or how it ends."""
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    out, before = io.StringIO(), (sys.stdin, sys.stdout)
    sys.stdin, sys.stdout = io.StringIO(lines), out
    try:
        exec(script, {})
    except SystemExit as ended:
        return str(ended.code)
    finally:
        sys.stdin, sys.stdout = before
    return out.getvalue().splitlines()[-1]


def _shown(row, zone):
    """The row as ``row_to_json`` writes it: times in the session's zone, zeros at the end gone."""
    moment = row.recorded_at.astimezone(zone).isoformat(timespec="microseconds")
    clock, sign, offset = moment[:26].rstrip("0").rstrip("."), moment[26], moment[27:]
    attempt = None if row.attempt is None else str(row.attempt)
    values = {**vars(row), "event": row.event.value, "attempt": attempt}
    return {**values, "recorded_at": f"{clock}{sign}{offset}"}


def _ledger(texts, micros):
    rows, previous = [], GENESIS
    for number, text in enumerate(texts, 1):
        row = sealed(
            LedgerRow(
                sequence=number,
                series="shop",
                version="0001",
                name=text,
                event=Event.APPLIED,
                bytes_digest="sha256:1",
                meaning_digest="meaning1:1",
                checks_digest="",
                rollback_digest="",
                attempt=UUID(int=number) if number % 2 else None,
                manifest_digest="",
                statement=0,
                detail=json.dumps({"text": text}),
                recorded_by=text,
                recorded_at=NOW + timedelta(microseconds=micros * number),
                tool_version="0.1.0",
                audit_sequence=number,
                audit_hash=GENESIS,
                previous_hash=previous,
                hash="",
            )
        )
        rows.append(row)
        previous = row.hash
    return rows


@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(0, 10**7), st.sampled_from([0, 330]))
def test_an_honest_ledger_agrees_with_itself(texts, micros, minutes):
    rows = _ledger(texts, micros)
    zone = timezone(timedelta(minutes=minutes))
    said = _said(LEDGER, [_shown(row, zone) for row in rows])
    assert said == f"{len(rows)} rows agree with each other. Head: {rows[-1].hash}"


@given(st.data())
def test_any_change_of_a_ledger_is_found_at_its_row(data):
    rows = [_shown(row, UTC) for row in _ledger(["a", "b", "c"], 1)]
    at = data.draw(st.integers(0, 2))
    column = data.draw(st.sampled_from(sorted(rows[at])))
    other = {"recorded_at": "2020-01-01T00:00:00+00:00", "attempt": str(UUID(int=99))}
    changed = 7 if isinstance(rows[at][column], int) else other.get(column, "f" * 64)
    rows[at] = {**rows[at], column: changed}
    assert _said(LEDGER, rows) == f"The chain breaks at row {at + 1}."


@pytest.mark.parametrize("gone", [0, 1])
def test_a_missing_row_is_found(gone):
    rows = [_shown(row, UTC) for row in _ledger(["a", "b", "c"], 1)]
    del rows[gone]
    assert _said(LEDGER, rows) == f"The chain breaks at row {gone + 1}."


def _trail(subjects):
    events, sequence, previous = [], 0, GENESIS
    for subject in subjects:
        act = Act(Action.APPLIED, "anna", "shop", "shop", subject, {"text": subject})
        event = AuditEvent.following(sequence, previous, act, NOW)
        sequence, previous = event.sequence, event.hash
        events.append(event)
    return events


def _columns(event):
    names = ("sequence", "action", "payload", "previous_hash", "hash")
    return {name: getattr(event, name) for name in names}


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_an_honest_trail_agrees_with_itself(subjects):
    events = _trail(subjects)
    said = _said(TRAIL, map(_columns, events))
    assert said == f"All events agree with each other. Head: {events[-1].hash}"


@pytest.mark.parametrize("column", ["sequence", "payload", "previous_hash", "hash"])
def test_a_changed_event_is_found(column):
    rows = [_columns(event) for event in _trail(["a", "b", "c"])]
    rows[1][column] = 7 if column == "sequence" else rows[0][column]
    assert _said(TRAIL, rows) == "The chain breaks at event 2."
