"""What makes a request stale, as a run finds it and as a page can tell; and what does not."""

import pytest

from ceremony import conf
from ceremony.actions.actor import current_actor
from ceremony.actions.library import load_library
from ceremony.actions.planned import asked_by, planned
from ceremony.actions.policies import policy_for
from ceremony.actions.ready import Caller, ready
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.actions.stale import stale
from ceremony.actions.stale_seen import changes_seen
from ceremony.actions.watching import Unwatched
from ceremony.core.plan import Direction
from ceremony.models import Ceremony, StoredManifest
from tests.acceptance.asking import (
    BIGGER,
    SECOND,
    SURE,
    ask,
    asked,
    ceremony,
    nobody_asked,
    production,
)
from tests.acceptance.conftest import Golden
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import configure
from tests.acceptance.world import QUIET, WHOLE, World


@pytest.fixture
def shop(world: World) -> World:
    return production(world)


def changed_since(stored: StoredManifest) -> tuple[str, ...]:
    """What a run would find changed since a round, under the target's lock."""
    values = conf.load()
    library = load_library(values.root, ["shop"])
    series = library.series["shop"]
    target = conf.target("shop", values)
    caller = Caller(current_actor(), "test")
    direction = Direction(stored.ceremony.direction)
    with ready(target, values, caller, Unwatched()) as here:
        plan = planned(here, series, direction, asked_by(stored.asked), library, values)
        return stale(stored, here, plan, series, policy_for(target, series, plan, values))


class TestStale:
    """What makes a round stale, as the run finds it; and what does not."""

    def test_nothing_changed(self, shop: World) -> None:
        asked()
        assert changed_since(newest_round(ceremony())) == ()

    @pytest.mark.parametrize("file", sorted(WHOLE))
    def test_one_byte_of_any_file(self, shop: World, file: str) -> None:
        asked()
        shop.write({file: WHOLE[file] + "\n"})
        [sentence] = changed_since(newest_round(ceremony()))
        assert sentence.startswith(f"shop/{file} changed: it was sha256:")

    def test_another_file_in_the_plan(self, shop: World) -> None:
        asked()
        shop.write(SECOND)
        assert "0002_names is in the plan now." in changed_since(newest_round(ceremony()))

    def test_the_ledger_went_on(self, shop: World) -> None:
        shop.write(SECOND)
        with nobody_asked():
            shop.applied("--to", "0001", *SURE)
        number = asked()["ceremony"]
        with nobody_asked():
            shop.applied(*SURE)
            shop.rolled_back(*SURE)
        assert changed_since(newest_round(ceremony(number))) == (
            "The ledger ended with row 2; it ends with row 4.",
        )

    def test_nothing_changed_for_a_way_back(self, shop: World) -> None:
        with nobody_asked():
            shop.applied(*SURE)
        number = asked("--rollback", "--to", "zero")["ceremony"]
        assert changed_since(newest_round(ceremony(number))) == ()

    def test_the_environment_is_another(self, shop: World) -> None:
        """What nobody had named is named. From one name to another there is a refusal before that:
        ``environment-changed``.
        """
        configure(TARGETS={"shop": {"ENVIRONMENT": "unknown"}})
        asked()
        configure(TARGETS={"shop": {"ENVIRONMENT": "staging"}})
        assert "The target's environment was unknown; it is staging." in changed_since(
            newest_round(ceremony())
        )

    def test_a_weaker_policy(self, shop: World) -> None:
        asked()
        configure(POLICIES={"production": {"APPROVALS": 1, "ACCEPTANCES": 0}})
        sentences = changed_since(newest_round(ceremony()))
        assert "The policy's name was protected; it is production." in sentences
        assert 'The policy\'s acceptances was [{"count":1,"group":""}]; it is nothing.' in sentences

    def test_an_item_taken_off_the_checklist(self, shop: World) -> None:
        asking = QUIET["series.toml"] + '[preflight]\nhuman = ["A backup was taken."]\n'
        shop.write({"series.toml": asking})
        asked()
        shop.write({"series.toml": QUIET["series.toml"]})
        [sentence] = changed_since(newest_round(ceremony()))
        assert sentence.startswith("What series.toml or contract.toml ask for changed: it was ")
        report = asked("--again", "1")
        assert [text["path"] for text in report["texts"]] == [
            "what series.toml and contract.toml ask for"
        ]
        assert any("A backup was taken." in line for line in report["texts"][0]["lines"])

    def test_a_word_that_asks_for_nothing_is_no_change(self, shop: World) -> None:
        asked()
        shop.write({"series.toml": 'title = "The shop"\n' + QUIET["series.toml"]})
        assert changed_since(newest_round(ceremony())) == ()

    def test_another_database_behind_the_alias(self, shop: World) -> None:
        asked()
        shop.targets["shop"] = shop.register("shop")
        sentences = changed_since(newest_round(ceremony()))
        assert any("database's number (oid)" in sentence for sentence in sentences)

    def test_a_rehearsal_more_is_no_change_and_one_of_other_files_is(self, shop: World) -> None:
        configure(POLICIES={"production": {"REHEARSAL": "required", "APPROVALS": 1}})
        assert manage("rehearse_sql", "shop", *SURE).status == 0
        asked()
        assert manage("rehearse_sql", "shop", *SURE).status == 0
        assert changed_since(newest_round(ceremony())) == ()
        path = shop.path("0001_things.rollback.sql")
        kept = path.read_bytes()
        path.write_text("SELECT 'it stays';\n")
        assert manage("rehearse_sql", "shop", *SURE).status == 1
        path.write_bytes(kept)
        assert changed_since(newest_round(ceremony())) == (
            "The rehearsal of 0001 "
            f"({manifest_of(newest_round(ceremony())).rehearsals['0001'][:23]}) "
            "does not count any more.",
        )


class TestSeen:
    """What can be told without asking the target, for pages."""

    def seen(self) -> tuple[str, ...]:
        return changes_seen(ceremony(), conf.load())

    def test_nothing_changed(self, shop: World) -> None:
        asked()
        assert self.seen() == ()

    @pytest.mark.parametrize("file", sorted(WHOLE))
    def test_one_byte_of_any_file(self, shop: World, file: str) -> None:
        asked()
        shop.write({file: WHOLE[file] + "\n"})
        [sentence] = self.seen()
        assert sentence.startswith(f"shop/{file} changed: it was sha256:")

    def test_a_file_that_is_gone(self, shop: World) -> None:
        asked()
        shop.path("0001_things.verify.sql").unlink()
        [sentence] = self.seen()
        assert sentence.startswith("shop/0001_things.verify.sql takes no part any more (sha256:")

    def test_policy_environment_and_checklist(self, shop: World) -> None:
        asked()
        configure(
            TARGETS={"shop": {"ENVIRONMENT": "staging"}}, POLICIES={"staging": {"APPROVALS": 1}}
        )
        shop.write({"series.toml": QUIET["series.toml"] + '[preflight]\nhuman = ["A backup."]\n'})
        sentences = self.seen()
        assert "The target's environment was production; it is staging." in sentences
        assert "The policy's name was protected; it is staging." in sentences
        assert sentences[-1].startswith("What series.toml or contract.toml ask for changed:")

    def test_a_ledger_that_went_on(self, shop: World) -> None:
        asked()
        with nobody_asked():
            shop.applied(*SURE)
        made = Ceremony.objects.order_by("pk").first()
        assert made is not None
        assert changes_seen(made, conf.load()) == (
            "The ledger ended with row 0; it ends with row 2.",
        )

    def test_what_has_ended_is_not_asked(self, shop: World) -> None:
        asked()
        shop.write({"0001_things.sql": BIGGER})
        ask("--cancel", "1", "--why", "enough")
        assert self.seen() == ()


def test_open_ceremonies_are_told_with_what_changed(shop: World, golden: Golden) -> None:
    asked("--title", "Things")
    golden("request/status", manage("status_sql", "shop").told())
    shop.write({"0001_things.sql": BIGGER})
    answer = manage("status_sql", "shop")
    assert (
        "⚠ Ceremony 1 is stale: shop/0001_things.sql changed: it was sha256:14c68d659b07, it is "
        "sha256:2241098ef3b2.\n  manage.py request_sql shop --again 1\n" in answer.out
    )
    ask("--cancel", "1", "--why", "enough")
    assert "Ceremony" not in manage("status_sql", "shop").out
