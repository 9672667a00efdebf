"""What the page of a start shows: what it is about to do, and what became of the last one."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.utils import timezone
from django.utils.translation import gettext

from ceremony import conf
from ceremony.actions.dossier import Dossier, dossiers_of
from ceremony.actions.gates import gates_in
from ceremony.actions.live import Live, live_of
from ceremony.actions.signing import losses_of
from ceremony.actions.start_process import Words, is_elsewhere, words_of
from ceremony.actions.start_refusals import duty_against, way_back_decided
from ceremony.actions.start_run import StartRequest, wanted_of
from ceremony.actions.starts import Starting, starting_in, starts_beside
from ceremony.admin.frozen_files import shown_sql
from ceremony.core.gates import Gate
from ceremony.core.manifest import ManifestStep
from ceremony.core.starting import Deed
from ceremony.core.states import State
from ceremony.models import Ceremony

_ITEMS = 60
"""How many items of the pre-flight the page repeats."""


@dataclass(frozen=True)
class StartPage:
    """Everything that was read for the page of ``deed``, once."""

    deed: Deed
    dossier: Dossier
    user: AbstractUser
    starting: Starting | None

    @property
    def ceremony(self) -> Ceremony:
        """The ceremony of the page, with its people."""
        return self.dossier.ceremony

    @property
    def under_way(self) -> bool:
        """Whether something that a page started may still come to something."""
        return self.starting is not None and not self.starting.over

    @property
    def told(self) -> Starting | None:
        """What stands on this page: what is under way, or what became of the same deed."""
        mine = self.starting is not None and self.starting.row.deed == self.deed.value
        return self.starting if self.under_way or mine else None

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Everything that stands before a run."""
        return gates_in(self.dossier, timezone.now()) if self.deed is Deed.RUN else ()

    @property
    def steps(self) -> Sequence[ManifestStep]:
        """What would run: the plan, or its plain way back."""
        manifest = self.dossier.manifest
        if self.deed is not Deed.WAY_BACK:
            return manifest.steps
        return [step for step in manifest.way_back if not step.variant]

    @property
    def losses(self) -> tuple[str, ...]:
        """The data that goes with what would run."""
        goes_back = self.deed is Deed.WAY_BACK or self.ceremony.direction != "apply"
        if self.deed is Deed.VERIFY or not goes_back:
            return ()
        return losses_of(replace(self.dossier.manifest, steps=tuple(self.steps)))


def page_of_start(ceremony: Ceremony, deed: Deed, user: AbstractUser) -> StartPage:
    """Read everything that the page of ``deed`` shows to ``user``."""
    (dossier,) = dossiers_of(
        [ceremony], viewers=(user.pk,), whole=True, beside=starts_beside(ceremony)
    )
    return StartPage(deed, dossier, user, starting_in(dossier.beside))


def closed_now(page: StartPage) -> str:
    """Why nothing is started now, in one sentence; ``""`` where it can be."""
    state = State(page.ceremony.state)
    if page.under_way:
        return gettext("It was started, and is under way. It starts once.")
    wanted = {Deed.RUN: State.APPROVED, Deed.WAY_BACK: State.HALTED, Deed.VERIFY: State.VERIFYING}
    if state is not wanted[page.deed]:
        return gettext("It is %(state)s: this is not started now.") % {"state": state.value}
    shut = next((gate for gate in page.gates if not gate.is_open), None)
    if shut is not None:
        return f"{shut.name.rstrip('.')}. {shut.why} {shut.fix}"
    if page.deed is Deed.WAY_BACK and not way_back_decided(page.dossier):
        return gettext("Nobody has decided to roll back: assess the halt, and decide.")
    return duty_against(page.dossier, page.user) if page.deed is Deed.RUN else ""


def shown_of(page: StartPage) -> dict[str, Any]:
    """What the template takes. What runs is not repeated while it runs."""
    manifest = page.dossier.manifest
    shown = {
        "manifest": manifest,
        "stored": page.dossier.stored,
        "deed": page.deed.value,
        "steps": page.steps,
        "losses": page.losses,
        "preflight": _preflight(page),
        "operator": page.user.get_username(),
        "command": shlex.join(("manage.py", *_command(page))),
        "to_add": _to_add(page),
        "starts_here": conf.load().starts.starts,
        "started": page.told,
        "under_way": page.under_way,
        "elsewhere": page.told is not None and is_elsewhere(page.told.steps),
        "words": _words(page.told),
        "live": _live(page),
    }
    if page.under_way or page.deed is not Deed.RUN:
        return shown
    return {**shown, "facts": shown_sql(manifest).facts, "gates": page.gates}


def _command(page: StartPage) -> tuple[str, ...]:
    request = StartRequest(page.ceremony.pk, page.deed, page.ceremony.fingerprint)
    return wanted_of(page.ceremony, request).command


def _to_add(page: StartPage) -> list[str]:
    """What the command wants besides, of whoever types it: no page can say it for anybody."""
    told = []
    protected = page.ceremony.environment != conf.LOCAL and page.dossier.policy.is_open
    if page.deed is Deed.RUN and protected:
        told.append(gettext("Add --confirm and the name of the environment."))
    if page.losses:
        told.append(
            gettext(
                "Add --accept-data-loss with the reason, and --backup-evidence with the place of "
                "the backup."
            )
        )
    if not conf.load().starts.starts:
        told.append(gettext("Add --user and your name where the machine's account is shared."))
    return told


def _preflight(page: StartPage) -> dict[str, Any]:
    """The newest result of each item, those that do not let go on first."""
    found = [one for phase, one in _items(page) if phase]
    found.sort(key=lambda one: one.lets_go_on)
    return {
        "items": found[:_ITEMS],
        "more": max(0, len(found) - _ITEMS),
        "open": sum(not one.lets_go_on for one in found),
        "count": len(found),
    }


def _items(page: StartPage) -> list[tuple[bool, Any]]:
    if page.deed is not Deed.RUN:
        return []
    return [
        (phase.value == "pre-flight", one) for (phase, _), (_, one) in page.dossier.items.items()
    ]


def _words(starting: Starting | None) -> Words:
    return words_of(starting.row, starting.steps) if starting is not None else Words()


def _live(page: StartPage) -> Live | None:
    state = State(page.ceremony.state)
    if page.under_way or state in {State.RUNNING, State.VERIFYING}:
        return live_of(page.ceremony)
    return None
