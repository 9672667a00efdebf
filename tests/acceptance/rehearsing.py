"""Rehearsals as tests ask for them."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.acceptance.door import Answer, manage
from tests.acceptance.world import World

Golden = Callable[[str, str], None]

USERS = {
    "0001_users.sql": "-- Data loss: rollback (all users)\n"
    "CREATE TABLE users (id int PRIMARY KEY, mail text);\n"
    "CREATE INDEX users_mail ON users (mail);\n"
    "CREATE TYPE mood AS ENUM ('sad', 'glad');\n",
    "0001_users.rollback.sql": "DROP TABLE users;\nDROP TYPE mood;\n",
}

SEVENTY = {
    f"{number:04}_t{number}.sql": f"CREATE TABLE t{number} (id int);\n" for number in range(2, 72)
} | {f"{number:04}_t{number}.rollback.sql": f"DROP TABLE t{number};\n" for number in range(2, 72)}


def scratch_databases(world: World) -> list[str]:
    """What of scratch databases is on the server."""
    rows = world.ask("SELECT datname FROM pg_database WHERE datname LIKE 'ceremony_scratch_%'")
    return [name for (name,) in rows]


def rehearsed(world: World, *flags: str, series: str = "shop") -> tuple[Answer, dict[str, Any]]:
    """The answer and the certificate of a rehearsal."""
    world.target(series)
    answer = manage("rehearse_sql", series, "--format", "json", *flags)
    reports = json.loads(answer.out)["reports"]
    assert reports, answer.told()
    return answer, reports[0]["certificate"]


def verdicts(certificate: dict[str, Any]) -> dict[str, list[str]]:
    """By migration: the verdict on each of its ways back."""
    return {
        one["label"]: [way["verdict"] for way in one["ways_back"]]
        for one in certificate["migrations"]
    }


def without_times(golden: Golden) -> Golden:
    """Times, sizes and names of scratch databases are not what is compared."""

    def compare(name: str, text: str) -> None:
        text = re.sub(r"ceremony_scratch_\w+", "<scratch>", text)
        text = re.sub(r"\bin \d[\d.]* (?:ms|s), from", "in <seconds>, from", text)
        text = re.sub(r"server process \d+", "server process <pid>", text)
        text = re.sub(r" +\d[\d.]* (?:ms|s)(, .*)?$", "  <seconds>", text, flags=re.MULTILINE)
        golden(f"rehearsal/{name}", text)

    return compare
