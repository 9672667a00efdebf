"""The audit trail: append-only, hash-chained events, one per act.

An event is written in the same transaction as the change it tells of. Its sequence comes from the
locked head row, not from a database sequence: a rollback leaves no gap, and two writers cannot both
follow the same event.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.utils import timezone

from ceremony.core.chain import AUDIT, GENESIS, Json, canonical, link
from ceremony.models.bulk import copy_in
from ceremony.models.row_digest import row_digest

PAYLOAD_VERSION = 1
CONTROL_ROW = 1


class Action(StrEnum):
    """What an event tells of. The words stay for ever: they are part of what is hashed."""

    TRAIL_OPENED = "trail opened"
    TARGET_REGISTERED = "target registered"
    TARGET_CHANGED = "target changed"
    LEDGER_OPENED = "ledger opened"
    TARGET_ADOPTED = "target adopted"
    RUN_OPENED = "run opened"
    RUN_CLOSED = "run closed"
    STEPS_PLANNED = "steps planned"
    APPLIED = "applied"
    ROLLED_BACK = "rolled back"
    BASELINED = "baselined"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    STEP_FAILED = "step failed"
    PARTLY_APPLIED = "partly applied"
    OUTCOME_UNKNOWN = "outcome unknown"
    NOT_STARTED = "not started"
    CHECKS_RECORDED = "checks recorded"
    SETTLED = "settled"
    RECORDS_REPAIRED = "records repaired"
    DATA_LOSS_ACCEPTED = "data loss accepted"
    BACKUP_MADE = "backup made"
    REHEARSAL_RECORDED = "rehearsal recorded"
    SNAPSHOT_TAKEN = "snapshot taken"
    DRIFT_FOUND = "drift found"
    DRIFT_ACCEPTED = "drift accepted"
    CEREMONY_REQUESTED = "ceremony requested"
    CHANGES_REQUESTED = "changes requested"
    CEREMONY_APPROVED = "ceremony approved"
    APPROVAL_WITHDRAWN = "approval withdrawn"
    CEREMONY_REJECTED = "ceremony rejected"
    CEREMONY_CANCELLED = "ceremony cancelled"
    CEREMONY_EXPIRED = "ceremony expired"
    ROUND_CALLED_OFF = "round called off"
    CEREMONY_STARTED = "ceremony started"
    CEREMONY_OVERRIDDEN = "ceremony overridden"
    CEREMONY_FINISHED = "ceremony finished"
    CEREMONY_VERIFIED = "ceremony verified"
    CEREMONY_HALTED = "ceremony halted"
    CEREMONY_ACCEPTED_AS_IS = "ceremony accepted as is"
    CEREMONY_ROLLED_BACK = "ceremony rolled back"
    CEREMONY_SIGNED_OFF = "ceremony signed off"
    WAY_BACK_STARTED = "way back started"
    SIGNED = "signed"
    PASSWORD_REFUSED = "password refused"
    ITEMS_JUDGED = "items judged"
    ITEM_ANSWERED = "item answered"
    ITEM_WAIVED = "item waived"
    REMARK_WRITTEN = "remark written"
    START_ORDERED = "start ordered"
    START_TAKEN_UP = "start taken up"
    START_ENDED = "start ended"
    REPORT_MADE = "report made"
    TRAIL_CHECKED = "trail checked"
    WATCHED = "watched"
    MONITOR_BREACHED = "monitor breached"
    TARGET_HALTED = "target halted"
    HALT_ASSESSED = "halt assessed"
    HALT_DECIDED = "halt decided"
    HALT_EXECUTED = "halt executed"
    HALT_DOCUMENTED = "halt documented"
    HALT_LIFTED = "halt lifted"
    HALT_REPEATED = "halt repeated"
    COMPENSATION_EXPORTED = "compensation exported"


@dataclass(frozen=True)
class Act:
    """What an event tells: who did what to which target, series and subject. ``detail`` holds no
    floats. ``rows`` are the rows of evidence written with it, or about to be: the event carries the
    digest of each (``models.row_digest``), which proves them afterwards.
    """

    action: Action
    actor: str
    target: str = ""
    series: str = ""
    subject: str = ""
    detail: Mapping[str, Json] = field(default_factory=dict)
    rows: Sequence[models.Model] = ()


class AuditEvent(models.Model):
    """One fact in the trail.

    ``payload`` is canonical JSON and holds every other fact of the row; the columns beside it are
    there to be searched, and must agree with it. ``hash`` links it to ``previous_hash``
    (``core.chain``).
    """

    sequence = models.PositiveBigIntegerField(primary_key=True)
    recorded_at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=255)
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=100, blank=True)
    series = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    payload = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["action", "-sequence"], name="ceremony_auditevent_action"),
            models.Index(
                fields=["target", "series", "-sequence"], name="ceremony_auditevent_place"
            ),
            models.Index(fields=["series", "-sequence"], name="ceremony_auditevent_series"),
            # Also for what begins with a word, whatever the database's collation.
            models.Index(
                fields=["subject", "-sequence"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="ceremony_auditevent_subject",
            ),
            models.Index(
                fields=["actor", "-sequence"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="ceremony_auditevent_actor",
            ),
            models.Index(
                fields=["hash"], opclasses=["varchar_pattern_ops"], name="ceremony_auditevent_hash"
            ),
        ]

    def __str__(self) -> str:
        return f"Event {self.sequence}"

    @classmethod
    def following(cls, sequence: int, previous: str, act: Act, now: datetime) -> "AuditEvent":
        """The event that comes after ``sequence`` and ``previous``. Raises ``PayloadInvalid``."""
        event = cls(
            sequence=sequence + 1,
            recorded_at=now,
            actor=act.actor,
            action=act.action.value,
            target=act.target,
            series=act.series,
            subject=act.subject,
            previous_hash=previous,
        )
        told: dict[str, Json] = {**event.columns(), "detail": act.detail}
        if act.rows:
            told["rows"] = [[row._meta.db_table, row_digest(row)] for row in act.rows]
        payload = canonical(told)
        event.payload = payload.decode()
        event.hash = link(AUDIT, previous, event.sequence, payload)
        return event

    def columns(self) -> dict[str, Json]:
        """The facts that stand both in columns and in the payload."""
        return {
            "v": PAYLOAD_VERSION,
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "series": self.series,
            "subject": self.subject,
        }

    def detail(self) -> Mapping[str, Json]:
        """What the payload tells beyond the columns."""
        detail: Mapping[str, Json] = json.loads(self.payload)["detail"]
        return detail

    def rows(self) -> Sequence[tuple[str, str]]:
        """Table and digest of every row of evidence that the event tells of, in its order."""
        return [(table, digest) for table, digest in json.loads(self.payload).get("rows", ())]

    def fault(self) -> str:
        """Why the row does not agree with itself, in one sentence; ``""`` when it does."""
        try:
            stated = json.loads(self.payload)
            beside = {"rows": stated["rows"]} if "rows" in stated else {}
            if {**self.columns(), "detail": stated.get("detail"), **beside} != stated:
                return "The columns differ from the payload."
            if not isinstance(stated["detail"], dict) or not _are_rows(stated.get("rows", [])):
                return "The payload has another form than events have."
            expected = link(AUDIT, self.previous_hash, self.sequence, self.payload.encode())
        except (ValueError, AttributeError, OverflowError, TypeError, RecursionError):
            return "The payload or the previous hash cannot be read."
        return "" if self.hash == expected else "The hash is not that of the payload."


class AuditHead(models.Model):
    """The one row that says where the trail ends, and who this control database is.

    ``control`` is random and made with the row; ledgers carry it, and a run from another control is
    refused. The database lets the row move forward only, to an event that exists (migration 0002).
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=CONTROL_ROW)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=GENESIS)
    control = models.UUIDField(default=uuid4)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=CONTROL_ROW), name="ceremony_audithead_single_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"

    @classmethod
    def current(cls) -> Self:
        """The head as committed. Opens the trail when this control database has none yet."""
        found = cls.objects.filter(pk=CONTROL_ROW).first()
        if found is None:
            with transaction.atomic():
                found = cls.lock()
        return found

    @classmethod
    def lock(cls) -> Self:
        """The head, locked until the transaction ends: writers come one after another.

        Raises ``RuntimeError`` outside ``atomic()``: an event must commit together with its change.
        """
        if not transaction.get_connection(DEFAULT_DB_ALIAS).in_atomic_block:
            raise RuntimeError("The audit trail is written inside transaction.atomic() only.")
        rows = cls.objects.using(DEFAULT_DB_ALIAS).select_for_update()
        head = rows.filter(pk=CONTROL_ROW).first()
        if head is None:
            cls.objects.bulk_create([cls()], ignore_conflicts=True)
            head = rows.get(pk=CONTROL_ROW)
        if head.sequence == 0:
            head.append([_opening(head.control)])
        return head

    def append(self, acts: Sequence[Act]) -> tuple[AuditEvent, ...]:
        """Write one event per act, in order, and move the head. The head must have been locked."""
        now = timezone.now()
        events: list[AuditEvent] = []
        for act in acts:
            event = AuditEvent.following(self.sequence, self.hash, act, now)
            self.sequence, self.hash = event.sequence, event.hash
            events.append(event)
        if events:
            copy_in(events)
            self.save(update_fields=["sequence", "hash"])
        return tuple(events)


def append(acts: Sequence[Act]) -> tuple[AuditEvent, ...]:
    """Write one event per act, in order. Raises ``RuntimeError`` outside ``atomic()``."""
    return AuditHead.lock().append(acts)


@dataclass(frozen=True)
class ChainState:
    """What reading the whole trail found. ``broken_at`` is the first bad sequence, ``None`` when
    intact.
    """

    checked: int
    broken_at: int | None = None
    why: str = ""

    @property
    def intact(self) -> bool:
        return self.broken_at is None


def verify_chain(
    through: Callable[[Iterable["AuditEvent"]], Iterable["AuditEvent"]] = iter,
) -> ChainState:
    """Read the whole trail and find the first event that does not follow from the one before.

    ``through`` is handed every event and hands it on, for who wants to see them as well.
    One snapshot, reading only. A trail that was cut or computed anew as a whole agrees with itself;
    the heads in the targets' ledgers tell that.
    """
    with one_snapshot():
        head = AuditHead.objects.filter(pk=CONTROL_ROW).first()
        newest, control = (head.sequence, head.control) if head else (0, None)
        events = AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000)
        return verify_events(through(events), newest, head.hash if head else GENESIS, control)


def verify_events(
    events: Iterable[AuditEvent], newest: int, newest_hash: str, control: UUID | None
) -> ChainState:
    """The same for any events in order of sequence, against a head."""
    state, last = follow(events, 0, GENESIS, control)
    if state.intact and (state.checked, last) != (newest, newest_hash):
        why = "The trail does not end where its head says."
        return ChainState(state.checked, state.checked + 1, why)
    return state


def follow(
    events: Iterable[AuditEvent], sequence: int, previous: str, control: UUID | None
) -> tuple[ChainState, str]:
    """Whether ``events`` follow from event ``sequence`` with the hash ``previous`` (0 and GENESIS:
    from the beginning), and the hash of the last that does.
    """
    for event in events:
        why = _break_between(sequence, previous, event) or event.fault()
        if not why and event.sequence == 1 and event.detail() != {"control": str(control)}:
            why = "The head names another control identity than the first event."
        if why:
            return ChainState(sequence, sequence + 1, why), previous
        sequence, previous = event.sequence, event.hash
    return ChainState(sequence), previous


@contextmanager
def one_snapshot() -> Iterator[None]:
    """A read-only transaction that sees one moment, so that writers at work are no finding.

    Inside a transaction of the caller the isolation is the caller's.
    """
    connection = transaction.get_connection(DEFAULT_DB_ALIAS)
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _break_between(sequence: int, previous: str, event: AuditEvent) -> str:
    if event.sequence != sequence + 1:
        return f"Event {sequence + 1} is missing: event {event.sequence} follows {sequence}."
    if event.previous_hash != previous:
        return "The event does not name the hash of the one before."
    return ""


def _are_rows(value: object) -> bool:
    """Whether it is what ``following`` writes: pairs of a table and a digest."""
    return isinstance(value, list) and all(
        isinstance(one, list) and [type(part) for part in one] == [str, str] for one in value
    )


def _opening(control: UUID) -> Act:
    return Act(Action.TRAIL_OPENED, "ceremony", detail={"control": str(control)})
