"""Anchors: lines kept outside the control database that say where the audit trail once ended.

A trail that was cut, or computed anew as a whole, agrees with itself; it cannot agree with a line
that lies in a ticket, a mail or a repository since before.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ceremony.errors import UsageError

FORMAT = "ceremony-anchor-v1"

_LINE = re.compile(
    rf"{FORMAT} (?P<control>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
    r" (?P<sequence>[1-9][0-9]{0,18}) (?P<hash>[0-9a-f]{64}) (?P<at>\S+)"
)


@dataclass(frozen=True)
class Anchor:
    """The head of the trail at one time: control's identity, number and hash of the last event.

    ``place`` says where the line was read (file and line), for messages.
    """

    control: str
    sequence: int
    hash: str
    at: str
    place: str = ""

    @property
    def line(self) -> str:
        """The anchor as one line of text, without a line end."""
        return f"{FORMAT} {self.control} {self.sequence} {self.hash} {self.at}"


def anchor_at(control: str, sequence: int, event_hash: str, now: datetime) -> Anchor:
    """The anchor of a head, taken at ``now``."""
    return Anchor(control, sequence, event_hash, now.astimezone(UTC).isoformat(timespec="seconds"))


def read_anchors(path: str, text: str) -> tuple[Anchor, ...]:
    """The anchors in a file, one per line; blank lines and lines that begin with ``#`` say nothing.

    Raises UsageError (anchor-invalid) for any other line, and for a file without an anchor.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise _invalid(f"{path}:{number} is no anchor.")
        parts = match.groupdict()
        found.append(
            Anchor(
                parts["control"],
                int(parts["sequence"]),
                parts["hash"],
                parts["at"],
                f"{path}:{number}",
            )
        )
    if not found:
        raise _invalid(f"{path} holds no anchor.")
    return tuple(found)


def _invalid(happened: str) -> UsageError:
    return UsageError(
        "anchor-invalid",
        happened,
        next_step=f"An anchor is a line “{FORMAT} control number hash time”, as "
        "manage.py export_audit --anchor FILE writes it.",
    )
