"""Reports: gathered from the record, kept as they were made, with their digest in the trail.

A report that says the same as the newest one kept is that one: nothing is written twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.actor import Actor
from ceremony.actions.ceremonies import acting, ceremony_unknown, expire_due, note
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.reporting.gather import gathered
from ceremony.core.chain import Json, canonical
from ceremony.core.execution.blocks import Reading
from ceremony.core.execution.document import digest_of, document_of
from ceremony.core.execution.reading import reading_of
from ceremony.core.report import Verdict
from ceremony.models import AuditHead, Ceremony, StoredReport, audit
from ceremony.models.audit import Action, one_snapshot

EXECUTION = "execution"
POPULATION = "population"
"""The kinds of stored reports."""


@dataclass(frozen=True)
class MadeReport:
    """A report as it is kept. ``document`` has the digest; ``reading`` is the same to be read.

    ``number`` is that of the stored row. ``made_at`` and ``made_by`` are of when these facts were
    first reported. A report that is only looked at and was not kept has neither (0, ``None``).
    """

    number: int
    kind: str
    verdict: Verdict
    document: Mapping[str, Json]
    reading: Reading
    digest: str
    made_by: str
    made_at: datetime | None


@control_errors()
def make_report(number: int, actor: Actor) -> MadeReport:
    """The report of ceremony ``number`` as it stands, kept; the event ``report made`` where it says
    something new.

    Raises UsageError (ceremony-unknown) and Tampered (manifest-damaged, frozen-differs).
    """
    require_control()
    expire_due(timezone.now())
    # Gathered before the head is locked: a thousand files take a while to read.
    with one_snapshot():
        report = gathered(_found(number))
        document = document_of(report)
    with acting(number) as (head, ceremony):
        row = keep(head, EXECUTION, document, actor, ceremony)
    return made(row, report.verdict, document, reading_of(report))


@control_errors()
def look_at(number: int) -> MadeReport:
    """The same without keeping anything, for pages that are only looked at.

    Raises UsageError (ceremony-unknown) and Tampered (manifest-damaged, frozen-differs).
    """
    with one_snapshot():
        ceremony = _found(number)
        report = gathered(ceremony)
        document = document_of(report)
        row = _kept(EXECUTION, ceremony, digest_of(document))
    if row is None:
        row = StoredReport(kind=EXECUTION, digest=digest_of(document))
    return made(row, report.verdict, document, reading_of(report))


def keep(
    head: AuditHead,
    kind: str,
    document: Mapping[str, Json],
    actor: Actor,
    ceremony: Ceremony | None = None,
) -> StoredReport:
    """Keep a report under its digest, unless the newest of its kind says the same; the event
    ``report made``. The caller's transaction holds the head.
    """
    digest = digest_of(document)
    if known := _kept(kind, ceremony, digest):
        return known
    row = StoredReport(
        ceremony=ceremony,
        kind=kind,
        document=canonical(document).decode(),
        digest=digest,
        made_by=evidence.bounded(actor.name, 255),
        made_at=timezone.now(),
    )
    detail: dict[str, Json] = {"kind": kind, "digest": digest, "verdict": document["verdict"]}
    if ceremony is not None:
        note(head, ceremony, Action.REPORT_MADE, row.made_by, detail, (row,))
    else:
        told = audit.Act(Action.REPORT_MADE, row.made_by, detail=detail, rows=(row,))
        head.append([told])
    row.save(force_insert=True)
    return row


def _kept(kind: str, ceremony: Ceremony | None, digest: str) -> StoredReport | None:
    """The newest report of its kind, where it has this digest."""
    newest = StoredReport.objects.filter(kind=kind, ceremony=ceremony).order_by("-pk").first()
    return newest if newest is not None and newest.digest == digest else None


def made(
    row: StoredReport, verdict: Verdict, document: Mapping[str, Json], reading: Reading
) -> MadeReport:
    """A kept report with what it says."""
    return MadeReport(
        number=row.pk or 0,
        kind=row.kind,
        verdict=verdict,
        document=document,
        reading=reading,
        digest=row.digest,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def _found(number: int) -> Ceremony:
    found = Ceremony.objects.select_related("target").filter(pk=number).first()
    if found is None:
        raise ceremony_unknown(number)
    return found
