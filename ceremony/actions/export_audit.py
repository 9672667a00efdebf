"""Export the audit trail: files that prove themselves, to people who have neither us nor Django.

The folder holds the events, the rows of evidence, the frozen files, the ledgers where they are
asked for, an anchor, and a verifier that needs nothing but Python.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from django.db.models import Model

from ceremony import conf
from ceremony.actions.audit_ledgers import LedgerRead, read_ledgers
from ceremony.actions.audit_rows import PROVED, row_faults
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.trail import Trail, newest_event, read_trail
from ceremony.actions.verify_audit import reported
from ceremony.core.anchor import Anchor, anchor_at
from ceremony.core.audit_report import AuditReport
from ceremony.core.chain import Json, canonical
from ceremony.core.ledger_hash import ledger_payload
from ceremony.errors import UsageError
from ceremony.models import AuditEvent, Blob, Ceremony
from ceremony.models.audit import one_snapshot
from ceremony.models.row_digest import EVENT, row_digest, row_facts

_READ_ME = """\
The audit trail of one control database, as it was when this was exported.

    python3 -I verify.py

reads it all and says whether it agrees with itself. It needs Python 3.9 or newer and nothing else.
An anchor that was kept elsewhere since before finds a trail that was cut or written anew:

    python3 -I verify.py --anchor FILE

events.jsonl   every event: its payload is canonical JSON and holds every fact
rows.jsonl     the rows of evidence that events tell of, and every ceremony as it is now
files/         the frozen files and attachments, each under the SHA-256 of its bytes
ledgers/       the ledgers of the targets, where they were asked for
anchor.txt     where the trail ended
"""


@dataclass(frozen=True)
class ExportRequest:
    """``output``: a folder that is not there yet or is empty, ``""`` for none. ``anchor``: a file
    that gets one more line, ``""`` for none. ``targets``: the ledgers of all targets, too.
    """

    output: str = ""
    anchor: str = ""
    targets: bool = False


@dataclass(frozen=True)
class Exported:
    """What was verified on the way, and the anchor of the head: none where the trail is empty or
    does not agree with itself.
    """

    audit: AuditReport
    anchor: Anchor | None
    output: str


@control_errors()
def export_audit(request: ExportRequest) -> Exported:
    """Verify the trail and write what was asked for.

    A trail that is broken is exported, too, for it is evidence; it gets no anchor. Raises
    UsageError (output-exists, output-unwritable) and what ``verify_audit`` raises.
    """
    require_control()
    folder = Path(request.output) if request.output else None
    if folder is not None:
        _refuse_filled(folder)
    ledgers: tuple[LedgerRead, ...] = ()
    if request.targets:
        ledgers = read_ledgers(conf.load(), newest_event())
    with one_snapshot():
        trail = read_trail()
        counts, faults = row_faults(trail) if trail.state.intact else ({}, [])
        report = reported(trail, (), ledgers, counts, faults)
        anchor = _anchor(report)
        if folder is not None:
            with _written(folder):
                _export(folder, trail, ledgers, anchor)
    if request.anchor and anchor is not None:
        with _written(Path(request.anchor)), Path(request.anchor).open("a", encoding="utf-8") as to:
            to.write(f"{anchor.line}\n")
    return Exported(report, anchor, request.output)


def _anchor(report: AuditReport) -> Anchor | None:
    if not report.events or not report.intact:
        return None
    return anchor_at(report.control, report.events, report.hash, datetime.now(UTC))


def _refuse_filled(folder: Path) -> None:
    """What was exported before stays as it was."""
    with _written(folder):
        filled = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if filled:
        raise UsageError(
            "output-exists",
            f"{folder} is there already; an export is never written over another one.",
            next_step="Name a folder that does not exist yet.",
        )


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Turn a full disk or a missing folder into an error that says so."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            "output-unwritable",
            f"{path} cannot be written: {error.strerror}.",
            state="What was written is incomplete and worth nothing; nothing else was changed.",
            next_step="Make room, or name another place.",
        ) from None


def _export(
    folder: Path, trail: Trail, ledgers: Iterable[LedgerRead], anchor: Anchor | None
) -> None:
    """Write everything beside the folder first: it appears whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        place = Path(beside) / "trail"
        place.mkdir(mode=0o700)
        _write_lines(place / "events.jsonl", _events())
        _write_lines(place / "rows.jsonl", _rows(trail))
        _write_files(place / "files")
        _write_ledgers(place / "ledgers", [one for one in ledgers if not one.not_checked])
        text = f"{anchor.line}\n" if anchor else "# The trail does not agree with itself.\n"
        (place / "anchor.txt").write_text(text, encoding="utf-8")
        (place / "README.txt").write_text(_READ_ME, encoding="utf-8")
        verifier = files("ceremony.actions").joinpath("stand_alone.py").read_bytes()
        (place / "verify.py").write_bytes(verifier)
        place.replace(folder)


def _write_files(place: Path) -> None:
    place.mkdir()
    for blob in Blob.objects.order_by("pk").iterator(chunk_size=20):
        # Quoted: whoever can write rows must not choose a path here.
        name = quote(blob.digest.removeprefix("sha256:"), safe="")
        (place / name).write_bytes(bytes(blob.data))


def _write_ledgers(place: Path, ledgers: Sequence[LedgerRead]) -> None:
    if ledgers:
        place.mkdir()
    for one in ledgers:
        _write_lines(place / f"{quote(one.alias, safe='')}.jsonl", _ledger(one))


def _write_lines(path: Path, values: Iterable[Mapping[str, Json]]) -> None:
    with path.open("wb") as file:
        for value in values:
            file.write(canonical(value) + b"\n")


def _events() -> Iterator[Mapping[str, Json]]:
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        yield {
            "sequence": event.sequence,
            "payload": event.payload,
            "previous_hash": event.previous_hash,
            "hash": event.hash,
        }


def _ledger(read: LedgerRead) -> Iterator[Mapping[str, Json]]:
    for row in read.rows:
        yield {
            "sequence": row.sequence,
            "payload": ledger_payload(row).decode(),
            "previous_hash": row.previous_hash,
            "hash": row.hash,
        }


def _rows(trail: Trail) -> Iterator[Mapping[str, Json]]:
    """Each row with the event that tells of it; 0 where none does."""
    models: tuple[type[Model], ...] = (*PROVED, Ceremony)
    for model in models:
        table = model._meta.db_table
        told: dict[str, list[int]] = {}
        for mention in reversed(trail.mentions.get(table, ())):
            told.setdefault(mention.digest, []).append(mention.event)
        for row in model._default_manager.order_by("pk").iterator(chunk_size=500):
            events = told.get(row_digest(row))
            event = getattr(row, EVENT, 0) or (events.pop() if events else 0)
            line: dict[str, Json] = {"table": table, "event": event, "row": row_facts(row)}
            # Its transitions name a ceremony by its number; the number of another row says nothing.
            yield {**line, "number": row.pk} if model is Ceremony else line
