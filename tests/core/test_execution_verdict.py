"""The verdict of a ceremony is computed; what did not run is no pass."""

from dataclasses import replace

import pytest

from ceremony.core.execution.verdict import judged, of_checks, of_items
from ceremony.core.item import ItemResult
from ceremony.core.report import Verdict
from ceremony.core.states import State
from tests.core.reports import (
    DRILL,
    STOP,
    TROUBLE,
    TRUE,
    changed,
    checked,
    item,
    line,
    moved,
    ran,
    run,
    signed,
)

PASS, PARTIAL, FAIL, NOT_RUN = Verdict.PASS, Verdict.PARTIAL, Verdict.FAIL, Verdict.NOT_RUN


def _group(report, name):
    (found,) = [one for one in judged(report).groups if one.group == name]
    return found


def test_everything_that_went_well_is_a_pass_line_by_line():
    told = judged(TRUE)
    assert told.verdict is PASS
    assert [(one.group, one.verdict, one.why) for one in told.groups] == [
        ("Approval", PASS, "Approved by vera."),
        ("Pre-flight", PASS, "1 PASS."),
        ("Rehearsal", PASS, "Every migration was rehearsed without faults."),
        ("Step 1: 0001_orders", PASS, "Ledger row 4."),
        ("Checks of 0001_orders", PASS, "1 of 1 passed."),
        ("Verification after the run", PASS, "1 PASS."),
        ("Way back", PASS, "Each was run in the rehearsal and led back."),
        ("Acceptance", PASS, "1 PASS."),
        ("Sign-off", PASS, "Accepted by adam."),
    ]


_WAIVED, _UNANSWERED, _FAILED = (
    item(result) for result in (ItemResult.WAIVED, ItemResult.NOT_RUN, ItemResult.FAIL)
)


@pytest.mark.parametrize(
    ("fields", "group", "verdict", "of_all"),
    [
        ({"preflight": (item(), _WAIVED)}, "Pre-flight", PARTIAL, PARTIAL),
        ({"preflight": (_UNANSWERED,)}, "Pre-flight", NOT_RUN, PARTIAL),
        ({"preflight": (item(), _UNANSWERED)}, "Pre-flight", PARTIAL, PARTIAL),
        ({"preflight": (item(), _FAILED)}, "Pre-flight", FAIL, FAIL),
        ({"verification": ()}, "Verification after the run", NOT_RUN, PARTIAL),
        ({"verification": (_FAILED,)}, "Verification after the run", FAIL, FAIL),
        ({"acceptance": ()}, "Acceptance", NOT_RUN, PASS),
        ({"acceptance": (_UNANSWERED,)}, "Acceptance", NOT_RUN, PARTIAL),
        ({"state": State.AWAITING_SIGN_OFF}, "Sign-off", NOT_RUN, PARTIAL),
        ({"state": State.ROLLED_BACK}, "Sign-off", NOT_RUN, FAIL),
        ({"overridden": True}, "Approval", PARTIAL, PARTIAL),
        ({"history": ()}, "Approval", NOT_RUN, PARTIAL),
        ({"signed": ()}, "Approval", FAIL, FAIL),
        ({"signed": (signed(),)}, "Sign-off", FAIL, FAIL),
        ({"signed": (signed(told=False),)}, "Approval", FAIL, FAIL),
        ({"signed": (signed(round=2),)}, "Approval", FAIL, FAIL),
        ({"signed": (signed(decision="comment"),)}, "Approval", FAIL, FAIL),
        ({"drills": ()}, "Rehearsal", NOT_RUN, PARTIAL),
        ({"drills": (replace(DRILL, clean=False),)}, "Rehearsal", FAIL, FAIL),
        ({"drills": (replace(DRILL, ways_back=(("", "fails"),)),)}, "Way back", PARTIAL, PARTIAL),
        ({"drills": (replace(DRILL, ways_back=()),)}, "Way back", PARTIAL, PARTIAL),
        ({"halts": (STOP,)}, "Stop the world", FAIL, FAIL),
        ({"runs": ()}, "Step 1: 0001_orders", NOT_RUN, NOT_RUN),
    ],
)
def test_one_thing_that_is_missing_or_wrong_decides(fields, group, verdict, of_all):
    report = changed(**fields)
    assert _group(report, group).verdict is verdict
    assert judged(report).verdict is of_all


def test_a_variant_that_keeps_something_is_no_way_back_that_failed():
    ways = (("", "restored"), ("keep_data", "not restored"))
    assert judged(changed(drills=(replace(DRILL, ways_back=ways),))).verdict is PASS


def test_what_was_only_recorded_needs_no_rehearsal():
    report = changed(inventory=(line(), line(2, "0002", event="superseded")))
    assert _group(report, "Rehearsal").verdict is PASS


def test_a_step_of_the_manifest_that_did_not_run_is_no_pass():
    report = changed(inventory=(line(), line(2, "0002")))
    assert _group(report, "Step 2: 0002_orders").why == "It did not run."
    assert judged(report).verdict is PARTIAL


def test_a_step_that_was_not_begun_does_not_hide_the_one_that_was():
    first = run(7, [ran(verdict=FAIL, state="failed", ledger_sequence=0, trouble=TROUBLE)])
    second = run(8, [ran(verdict=NOT_RUN, state="not started", ledger_sequence=0, checks=())])
    found = _group(changed(runs=(first, second)), "Step 1: 0001_orders")
    assert (found.verdict, found.why) == (FAIL, "Statement 1 failed. [statement-failed]")


def test_a_step_that_was_taken_back_is_no_pass():
    back = run(8, [ran(deed="roll back", ledger_sequence=6)], purpose="way back")
    report = changed(runs=(run(), back), state=State.HALTED)
    found = _group(report, "Step 1: 0001_orders")
    assert (found.verdict, found.why) == (
        PARTIAL,
        "It is not there any more: taken back by ledger row 6.",
    )
    planned = changed(runs=(back,), inventory=(line(event="rolled back"),))
    assert _group(planned, "Step 1: 0001_orders").verdict is PASS


def test_steps_of_earlier_rounds_are_told():
    """A fix forward plans the rest alone; what went in before is a part of the ceremony."""
    first = run(
        7,
        [
            ran(),
            ran("0002", checks=(), ledger_sequence=5, deed="recorded as superseded"),
            ran("0003", FAIL, ledger_sequence=0, state="failed", trouble=TROUBLE, checks=()),
            ran("0004", FAIL, ledger_sequence=0, state="failed", trouble=TROUBLE, checks=()),
        ],
    )
    second = run(8, [ran("0003", ledger_sequence=6, checks=())], round=2)
    report = changed(
        round=2, runs=(first, second), inventory=(line(1, "0003"),), drills=(), signed=()
    )
    told = [one for one in judged(report).groups if "000" in one.group]
    assert [(one.group, one.verdict, one.why, one.counts) for one in told] == [
        ("Earlier round: 0001_orders", PASS, "Ledger row 4.", True),
        ("Checks of 0001_orders", PASS, "1 of 1 passed.", True),
        (
            "Earlier round: 0002_orders",
            NOT_RUN,
            "Ledger row 5. Nothing was to run; it was only recorded.",
            False,
        ),
        (
            "Earlier round: 0004_orders",
            FAIL,
            "It is not in the newest round, and ended there: failed.",
            False,
        ),
        ("Step 1: 0003_orders", PASS, "Ledger row 6.", True),
    ]
    back = run(9, [ran(deed="roll back", ledger_sequence=7)], purpose="way back")
    taken = _group(replace(report, runs=(first, second, back)), "Earlier round: 0001_orders")
    assert taken.verdict is PARTIAL


def test_a_step_whose_run_died_is_told_as_it_was_found():
    died = ran(verdict=PARTIAL, checks=(), statements=0, settled="The ledger has its row.")
    report = changed(runs=(run(steps=[died]),))
    found = _group(report, "Step 1: 0001_orders")
    assert (found.verdict, found.why) == (PARTIAL, "The ledger has its row.")


_REQUESTED = moved(1, "request", "draft", "requested")
_APPROVED = moved(2, "approve", "requested", "approved")


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ([moved(3, "request", "approved", "requested")], "The newest round is not approved."),
        ([moved(3, "withdraw", "approved", "requested")], "The newest round is not approved."),
        ([moved(3, "reject", "approved", "rejected")], "The newest round is not approved."),
    ],
)
def test_an_approval_that_was_lost_is_none(acts, why):
    history = (_REQUESTED, _APPROVED, *acts, moved(4, "expire", "requested", "expired"))
    found = _group(changed(history=history, state=State.EXPIRED), "Approval")
    assert (found.verdict, found.why) == (PARTIAL, why)
    waiting = changed(history=history[:-1], state=State.REQUESTED)
    assert _group(waiting, "Approval").why == "The newest round is not approved yet."


def test_who_withdrew_an_approval_has_not_approved():
    every = (signed(), signed("adam"), signed(decision="withdraw"), signed(decision="comment"))
    assert _group(changed(signed=every), "Approval").why == "Approved by adam."
    again = (*every, signed())
    assert _group(changed(signed=again), "Approval").why == "Approved by adam, vera."


def test_a_migration_that_was_not_rehearsed_has_no_way_back_that_was_run():
    found = _group(changed(inventory=(line(), line(2, "0002"))), "Way back")
    assert (found.verdict, found.why) == (PARTIAL, "Not shown to lead back: 0002_orders.")
    recorded = changed(inventory=(line(), line(2, "0002", event="superseded")))
    assert _group(recorded, "Way back").verdict is PASS


def test_a_later_run_that_succeeds_counts():
    first = run(7, [ran(verdict=FAIL, state="failed", ledger_sequence=0, trouble=TROUBLE)])
    assert judged(changed(runs=(first, run(8)))).verdict is PASS


def test_a_look_after_the_run_is_no_step():
    look = run(9, [ran(verdict=FAIL)], purpose="watch")
    assert judged(changed(runs=(run(), look))).verdict is PASS


def test_what_was_only_recorded_did_not_run_and_stands_against_nothing():
    found = _group(changed(inventory=(line(event="superseded"),)), "Step 1: 0001_orders")
    assert (found.verdict, found.counts) == (NOT_RUN, False)


@pytest.mark.parametrize(
    ("decision", "verdict"), [("fix forward", PASS), ("roll back", PASS), ("accept", PARTIAL)]
)
def test_a_halt_that_was_lifted_is_judged_by_its_decision(decision, verdict):
    steps = (
        STOP,
        replace(STOP, station="decide", decision=decision),
        replace(STOP, station="lift"),
    )
    assert _group(changed(halts=steps), "Stop the world").verdict is verdict


def test_an_open_policy_that_asks_for_nothing_can_be_a_pass():
    rules = replace(TRUE.rules, is_open=True, rehearsal=False, verify=False, acceptance=False)
    report = changed(
        rules=rules, signed=(), preflight=(), verification=(), acceptance=(), drills=()
    )
    assert judged(report).verdict is PASS
    assert _group(report, "Sign-off").why == "The policy asks nobody."
    assert not _group(report, "Rehearsal").counts


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], NOT_RUN),
        ([checked()], PASS),
        ([checked(), checked("FAIL")], FAIL),
        ([checked("FAIL", "warn")], PARTIAL),
        ([checked("FAIL", "info"), checked()], PASS),
        ([checked("FAIL", "info")], NOT_RUN),
        ([checked("NOT RUN")], NOT_RUN),
        ([checked("NOT APPLICABLE"), checked()], PARTIAL),
    ],
)
def test_checks_add_up(checks, verdict):
    assert of_checks(checks) is verdict


def test_items_add_up_to_nothing_better_than_their_worst():
    assert of_items([]) is NOT_RUN
    assert of_items([item(), item()]) is PASS
    assert of_items([item(), _FAILED, _WAIVED]) is FAIL
