"""The consequences of a ceremony before anybody reads code, and how far it has come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ceremony.actions.dossier import Dossier
from ceremony.actions.quorums import QuorumNow, quorum_in
from ceremony.admin.frozen_files import SqlFacts
from ceremony.core.gates import Gate
from ceremony.core.header import Risk
from ceremony.core.states import BEFORE_THE_RUN, ENDED, State
from ceremony.models import Purpose, RunPurpose

DONE, NOW, TO_COME, WRONG = "done", "now", "to come", "wrong"
NEVER, BACK = "never", "back"
ICONS = {DONE: "✓", NOW: "◑", TO_COME: "○", WRONG: "✕", NEVER: "–", BACK: "↩"}
_KINDS = {DONE: "ok", NOW: "wait", TO_COME: "idle", WRONG: "bad", NEVER: "idle", BACK: "idle"}
_RAN = (
    frozenset(State)
    - BEFORE_THE_RUN
    - {
        State.RUNNING,
        State.HALTED,
        State.REJECTED,
        State.CANCELLED,
        State.EXPIRED,
    }
)
_VERIFIED = frozenset({State.AWAITING_SIGN_OFF, State.SIGNED_OFF})


@dataclass(frozen=True)
class Reversible:
    """``word`` is a status (``PASS``, ``partial``, ``fails``), ``told`` what is behind it."""

    word: str
    told: str


@dataclass(frozen=True)
class Facts:
    """``sql`` are those of the files, ``None`` where they could not be read; ``losses`` how many
    steps lose data.
    """

    sql: SqlFacts | None
    reversible: Reversible | None
    losses: int
    is_risky: bool


@dataclass(frozen=True)
class Stage:
    """One station of the way. ``how`` is ``done``, ``now``, ``to come``, ``wrong``, ``back`` (taken
    back) or ``never`` (it ended before).
    """

    name: str | Promise
    how: str
    beside: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.how]

    @property
    def kind(self) -> str:
        """What its colour says, as of every status."""
        return _KINDS[self.how]

    @property
    def said(self) -> str:
        """How it stands, for those who do not see the icon."""
        return str(_SAID[self.how])


_SAID: dict[str, Promise] = {
    DONE: gettext_lazy("done"),
    NOW: gettext_lazy("under way"),
    TO_COME: gettext_lazy("to come"),
    WRONG: gettext_lazy("not in order"),
    NEVER: gettext_lazy("will not come"),
    BACK: gettext_lazy("taken back"),
}


def facts_of(dossier: Dossier, sql: SqlFacts | None) -> Facts:
    """What a person decides by. Raises Tampered (manifest-damaged)."""
    manifest = dossier.manifest
    return Facts(
        sql,
        _reversible(dossier),
        sum(bool(step.data_loss) for step in manifest.steps),
        dossier.ceremony.risk in {Risk.HIGH.value, ""},
    )


def progress_of(dossier: Dossier, gates: Iterable[Gate], sql: SqlFacts | None) -> tuple[Stage, ...]:
    """How far a ceremony has come; nothing for a draft. Raises Tampered (manifest-damaged)."""
    state = State(dossier.ceremony.state)
    warnings = len(sql.warnings) if sql else 0
    told = ngettext("%(count)s warning", "%(count)s warnings", warnings) % {"count": warnings}
    return (
        Stage(_("Written"), DONE),
        Stage(_("Checked"), DONE, told if warnings else ""),
        *_rehearsed(dossier, gates),
        *_signed(dossier, state),
        Stage(_("Run"), _run(dossier, state)),
        Stage(_("Verify"), _verified(state)),
    )


def _reversible(dossier: Dossier) -> Reversible | None:
    steps = dossier.manifest.steps
    never = next((one for one in steps if one.reversible.startswith("no")), None)
    if never is not None:
        return Reversible("fails", never.reversible)
    if dossier.manifest.way_back:
        return Reversible("PASS", _("yes, the way back is approved with it"))
    if all(one.reversible for one in steps):
        return Reversible("partial", _("it says so; no way back is approved with it"))
    return Reversible("partial", _("not stated"))


def _rehearsed(dossier: Dossier, gates: Iterable[Gate]) -> Iterable[Stage]:
    gate = next((one for one in gates if one.name == "Rehearsal"), None)
    if gate is not None:
        yield Stage(_("Rehearsed"), DONE if gate.is_open else WRONG)
    elif dossier.policy.rehearsal or dossier.rehearsals:
        clean = dossier.rehearsals and all(one.is_clean for one in dossier.rehearsals)
        yield Stage(_("Rehearsed"), DONE if clean else WRONG)


def _signed(dossier: Dossier, state: State) -> Iterable[Stage]:
    now = quorum_in(dossier, Purpose.APPROVAL)
    needed = needed_of(now)
    if not needed:
        return
    how = DONE if now.complete else NOW if state is State.REQUESTED else TO_COME
    if state in {State.CHANGES_REQUESTED, State.REJECTED}:
        how = WRONG
    yield Stage(_("Sign-off"), how, f"{needed - now.missing}/{needed}")


def needed_of(now: QuorumNow) -> int:
    """How many people a quorum asks for in all."""
    return sum(one.quorum.count for one in now.seats)


def _run(dossier: Dossier, state: State) -> str:
    if state is State.RUNNING:
        return NOW
    if state is State.HALTED:
        return WRONG
    if state is State.ROLLED_BACK:
        return BACK
    ran: Sequence[object] = [o for o in dossier.runs if o.purpose != RunPurpose.WATCH]
    return DONE if state in _RAN and ran else _awaited(state)


def _verified(state: State) -> str:
    if state is State.VERIFYING:
        return NOW
    return DONE if state in _VERIFIED else _awaited(state)


def _awaited(state: State) -> str:
    return NEVER if state in ENDED else TO_COME
