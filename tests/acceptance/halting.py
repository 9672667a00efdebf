"""Halting a target and resuming it, as people type it; and who may do what in production."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.models import Ceremony, Decision, HaltStep, Purpose
from tests.acceptance.door import Answer, manage
from tests.acceptance.world import World
from tests.django.ceremonies import PASSWORD


class KilledError(BaseException):
    """The end of a process, as far as a test can have one."""


def killed(*_: Any, **__: Any) -> Any:
    raise KilledError


@contextmanager
def monkeypatched(module: Any, name: str, value: Any) -> Iterator[None]:
    """Something of a module is another thing for as long as a block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield


def halted(*flags: str) -> Answer:
    return manage("halt_sql", "--database", "shop", "--reason", "Wrong figures.", *flags)


def resumed(*flags: str) -> Answer:
    return manage("resume_sql", "--database", "shop", *flags)


def events(world: World) -> list[str]:
    return [row[0] for row in world.ask("SELECT event FROM ceremony_ledger ORDER BY sequence")]


def close(*answers: Answer) -> str:
    """Answers without the width of columns, which depends on who runs the tests."""
    return re.sub(" {3,}", "   ", "\n".join(one.told() for one in answers))


BROKEN = {
    "0002_more.sql": "CREATE TABLE more (id int);\nSELECT 1/0;\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


def signed(purpose: Purpose) -> None:
    found = Ceremony.objects.get()
    subject = subject_of(found, purpose)
    user = get_user_model().objects.get(username="sam")
    typed = subject.partition(":")[2][:8]
    sign(SignRequest(found.pk, subject, purpose, Decision.APPROVE, typed=typed), user)


def approved() -> None:
    signed(Purpose.APPROVAL)


def by_mia(monkeypatch: pytest.MonkeyPatch, *flags: str) -> Answer:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    return resumed("--user", "mia", "--password-stdin", *flags)


def again(monkeypatch: pytest.MonkeyPatch) -> str:
    """A new round, asked for by lena: whoever asks does not operate. What she reads."""
    with monkeypatch.context() as asking:
        asking.setenv("LOGNAME", "lena")
        answer = manage("request_sql", "shop", "--again", "1", "--why", "Another number.")
    assert answer.status == 0, answer.told()
    return answer.out


def state() -> str:
    return Ceremony.objects.get().state


def stations() -> list[tuple[str, str, str]]:
    rows = HaltStep.objects.order_by("pk")
    return [(one.station, one.by.partition("@")[0], one.condition) for one in rows]


def trail_holds() -> None:
    audit = manage("verify_audit")
    assert audit.status == 0, audit.told()


def fails(world: World) -> None:
    answer = world.apply("--ceremony", "1")
    assert answer.status == 1, answer.told()
    assert "The target is halted: nothing runs there until it is decided." in answer.err
    assert state() == "halted"


COMPENSATION = """
[[compensation]]
migration = "0001"
when = "Somebody wrote things."
state = "They exist nowhere else."
export = "COPY (SELECT * FROM things ORDER BY id) TO STDOUT; SELECT name FROM things"
affected = "SELECT count(*) FROM things"
restoration = "Load the things again."
downtime = "minutes"
"""
