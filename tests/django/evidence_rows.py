"""One row of each table that a ceremony leaves."""

from uuid import uuid4

from ceremony.core.halting import Station
from ceremony.core.states import State
from ceremony.models import (
    Blob,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Remark,
    RemarkKind,
    RunPurpose,
    RunStart,
    RunStartStep,
    Spending,
    StartStation,
    StoredReport,
)
from tests.django import factories
from tests.django.ceremonies import ceremony_in, person, sign_off


def blob():
    return Blob.objects.create(digest=factories.digest("a"), size=9, data=b"SELECT 1;")


def transition():
    return ceremony_in(State.REQUESTED).history.get()


def stored_manifest():
    return ceremony_in(State.REQUESTED).manifests.get()


def signed():
    return sign_off(ceremony_in(State.REQUESTED), person("t.silva"))


def spending():
    manifest = ceremony_in(State.APPROVED).manifests.get()
    return Spending.objects.create(manifest=manifest, run=factories.RunFactory(), at=factories.NOON)


def ceremony_run(purpose=RunPurpose.CHANGE, **fields):
    manifest = fields.pop("manifest", None) or stored_manifest()
    return CeremonyRun.objects.create(
        run=factories.RunFactory(target=manifest.ceremony.target),
        ceremony=manifest.ceremony,
        manifest=manifest,
        purpose=purpose,
        **fields,
    )


def judged_item():
    return JudgedItem.objects.create(
        manifest=stored_manifest(),
        phase="pre-flight",
        item="backup",
        text="A backup was taken.",
        kind="human",
        result="PASS",
        at=factories.NOON,
    )


def halt_step():
    return HaltStep.objects.create(
        halt=uuid4(),
        target=factories.TargetFactory(),
        station=Station.STOP.value,
        condition="raised by hand",
        text="The site is down.",
        by="lena",
        at=factories.NOON,
    )


def remark():
    return Remark.objects.create(
        ceremony=ceremony_in(State.REQUESTED),
        kind=RemarkKind.LESSON,
        text="Take the backup earlier.",
        by="lena",
        at=factories.NOON,
    )


def stored_report():
    return StoredReport.objects.create(
        ceremony=ceremony_in(State.REQUESTED),
        kind="execution",
        document="{}",
        digest=factories.digest("b"),
        made_by="lena",
        made_at=factories.NOON,
    )


def run_start():
    ceremony = ceremony_in(State.APPROVED)
    return RunStart.objects.create(
        ceremony=ceremony,
        manifest=ceremony.manifests.get(),
        deed="run",
        command=["apply_sql", "shop"],
        user=person("olga", "run"),
        username="olga",
        token=factories.digest("c"),
        host="web",
        at=factories.NOON,
        expires_at=factories.NOON,
    )


def run_start_step():
    return RunStartStep.objects.create(
        start=run_start(),
        station=StartStation.ENDED,
        host="web",
        pid=7,
        status=0,
        at=factories.NOON,
    )
