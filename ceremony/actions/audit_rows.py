"""Rows of evidence against the events that tell of them.

Every such row is told of by exactly one event of its transaction, with its digest
(``models.row_digest``). A row that no event tells of was changed or put in; an event whose row is
not there tells of one that was changed or taken away.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

from django.db import models

from ceremony.actions.manifest import frozen_in
from ceremony.actions.trail import Mention, Trail
from ceremony.core.audit_report import ROW, AuditFault
from ceremony.core.manifest import from_document
from ceremony.models import (
    Blob,
    Ceremony,
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
    Transition,
)
from ceremony.models.row_digest import EVENT, row_digest

PROVED: tuple[type[models.Model], ...] = (
    Transition,
    StoredManifest,
    SignOff,
    Spending,
    CeremonyRun,
    JudgedItem,
    HaltStep,
    Remark,
    StoredReport,
    RunStart,
    RunStartStep,
)
"""Tables whose every row an event tells of."""

_CHUNK = 500
_BLOBS = 20


def row_faults(trail: Trail) -> tuple[dict[str, int], list[AuditFault]]:
    """How many rows each table has, and every disagreement with the trail.

    Reads as the current transaction sees it; the trail must be unbroken.
    """
    counts: dict[str, int] = {}
    faults: list[AuditFault] = []
    for model in PROVED:
        table = model._meta.db_table
        found = _Table(table, trail.mentions.get(table, ()))
        for row in model._default_manager.order_by("pk").iterator(chunk_size=_CHUNK):
            found.judge(row)
        counts[table] = found.rows
        faults += found.ended()
    for table, number, said in (*_ceremonies(trail), *_blobs()):
        counts[table] = number
        faults += said
    return counts, faults


class _Table:
    """The rows of one table as they come, by primary key, and what is left of the mentions."""

    def __init__(self, table: str, mentions: Sequence[Mention]) -> None:
        self._table = table
        self._left: dict[str, list[tuple[int, Mention]]] = {}
        for place, mention in reversed(list(enumerate(mentions))):
            self._left.setdefault(mention.digest, []).append((place, mention))
        self._numbered = False
        self._last = -1
        self._faults: list[AuditFault] = []
        self.rows = 0

    def judge(self, row: models.Model) -> None:
        self.rows += 1
        found = self._left.get(row_digest(row))
        if not found:
            self._fault(0, f"Row {row.pk} of {self._table} is as no event tells: it was changed, "
                        "or put in by other hands.")  # fmt: skip
            return
        place, mention = found.pop()
        named = getattr(row, EVENT, mention.event)
        if named != mention.event:
            self._fault(mention.event, f"Row {row.pk} of {self._table} names event {named}; event "
                        f"{mention.event} tells of it.")  # fmt: skip
        if isinstance(row._meta.pk, models.AutoField):
            if place < self._last:
                self._fault(mention.event, f"Row {row.pk} of {self._table} stands in another "
                            "order than the events tell.")  # fmt: skip
            self._last = place

    def ended(self) -> list[AuditFault]:
        """Everything found, with the mentions that no row answered."""
        for digest in self._left.values():
            for _, mention in digest:
                self._fault(mention.event, f"Event {mention.event} tells of a row of "
                            f"{self._table} that is gone, or was changed.")  # fmt: skip
        return self._faults

    def _fault(self, event: int, message: str) -> None:
        self._faults.append(AuditFault(ROW, event, message))


def _ceremonies(trail: Trail) -> Iterator[tuple[str, int, list[AuditFault]]]:
    """Ceremonies, the one row that changes: each is as the event of its last transition says."""
    table = Ceremony._meta.db_table
    told = {(one.event, one.digest) for one in trail.mentions.get(table, ())}
    last = dict(
        Transition.objects.order_by("ceremony_id", "number").values_list("ceremony_id", "event")
    )
    faults = []
    number = 0
    for row in Ceremony.objects.order_by("pk").iterator(chunk_size=_CHUNK):
        number += 1
        event = last.pop(row.pk, 0)
        if (event, row_digest(row)) not in told:
            said = f"as event {event}, its last, says" if event else "told of by any event"
            faults.append(AuditFault(ROW, event, f"Ceremony {row.pk} is not {said}."))
    for key, event in last.items():
        faults.append(AuditFault(ROW, event, f"Ceremony {key} is gone; event {event} is its last."))
    yield table, number, faults


def _blobs() -> Iterator[tuple[str, int, list[AuditFault]]]:
    """Frozen bytes, which are their own witness: each lies under its digest, and none is missing
    that a manifest or an answer names.
    """
    faults = []
    found = set()
    for row in Blob.objects.order_by("pk").iterator(chunk_size=_BLOBS):
        found.add(row.digest)
        data = bytes(row.data)
        algorithm, _, digest = row.digest.rpartition(":")
        if (algorithm, digest, row.size) != ("sha256", hashlib.sha256(data).hexdigest(), len(data)):
            faults.append(AuditFault(ROW, 0, f"The bytes of {row.digest} are not what it says."))
    faults += [
        AuditFault(ROW, 0, f"No bytes are kept under {digest}, which is signed.")
        for digest in sorted(_named() - found)
    ]
    yield Blob._meta.db_table, len(found), faults


def _named() -> set[str]:
    """The digests of all bytes that rows of evidence name."""
    answers = JudgedItem.objects.exclude(blob=None).values_list("blob", flat=True)
    digests = set(answers)
    documents = StoredManifest.objects.values_list("document", flat=True)
    for document in documents.iterator(chunk_size=_CHUNK):
        with suppress(ValueError):  # A row that was changed is found by its own event.
            digests |= frozen_in(from_document(json.loads(document)))
    return digests
