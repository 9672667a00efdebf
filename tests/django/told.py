"""Rows of evidence together with the events that tell of them, one of each kind."""

from uuid import uuid4

from django.contrib.auth import get_user_model

from ceremony.actions.ceremonies import acting, advance, note
from ceremony.actions.record import recording
from ceremony.core.digests import bytes_digest
from ceremony.core.manifest import Manifest, TargetIdentity, document_of
from ceremony.core.plan import Direction
from ceremony.core.policies import form
from ceremony.core.states import Act
from ceremony.models import (
    Blob,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Remark,
    RunStart,
    RunStartStep,
    SignOff,
    Spending,
    StoredManifest,
    StoredReport,
)
from ceremony.models.audit import Action
from tests.django import ceremonies, factories

SAID = "it <b>holds</b> – é"


def told(ceremony, row, action=Action.RUN_OPENED, actor="lena"):
    """The row, saved with an event that tells of it."""
    with acting(ceremony.pk) as (head, found):
        event = note(head, found, action, actor, rows=(row,))
        if hasattr(row, "event"):
            row.event = event.sequence
        row.save(force_insert=True)
    return row


def requested(number=1):
    """A ceremony with its first round, in one transaction and told of, as the actions do it."""
    with recording() as head:
        ceremony = ceremonies.draft(title=f"Change {number}")
        row = StoredManifest(
            ceremony=ceremony,
            round=1,
            fingerprint=f"manifest1:{number:064d}",
            document='{"policy":{"approvals":[]}}',
            why="first round",
            made_by="lena",
            made_at=factories.NOON,
        )
        ceremony.round, ceremony.fingerprint = 1, row.fingerprint
        row.save(force_insert=True)
        advance(head, ceremony, Act.REQUEST, "lena", rows=(row,))
    return ceremony, row


def requested_under(policy, **fields):
    """A ceremony that was requested with a whole manifest, under a policy."""
    ceremony = ceremonies.draft(policy=policy.name, **fields)
    manifest = Manifest(
        control="c",
        ceremony=ceremony.pk,
        round=1,
        series=ceremony.series,
        direction=Direction.APPLY,
        target=TargetIdentity(ceremony.target.alias, "production", "shop", 1, "7", ""),
        ledger_sequence=0,
        ledger_hash="",
        steps=(),
        way_back=(),
        rehearsals={},
        policy=form.document_of(policy),
        policy_version=form.version_of(policy),
        checklists="",
    )
    return ceremonies.move(ceremony, Act.REQUEST, document=document_of(manifest))


def life():
    """One ceremony with every kind of row, halfway through its life."""
    ceremony, manifest = requested()
    for name in ("ana", "bo"):
        signed(ceremony, manifest, ceremonies.person(name, "sign"))
    ceremonies.move(ceremony, Act.APPROVE)
    run = factories.RunFactory(target=ceremony.target)
    of_run = {"run": run, "manifest": manifest}
    told(ceremony, Spending(at=factories.NOON, **of_run))
    told(ceremony, CeremonyRun(ceremony=ceremony, purpose="change", **of_run))
    data = b"a list of rows"
    blob = Blob.objects.create(digest=bytes_digest(data), size=len(data), data=data)
    for result in ("FAIL", "PASS"):
        told(ceremony, item(manifest, result, blob))
    told(ceremony, halt_step(ceremony))
    noted = {"ceremony": ceremony, "by": "ana", "at": factories.NOON}
    told(ceremony, Remark(kind="lesson", text=SAID, **noted))
    made = {"made_by": "ana", "made_at": factories.NOON}
    told(ceremony, StoredReport(ceremony=ceremony, kind="execution", document="{}",
                                digest=f"report1:{'1' * 64}", **made))  # fmt: skip
    start = RunStart(
        ceremony=ceremony, manifest=manifest, deed="run", command=["apply_sql", SAID],
        user=get_user_model().objects.get(username="ana"), username="ana",
        token=f"sha256:{'2' * 64}", host="web", at=factories.NOON, expires_at=factories.NOON,
    )  # fmt: skip
    told(ceremony, start)
    for number, station in enumerate(("taken up", "ended")):
        told(ceremony, RunStartStep(
            start=start, station=station, host="web", pid=7 + number,
            status=number or None, said=SAID, at=factories.NOON,
        ))  # fmt: skip
    return ceremony


def signed(ceremony, manifest, user, **fields):
    given = {
        "purpose": "approval",
        "decision": "approve",
        "subject": manifest.fingerprint,
        "username": user.username,
        "groups": ["dba"],
        "meaning": "I have read it.",
        "signed_at": factories.NOON,
        **fields,
    }
    return told(ceremony, SignOff(manifest=manifest, user=user, **given), actor=user.username)


def item(manifest, result, blob=None):
    return JudgedItem(
        manifest=manifest,
        phase="pre-flight",
        item="backup",
        text="A backup was taken.",
        kind="human",
        result=result,
        explanation=SAID,
        evidence={"path": "/b.dump", "size": 12, "share": 0.25, "whole": 1e22, "list": [1, None]},
        blob=blob,
        by="ana",
        at=factories.NOON,
    )


def halt_step(ceremony):
    return HaltStep(
        halt=uuid4(),
        target=ceremony.target,
        ceremony=ceremony,
        station="stop",
        condition="by-hand",
        text=SAID,
        detail={"rows": 3},
        by="ana",
        at=factories.NOON,
    )
