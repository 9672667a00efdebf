"""Retiring files: what is renamed, and who is asked first."""

import json
from pathlib import Path
from typing import Any

import pytest

from ceremony.models import AuditEvent, MigrationRecord, Run, Target
from tests.acceptance.conftest import Golden
from tests.acceptance.door import manage
from tests.acceptance.world import WHOLE, World, point

WHY = ("--reason", "expects a table that was made by hand")
SECOND = {
    "0002_second.sql": "-- Purpose: second\nCREATE TABLE second (id int);\n",
    "0002_second.verify.sql": "-- check: there\n-- expect: success\nSELECT FROM second;\n",
    "0002_second.rollback.sql": "DROP TABLE second;\n",
    "0002_second.rollback.keep_data.sql": "COMMENT ON TABLE second IS 'kept';\n",
}
THIRD = {
    "0003_third.sql": "-- Reversible: no (a test)\nCREATE TABLE third (id int);\n",
    "0003_third.verify.sql": "-- check: there\n-- expect: success\nSELECT FROM third;\n",
}


@pytest.fixture
def shop(world: World) -> World:
    """Three files of which none was applied anywhere."""
    world.write({**WHOLE, **SECOND, **THIRD})
    world.target()
    return world


def names(world: World) -> list[str]:
    return sorted(path.name for path in (world.root / "shop").iterdir())


def passed_over(world: World) -> None:
    """0001 and 0003 are applied, 0002 came late."""
    folder = world.root / "shop"
    texts = {name: (folder / name).read_text() for name in SECOND}
    for name in SECOND:
        (folder / name).unlink()
    world.applied()
    world.write(texts)


def test_what_later_files_went_without_is_retired(shop: World, golden: Golden) -> None:
    passed_over(shop)
    golden("retire/done", manage("retire_sql", "shop", "0002", *WHY).told())
    assert set(names(shop)) == {*WHOLE, *THIRD, *(f"{name}.retired" for name in SECOND)}
    assert (shop.root / "shop" / "0002_second.sql.retired").read_text() == (
        "-- Purpose: second\n-- Retired: expects a table that was made by hand\n"
        "CREATE TABLE second (id int);\n"
    )
    event = AuditEvent.objects.get(action="retired")
    assert event.subject == "0002_second"
    assert event.detail()["reason"] == "expects a table that was made by hand"
    assert event.detail()["targets"] == {"shop": "passed over"}


def test_a_retired_file_never_runs(shop: World) -> None:
    passed_over(shop)
    manage("retire_sql", "shop", "0002", *WHY)
    assert manage("check_sql", "shop").status == 0
    assert shop.applied().status == 0
    assert shop.ask("SELECT to_regclass('second')") == [(None,)]
    for words in (("apply_sql", "shop", "--to", "0002"), ("plan_sql", "shop", "--to", "0002")):
        answer = manage(*words)
        assert answer.status == 3
        assert "0002_second is retired and never in a plan." in answer.out + answer.err


def test_what_waits_on_a_target_stays(shop: World, golden: Golden) -> None:
    before = names(shop)
    golden("retire/needed", manage("retire_sql", "shop", "0002", *WHY).told())
    assert names(shop) == before
    assert not AuditEvent.objects.filter(action="retired").exists()


def test_a_person_may_say_that_a_target_does_not_need_it(shop: World) -> None:
    answer = manage("retire_sql", "shop", "0002", *WHY, "--not-needed", "shop")
    assert answer.status == 0, answer.told()
    assert AuditEvent.objects.get(action="retired").detail()["not_needed"] == ["shop"]


def test_a_check_ends_with_the_command_that_does_it(shop: World) -> None:
    given = ("--not-needed", "shop", "--database", "shop")
    answer = manage("retire_sql", "shop", "0002", "--reason", "no more", *given, "--check")
    assert answer.out.endswith(
        "Next   manage.py retire_sql shop 0002_second --reason 'no more' --not-needed shop "
        "--database shop\n"
    )


def test_a_target_that_nobody_asks_cannot_be_excused(shop: World) -> None:
    answer = manage("retire_sql", "shop", "0002", *WHY, "--not-needed", "shopp")
    assert (answer.status, answer.err) == (
        2,
        "✕ --not-needed names 'shopp', and 'shop' was never seen there.  [alias-unknown]\n"
        "State  Nothing was changed.\nNext   Name one that is asked: shop\n",
    )
    assert not AuditEvent.objects.filter(action="retired").exists()


def test_every_target_that_is_known_is_asked(shop: World) -> None:
    shop.target("other")
    shop.applied("--to", "0001", "--database", "other")
    passed_over(shop)
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert answer.status == 3
    assert "0002_second still waits to be applied on 'other'." in answer.err


def test_a_target_that_cannot_be_asked_is_unknown(shop: World, tmp_path: Path) -> None:
    passed_over(shop)
    point("shop", HOST=str(tmp_path))
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert answer.status == 3
    assert "[retire-unknown]" in answer.err
    assert manage("retire_sql", "shop", "0002", *WHY, "--not-needed", "shop").status == 0


def test_a_target_that_left_the_settings_is_unknown(shop: World) -> None:
    shop.target("other")
    shop.applied("--database", "other")
    passed_over(shop)
    Target.objects.filter(alias="other").update(alias="gone")
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert "Whether 'gone' still needs 0002_second could not be found out" in answer.err


def test_what_another_file_depends_on_stays(shop: World) -> None:
    passed_over(shop)
    third = shop.path("0003_third.sql")
    third.write_text("-- Depends: 0002 (uses it)\n" + third.read_text())
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert answer.status == 3
    assert "shop 0003_third depends on 0002_second." in answer.err


def test_what_the_contract_counts_on_stays(shop: World) -> None:
    passed_over(shop)
    asked = '[[table]]\nname = "second"\nsince = "0002"\n'
    shop.write({"contract.toml": asked})
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert answer.status == 3
    assert "The contract of 'shop' counts on 0002_second: table public.second." in answer.err


def test_what_was_applied_keeps_its_history(shop: World) -> None:
    shop.applied()
    assert manage("retire_sql", "shop", "0002", *WHY).status == 0
    answer = manage("status_sql", "shop", "--format", "json")
    lines = json.loads(answer.out)["reports"][0]["migrations"]
    assert [line["state"] for line in lines] == ["applied", "applied", "applied"]
    assert lines[1]["note"] == "Retired since: expects a table that was made by hand"


def test_the_ledger_says_so_where_that_is_asked_for(shop: World) -> None:
    passed_over(shop)
    answer = manage("retire_sql", "shop", "0002", *WHY, "--database", "shop")
    assert answer.status == 0, answer.told()
    rows = shop.ask("SELECT event, detail FROM ceremony_ledger WHERE version = '0002'")
    assert rows == [("retired", '{"reason":"expects a table that was made by hand"}')]
    assert Run.objects.get(kind="retire").outcome.verdict == "PASS"
    assert MigrationRecord.objects.get(version="0002").state == "retired"
    assert manage("status_sql", "shop", "--check").status == 0
    shown = json.loads(manage("status_sql", "shop", "--format", "json").out)
    assert shown["reports"][0]["migrations"][1]["note"] == "expects a table that was made by hand"
    ledger = shop.ledger()
    assert manage("retire_sql", "shop", "0002", *WHY, "--database", "shop").status == 0
    assert shop.ledger() == ledger


def test_a_check_changes_nothing(shop: World, golden: Golden) -> None:
    passed_over(shop)
    before = names(shop)
    golden("retire/check", manage("retire_sql", "shop", "0002", *WHY, "--check").told())
    assert names(shop) == before
    assert not AuditEvent.objects.filter(action="retired").exists()


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 501, "\u202eturned", "a\u200bb"])
def test_a_reason_is_one_line(shop: World, reason: str) -> None:
    answer = manage("retire_sql", "shop", "0002", "--reason", reason)
    assert answer.status == 2
    assert "[reason-invalid]" in answer.err


@pytest.mark.parametrize("cut", range(6))
def test_a_call_that_was_cut_off_is_finished_by_the_next(
    shop: World, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed_over(shop)
    done = 0

    def until_cut(real: Any) -> Any:
        def step(path: Path, target: Path) -> Any:
            nonlocal done
            if done == cut:
                raise KeyboardInterrupt
            done += 1
            return real(path, target)

        return step

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", until_cut(Path.replace))
        broken.setattr(Path, "rename", until_cut(Path.rename))
        status = manage("retire_sql", "shop", "0002", *WHY).status
    assert status == (130 if cut < 5 else 0)
    if 0 < cut < 5:
        waiting = manage("plan_sql", "shop", "--format", "json")
        reports = json.loads(waiting.out)["reports"]
        assert waiting.status != 0 or not reports[0]["steps"]
    assert manage("retire_sql", "shop", "0002", *WHY).status == 0
    assert set(names(shop)) == {*WHOLE, *THIRD, *(f"{name}.retired" for name in SECOND)}
    assert manage("check_sql", "shop").status == 0


def test_a_file_that_is_no_sql_can_be_retired(shop: World) -> None:
    passed_over(shop)
    shop.path("0002_second.sql").write_text("this was never SQL")
    assert manage("retire_sql", "shop", "0002", *WHY).status == 0
    assert manage("check_sql", "shop").status == 0


def test_a_name_that_is_taken_is_not_written_over(shop: World) -> None:
    passed_over(shop)
    shop.path("0002_second.verify.sql.retired").write_text("an older one")
    answer = manage("retire_sql", "shop", "0002", *WHY)
    assert answer.status == 2
    assert "[name-taken]" in answer.err
    assert "0002_second.sql" in names(shop)
