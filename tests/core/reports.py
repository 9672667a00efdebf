"""Reports for tests: one that passed, and what else can be said in one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ceremony.core.checklist.summary import Summary
from ceremony.core.execution.facts import (
    ApprovedBack,
    Checked,
    Compensating,
    Drilled,
    Elsewhere,
    ExecutionReport,
    Holds,
    Inventoried,
    Moved,
    Place,
    Ran,
    Remarked,
    Rules,
    RunOf,
    Signed,
    Stopped,
    Trouble,
)
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.manifest import FrozenFile
from ceremony.core.report import Verdict
from ceremony.core.risks import KnownRisk
from ceremony.core.states import State

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINGERPRINT = "manifest1:" + "f" * 64


def item(result=ItemResult.PASS, phase=Phase.PREFLIGHT, **fields):
    given = {"id": "backup", "text": "A backup was taken.", "kind": ItemKind.HUMAN, **fields}
    return Judged(
        Item(phase=phase, **given),
        result,
        "taken",
        {"note": "taken", "size": "12 kB", "rows": [1]},
        "lena",
        NOON,
    )


def checked(result="PASS", severity="block", **fields):
    return Checked(
        **{
            "version": "0001",
            "name": "one active order",
            "when": "after",
            "severity": severity,
            "expectation": "no rows",
            "result": result,
            "explanation": "No rows, as expected.",
            **fields,
        }
    )


def line(number=1, version="0001", **fields):
    given = {
        "number": number,
        "version": version,
        "label": f"{version}_orders",
        "event": "applied",
        "variant": "",
        "purpose": "orders",
        "risk": "high",
        "reversible": "yes",
        "data_loss": "",
        "transactional": True,
        "depends": ("0000",),
        "objects": ("table orders",),
        "files": (FrozenFile(f"shop/{version}_orders.sql", "sha256:" + "a" * 64),),
        **fields,
    }
    return Inventoried(**given)


def ran(version="0001", verdict=Verdict.PASS, **fields):
    given = {
        "number": 1,
        "version": version,
        "label": f"{version}_orders",
        "deed": "apply",
        "attempt": "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "state": "done",
        "verdict": verdict,
        "microseconds": 12_000,
        "statements": 2,
        "statements_in": 2,
        "ledger_sequence": 4,
        "ledger_hash": "c" * 64,
        "checks": (checked(),),
        **fields,
    }
    return Ran(**given)


def run(number=7, steps=None, **fields):
    given = {
        "number": number,
        "round": 1,
        "purpose": "change",
        "reason": "",
        "operator": "otto",
        "host": "build-1",
        "git_commit": "0" * 40,
        "tool_version": "0.1.0",
        "command_line": "manage.py apply_sql shop",
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=3),
        "verdict": "PASS",
        "microseconds": 3_000_000,
        "spent": True,
        "steps": (ran(),) if steps is None else tuple(steps),
        **fields,
    }
    return RunOf(**given)


def signed(username="vera", purpose="approval", decision="approve", **fields):
    given = {
        "round": 1,
        "purpose": purpose,
        "decision": decision,
        "subject": FINGERPRINT,
        "username": username,
        "groups": ("dba",),
        "meaning": "I have read it.",
        "comment": "fine",
        "accepted": (),
        "reauthenticated": True,
        "at": NOON,
        "event": 12,
        "told": True,
        **fields,
    }
    return Signed(**given)


def moved(number, act, before, after):
    return Moved(number, act, before, after, "vera", NOON, 10 + number)


DRILL = Drilled(
    version="0001",
    label="0001_orders",
    rehearsal=3,
    digest="rehearsal1:" + "b" * 64,
    clean=True,
    at=NOON,
    ways_back=(("", "restored"),),
    locks=("ACCESS EXCLUSIVE on public.orders",),
    microseconds=9_000,
    microseconds_back=4_000,
)
STOP = Stopped("6f9619ff", "stop", "halt-by-hand", "", "too slow", "otto", NOON)

TRUE = ExecutionReport(
    number=5,
    title="Orders get an email",
    series="shop",
    direction="apply",
    state=State.SIGNED_OFF,
    round=1,
    fingerprint=FINGERPRINT,
    risk="high",
    overridden=False,
    requester="lena",
    authors=("lena", "lena@example.org"),
    created_at=NOON,
    place=Place("shop", "staging", "shop", "db.example", "7441234567890123456", 180004),
    rules=Rules("protected", "policy1:" + "1" * 64, False, ("A backup.",), True, True, True),
    summary=Summary("An email per order.", "One table.", "1 minute", {}),
    inventory=(line(),),
    way_back=(ApprovedBack("", ("0001_orders",)), ApprovedBack("keep_data", ("0001_orders",))),
    history=(
        moved(1, "request", "draft", "requested"),
        moved(2, "approve", "requested", "approved"),
    ),
    signed=(signed(), signed("adam", "acceptance")),
    preflight=(item(),),
    runs=(run(),),
    verification=(item(phase=Phase.VERIFICATION),),
    acceptance=(item(phase=Phase.ACCEPTANCE),),
    drills=(DRILL,),
    compensation=(
        Compensating("0001", "after mails", "sent", "COPY x", "SELECT 1", "again", "none"),
    ),
    remarks=(Remarked("issue", "It was slow.", "otto", NOON),),
    risks=(KnownRisk("P2", "0001", "Writers wait.", "At night."),),
    notes=(("0001", "Emails are not checked."),),
    elsewhere=(Elsewhere("live", "production", (), ("0001_orders",)),),
    holds=Holds(9, NOON, ("public.orders",), ("public.mood",)),
)
"""A ceremony in which everything went as it should."""

TROUBLE = Trouble("statement-failed", "Statement 1 failed.", "23505", 1)


def changed(**fields):
    return replace(TRUE, **fields)
