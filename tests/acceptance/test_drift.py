"""Somebody changes a target past the migrations: what is told, what is refused, what goes on."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings

from ceremony.actions import execute as execute_module
from ceremony.core.drift import SnapshotTaken
from ceremony.models import AuditEvent, CatalogContent, CatalogSnapshot, Run
from ceremony.pg.introspect import take
from project.cluster import Cluster
from tests.acceptance.door import Answer, manage
from tests.acceptance.gatehouse import NOBODY
from tests.acceptance.world import WHOLE, World, point

DRIFT = "ALTER TABLE things ALTER name SET DEFAULT 'x'"
MORE = {
    "0002_more.sql": "CREATE TABLE more (id int);\n",
    "0002_more.verify.sql": "-- check: more\n-- expect: no rows\nSELECT * FROM more;\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


@pytest.fixture
def one(world: World) -> World:
    """0001 is applied, and the run left its snapshot."""
    world.write(WHOLE)
    world.target()
    world.applied()
    return world


def policy(word: str | None, environment: str | None = None) -> None:
    """What settings say of the target, whose policy asks nobody."""
    targets = {"shop": {"DRIFT": word, "ENVIRONMENT": environment}}
    policies = {environment: NOBODY} if environment else {}
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": targets, "POLICIES": policies}


def looked(*flags: str) -> Answer:
    return manage("verify_sql", "shop", "--drift", *flags)


def drift_of(answer: Answer) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(answer.out)["reports"][0]["drift"]
    return report


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def refused(world: World, code: str, status: int, *arguments: str) -> str:
    """A command that must be refused and change nothing; what was told."""
    before = world.catalog(), world.ledger(), Run.objects.count()
    answer = manage(*arguments)
    assert f"[{code}]" in answer.err, answer.told()
    assert answer.status == status
    assert (world.catalog(), world.ledger(), Run.objects.count()) == before
    return answer.told()


def test_nothing_is_said_where_nothing_differs(one: World, golden) -> None:
    one.write(MORE)

    golden("drift/none", looked().told() + one.applied().told())
    assert drift_of(one.apply("--format", "json")) is None
    assert "drift found" not in actions()


def test_it_warns_where_the_target_is_local(one: World, golden) -> None:
    one.ask(DRIFT)
    one.ask("GRANT SELECT ON things TO PUBLIC; CREATE TABLE handmade (id int PRIMARY KEY)")
    one.write(MORE)

    golden("drift/warned", looked().told() + one.applied().told() + looked().told())
    assert actions().count("drift found") == 2  # told by verify_sql and by the run
    found = AuditEvent.objects.filter(action="drift found").latest("sequence")
    assert found.detail()["policy"] == "warn"
    assert found.detail()["differences"] == [
        "Column public.things.name: default was none, is now 'x'::text.",
        "Table public.handmade appeared.",
        "Table public.things: SELECT is now granted to PUBLIC.",
    ]
    kept = Run.objects.filter(kind="apply").latest("pk").outcome.findings
    assert [(f["place"], f["severity"]) for f in kept] == [
        ("column public.things.name", "warning"),
        ("table public.handmade", "warning"),
        ("table public.things", "warning"),
    ]


def test_it_blocks_where_settings_say_so(one: World, golden) -> None:
    policy("block")
    one.ask(DRIFT)
    one.write(MORE)

    told = refused(one, "drift-found", 5, "apply_sql", "shop")
    told += refused(one, "drift-found", 5, "rollback_sql", "shop")

    golden("drift/blocked", told)
    assert actions().count("drift found") == 2


@pytest.mark.parametrize(
    ("word", "environment", "status"),
    [(None, "staging", 5), ("warn", "staging", 0), ("block", None, 5), (None, None, 0)],
)
def test_without_a_word_protected_targets_block(
    world: World, word: str | None, environment: str | None, status: int
) -> None:
    policy(word, environment)
    confirm = ("--confirm", environment) if environment else ()
    world.write(WHOLE)
    world.target()
    world.applied(*confirm)
    world.ask(DRIFT)
    world.write(MORE)

    assert world.apply(*confirm).status == status


@pytest.mark.parametrize("tightened_by", ["shop", "base"])
def test_a_series_that_lives_there_tightens_it(world: World, tightened_by: str) -> None:
    """The target belongs to all of them: whichever runs, the strictest word counts."""
    toml = {"shop": 'database = "shop"\n', "base": 'database = "shop"\n'}
    toml[tightened_by] += '[policy]\ndrift = "block"\n'
    world.write({**WHOLE, "series.toml": toml["shop"]})
    world.write({"0001_base.sql": "SELECT 1;\n", "series.toml": toml["base"]}, "base")
    world.target()
    world.applied()
    world.applied(series="base")
    world.ask(DRIFT)
    world.write(MORE)

    refused(world, "drift-found", 5, "apply_sql", "shop")


def test_a_series_cannot_loosen_it(one: World, golden) -> None:
    one.write({"series.toml": '[policy]\ndrift = "warn"\n\n[drift]\nignore = "things"\nonly = 1\n'})

    golden("drift/loosened", refused(one, "files-refused", 3, "apply_sql", "shop"))


def test_accepted_it_blocks_no_more(one: World, golden) -> None:
    policy("block")
    one.ask(DRIFT)
    one.write(MORE)
    refused(one, "drift-found", 5, "apply_sql", "shop")
    before = one.catalog(), one.ledger()

    answer = manage("reconcile_sql", "--database", "shop", "--accept-drift", "the DBA's default")

    assert (one.catalog(), one.ledger()) == before
    golden("drift/accepted", answer.told() + looked().told())
    accepted = AuditEvent.objects.get(action="drift accepted")
    newest = CatalogSnapshot.objects.latest("pk")
    assert accepted.detail() == {
        "run": newest.run_id, "snapshot": newest.pk, "why": "the DBA's default", "differences": 1
    }  # fmt: skip
    assert (newest.reason, newest.why) == ("accepted", "the DBA's default")
    taken = AuditEvent.objects.filter(action="snapshot taken").latest("sequence")
    assert taken.detail()["digest"] == newest.content.digest
    one.applied()


def test_with_nothing_to_accept_that_is_said(one: World, golden) -> None:
    answer = manage("reconcile_sql", "--database", "shop", "--accept-drift", "to be sure")

    golden("drift/nothing-to-accept", answer.told())


def test_objects_are_left_out_by_pattern(world: World, golden) -> None:
    """Here by another series of the same target."""
    world.write({**WHOLE, "series.toml": 'database = "shop"\n'})
    ignore = (
        'database = "shop"\n[drift]\nignore = ["table public.events_p*", "public.things.name"]\n'
    )
    world.write({"0001_base.sql": "SELECT 1;\n", "series.toml": ignore}, "base")
    world.target()
    world.applied()
    world.applied("--database", "shop", series="base")
    policy("block")
    world.ask("CREATE TABLE events_p1 (id int PRIMARY KEY)")
    world.ask(DRIFT)
    world.write(MORE)

    golden("drift/left-out", looked().told())
    world.applied()
    world.ask("CREATE TABLE events_q1 (id int)")
    assert "Table public.events_q1 appeared." in looked().out


def test_what_nobody_means_is_no_drift(one: World) -> None:
    one.ask("COMMENT ON TABLE things IS 'the things'")
    one.ask("INSERT INTO things VALUES (1, 'one')")
    one.ask("ANALYZE things")

    answer = looked("--format", "json")

    assert (answer.status, drift_of(answer)["result"]) == (0, "no drift")


@contextmanager
def held_exclusively(world: World, table: str):
    """Another session holds ACCESS EXCLUSIVE on a table."""
    with psycopg.connect(world.target().conninfo) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield
        connection.rollback()


def test_what_cannot_be_read_is_not_run(one: World, golden, monkeypatch) -> None:
    monkeypatch.setattr("ceremony.pg.introspect.LOCK_TIMEOUT", 100)
    one.ask("CREATE VIEW seen AS SELECT * FROM things")
    manage("reconcile_sql", "--database", "shop", "--accept-drift", "a view")
    one.write(MORE)

    before = one.ledger()
    accept = ("reconcile_sql", "--database", "shop", "--accept-drift", "unseen")
    with held_exclusively(one, "seen"):
        told = looked().told()
        policy("block")
        blocked = one.apply(), manage(*accept)
        assert [answer.status for answer in blocked] == [3, 3]
        assert one.ledger() == before
        policy("warn")
        told += "".join(answer.told() for answer in (*blocked, one.applied()))

    golden("drift/unknown", told)
    assert one.applied_versions() == ["0001", "0002"]


def test_a_run_that_was_cut_off_before_its_snapshot(one: World, golden, monkeypatch) -> None:
    """The ledger has gone on since the stored snapshot: that is no drift, and no pass."""
    one.write(MORE)
    with monkeypatch.context() as patched:
        patched.setattr(execute_module, "store_snapshot", _killed)
        with pytest.raises(ProcessDied):
            one.apply()
    assert one.applied_versions() == ["0001", "0002"]
    one.write({"0003_next.sql": "SELECT 1;\n"})
    policy("block")

    golden("drift/cut-off", looked().told() + one.applied().told() + looked().told())
    assert "drift found" not in actions()


class ProcessDied(BaseException):
    """Nothing after this is done."""


def _killed(*_: Any) -> SnapshotTaken:
    raise ProcessDied


def test_without_a_stored_snapshot(world: World, golden, monkeypatch) -> None:
    """As after an upgrade from a version that stored none."""
    world.write(WHOLE)
    world.target()
    with monkeypatch.context() as patched:
        patched.setattr(execute_module, "store_snapshot", lambda *_: SnapshotTaken())
        world.applied()
    world.write(MORE)

    golden("drift/missing", looked().told() + world.applied().told() + looked().told())


def test_a_run_that_failed_half_way_leaves_what_is_there(one: World) -> None:
    one.write({**MORE, "0003_bad.sql": "SELECT 1 / 0;\n"})

    answer = one.apply("--format", "json")

    report = json.loads(answer.out)["reports"][0]
    assert (answer.status, report["verdict"]) == (1, "FAIL")
    assert report["snapshot"]["number"] == CatalogSnapshot.objects.latest("pk").pk
    assert drift_of(looked("--format", "json"))["result"] == "no drift"
    keys = CatalogSnapshot.objects.latest("pk").content.snapshot().objects
    assert "table public.more" in {str(key) for key in keys}


def test_an_unchanged_catalog_is_kept_once(one: World) -> None:
    one.write({"0002_nothing.sql": "SELECT 1;\n"})
    one.applied()

    assert (CatalogSnapshot.objects.count(), CatalogContent.objects.count()) == (2, 1)


def test_taken_back_and_looked_at(one: World) -> None:
    one.rolled_back()

    assert drift_of(looked("--format", "json"))["result"] == "no drift"
    keys = CatalogSnapshot.objects.latest("pk").content.snapshot().objects
    assert not {str(key) for key in keys if "things" in key.name}


def test_adopting_takes_the_catalog_as_it_is(one: World) -> None:
    policy("block", "local")
    one.ask(DRIFT)

    manage("reconcile_sql", "--database", "shop", "--adopt", "as it is")

    newest = CatalogSnapshot.objects.latest("pk")
    assert (newest.reason, newest.why) == ("adopted", "as it is")
    assert drift_of(looked("--format", "json"))["result"] == "no drift"


def test_a_snapshot_that_was_tampered_with(one: World, golden) -> None:
    content = CatalogContent.objects.get()
    with one_control() as control:
        control.execute("ALTER TABLE ceremony_catalogcontent DISABLE TRIGGER ALL")
        control.execute(
            "UPDATE ceremony_catalogcontent SET digest = %s", ("catalog-v1:" + "0" * 64,)
        )
    assert content.digest != CatalogContent.objects.get().digest

    golden("drift/touched", looked().told())
    taken = manage("reconcile_sql", "--database", "shop", "--accept-drift", "found out")
    assert taken.status == 0
    assert looked().status == 0


@contextmanager
def one_control():
    """A session of the test's own on the control database."""
    entry = settings.DATABASES["default"]
    with psycopg.connect(
        host=entry["HOST"], dbname=entry["NAME"], user=entry["USER"], autocommit=True
    ) as connection:
        yield connection


def test_another_version_of_the_algorithm(one: World, golden, monkeypatch) -> None:
    """The same facts under another name of the algorithm: both are computed anew."""
    with monkeypatch.context() as patched:
        patched.setattr("ceremony.pg.introspect.ALGORITHM", "catalog-v0")
        patched.setattr("ceremony.core.catalog.snapshot.ALGORITHM", "catalog-v0")
        manage("reconcile_sql", "--database", "shop", "--accept-drift", "an older ceremony")

    golden("drift/other-algorithm", looked().told())


def test_facts_that_the_older_algorithm_did_not_know(one: World, golden, monkeypatch) -> None:
    """They are not compared, and that is said: no pass. What both know still is."""
    with monkeypatch.context() as patched:
        patched.setattr("ceremony.actions.snapshots.take", lambda *a, **k: _older(take(*a, **k)))
        manage("reconcile_sql", "--database", "shop", "--accept-drift", "an older ceremony")

    told = looked().told()
    one.ask("ALTER TABLE things ALTER name DROP NOT NULL")
    one.ask("ALTER TABLE things ALTER id TYPE bigint")

    golden("drift/older-algorithm", told + looked().told())


def _older(snapshot: Any) -> Any:
    """The same catalog as an algorithm would have read it that knows no ``nullable``."""
    objects = {
        key: item._replace(structure={k: v for k, v in item.structure.items() if k != "nullable"})
        for key, item in snapshot.objects.items()
    }
    return type(snapshot)("catalog-v0", snapshot.server_major, objects)


def test_when_an_object_was_last_changed_is_told(one: World) -> None:
    """Where ``track_commit_timestamp`` is on, as on the servers of these tests."""
    one.ask("CREATE TABLE handmade (id int)")
    one.ask("DROP TABLE things")

    told = looked("--format", "json")

    appeared, vanished = sorted(drift_of(told)["differences"], key=lambda one: one["change"])
    assert (vanished["changed_at"], vanished["name"]) == (None, "public.things")
    at = datetime.fromisoformat(appeared["changed_at"])
    assert datetime.now(UTC) - timedelta(minutes=5) < at <= datetime.now(UTC)


def test_where_the_server_keeps_no_times_none_are_told(
    one: World, golden, timeless_server: Cluster
) -> None:
    with psycopg.connect(timeless_server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE drifted TEMPLATE template0")
    settings.DATABASES["timeless"] = settings.DATABASES["shop"]
    point("timeless", HOST=str(timeless_server.socket_dir), NAME="drifted")
    assert one.apply("--database", "timeless").status == 0
    with psycopg.connect(timeless_server.conninfo("drifted")) as connection:
        connection.execute("CREATE TABLE handmade (id int)")

    golden(
        "drift/no-times", manage("verify_sql", "shop", "--database", "timeless", "--drift").told()
    )
