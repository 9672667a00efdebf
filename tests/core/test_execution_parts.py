"""What a file names, and what a policy asks for, as a report says it."""

from dataclasses import fields, replace
from datetime import datetime, time

import pytest

from ceremony.core.execution.affected import affected
from ceremony.core.execution.asks import asks_of
from ceremony.core.execution.blocks import duration, facts, table, version_of
from ceremony.core.execution.document import plain
from ceremony.core.execution.reading import reading_of
from ceremony.core.finding import errors
from ceremony.core.item import ItemResult
from ceremony.core.policy import OPEN, PROTECTED, Duty, Quorum, Window
from ceremony.core.sql import parse_script
from tests.core.reports import NOON, TRUE, changed, item, moved, ran, run


@pytest.mark.parametrize(
    ("sql", "objects"),
    [
        ("CREATE TABLE a (id int); CREATE INDEX i ON a (id);", ("table a", "index i")),
        ("ALTER TABLE s.a ADD COLUMN b int, DROP COLUMN c;", ("table s.a",)),
        ("ALTER TABLE a RENAME COLUMN b TO c;", ("table a",)),
        ("ALTER TABLE a RENAME TO b;", ("table a", "table b")),
        ("DROP TABLE a; DROP TYPE IF EXISTS mood;", ("table a", "type mood")),
        (
            "INSERT INTO a VALUES (1); UPDATE b SET x = 1; DELETE FROM c;",
            ("table a", "table b", "table c"),
        ),
        ("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);", ("table a",)),
        ("DO $$ BEGIN ALTER TABLE a ADD CHECK (x > 0); END $$;", ("table a",)),
        ("DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$;", ()),
        ("SELECT 1;", ()),
    ],
)
def test_objects_that_a_script_names_are_told_once_in_its_order(sql, objects):
    assert affected(_script(sql)) == objects


def _script(sql):
    script, findings = parse_script("shop/0001_a.sql", sql, sql.encode(), transactional=True)
    assert errors(findings) == ()
    return script


def test_an_open_policy_asks_for_nothing():
    assert asks_of(OPEN) == ()


def test_every_demand_of_a_policy_has_its_sentence():
    strict = replace(
        PROTECTED,
        approvals=(Quorum("", 1), Quorum("dba", 2)),
        rehearsal=True,
        rehearsal_days=7,
        windows=(Window((0, 3), time(22), time(2)),),
        expires_hours=24,
        reauthenticate=True,
        promotion="staging",
    )
    assert asks_of(strict) == (
        "Before the run approve: 1 who may sign, 2 of dba.",
        "After it sign off: 1 who may sign.",
        *(f"Nobody is {duty.value} at once." for duty in sorted(Duty)),
        "A clean rehearsal of the same files, at most 7 days old.",
        "A run begins Monday, Thursday from 22:00 to 02:00 UTC.",
        "An approval is used within 24 hours after the request.",
        "The same files were signed off on staging before.",
        "A loss of data is accepted by those who approve.",
        "Every sign-off asks for the password again.",
        "A pre-flight item that does not pass stops the run.",
        "The run is verified, and a second run has nothing to do.",
        "A failure halts the target until it is decided.",
    )


@pytest.mark.parametrize("field", [one.name for one in fields(OPEN) if one.name != "name"])
def test_no_demand_is_forgotten(field):
    strict = {
        "approvals": (Quorum("", 1),),
        "acceptances": (Quorum("", 1),),
        "separate": frozenset({Duty.AUTHOR_APPROVER}),
        "rehearsal_days": 7,
        "windows": (Window((0,), time(1), time(2)),),
        "expires_hours": 1,
        "promotion": "staging",
    }
    asking = replace(OPEN, **{field: strict.get(field, True)})
    # The age of a rehearsal asks for nothing where none is demanded.
    assert bool(asks_of(asking)) is (field != "rehearsal_days")


def test_tables_leave_out_what_is_empty():
    assert table(("a", "b"), [("1", ""), ("2", "")])[0].head == ("a",)
    assert table(("a", "b"), []) == ()
    assert facts([("a", ""), ("b", "1")])[0].rows == (("b", "1"),)


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0, ""), (400, "0 ms"), (34_000, "34 ms"), (1_240_000, "1.2 s"), (125_000_000, "2 min 5 s")],
)
def test_durations_read_as_people_say_them(microseconds, text):
    assert duration(microseconds) == text


def test_versions_read_as_people_say_them():
    assert (version_of(180004), version_of(0)) == ("PostgreSQL 18.4", "")


def test_the_document_has_no_room_for_what_has_no_canonical_form():
    assert plain({"at": NOON, "of": frozenset({"b", "a"}), "is": True}) == {
        "at": "2026-03-01T12:00:00.000000+00:00",
        "of": ["a", "b"],
        "is": True,
    }
    with pytest.raises(TypeError, match="float has no form in a report"):
        plain(0.5)
    with pytest.raises(TypeError, match="type has no form in a report"):
        plain(datetime)


def _cells(report, title):
    """Every cell and sentence of a section."""
    (section,) = [one for one in reading_of(report).sections if one.title == title]
    return str(section.blocks)


def test_a_ceremony_that_was_halted_says_so_where_its_target_was_not():
    assert "It was never halted." in _cells(TRUE, "Stop the world")
    halted = changed(history=(*TRUE.history, moved(3, "halt", "running", "halted")))
    told = "The ceremony was halted (2026-03-01 12:00:00 UTC); its policy does not halt the target."
    assert told in _cells(halted, "Stop the world")


def test_what_nobody_looked_at_was_found_by_nobody():
    asked = replace(item(ItemResult.NOT_RUN), by="")
    assert "'nobody'" in _cells(changed(preflight=(asked,)), "Pre-flight")
    looked = replace(item(), by="")
    assert "'found automatically'" in _cells(changed(preflight=(looked,)), "Pre-flight")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "'2 of 2 in', '1 of 1 passed'"),
        ({"statements": 0, "statements_in": 0, "checks": ()}, "'none ran', 'none ran'"),
        ({"settled": "Its row is there.", "checks": ()}, "'not recorded', 'not recorded'"),
    ],
)
def test_what_is_known_of_statements_and_checks(fields, shown):
    report = changed(runs=(run(steps=[ran(**fields)]),))
    assert shown in _cells(report, "Steps")


def test_a_row_alone_is_no_pass_among_the_steps():
    recorded = changed(runs=(run(steps=[ran(deed="recorded as superseded")]),))
    assert "('NOT RUN', '1', '0001_orders', 'recorded as superseded'" in _cells(recorded, "Steps")


def test_a_run_by_break_glass_spent_no_approval():
    report = changed(runs=(run(purpose="override"),), overridden=True)
    assert "'NONE: it ran without one (break-glass)'" in _cells(report, "Steps")
    assert "spent by this run" not in _cells(report, "Steps")


def test_nobody_approved_what_the_open_policy_let_through():
    assert "'spent by this run'" in _cells(TRUE, "Steps")
    is_open = changed(rules=replace(TRUE.rules, is_open=True))
    assert "'the open policy asks nobody'" in _cells(is_open, "Steps")
