"""Asking for changes on a target that settings call production."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from ceremony.models import Ceremony
from tests.acceptance.door import Answer, manage
from tests.acceptance.gatehouse import configure
from tests.acceptance.world import QUIET, WHOLE, World

SECOND = {
    "0002_names.sql": "-- Risk: low\nALTER TABLE things ADD COLUMN short text;\n",
    "0002_names.verify.sql": "-- check: there\n-- expect: success\nSELECT short FROM things;\n",
    "0002_names.rollback.sql": "ALTER TABLE things DROP COLUMN short;\n",
}
BIGGER = "CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL);\n"


def production(world: World) -> World:
    """One migration of the series ``shop``, and its target."""
    world.write({**WHOLE, **QUIET})
    world.target()
    configure(TARGETS={"shop": {"ENVIRONMENT": "production"}})
    return world


SURE = ("--confirm", "production")


@contextmanager
def nobody_asked() -> Iterator[None]:
    """Meanwhile the policy of production asks nobody, so that a test can make a history."""
    before = settings.CEREMONY
    configure(POLICIES={"production": {"APPROVALS": 0, "ACCEPTANCES": 0}})
    yield
    settings.CEREMONY = before


def ask(*flags: str) -> Answer:
    return manage("request_sql", "shop", *flags)


def asked(*flags: str) -> dict[str, Any]:
    """The report of a request, which must go well."""
    answer = ask("--format", "json", *flags)
    assert answer.status == 0, answer.told()
    report: dict[str, Any] = json.loads(answer.out)["reports"][0]
    return report


def refused(*flags: str) -> dict[str, Any]:
    """The error of a request, which must be refused."""
    answer = ask("--format", "json", *flags)
    assert answer.status in {2, 3}, answer.told()
    error: dict[str, Any] = json.loads(answer.out)["error"]
    return {**error, "status": answer.status}


def ceremony(number: int | None = None) -> Ceremony:
    return Ceremony.objects.get(pk=number) if number else Ceremony.objects.get()
