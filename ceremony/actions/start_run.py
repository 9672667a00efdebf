"""Start from a page: who pressed is recorded, and one process may act for that person, once.

The process is another one than the web server's, and nobody types a password into it. So the
page's act leaves a row with the digest of a token; the process shows the token, and from then on it
runs as the person who pressed, whose rights and duties the gate asks as it does for everybody.
"""

import hmac
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from ceremony import conf
from ceremony.actions import evidence
from ceremony.actions.actor import current_actor
from ceremony.actions.ceremonies import acting, ceremony_unknown, note
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.people import RUN, authenticated, refuse_without
from ceremony.actions.ready import Caller
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.start_refusals import (
    refuse_stale,
    refuse_under_way,
    refuse_unstartable,
    refuse_untyped,
)
from ceremony.core.chain import Json
from ceremony.core.starting import TOKEN_SECONDS, Deed, Wanted, token_digest
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditHead, Ceremony, RunStart, RunStartStep, StartStation
from ceremony.models.audit import Action

NO_PROCESS = 126
"""The exit status of what the system does not start (POSIX, 2.8.2 Exit Status for Commands)."""

PAGE = "admin"
"""Where a record has the command line."""


_COMMAND = (
    *("verb", "series", "database", "ceremony", "confirm"),
    *("accept_data_loss", "backup_evidence", "backup", "to", "variant", "include_late"),
)
"""What makes a command the one that was ordered: what it runs, and what its person said to it."""


@dataclass(frozen=True)
class StartRequest:
    """``fingerprint`` is what the page showed; ``environment`` its name, typed. ``why_lost`` and
    ``backup`` accept that data goes.
    """

    number: int
    deed: Deed
    fingerprint: str
    environment: str = ""
    password: str | None = field(default=None, repr=False)
    why_lost: str = ""
    backup: str = ""


@dataclass(frozen=True)
class Ordered:
    """A start that is recorded. ``token`` is for its process alone, and is kept nowhere."""

    row: RunStart
    words: tuple[str, ...]
    token: str = field(repr=False)


@control_errors()
def order_start(request: StartRequest, user: AbstractUser) -> Ordered:
    """Record that ``user``, who is logged in, starts something; the event ``start ordered``.

    Everything that the process would be refused for, and that control knows, is refused here
    already. Raises UsageError (ceremony-unknown) and Refused: start-not-here, right-missing,
    password-missing, password-wrong, password-locked, start-under-way, approval-stale,
    environment-typed-wrong, ceremony-state, target-halted, and what ``judge.refuse_now`` raises;
    inside ``seen.as_seen`` page-stale.
    """
    require_control()
    _refuse_shown()
    refuse_without(user, RUN, "run a ceremony")
    _refuse_password(request, user)
    token = secrets.token_urlsafe(32)
    with acting(request.number) as (head, ceremony):
        refuse_under_way(ceremony)
        refuse_stale(ceremony, request.fingerprint)
        refuse_unstartable(ceremony, request.deed, caller_of(user))
        refuse_untyped(ceremony, request.deed, request.environment)
        wanted = wanted_of(ceremony, request)
        row = _row(ceremony, wanted, user, token)
        told: dict[str, Json] = {"deed": row.deed, "command": list(row.command)}
        note(head, ceremony, Action.START_ORDERED, row.username, told, (row,))
        row.save(force_insert=True)
    return Ordered(row, wanted.started(row.pk), token)


@control_errors()
def take_up(number: int, token: str, words: Mapping[str, object]) -> RunStart:
    """The start whose token is shown, taken up; the event ``start taken up``. ``words`` are what
    the command was called with: ``verb``, and its options by their names.

    Raises UsageError (start-unknown) and Refused: start-token-wrong, start-token-late,
    start-token-used, start-differs, right-missing, approval-stale.
    """
    require_control()
    row = RunStart.objects.filter(pk=number).select_related("manifest", "user").first()
    if row is None:
        raise UsageError(
            "start-unknown",
            f"Nothing was started under the number {number}.",
            next_step="Leave --started out: it is for what a page starts.",
        )
    with acting(row.ceremony_id) as (head, ceremony):
        _refuse_token(row, token)
        _refuse_other(row, words)
        refuse_stale(ceremony, row.manifest.fingerprint)
        refuse_without(row.user, RUN, "run a ceremony")
        _step(head, ceremony, row, StartStation.TAKEN)
    return row


def end_start(number: int, status: int, said: str) -> None:
    """Record how this process ended, which has taken the start up; the event ``start ended``. Of
    another process it says nothing.
    """
    row = RunStart.objects.filter(pk=number).first()
    if row is None or not row.steps.filter(**_this_process(), station=StartStation.TAKEN).exists():
        return
    _end(row, status, said)


def not_started(row: RunStart, why: str) -> None:
    """Record that the system gave no process for a start; the event ``start ended``."""
    _end(row, NO_PROCESS, why)


def _end(row: RunStart, status: int, said: str) -> None:
    with acting(row.ceremony_id) as (head, ceremony):
        if not row.steps.filter(station=StartStation.ENDED).exists():
            _step(head, ceremony, row, StartStation.ENDED, status, said)


def _this_process() -> dict[str, Any]:
    return {"host": evidence.bounded(socket.gethostname(), 255), "pid": os.getpid()}


def caller_of(user: AbstractUser) -> Caller:
    """The person, as the gate will meet him or her."""
    name = user.get_username()
    return Caller(current_actor(name), PAGE, wait_seconds=0, account=name)


def wanted_of(ceremony: Ceremony, request: StartRequest) -> Wanted:
    """What is to be started."""
    back = request.deed is not Deed.VERIFY and (
        request.deed is Deed.WAY_BACK or ceremony.direction == "roll back"
    )
    return Wanted(
        request.deed,
        ceremony.series,
        ceremony.target.alias,
        ceremony.pk,
        back=back,
        confirm="" if request.deed is Deed.VERIFY else request.environment,
        why_lost=_said(request.why_lost) if back else "",
        backup=_said(request.backup) if back else "",
    )


def _said(text: str) -> str:
    """What a person wrote, as a command line can carry it: no NUL, and on one line."""
    return evidence.bounded(" ".join(text.split()), 1_000)


def _refuse_shown() -> None:
    if not conf.load().starts.starts:
        raise Refused(
            "start-not-here",
            "Runs are not started from pages here (CEREMONY['RUN_FROM_PAGE'] is show).",
            state="Nothing was started, and nothing was recorded.",
            next_step="Type the command that the page shows.",
        )


def _refuse_password(request: StartRequest, user: AbstractUser) -> None:
    ceremony = Ceremony.objects.filter(pk=request.number, round__gt=0).first()
    if ceremony is None:
        raise ceremony_unknown(request.number)
    if not policy_of(newest_round(ceremony)).reauthenticate:
        return
    if not request.password:
        raise Refused(
            "password-missing",
            "The policy asks for the password with every signature, and with every start.",
            next_step="Give the password of your account.",
        )
    authenticated(user.get_username(), request.password)


def _row(ceremony: Ceremony, wanted: Wanted, user: AbstractUser, token: str) -> RunStart:
    at = timezone.now()
    return RunStart(
        ceremony=ceremony,
        manifest=newest_round(ceremony),
        deed=wanted.deed.value,
        command=list(wanted.command),
        user_id=user.pk,
        username=evidence.bounded(user.get_username(), 255),
        token=token_digest(token),
        host=evidence.bounded(socket.gethostname(), 255),
        at=at,
        expires_at=at + timedelta(seconds=TOKEN_SECONDS),
    )


def _step(
    head: AuditHead,
    ceremony: Ceremony,
    row: RunStart,
    station: StartStation,
    status: int | None = None,
    said: str = "",
) -> None:
    step = RunStartStep(
        start=row,
        station=station.value,
        **_this_process(),
        status=status,
        said=evidence.bounded(said, 8_000),
        at=timezone.now(),
    )
    taken = station is StartStation.TAKEN
    told: dict[str, Json] = {"start": row.pk} if taken else {"start": row.pk, "status": status}
    action = Action.START_TAKEN_UP if taken else Action.START_ENDED
    note(head, ceremony, action, row.username, told, (step,))
    step.save(force_insert=True)


def _refuse_token(row: RunStart, token: str) -> None:
    """One process, once, soon."""
    if not hmac.compare_digest(row.token, token_digest(token)):
        raise _token("start-token-wrong", "This is not the token of that start.")
    if row.steps.filter(station=StartStation.TAKEN).exists():
        raise _token(
            "start-token-used", "The token of that start was shown already: it counts once."
        )
    if timezone.now() >= row.expires_at:
        raise _token(
            "start-token-late", f"The token of that start counted for {TOKEN_SECONDS} seconds."
        )


def _token(code: str, happened: str) -> Refused:
    return Refused(
        code,
        happened,
        next_step="Press the button on the ceremony's page again, or type the command yourself.",
    )


def _refuse_other(row: RunStart, words: Mapping[str, object]) -> None:
    """The token is for one command."""
    verb, series, *flags = row.command
    pairs = (flag.removeprefix("--").split("=", 1) for flag in flags)
    kept = {name.replace("-", "_"): said for name, said in pairs}
    asked = {"verb": verb, "series": series, **kept, "ceremony": int(kept["ceremony"])}
    if any((words.get(name) or "") != asked.get(name, "") for name in _COMMAND):
        raise Refused(
            "start-differs",
            f"Start {row.pk} is for another command than this one.",
            next_step="Leave --started out: it is for what a page starts.",
        )
