"""``watch_sql``: what monitor checks say after a run, and what is told of a breach."""

import json
import os
import signal
import time

from django.conf import settings

from ceremony.models import AuditEvent, CheckRecord, Run, RunKind
from tests.acceptance.door import manage
from tests.acceptance.world import BACK, TABLE, point

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


def test_a_breach_is_an_event_and_an_exit_status(world):
    world.write(WATCHED)
    world.target()
    world.applied()
    world.ask("INSERT INTO things VALUES (1, '')")
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
        "fingerprint": run.in_ceremony.manifest.fingerprint,
        "problem": "",
        "round": 1,
        "run": run.pk,
        "verdict": "FAIL",
    }
    assert world.ask("SELECT count(*) FROM things") == [(1,)]
