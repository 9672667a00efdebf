"""Verify an exported audit trail with nothing but Python's standard library.

    python3 -I verify.py [FOLDER] [--anchor FILE]...

The folder is what ``export_audit`` wrote: ``events.jsonl``, ``rows.jsonl``, ``files/`` and, where
targets were asked, ``ledgers/``. Exit 0 when all agrees, 5 when something was changed, left out or
put in, 2 when the export cannot be read. Needs Python 3.9, no database and no other program.

An event is bound to the one before it: its hash is the SHA-256 of the domain ``ceremony-audit-v1``
with a NUL, the hash before (32 bytes), the number (8 bytes, big-endian), the payload's length (8
bytes) and the payload. Ledger rows are bound in the same way with ``ceremony-ledger-v1``. A row of
evidence is bound to its event by ``row1:`` and the SHA-256 of table and columns in canonical JSON.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

AUDIT = "ceremony-audit-v1"
LEDGER = "ceremony-ledger-v1"
GENESIS = "0" * 64
CEREMONY = "ceremony_ceremony"
TRANSITION = "ceremony_transition"
MANIFEST = "ceremony_storedmanifest"
UNNUMBERED = ("ceremony_spending", "ceremony_ceremonyrun")
"""Tables whose rows have no number of their own, and so no order to compare."""
BEGINS_ANEW = ("target adopted", "target changed")
COLUMNS = ("recorded_at", "actor", "action", "target", "series", "subject")
ANCHOR = re.compile(r"ceremony-anchor-v1 ([0-9a-f-]{36}) ([1-9][0-9]*) ([0-9a-f]{64}) (\S+)")


class Unreadable(Exception):
    """The export is not what it should be: a file is missing, or a line is no JSON."""


def lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Each line of a JSON Lines file as (number, value)."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield number, json.loads(line)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error


def link(domain: str, previous: str, sequence: int, payload: bytes) -> str:
    """The hash of a row that follows the row with hash ``previous``."""
    digest = hashlib.sha256(domain.encode() + b"\0" + bytes.fromhex(previous))
    digest.update(sequence.to_bytes(8, "big") + len(payload).to_bytes(8, "big") + payload)
    return digest.hexdigest()


def canonical(value: Any) -> bytes:
    """The one way to write a value as JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def broken(domain: str, row: dict[str, Any], sequence: int, previous: str) -> str:
    """Why an exported event or ledger row does not follow; "" where it does."""
    if set(row) != {"sequence", "payload", "previous_hash", "hash"}:
        return "It has other columns than an export has."
    if row["sequence"] != sequence:
        return f"It is missing; {row['sequence']} stands in its place."
    if row["previous_hash"] != previous:
        return "It does not name the hash of the one before."
    if row["hash"] != link(domain, previous, sequence, row["payload"].encode()):
        return "Its hash is not that of its payload."
    return ""


class Trail:
    """The events, and what they say of rows and ledgers."""

    def __init__(self) -> None:
        self.hashes = [GENESIS]
        self.control = ""
        self.rows: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.ceremonies: set[tuple[int, str]] = set()
        self.claims: dict[str, dict[int, tuple[int, str]]] = {}
        self.faults: list[str] = []

    def read(self, path: Path) -> None:
        for sequence, row in lines(path):
            why = broken(AUDIT, row, sequence, self.hashes[-1]) or self.unlike(row, sequence)
            if why:
                self.faults.append(f"Event {sequence} is the first bad one. {why}")
                return
            self.hashes.append(row["hash"])
            self.take(json.loads(row["payload"]), sequence)

    def unlike(self, row: dict[str, Any], sequence: int) -> str:
        """Why a payload is none of this format; an unknown version is refused, not guessed."""
        told = json.loads(row["payload"])
        if told.get("v") != 1 or not set(COLUMNS) <= set(told):
            return "Its payload is not of version 1, the only one known here."
        if sequence == 1 and told["action"] != "trail opened":
            return "A trail begins with the event that opens it."
        return ""

    def take(self, told: dict[str, Any], sequence: int) -> None:
        if sequence == 1:
            self.control = told["detail"]["control"]
        if told["action"] in BEGINS_ANEW:
            self.claims.pop(told["target"], None)
        for place, (table, digest) in enumerate(told.get("rows", ())):
            if table == CEREMONY:
                self.ceremonies.add((sequence, digest))
            else:
                self.rows.setdefault((table, digest), []).append((sequence, place))
        detail = told["detail"]
        if detail.get("ledger_sequence") and detail.get("ledger_hash"):
            claims = self.claims.setdefault(told["target"], {})
            claims[detail["ledger_sequence"]] = (sequence, detail["ledger_hash"])

    def head(self) -> tuple[int, str]:
        """Number and hash of the last good event."""
        return len(self.hashes) - 1, self.hashes[-1]


def check_rows(path: Path, trail: Trail) -> tuple[int, list[str]]:
    """Rows of evidence against the events that tell of them; how many there are, the faults."""
    faults: list[str] = []
    last: dict[int, int] = {}
    order: dict[str, tuple[int, int]] = {}
    ceremonies = []
    count = 0
    for number, line in lines(path):
        count += 1
        table, row, event = line["table"], line["row"], line["event"]
        if table == CEREMONY:
            ceremonies.append(line)
            continue
        if table == TRANSITION:
            last[row["ceremony_id"]] = max(event, last.get(row["ceremony_id"], 0))
        told = trail.rows.get((table, row_digest(table, row)), [])
        place = next((one for one in told if one[0] == event), None)
        if place is None:
            faults.append(f"rows.jsonl:{number}: no event tells of this row of {table}.")
            continue
        told.remove(place)
        if table not in UNNUMBERED and place < order.get(table, place):
            faults.append(f"rows.jsonl:{number}: it stands in another order than the events tell.")
        order[table] = place
    for (table, _), left in trail.rows.items():
        faults += [f"Event {e} tells of a row of {table} that is not there." for e, _ in left]
    return count, faults + check_ceremonies(ceremonies, last, trail)


def check_ceremonies(
    found: Sequence[dict[str, Any]], last: dict[int, int], trail: Trail
) -> list[str]:
    """Each ceremony, once, against the event of its last transition."""
    numbers = [line["number"] for line in found]
    faults = [
        f"Ceremony {line['number']} is not as its last event says."
        for line in found
        if (last.get(line["number"], 0), row_digest(CEREMONY, line["row"])) not in trail.ceremonies
    ]
    if len(set(numbers)) < len(numbers):
        faults.append("A ceremony stands there twice.")
    return faults + [f"Ceremony {one} is not there." for one in sorted(set(last) - set(numbers))]


def row_digest(table: str, row: dict[str, Any]) -> str:
    """What the event of a row carries."""
    return "row1:" + hashlib.sha256(canonical([table, row])).hexdigest()


def named(path: Path) -> set[str]:
    """The digests of all files that rows of evidence name: of manifests, and of answers."""
    found: set[str] = set()
    for _, line in lines(path):
        row = line["row"]
        if line["table"] == MANIFEST:
            told = json.loads(row["document"])
            steps = [*told.get("steps", ()), *told.get("way_back", ())]
            found |= {file["digest"] for step in steps for file in step["files"]}
            found |= {file["digest"] for file in told.get("checks", ())}
            found |= {told["checklists"]} if "checklists" in told else set()
        elif row.get("blob_id"):
            found.add(row["blob_id"])
    return {digest.rpartition(":")[2] for digest in found}


def check_files(folder: Path, wanted: set[str]) -> tuple[int, list[str]]:
    """Frozen bytes against the digest that is their name; how many there are, and the faults."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    wrong = [p for p in found if hashlib.sha256(p.read_bytes()).hexdigest() != p.name]
    faults = [f"files/{p.name}: the bytes are not what the name says." for p in wrong]
    missing = sorted(wanted - {p.name for p in found})
    return len(found), faults + [f"files/{one}: it is signed, and not there." for one in missing]


def check_ledger(path: Path, trail: Trail) -> list[str]:
    """One target's ledger: with itself, and with the trail."""
    faults: list[str] = []
    hashes, governor = [GENESIS], ""
    alias = unquote(path.name[: -len(".jsonl")])
    for sequence, row in lines(path):
        why = broken(LEDGER, row, sequence, hashes[-1])
        if why:
            return [f"Row {sequence} in the ledger of {alias}: {why}"]
        hashes.append(row["hash"])
        told = json.loads(row["payload"])
        if told["event"] == "opened":
            governor = json.loads(told["detail"])["control"]
        named = told["audit_sequence"]
        there = named < len(trail.hashes) and trail.hashes[named] == told["audit_hash"]
        if governor == trail.control and not there:
            faults.append(f"Row {sequence} in the ledger of {alias} names another event {named}.")
    for sequence, (event, wanted) in sorted(trail.claims.get(alias, {}).items()):
        if sequence >= len(hashes) or hashes[sequence] != wanted:
            faults.append(f"Event {event} tells of row {sequence} in the ledger of {alias}, "
                          "which has no such row.")  # fmt: skip
    return faults


def check_anchors(paths: Sequence[Path], trail: Trail) -> tuple[int, list[str]]:
    """Lines that say where the trail once ended; how many there are, and the faults."""
    faults: list[str] = []
    count = 0
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Unreadable(f"{path} cannot be read: {error}") from error
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = ANCHOR.fullmatch(line.strip())
            if match is None:
                raise Unreadable(f"{path}:{number} is no anchor.")
            count += 1
            control, sequence, wanted = match[1], int(match[2]), match[3]
            found = trail.hashes[sequence] if sequence < len(trail.hashes) else "nothing"
            if (control, wanted) != (trail.control, found):
                faults.append(f"{path}:{number}: the trail does not lead through this anchor.")
    return count, faults


def verify(folder: Path, anchors: Sequence[Path]) -> tuple[list[str], list[str]]:
    """Everything that was exported; the lines to print, and the faults."""
    trail = Trail()
    trail.read(folder / "events.jsonl")
    sequence, newest = trail.head()
    said = [f"{sequence} events follow from each other. Head: {newest}"]
    faults = list(trail.faults)
    count, found = check_anchors([folder / "anchor.txt", *anchors], trail)
    said.append(f"{count} anchors.")
    faults += found
    if not trail.faults:
        count, found = check_rows(folder / "rows.jsonl", trail)
        said.append(f"{count} rows of evidence.")
        faults += found
        ledgers = folder / "ledgers"
        for path in sorted(ledgers.iterdir()) if ledgers.is_dir() else []:
            faults += check_ledger(path, trail)
            said.append(f"The ledger of {unquote(path.name[: -len('.jsonl')])}.")
    wanted = set() if trail.faults else named(folder / "rows.jsonl")
    count, found = check_files(folder / "files", wanted)
    said.append(f"{count} frozen files.")
    return said, faults + found


def visible(text: str) -> str:
    """The text in printable ASCII: what stands in an export may have been written by anybody."""
    return "".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in text)


def main(arguments: Sequence[str]) -> int:
    """Verify, print, and say the exit status."""
    parser = argparse.ArgumentParser(description="Verify an exported audit trail.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--anchor", action="append", type=Path, default=[], metavar="FILE")
    asked = parser.parse_args(arguments)
    try:
        said, faults = verify(asked.folder, asked.anchor)
    except (Unreadable, OSError, LookupError, TypeError, ValueError, AttributeError,
            RecursionError) as error:  # fmt: skip
        sys.stderr.write(f"The export cannot be read: {error!r}\n")
        return 2
    for line in said:
        sys.stdout.write(f"{visible(line)}\n")
    for fault in faults:
        sys.stdout.write(f"BAD: {visible(fault)}\n")
    sys.stdout.write("Something was changed.\n" if faults else "All of it agrees.\n")
    return 5 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
