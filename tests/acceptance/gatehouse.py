"""A protected target, the people around it, and their acts; by the command line and by signing."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from ceremony.actions import execute as execution
from ceremony.actions import gated
from ceremony.actions import sign as signing
from ceremony.actions.signing import SignRequest, first_of
from ceremony.actions.subjects import subject_of
from ceremony.core.report import RunReport
from ceremony.errors import Refused
from ceremony.models import Ceremony, Decision, Purpose, SignOff
from tests.acceptance.door import Answer, manage
from tests.acceptance.world import World

REQUESTER, OPERATOR = "rita", "olga"


def configure(**more: Any) -> None:
    settings.CEREMONY = {**settings.CEREMONY, **more}


def environment(name: str | None, alias: str = "shop", **policy: Any) -> None:
    """Let settings call a target so; with keywords, under this policy."""
    now: dict[str, Any] = settings.CEREMONY
    configure(TARGETS={**now.get("TARGETS", {}), alias: {"ENVIRONMENT": name}})
    if policy:
        configure(POLICIES={**now.get("POLICIES", {}), str(name): policy})


MORE = {
    "0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}
"""A second migration."""

NOBODY: dict[str, Any] = {
    "APPROVALS": 0,
    "ACCEPTANCES": 0,
    "SEPARATE": [],
    "VERIFY": False,
    "HALT": False,
    "PREFLIGHT": False,
    "DATA_LOSS": False,
}
"""A policy that asks nobody for anything."""


class Gatehouse:
    """``rita`` asks at her shell, ``olga`` runs at hers; who signs is up to the test."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self._monkeypatch = monkeypatch

    def at_the_shell(self, name: str) -> None:
        """From now on the operating system knows the user by this name."""
        self._monkeypatch.setenv("LOGNAME", name)

    def asked(self, *flags: str, by: str = REQUESTER, series: str = "shop") -> Ceremony:
        """A ceremony that was just requested."""
        self.at_the_shell(by)
        answer = manage("request_sql", series, *flags)
        assert answer.status == 0, answer.told()
        return Ceremony.objects.latest("pk")

    def approved(self, *people: User, flags: tuple[str, ...] = ()) -> Ceremony:
        """A ceremony that these have signed."""
        ceremony = self.asked(*flags)
        for one in people:
            signed(ceremony, one)
        ceremony.refresh_from_db()
        assert ceremony.state == "approved"
        return ceremony

    def apply(self, *flags: str, by: str = OPERATOR) -> Answer:
        self.at_the_shell(by)
        return manage("apply_sql", "shop", *flags)

    def roll_back(self, *flags: str, by: str = OPERATOR) -> Answer:
        self.at_the_shell(by)
        return manage("rollback_sql", "shop", *flags)

    def refused(self, code: str, *flags: str, by: str = OPERATOR, status: int = 3) -> str:
        """What is said to a run that is refused with this code and changes nothing."""
        before = self.world.ledger()
        answer = self.apply(*flags, by=by)
        assert (answer.status, f"[{code}]" in answer.err) == (status, True), answer.told()
        assert "\nNext " in answer.err
        assert self.world.ledger() == before
        return told(answer)


def signed(
    ceremony: Ceremony,
    user: User,
    purpose: Purpose = Purpose.APPROVAL,
    decision: Decision = Decision.APPROVE,
    **more: Any,
) -> SignOff:
    """What the page of the ceremony does when a person signs."""
    ceremony.refresh_from_db()
    subject = more.pop("fingerprint", None) or subject_of(ceremony, purpose)
    request = SignRequest(ceremony.pk, subject, purpose, decision, typed=first_of(subject), **more)
    return signing.sign(request, user)


def told(answer: Answer) -> str:
    """What a person reads, without what differs from run to run."""
    text = re.sub(r"(sha256|manifest1):[0-9a-f]+", r"\1:<digest>", answer.err)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "<time>", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "<hash>", text)


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> Iterator[datetime]:
    """Meanwhile Django's clock is ahead."""
    moment = datetime.now(UTC) + timedelta(**by)
    with monkeypatch.context() as patched:
        patched.setattr("django.utils.timezone.now", lambda: moment)
        yield moment


def applied(house: Gatehouse) -> list[str]:
    if house.world.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]:
        return []
    return house.world.applied_versions()


def refused_to_sign(code: str, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        signed(*arguments, **more)
    assert caught.value.code == code
    return caught.value


class Meanwhile:
    """Lets something happen between the moment in which a permit is found and the one in which the
    run is opened.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, happens: Callable[[], object]) -> None:
        def execute(*arguments: Any) -> RunReport:
            happens()
            return execution.execute(*arguments)

        self._monkeypatch.setattr(gated, "execute", execute)


def deactivated(user: User) -> None:
    user.is_active = False
    user.save()
