"""Each damage to a series is named, and nothing else; what harms nothing is not told of."""

import json
from collections.abc import Callable

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from ceremony.core.catalog import Aspect, Snapshot, diff, from_json, to_json
from ceremony.pg.introspect import take
from ceremony.pg.introspector import Introspector
from ceremony.pg.session import Session, SessionSettings, open_session
from tests.acceptance.damages import COSMETIC, DAMAGES, Damage
from tests.acceptance.door import ROOT, manage
from tests.acceptance.harmless import HARMLESS, Harmless
from tests.conftest import Database, Databases

ROLES = ("damage_reader", "damage_owner")
STRUCTURE_AND_RIGHTS = (Aspect.STRUCTURE, Aspect.RIGHTS)
Built = Callable[[str], Database]


@pytest.fixture(scope="module")
def templates() -> dict[str, Database]:
    """The database of each series that was applied so far, to be copied."""
    return {}


@pytest.fixture
def built(request: pytest.FixtureRequest, databases: Databases, templates: dict[str, Database]):
    """Call with a series: a copy of a database that ``apply_sql`` brought to the head of it."""
    made = []

    def copy(series: str) -> Database:
        if series not in templates:
            world = request.getfixturevalue("world")
            settings.CEREMONY = {**settings.CEREMONY, "ROOT": ROOT / "migrations_sql"}
            world.target(series)
            answer = manage("apply_sql", series)
            assert answer.status == 0, answer.told()
            templates[series] = databases.create(world.target(series).name)
            with templates[series].connect() as connection:
                _make_roles(connection)
        made.append(databases.create(templates[series].name))
        return made[-1]

    yield copy
    for database in made:
        databases.drop(database.name)


def _make_roles(connection: psycopg.Connection) -> None:
    known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    for role in ROLES:
        if role not in known:
            connection.execute(f"CREATE ROLE {role}")


def session_on(database: Database) -> Session:
    parameters = {k: str(v) for k, v in conninfo_to_dict(database.conninfo).items()}
    return open_session(parameters, SessionSettings())


def around(database: Database, given: str, done: str) -> tuple[Snapshot, Snapshot]:
    """The snapshots before and after something is done, each statement by itself.

    What the introspector makes of the first one is what is there when everything is read.
    """
    with database.connect() as connection, session_on(database) as session:
        if given:
            connection.execute(given)
        introspector = Introspector(session, ledger_schema="public")
        before = introspector.full()
        for statement in [done] if "$$" in done else done.split(";"):
            connection.execute(statement)
        refreshed = introspector.refresh(before)
        after = take(session, ledger_schema="public")
    assert diff(refreshed, after) == ()
    assert refreshed == after
    return before, after


def digests(one: Snapshot) -> dict[Aspect, str]:
    return {
        Aspect.STRUCTURE: one.digest,
        Aspect.RIGHTS: one.rights_digest,
        Aspect.COSMETIC: one.cosmetic_digest,
    }


def test_there_are_enough_of_both():
    assert len(DAMAGES) >= 60
    assert len(HARMLESS) >= 20
    assert {damage.series for damage in DAMAGES} == {
        "calendar", "content", "listings", "outbox", "rebalancing"
    }  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: f"{damage.series}-{damage.done}")
def test_damage_is_named(damage: Damage, built: Built):
    before, after = around(built(damage.series), damage.given, damage.done)

    found = [d for d in diff(before, after) if d.aspect in STRUCTURE_AND_RIGHTS]

    assert " ".join(d.sentence for d in found) == damage.told
    aspects = {d.aspect for d in found}
    for aspect in aspects:
        assert digests(before)[aspect] != digests(after)[aspect]


@pytest.mark.parametrize("damage", COSMETIC, ids=lambda damage: f"{damage.series}-{damage.done}")
def test_what_is_cosmetic_is_told_as_such(damage: Damage, built: Built):
    before, after = around(built(damage.series), damage.given, damage.done)

    assert [(d.aspect, d.sentence) for d in diff(before, after)] == [(Aspect.COSMETIC, damage.told)]
    assert before.digest == after.digest
    assert before.rights_digest == after.rights_digest
    assert before.cosmetic_digest != after.cosmetic_digest


@pytest.mark.parametrize("one", HARMLESS, ids=lambda one: f"{one.series}-{one.done}")
def test_what_is_harmless_is_not_told(one: Harmless, built: Built):
    before, after = around(built(one.series), one.given, one.done)

    assert diff(before, after) == ()
    assert digests(before) == digests(after)


@pytest.mark.parametrize("series", ["calendar", "content", "listings", "outbox", "rebalancing"])
def test_a_snapshot_survives_being_stored(series: str, built: Built):
    with session_on(built(series)) as session:
        taken = take(session, ledger_schema="public")

    stored = from_json(json.loads(json.dumps(to_json(taken))))

    assert stored == taken
    assert digests(stored) == digests(taken)
    assert not [key for key in taken.objects if "ceremony" in key.name]
