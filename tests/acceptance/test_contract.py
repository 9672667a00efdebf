"""The contract: validated in each migration's transaction, on the way back, and at any time."""

import json
from typing import Any

import psycopg
import pytest
from django.conf import settings

from ceremony.core.assemble import assemble
from ceremony.core.contract.requirement import Level, RequiredKind, Requirement
from ceremony.core.series import Series
from ceremony.models import Outcome, RunOutcome
from ceremony.pg.contract import judged, question
from ceremony.sources.folder import read_series
from tests.acceptance.door import ROOT, Answer, manage
from tests.acceptance.world import WHOLE, World

SERIES = ("rebalancing", "content", "listings", "outbox", "calendar")
CONTRACT = """
[[table]]
name = "things"
since = "0001"
required = { id = "int", name = "text" }
[[view]]
name = "named_things"
since = "0001"
level = "optional"
[[index]]
name = "things_name"
table = "things"
since = "0002"
"""
INDEX = {
    "0002_index.sql": "CREATE INDEX things_name ON things (name);\n",
    "0002_index.verify.sql": "-- check: names\n-- expect: no rows\nSELECT * FROM things;\n",
    "0002_index.rollback.sql": "DROP INDEX things_name;\n",
}


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **INDEX, "contract.toml": CONTRACT})
    world.target()
    return world


def report(answer: Answer) -> Any:
    return json.loads(answer.out)["reports"][0]


def test_kept_and_verified(shop: World, golden) -> None:
    golden("contract/kept", shop.applied().told() + manage("verify_sql", "shop").told())
    answer = manage("verify_sql", "shop", "--format", "json")
    contract = report(answer)["contract"]
    assert contract["asked"] == 5
    assert [(f["code"], f["severity"]) for f in contract["findings"]] == [
        ("contract-optional", "warning")
    ]


def test_a_migration_that_breaks_it_leaves_nothing_behind(shop: World, golden) -> None:
    shop.write({"0002_index.sql": "CREATE INDEX things_id ON things (id);\n"})
    shop.applied("--to", "0001")
    before = shop.catalog()

    answer = shop.apply()

    golden("contract/broken", answer.told())
    assert answer.status == 1
    assert shop.catalog() == before
    assert shop.applied_versions() == ["0001"]
    problem = Outcome.objects.latest("id").problem
    assert problem is not None
    assert problem["code"] == "contract-violated"


def test_what_an_earlier_migration_provided_must_stay(shop: World) -> None:
    shop.write({"0002_index.sql": INDEX["0002_index.sql"] + "ALTER TABLE things DROP name;\n"})
    answer = shop.apply()
    assert answer.status == 1
    assert (
        "After 0002_index 2 required objects are not as shop/contract.toml says. "
        "The column public.things.name is missing; 0001_things must provide it. "
        "The index public.things_name on public.things is missing; 0002_index must provide it."
    ) in " ".join(answer.err.split()), answer.told()
    assert shop.applied_versions() == ["0001"]


def test_a_way_back_must_leave_the_contract_of_the_version_below(shop: World) -> None:
    shop.write({"0002_index.rollback.sql": "DROP TABLE things CASCADE;\n"})
    shop.applied()
    before = shop.catalog()

    answer = manage("rollback_sql", "shop", "--accept-data-loss", "yes", "--backup-evidence", "x")

    assert answer.status == 1
    assert "[contract-violated]" in answer.err, answer.told()
    assert "After 0002_index a required object is not as shop/contract.toml says." in answer.err
    assert "The table public.things is missing; 0001_things must provide it." in " ".join(
        answer.err.split()
    )
    assert "0002_index is still applied." in answer.err
    assert shop.catalog() == before


def test_the_way_back_of_everything_requires_nothing(shop: World) -> None:
    shop.applied()
    shop.rolled_back("--to", "zero")


def test_an_optional_object_warns_in_the_report_and_the_record(shop: World) -> None:
    answer = shop.applied("--format", "json")
    found = [f for f in report(answer)["findings"] if f["code"] == "contract-optional"]
    assert report(answer)["verdict"] == "PASS"
    assert found == [
        {
            "path": "shop/contract.toml",
            "line": 7,
            "column": 0,
            "code": "contract-optional",
            "severity": "warning",
            "message": "The view public.named_things is missing; 0001_things must provide it.",
            "hint": "It is optional: nothing stops. Provide it, or take the entry out.",
        }
    ]
    kept = RunOutcome.objects.latest("run_id").findings
    assert [f["code"] for f in kept if f["code"].startswith("contract")] == ["contract-optional"]


def test_what_a_later_step_provides_is_not_warned_of(shop: World) -> None:
    more = "CREATE VIEW named_things AS SELECT name FROM things;\n"
    shop.write({"0002_index.sql": INDEX["0002_index.sql"] + more})
    answer = shop.applied("--format", "json")
    assert [f for f in report(answer)["findings"] if f["code"] == "contract-optional"] == []


def test_outside_a_transaction_it_is_validated_before_the_applied_row(shop: World) -> None:
    shop.write(
        {"0002_index.sql": "-- Transaction: none\nCREATE INDEX CONCURRENTLY nix ON things (id);\n"}
    )
    answer = shop.apply()
    assert "[contract-violated]" in answer.err, answer.told()
    assert answer.status == 6
    assert "Of the 1 statements of shop/0002_index these are in: 1." in answer.err
    assert shop.applied_versions() == ["0001"]

    shop.ask("CREATE INDEX things_name ON things (name)")
    shop.applied()

    assert shop.applied_versions() == ["0001", "0002"]


def test_a_way_back_outside_a_transaction_is_held_to_it(shop: World) -> None:
    back = "-- Transaction: none\nDROP INDEX CONCURRENTLY things_name;\n"
    shop.write({"0002_index.rollback.sql": back + "ALTER TABLE things DROP name;\n"})
    shop.applied()

    answer = manage("rollback_sql", "shop", "--accept-data-loss", "yes", "--backup-evidence", "x")

    assert (answer.status, "[contract-violated]" in answer.err) == (6, True), answer.told()
    assert "The column public.things.name is missing; 0001_things must provide it." in answer.err
    shop.ask("ALTER TABLE things ADD name text")
    shop.rolled_back()
    assert shop.applied_versions() == ["0001"]


def test_verify_says_what_is_gone_and_records_it(shop: World, golden) -> None:
    shop.applied()
    shop.ask("DROP INDEX things_name")

    answer = manage("verify_sql", "shop")

    golden("contract/gone", answer.told())
    assert answer.status == 1
    kept = RunOutcome.objects.latest("run_id").findings
    assert [f["code"] for f in kept] == ["contract-optional", "contract-violated"]


def test_what_is_wrong_with_the_file_is_shown_without_and_with_a_database(shop: World) -> None:
    shop.write({"contract.toml": CONTRACT.replace('"0002"', '"0003"')})
    said = "The index 'things_name' is there since '0003', which is no migration of shop."
    for command in ("check_sql", "plan_sql", "apply_sql"):
        answer = manage(command, "shop")
        assert "contract-since" in answer.out + answer.err
        assert said in " ".join((answer.out + answer.err).split()), answer.told()
        assert answer.status != 0


def test_a_baselined_or_superseded_version_counts(world: World) -> None:
    """A fresh content database: 0000 to 0029 are recorded, 0030 builds everything."""
    world.root = ROOT / "migrations_sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": world.root}
    world.target("content")
    world.applied(series="content")
    assert report(manage("verify_sql", "content", "--format", "json"))["contract"] == {
        "asked": 86,
        "findings": [],
    }


def shipped(name: str) -> Series:
    return assemble(read_series(ROOT / "migrations_sql", name))


@pytest.mark.parametrize("name", SERIES)
def test_each_shipped_contract_holds_after_every_migration(name: str, database) -> None:
    series = shipped(name)
    in_place: set[str] = set()
    with database.connect() as connection:
        for migration in series.runnable:
            connection.execute("BEGIN")
            for statement in migration.script.sent:
                connection.execute(statement.text.replace("%", "%%"), ())
            connection.execute("COMMIT")
            in_place.add(migration.version.text)
            held = series.contract.held(in_place)
            assert [v for v in missing(connection, held) if v != "extension pg_cron"] == []
    assert held


@pytest.mark.parametrize("name", SERIES)
def test_each_object_of_a_shipped_contract_is_missed(name: str, database) -> None:
    """One after the other is dropped, and it is named."""
    series = shipped(name)
    held = series.contract.held({m.version.text for m in series.runnable})
    with database.connect() as connection:
        for migration in series.runnable:
            connection.execute(migration.script.text)
        for one in held:
            if (drop := dropping(one)) is None:
                continue
            connection.execute("BEGIN")
            connection.execute(drop)
            found = missing(connection, held)
            connection.execute("ROLLBACK")
            assert str(one.wanted) in found, drop


def missing(connection: psycopg.Connection, held: tuple[Requirement, ...]) -> list[str]:
    if not held:
        return []
    text, (wanted,) = question(held)
    sql = text.decode().replace("%", "%%").replace("$1", "%s")
    row = connection.execute(sql, (wanted.decode(),)).fetchone()
    assert row is not None
    return [str(one.requirement.wanted) for one in judged(held, row[0])]


def dropping(one: Requirement) -> str | None:
    """What takes the object away; ``None`` for what belongs to the whole server, or is absent."""
    wanted = one.wanted
    kind = wanted.kind
    name = f'"{wanted.schema}"."{wanted.name}"'
    table = f'"{wanted.schema}"."{wanted.table}"'
    if kind in (RequiredKind.ROLE, RequiredKind.EXTENSION):
        return None
    if kind is RequiredKind.SCHEMA:
        return f'DROP SCHEMA "{wanted.name}" CASCADE'
    if kind in (RequiredKind.COLUMN, RequiredKind.CONSTRAINT):
        return f'ALTER TABLE {table} DROP {kind.value} "{wanted.name}" CASCADE'
    if kind in (RequiredKind.TRIGGER, RequiredKind.POLICY):
        return f'DROP {kind.value} "{wanted.name}" ON {table}'
    if kind is RequiredKind.FUNCTION:
        return f"DROP FUNCTION {name}{wanted.signature} CASCADE"
    word = "TYPE" if kind is RequiredKind.ENUM else kind.words
    return f"DROP {word} {name} CASCADE"


def test_the_shipped_contracts_tell_required_from_optional() -> None:
    content = {str(r.wanted): r.level for r in shipped("content").contract.requirements}
    assert content["column public.users.email"] is Level.REQUIRED
    assert content["column public.users.password_hash"] is Level.OPTIONAL
    assert content["column public.content_metrics.revenue"] is Level.OPTIONAL
