"""The gate at start-up, the readiness view and the system checks, on real databases."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.checks import CheckMessage
from django.test import Client

from ceremony.checks import check_series
from ceremony.errors import CeremonyError, UsageError
from ceremony.gate import require_schema
from ceremony.pg.glance import Glance
from tests.acceptance.door import ROOT, Answer, clean
from tests.acceptance.world import WHOLE, World, point

SECOND = {
    "0002_more.sql": "CREATE TABLE more (id int);\n",
    "0002_more.verify.sql": "-- check: more\n-- expect: no rows\nSELECT * FROM more;\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}
CONTRACT = '[[table]]\nname = "things"\nsince = "0001"\nrequired = { id = "int" }\n'


@pytest.fixture
def one(world: World) -> World:
    """0001 is applied."""
    world.write(WHOLE)
    world.target()
    world.applied()
    return world


def gate(**keys: object) -> None:
    settings.CEREMONY = {**settings.CEREMONY, "GATE": keys}


def told(**keys: object) -> str:
    """What the gate says when it refuses."""
    with pytest.raises(CeremonyError) as refused:
        require_schema(None, **keys)  # type: ignore[arg-type]
    return f"{refused.value}\n"


def probe() -> tuple[int, dict[str, object]]:
    answer = Client().get("/ceremony/ready")
    return answer.status_code, json.loads(answer.content)


def checked(alias: str = "shop") -> list[CheckMessage]:
    return check_series(databases=[alias])


def behind(world: World) -> None:
    world.write(SECOND)


def ahead(world: World) -> None:
    behind(world)
    world.applied()
    for file in SECOND:
        world.path(file).unlink()


def ahead_and_behind(world: World) -> None:
    ahead(world)
    world.write({name.replace("0002", "0003"): text for name, text in SECOND.items()})


def changed(world: World) -> None:
    world.write({"0001_things.sql": "CREATE TABLE things (id bigint);\n"})


def damaged(world: World) -> None:
    world.ask("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
    world.ask("UPDATE ceremony_ledger SET recorded_by = 'nobody' WHERE sequence = 2")


def of_another_format(world: World) -> None:
    world.ask("ALTER TABLE ceremony_ledger RENAME detail TO details")


def of_another_environment(world: World) -> None:
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"ENVIRONMENT": "production"}}}


def unreadable(world: World) -> None:
    world.write({"0002_more.sql": "CREATE TABLEAU more (id int);\n"})


def gone(world: World) -> None:
    point("shop", HOST="/nowhere")


def violated(world: World) -> None:
    world.write({"contract.toml": CONTRACT})
    world.ask("ALTER TABLE things ALTER id TYPE bigint")
    gate(CONTRACT=True)


CASES: dict[str, Callable[[World], None]] = {
    "behind": behind,
    "ahead": ahead,
    "ahead-and-behind": ahead_and_behind,
    "invalid-changed": changed,
    "invalid-damaged": damaged,
    "invalid-format": of_another_format,
    "invalid-environment": of_another_environment,
    "invalid-file": unreadable,
    "invalid-contract": violated,
    "unknown-gone": gone,
}


@pytest.mark.parametrize("case", CASES)
def test_each_mismatch_is_told(case: str, one: World, golden) -> None:
    CASES[case](one)

    said = told()
    status, answer = probe()
    [message] = checked() if case != "invalid-contract" else [None]

    golden(
        f"gate/{case}",
        f"{said}{status} {json.dumps(answer, indent=1)}\n"
        + (f"{type(message).__name__} {message.id}: {message.msg}\n" if message else ""),
    )
    assert answer["state"] == case.partition("-")[0]
    assert status == 503
    assert "postgres" not in json.dumps(answer)


def test_a_match(one: World) -> None:
    application = object()
    assert require_schema(application) is application
    assert probe() == (
        200,
        {
            "format": "ceremony-readiness-v1",
            "ready": True,
            "state": "match",
            "code": "",
            "series": [
                {
                    "series": "shop",
                    "database": "shop",
                    "state": "match",
                    "behind": [],
                    "ahead": [],
                    "halted": False,
                    "findings": [],
                }
            ],
        },
    )
    assert checked() == []


def test_a_fresh_database_is_behind(world: World) -> None:
    world.write(WHOLE)
    world.target()
    assert "[schema-behind]" in told()
    assert "not applied there: 0001_things." in told()


def test_what_settings_accept_starts(one: World) -> None:
    behind(one)
    gate(ACCEPT=["match", "behind"])
    require_schema(None)
    status, answer = probe()
    assert (status, answer["ready"], answer["state"]) == (200, True, "behind")
    ahead(one)
    assert "[schema-ahead]" in told()
    require_schema(None, accept=["match", "ahead"])


def test_ahead_and_behind_needs_both_accepted(one: World) -> None:
    """The database lacks what this code expects, whatever else it has."""
    ahead_and_behind(one)
    for accept in (["ahead"], ["behind"]):
        gate(ACCEPT=accept)
        assert "[schema-ahead]" in told()
        assert probe()[0] == 503
    gate(ACCEPT=["ahead", "behind"])
    require_schema(None)
    assert probe()[0] == 200


@pytest.mark.parametrize("accept", [["invalid"], ["unknown"], "match", []])
def test_what_can_never_be_accepted(accept: object, one: World) -> None:
    gate(ACCEPT=accept)
    with pytest.raises(UsageError, match="settings-invalid"):
        require_schema(None)
    assert probe()[0] == 503
    gate()
    with pytest.raises(UsageError, match="settings-invalid"):
        require_schema(None, accept=accept)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"ACCEPT": "match"}, "The gate's ACCEPT is 'match'."),
        ({"ACCEPT": ["invalid"]}, "The gate's ACCEPT is ['invalid']."),
        ({"SERIES": "shop"}, "The gate's SERIES is 'shop'."),
        ({"SERIES": [1]}, "The gate's SERIES is [1]."),
        ({"CONTRACT": "no"}, "The gate's CONTRACT is 'no'."),
        ({"TIMEOUT": "soon"}, "CEREMONY['GATE']['TIMEOUT'] is 'soon', which is no duration."),
        ({"TIME": "5s"}, "CEREMONY['GATE'] has no setting 'TIME'."),
    ],
)
def test_settings_that_cannot_be_understood(keys: dict[str, object], said: str, one: World) -> None:
    gate(**keys)
    assert told().partition(" [settings-invalid]")[0] == said


def test_a_match_is_ready_whatever_else_is(one: World) -> None:
    require_schema(None, accept=["ahead"])
    gate(ACCEPT=["behind"])
    assert probe()[0] == 200


def test_the_contract_is_asked_only_where_it_is_wanted(one: World) -> None:
    violated(one)
    gate()
    require_schema(None)
    assert "[schema-invalid]" in told(contract=True)


def test_a_migration_that_comes_in_between_the_two_questions(one: World, monkeypatch) -> None:
    """The ledger was read before it, the contract after it: what it ended is no violation."""
    one.write({"contract.toml": f'{CONTRACT}until = "0002"\n'.replace("required", "#")})
    one.write({**SECOND, "0002_more.sql": "DROP TABLE things; CREATE TABLE more (id int);\n"})
    asks = Glance.violations
    answers: list[Answer] = []

    def late(self: Glance, held: Any) -> Any:
        if not answers:
            answers.append(one.applied())
        return asks(self, held)

    monkeypatch.setattr(Glance, "violations", late)
    require_schema(None, contract=True)
    assert len(answers) == 1


def test_an_optional_object_never_stops_a_start(one: World) -> None:
    one.write({"contract.toml": '[[view]]\nname = "v"\nsince = "0001"\nlevel = "optional"\n'})
    require_schema(None, contract=True)


def test_only_the_series_that_are_named(one: World) -> None:
    one.write(
        {"0001_x.sql": "CREATE TABLE x (id int);\n", "series.toml": 'database = "shop"\n'}, "b"
    )
    assert "b on 'shop' is behind" in told()
    require_schema(None, series=["shop"])
    gate(SERIES=["nothing"])
    assert "series-unknown" in told()
    assert probe()[1]["code"] == "series-unknown"


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ('database = ["shop"]\n', "settings-value", "b/series.toml:1"),
        ('database = "shop\n', "toml-syntax", "b/series.toml:1:17"),
        ('databse = "shop"\n', "settings-unknown-key", "b/series.toml:1"),
        (None, "path-symlink", "b/series.toml"),
    ],
)
def test_a_series_whose_home_cannot_be_read_is_not_left_out(
    text: str | None, code: str, at: str, one: World
) -> None:
    one.write({"0001_x.sql": "CREATE TABLE x (id int);\n"}, "b")
    require_schema(None)
    if text is None:
        one.path("series.toml", "b").symlink_to("elsewhere")
    else:
        one.write({"series.toml": text}, "b")
    said = told()
    assert said.startswith(f"{at}: ")
    assert f"[{code}]\n" in said
    assert (probe()[0], probe()[1]["code"]) == (503, code)
    assert [message.id for message in checked()] == ["ceremony.W004"]


def test_nothing_is_locked_and_no_lock_keeps_it_out(one: World) -> None:
    """A run at work holds the advisory lock; a second one would wait for it."""
    with one.target().connect() as connection:
        holds = "SELECT pg_advisory_lock(classid, objid) FROM (SELECT 1, 1) AS l (classid, objid)"
        connection.execute(holds)
        connection.execute("BEGIN; LOCK TABLE ceremony_ledger IN SHARE ROW EXCLUSIVE MODE")
        require_schema(None)


def test_a_target_that_takes_no_changes_can_be_asked(one: World) -> None:
    """As a standby: what a run is refused for is no reason not to start."""
    name = one.target().name
    one.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "[target-read-only]" in one.apply().err
    require_schema(None, contract=True)


def test_a_role_that_may_not_read_the_ledger_is_told(one: World) -> None:
    one.ask("DROP ROLE IF EXISTS looker")
    one.ask("CREATE ROLE looker LOGIN")
    point("shop", USER="looker")
    try:
        said = told()
    finally:
        one.ask("DROP ROLE looker", alias="shop")
    assert said.startswith("shop on 'shop' could not be asked: A question to the server failed: ")
    assert "(42501). [schema-unknown]" in said


def test_one_query_for_all_series_of_a_database(one: World, monkeypatch) -> None:
    one.write(
        {"0001_x.sql": "CREATE TABLE x (id int);\n", "series.toml": 'database = "shop"\n'}, "b"
    )
    asked: list[object] = []
    execute = psycopg.Connection.execute

    def counting(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        asked.append(query)
        return execute(self, query, *rest, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", counting)
    told()
    assert len(asked) == 1
    assert 'FROM "public"."ceremony_ledger"' in str(asked[0])


def test_a_locked_ledger_is_given_up_in_time(one: World) -> None:
    gate(TIMEOUT="300ms")
    with one.target().connect() as connection:
        connection.execute("BEGIN; LOCK TABLE ceremony_ledger IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        assert "[schema-unknown]" in told()
    assert time.monotonic() - began < 5


def test_a_server_that_falls_mute_is_given_up_in_time(one: World) -> None:
    """Its processes are stopped while the ledger is asked: no limit of its own can end that."""
    gate(TIMEOUT="700ms")
    blocker = one.target().connect()
    blocker.execute("BEGIN; LOCK TABLE ceremony_ledger IN ACCESS EXCLUSIVE MODE")
    freezer = subprocess.Popen([sys.executable, "-c", _FREEZE, one.target().conninfo])
    began = time.monotonic()
    try:
        said = told()
    finally:
        took = time.monotonic() - began
        freezer.wait(30)
        blocker.close()
    assert "did not answer within 700 ms" in said
    assert took < 6


_FREEZE = """
import os, signal, sys, time, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as c:
    for _ in range(200):
        rows = c.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                         " AND application_name = 'ceremony glance'").fetchall()
        if rows:
            break
        time.sleep(0.01)
    os.kill(rows[0][0], signal.SIGSTOP)
    time.sleep(3)
    os.kill(rows[0][0], signal.SIGCONT)
"""


@pytest.fixture
def mute() -> Iterator[Path]:
    """A socket where connections are taken and nothing is ever said."""
    listener = socket.socket(socket.AF_UNIX)
    folder = Path(tempfile.mkdtemp(prefix="mute"))
    listener.bind(str(folder / ".s.PGSQL.5432"))
    listener.listen()
    yield folder
    listener.close()
    shutil.rmtree(folder)


def test_a_server_that_never_speaks_is_given_up_in_time(one: World, mute: Path) -> None:
    point("shop", HOST=str(mute))
    gate(TIMEOUT="2s")
    began = time.monotonic()
    assert "[schema-unknown]" in told()
    assert time.monotonic() - began < 7


def test_a_probe_takes_get_and_head_only(one: World) -> None:
    assert Client().head("/ceremony/ready").status_code == 200
    assert Client().post("/ceremony/ready").status_code == 405
    assert "no-store" in Client().get("/ceremony/ready").headers["Cache-Control"]


def test_checks_ask_nothing_where_no_database_is_named(one: World) -> None:
    point("shop", HOST="/nowhere")
    assert check_series() == []
    assert checked("default") == []


def test_checks_tell_what_settings_lack(one: World) -> None:
    settings.CEREMONY = {}
    [message] = checked()
    assert (message.id, message.msg) == (
        "ceremony.W004",
        "CEREMONY['ROOT'], the folder of series, is not set.",
    )


def run(arguments: list[str], world: World, **environment: str) -> Answer:
    database = world.target()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=clean(
            {
                "DATABASE_URL": database.conninfo,
                "CEREMONY_EXTRA_ALIASES": "shop",
                "SHOP_DATABASE_URL": database.conninfo,
                "CEREMONY_ROOT": str(world.root),
                "SECRET_KEY": "a-key-for-one-test",
                **environment,
            }
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Answer(" ".join(arguments), done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_a_real_start(door: str, one: World) -> None:
    start = ["-c", f"import project.{door}; print(callable(project.{door}.application))"]
    assert run(start, one, CEREMONY_GATE="on").out == "True\n"

    behind(one)
    refused = run(start, one, CEREMONY_GATE="on")

    assert refused.status == 1
    assert refused.out == ""
    assert refused.err.endswith(
        "ceremony.errors.Refused: shop on 'shop' is behind this code; not applied there: "
        "0002_more. [schema-behind]\n"
        "The application was not started. The databases were only read.\n"
        "Next: manage.py apply_sql shop\n"
    )
    assert run(start, one).out == "True\n", "without the setting it starts"


def test_the_command_line_check(one: World) -> None:
    check = ["manage.py", "check", "--database", "shop"]
    assert run(check, one).status == 0
    behind(one)
    warned = run(check, one)
    assert (warned.status, "(ceremony.W001)" in warned.err) == (0, True)
    assert run([*check, "--fail-level", "WARNING"], one).status == 1
    changed(one)
    assert run(check, one).status == 1


def test_mute_servers_are_waited_for_together(one: World, mute: Path) -> None:
    """Each would be given up after its own time; a start waits no longer than for one."""
    for name in ("b", "c", "d"):
        one.write({"0001_x.sql": "CREATE TABLE x (id int);\n"}, name)
        one.target(name)
        point(name, HOST=str(mute))
    gate(TIMEOUT="2s")
    began = time.monotonic()
    said = told()
    assert time.monotonic() - began < 6
    assert [name for name in "bcd" if f"{name} on {name!r} could not be asked" in said] == [*"bcd"]
