"""Notices: what people and other programs are told of a change, and nothing that is secret."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from ceremony.core.chain import Json
from ceremony.core.states import Act

FORMAT = "ceremony-notice-v1"


class Occasion(StrEnum):
    """What notices tell of beside the acts of a ceremony. The words stay for ever."""

    TARGET_HALTED = "target halted"
    TARGET_RESUMED = "target resumed"
    REVIEW_DUE = "review due"
    MONITOR_BREACHED = "monitor breached"


HEADLINES: Mapping[str, str] = MappingProxyType(
    {
        Act.REQUEST: "asks for approval",
        Act.REQUEST_CHANGES: "is to be changed before it is approved",
        Act.APPROVE: "is approved and may run",
        Act.WITHDRAW: "lost an approval and asks for another",
        Act.REJECT: "was rejected",
        Act.CANCEL: "was cancelled",
        Act.EXPIRE: "expired before it ran",
        Act.CALL_OFF: "is halted again: its new round was called off",
        Act.START: "is running",
        Act.OVERRIDE: "is running WITHOUT an approval (break-glass)",
        Act.FINISH: "has run and is being verified",
        Act.VERIFY: "has run and asks for acceptance",
        Act.HALT: "is halted: somebody has to decide",
        Act.ACCEPT_AS_IS: "is taken as the halt left it",
        Act.ROLL_BACK: "was rolled back",
        Act.SIGN_OFF: "is signed off",
        Occasion.TARGET_HALTED: "halted: nothing runs there until it is decided",
        Occasion.TARGET_RESUMED: "may be changed again",
        Occasion.REVIEW_DUE: "ran without an approval and waits for two reviews",
        Occasion.MONITOR_BREACHED: "broke a monitor check",
    }
)
"""What is said of each occasion, behind the name of what it happened to."""


@dataclass(frozen=True)
class Notice:
    """One notice. ``id`` is random; ``occasion`` an act's word or an Occasion's. ``ceremony`` is 0
    where none is concerned; ``title``, ``series`` and ``state`` are empty then. ``text`` adds
    sentences. ``at`` is UTC, ``link`` the page in the admin, ``""`` where no site is known.
    """

    id: UUID
    occasion: str
    actor: str
    at: datetime
    target: str
    environment: str
    ceremony: int = 0
    series: str = ""
    title: str = ""
    state: str = ""
    fingerprint: str = ""
    text: str = ""
    link: str = ""

    @property
    def headline(self) -> str:
        """One line: what, where, and what came of it."""
        told = HEADLINES[self.occasion]
        where = f"{self.target} ({self.environment})"
        if not self.ceremony:
            return one_line(f"{where} {told}")
        return one_line(f"#{self.ceremony} {self.title} {told}: {self.series} on {where}")

    @property
    def document(self) -> dict[str, Json]:
        """The notice as JSON, for programs."""
        facts: dict[str, Json] = asdict(self)
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        told: dict[str, Json] = {"format": FORMAT, "id": str(self.id), "at": at}
        return {**facts, **told, "headline": self.headline}

    @property
    def letter(self) -> str:
        """The notice as plain text, for people."""
        lines = [f"{self.headline}."]
        if self.text:
            lines += ["", *(one_line(line) for line in self.text.splitlines())]
        facts = {"By": self.actor, "State": self.state, "Fingerprint": self.fingerprint}
        lines += ["", *(f"{name}: {one_line(fact)}" for name, fact in facts.items() if fact)]
        return "\n".join([*lines, *(["", self.link] if self.link else []), ""])


def one_line(text: str) -> str:
    """The text on one line, without characters that cannot be seen or turn its order round."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
