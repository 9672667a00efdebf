"""``watch_sql``: what monitor checks say after a run, and what is told of a breach."""

import json
import os
import signal
import time
from contextlib import contextmanager

from django.db import connections

from ceremony.models import AuditEvent, CheckRecord, Run, RunKind, RunOutcome, Target
from ceremony.notify.signals import noticed
from tests.acceptance.door import manage
from tests.acceptance.world import BACK, TABLE, WHOLE, point
from tests.django.factories import RunFactory

WATCHED = {
    "0001_things.sql": TABLE,
    "0001_things.rollback.sql": BACK,
    "0001_things.verify.sql": (
        "-- check: the table is there\n-- expect: success\nSELECT count(*) FROM things;\n\n"
        "-- check: nothing is nameless\n-- when: monitor\n-- expect: no rows\n"
        "SELECT id FROM things WHERE name = '';\n"
    ),
}


def _watch(*flags):
    return manage("watch_sql", "shop", *flags)


@contextmanager
def heard():
    """The notices that go out meanwhile."""
    found = []

    def listen(notice, **_):
        found.append(notice)

    noticed.connect(listen)
    yield found
    noticed.disconnect(listen)


def _breaches():
    return list(AuditEvent.objects.filter(action="monitor breached"))


def test_a_look_that_finds_nothing_is_recorded_with_its_ceremony(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    answer = _watch("--once", "--format", "json")
    (look,) = json.loads(answer.out)["reports"]
    assert (answer.status, look["verdict"], look["ceremony"]) == (0, "PASS", 1)
    run = Run.objects.get(kind=RunKind.WATCH)
    assert look["run"] == run.pk
    assert (run.in_ceremony.ceremony_id, run.in_ceremony.purpose) == (1, "watch")
    assert run.outcome.verdict == "PASS"
    assert [c["name"] for m in look["migrations"] for c in m["checks"]] == ["nothing is nameless"]
    assert list(CheckRecord.objects.filter(run=run).values_list("result", flat=True)) == ["PASS"]
    assert _breaches() == []


def test_a_breach_is_an_event_a_notice_and_an_exit_status(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    world.ask("INSERT INTO things VALUES (1, '')")
    with heard() as notices:
        answer = _watch()
    run = Run.objects.get(kind=RunKind.WATCH)
    assert answer.status == 1
    assert answer.err == (
        "✕ 1 look of 1 at shop on 'shop' found a breach; the first: 0 of 1 check passed."
        "  [monitor-breached]\n"
        "State  The target was only read; every look is recorded.\n"
        f"Next   Look at run {run.pk} in the admin. To stop the world: manage.py halt_sql "
        '--database shop --reason "why"\n'
    )
    (event,) = _breaches()
    assert (event.subject, event.target, event.series) == ("Ceremony 1", "shop", "shop")
    assert event.detail() == {
        "ceremony": 1,
        "checks": [["0001_things", "nothing is nameless", "FAIL"]],
        "missing": [],
        "fingerprint": run.in_ceremony.manifest.fingerprint,
        "problem": "",
        "round": 1,
        "run": run.pk,
        "verdict": "FAIL",
    }
    assert world.ask("SELECT count(*) FROM things") == [(1,)]
    (notice,) = notices
    assert (notice.occasion, notice.ceremony, notice.target) == ("monitor breached", 1, "shop")
    assert notice.text == f"Run {run.pk}: nothing is nameless."


def test_a_long_watch_looks_again_and_tells_of_each_look(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    answer = _watch("--hours", "0.0003", "--every", "0.005", "--format", "json")
    looks = json.loads(answer.out)["reports"]
    assert (answer.status, [one["verdict"] for one in looks]) == (0, ["PASS"] * 4)
    assert Run.objects.filter(kind=RunKind.WATCH).count() == 4
    lines = answer.err.splitlines()
    assert len(lines) == 3
    assert all(line.endswith("UTC  PASS  1 of 1 passed.") for line in lines)


def test_a_target_that_does_not_answer_is_a_breach_and_no_pass(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    point("shop", HOST="/nowhere-at-all")
    answer = _watch("--format", "json")
    (look,) = json.loads(answer.out)["reports"]
    assert (answer.status, look["verdict"], look["target"]) == (1, "NOT RUN", None)
    assert look["problem"]["code"] == "connect-failed"
    run = Run.objects.get(kind=RunKind.WATCH)
    assert (run.outcome.verdict, run.outcome.problem["code"]) == ("NOT RUN", "connect-failed")
    (event,) = _breaches()
    assert (event.detail()["problem"], event.detail()["checks"]) == ("connect-failed", [])


def test_without_a_monitor_check_there_is_nothing_to_watch(world):
    world.write(WHOLE)
    world.target()
    world.applied()
    answer = _watch()
    assert (answer.status, answer.err) == (
        2,
        "✕ Nothing that is applied of 'shop' on 'shop' has a check with  -- when: monitor.  "
        "[monitor-missing]\n"
        "State  Nothing was changed.\n"
        "Next   Write one into the .verify.sql of a migration; docs/reference/checks.md shows "
        "how.\n",
    )
    assert not Run.objects.filter(kind=RunKind.WATCH).exists()


def test_a_number_that_no_ceremony_of_the_series_has_is_refused_before_anything_is_recorded(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    answer = _watch("--ceremony", "99")
    assert (answer.status, "[ceremony-unknown]" in answer.err) == (2, True)
    assert not Run.objects.filter(kind=RunKind.WATCH).exists()


def test_once_and_for_some_hours_contradict_each_other(world):
    world.write(WATCHED)
    answer = _watch("--once", "--hours", "1")
    assert (answer.status, "[watch-how-long]" in answer.err) == (2, True)


def test_a_watch_that_is_stopped_has_recorded_what_it_saw(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    child = os.fork()
    if child == 0:
        connections.close_all()
        os._exit(_watch("--hours", "1", "--every", "30").status)
    deadline = time.monotonic() + 20
    while not RunOutcome.objects.filter(run__kind=RunKind.WATCH).exists():
        assert time.monotonic() < deadline, "no look was recorded"
        time.sleep(0.05)
    time.sleep(0.2)
    os.kill(child, signal.SIGTERM)
    _, ended = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(ended) == 130
    assert RunOutcome.objects.get(run__kind=RunKind.WATCH).verdict == "PASS"


def test_a_look_that_is_under_way_is_left_alone_by_a_run_that_settles_others(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    target = Target.objects.get()
    look = RunFactory(kind=RunKind.WATCH, target=target, series="shop")
    world.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    world.applied()
    assert not RunOutcome.objects.filter(run=look).exists()


STATED = """[health]
hours = 0.0002
every_minutes = 0.005
checks = ["nothing is nameless", "gone"]
"""


def test_the_series_states_how_long_how_often_and_what(world):
    world.write({**WATCHED, "series.toml": STATED})
    world.target()
    world.applied()
    answer = _watch("--format", "json")
    looks = json.loads(answer.out)["reports"]
    assert (len(looks), {one["verdict"] for one in looks}) == (3, {"PARTIAL"})
    assert (answer.status, looks[0]["missing"]) == (1, ["gone"])
    assert [event.detail()["missing"] for event in _breaches()] == [["gone"]] * 3
    once = _watch("--once")
    assert "[health] names the check 'gone', which nothing applied has." in once.out
    assert "1 of 1 check passed. Not asked, because nothing applied has them: gone." in once.err


def test_the_trail_tells_of_looks_remarks_and_reports(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    assert _watch().status == 0
    assert manage("report_sql", "1", "--issue", "It was slow.").status == 0
    assert manage("report_sql", "--population").status == 0
    answer = manage("verify_audit", "--targets")
    assert answer.status == 0, answer.told()
