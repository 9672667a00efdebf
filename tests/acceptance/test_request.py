"""Requesting a change: what is frozen, what people are to sign, and what makes it stale."""

import io
import subprocess
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.utils import timezone

from ceremony.actions import people
from ceremony.actions.actor import current_actor
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.core.plan import Direction
from ceremony.core.states import State
from ceremony.models import AuditEvent, Blob, Ceremony
from tests.acceptance.asking import (
    BIGGER,
    SECOND,
    SURE,
    ask,
    asked,
    ceremony,
    nobody_asked,
    production,
    refused,
)
from tests.acceptance.conftest import Golden
from tests.acceptance.door import manage, started
from tests.acceptance.gatehouse import configure, signed
from tests.acceptance.test_concurrency import url
from tests.acceptance.world import WHOLE, World
from tests.conftest import Database
from tests.django.ceremonies import PASSWORD, person


@pytest.fixture
def shop(world: World) -> World:
    return production(world)


def test_a_request_says_what_people_sign_and_who_they_are(shop: World, golden: Golden) -> None:
    person("t.silva", "sign")
    answer = ask("--why", "the things come on Monday", "--title", "Things")

    golden("request/requested", answer.told().replace(ceremony().fingerprint, "<fingerprint>"))

    made = ceremony()
    assert (made.state, made.round, made.policy) == ("requested", 1, "protected")
    assert made.title == "Things"
    assert newest_round(made).why == "the things come on Monday"
    assert made.expires_at is not None
    assert (made.expires_at - newest_round(made).made_at).days == 30


def test_nothing_is_changed_in_the_target(shop: World) -> None:
    before = shop.catalog()
    asked()
    assert shop.catalog() == before
    assert shop.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]


def test_the_bytes_are_frozen_as_they_stand_on_the_disk(shop: World) -> None:
    raw = b"\xef\xbb\xbfCREATE TABLE things (id int PRIMARY KEY, name text NOT NULL);\r\n"
    shop.write({"0001_things.sql": raw})
    asked()
    manifest = manifest_of(newest_round(ceremony()))
    kept = {file.path: bytes(Blob.objects.get(pk=file.digest).data) for file in manifest.files}
    assert kept == {
        "shop/0001_things.sql": raw,
        "shop/0001_things.verify.sql": WHOLE["0001_things.verify.sql"].encode(),
        "shop/0001_things.rollback.sql": WHOLE["0001_things.rollback.sql"].encode(),
    }
    assert Blob.objects.filter(pk=manifest.checklists).exists()


def test_the_manifest_binds_target_ledger_policy_and_way_back(shop: World) -> None:
    shop.write(SECOND)
    with nobody_asked():
        shop.applied("--to", "0001", *SURE)
    number = asked()["ceremony"]
    manifest = manifest_of(newest_round(ceremony(number)))
    [(sequence, row_hash)] = shop.ask(
        "SELECT sequence, hash FROM ceremony_ledger ORDER BY sequence DESC LIMIT 1"
    )
    [(system, oid)] = shop.ask(
        "SELECT system_identifier::text, (SELECT oid::bigint FROM pg_database"
        " WHERE datname = current_database()) FROM pg_control_system()"
    )
    assert (manifest.ledger_sequence, manifest.ledger_hash) == (sequence, row_hash)
    target = manifest.target
    assert (target.alias, target.environment) == ("shop", "production")
    assert (target.system_identifier, target.database_oid) == (system, oid)
    assert target.ledger != ""
    assert [step.label for step in manifest.steps] == ["0002_names"]
    assert [step.files[0].path for step in manifest.way_back] == ["shop/0002_names.rollback.sql"]
    assert (manifest.policy["name"], manifest.ceremony, manifest.round) == ("protected", number, 1)


def test_the_same_is_not_requested_twice(shop: World) -> None:
    asked()
    assert refused() == {
        "status": 3,
        "code": "ceremony-open",
        "happened": "Ceremony 1 (requested) asks for exactly this already.",
        "state": "Nothing was changed.",
        "next": "Go on with it, or call it off: manage.py request_sql shop --database shop "
        '--cancel 1 --why "…"',
        "path": "",
        "server": None,
    }
    assert Ceremony.objects.count() == 1


def test_another_plan_is_another_ceremony_and_both_are_told_of(shop: World) -> None:
    shop.write(SECOND)
    asked("--to", "0001")
    second = asked()
    assert (second["ceremony"], second["others"]) == (2, [1])
    assert second["title"] == "apply shop: 2 migrations, 0001_things to 0002_names"
    assert [ceremony(number).title for number in (1, 2)] == [
        "apply shop: 0001_things",
        second["title"],
    ]


def test_a_new_round_shows_what_changed_line_by_line(shop: World, golden: Golden) -> None:
    asked("--title", "Things")
    shop.write({"0001_things.sql": BIGGER})
    answer = ask("--again", "1", "--why", "ids are big now")
    made = ceremony()
    golden("request/again", answer.told().replace(made.fingerprint, "<fingerprint>"))
    assert (made.round, made.title) == (2, "Things")
    first, second = made.manifests.order_by("round")
    assert first.fingerprint != second.fingerprint == made.fingerprint
    assert bytes(Blob.objects.get(pk=manifest_of(first).files[0].digest).data) != BIGGER.encode()


def test_a_new_round_keeps_to_what_was_asked_for_first(shop: World) -> None:
    shop.write(SECOND)
    asked("--to", "0001")
    shop.write({"0001_things.sql": BIGGER})
    report = asked("--again", "1")
    assert [step["label"] for step in report["plan"]["steps"]] == ["0001_things"]
    assert [text["path"] for text in report["texts"]] == ["shop/0001_things.sql"]
    error = refused("--again", "1", "--to", "0002")
    assert (error["code"], error["status"]) == ("again-with-plan", 2)
    assert error["happened"] == (
        "--again 1 opens a new round for what the ceremony asked for in the first place; --to "
        "would make another plan."
    )


def test_sign_offs_are_not_taken_away_for_nothing(shop: World) -> None:
    asked()
    error = refused("--again", "1")
    assert (error["code"], error["status"]) == ("request-unchanged", 3)
    assert error["happened"] == (
        "Nothing changed since round 1 of ceremony 1 was requested: its sign-offs count."
    )
    assert ceremony().round == 1


def test_a_ceremony_is_called_off_with_a_reason(shop: World) -> None:
    asked("--title", "Things")
    assert refused("--cancel", "1")["code"] == "why-missing"
    answer = ask("--cancel", "1", "--why", "not this month")
    assert (answer.status, answer.out) == (
        0,
        "✓ Called off: ceremony 1, Things.\nReason not this month\n",
    )
    assert ceremony().state == State.CANCELLED.value
    assert AuditEvent.objects.get(action="ceremony cancelled").detail()["why"] == "not this month"
    assert refused("--cancel", "1", "--why", "again")["code"] == "ceremony-state"
    assert refused("--again", "1")["code"] == "ceremony-state"
    assert asked()["ceremony"] == 2


def test_a_number_must_be_of_this_series_and_target(shop: World) -> None:
    asked()
    assert refused("--again", "7")["code"] == "ceremony-unknown"
    assert refused("--cancel", "7", "--why", "x")["code"] == "ceremony-unknown"
    error = refused("--cancel", "1", "--why", "x", "--database", "other")
    assert (error["code"], error["happened"]) == (
        "ceremony-elsewhere",
        "Ceremony 1 is about 'shop' on 'shop'.",
    )
    assert ceremony().state == State.REQUESTED.value


def test_a_way_back_is_requested_like_a_way_on(shop: World) -> None:
    with nobody_asked():
        shop.applied(*SURE)
    report = asked("--rollback", "--to", "zero")
    number = report["ceremony"]
    assert report["title"] == "roll back shop: 0001_things"
    manifest = manifest_of(newest_round(ceremony(number)))
    assert (manifest.direction, manifest.way_back) == (Direction.ROLL_BACK, ())
    assert [file.path for file in manifest.steps[0].files] == [
        "shop/0001_things.rollback.sql",
        "shop/0001_things.verify.sql",
        "shop/0001_things.sql",
    ]
    assert newest_round(ceremony(number)).asked == {
        "to": "zero",
        "variant": "",
        "include_late": False,
    }


def test_there_may_be_nothing_to_request(shop: World) -> None:
    with nobody_asked():
        shop.applied(*SURE)
    before = Ceremony.objects.count()
    answer = ask()
    assert (answer.status, answer.out) == (
        0,
        "Nothing to request: there is nothing to apply shop on shop (production).\n",
    )
    assert Ceremony.objects.count() == before


def test_what_cannot_run_is_not_requested(shop: World) -> None:
    shop.write({"0001_things.sql": "CREATE TABEL things (id int);\n"})
    assert refused()["code"] == "sql-syntax"
    assert not Ceremony.objects.exists()


def test_an_open_policy_approves_at_once(shop: World) -> None:
    configure(TARGETS={})
    report = asked()
    assert (report["state"], report["policy"], report["gates"]) == ("approved", "open", [])
    assert list(ceremony().history.values_list("act", "actor")) == [
        ("request", current_actor().name),
        ("approve", "open policy"),
    ]
    assert ceremony().expires_at is None


def test_where_a_rehearsal_is_demanded_it_comes_first(shop: World) -> None:
    configure(POLICIES={"production": {"REHEARSAL": "required", "APPROVALS": 1}})
    assert refused()["code"] == "rehearsal-missing"
    assert manage("rehearse_sql", "shop", *SURE).status == 0
    asked()
    manifest = manifest_of(newest_round(ceremony()))
    assert [(version, kept[:11]) for version, kept in manifest.rehearsals.items()] == [
        ("0001", "rehearsal1:")
    ]


class TestWhoAsks:
    """Authors and accounts."""

    def test_everybody_who_made_it_counts_as_author(self, shop: World) -> None:
        shop.write(
            {"0001_things.sql": "-- Author: Lena K <lena@example.org>\n" + WHOLE["0001_things.sql"]}
        )
        committed(shop.root, "Tiago Silva", "t.silva@example.org")
        configure(PEOPLE={current_actor().name: "anna"})
        person("anna", first_name="Anna", last_name="Berg")
        asked()
        assert set(ceremony().authors) == {
            current_actor().name,
            "anna",
            "anna@example.org",
            "Anna Berg",
            "Lena K <lena@example.org>",
            "Tiago Silva",
            "t.silva@example.org",
        }

    def test_authors_of_an_earlier_round_stay_authors(self, shop: World) -> None:
        shop.write({"0001_things.sql": "-- Author: lena\n" + WHOLE["0001_things.sql"]})
        asked()
        shop.write({"0001_things.sql": "-- Author: tom\n" + WHOLE["0001_things.sql"]})
        asked("--again", "1")
        assert {"lena", "tom"} <= set(ceremony().authors)

    def test_an_account_asks_with_its_password(
        self, shop: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        user = person("lena", "request")
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        asked("--user", "lena", "--password-stdin")
        assert (ceremony().requester, ceremony().requested_by) == ("lena", user)
        assert "lena@example.org" in ceremony().authors

    @pytest.mark.parametrize(
        ("given", "flags", "code"),
        [
            ("wrong\n", ("--user", "lena", "--password-stdin"), "password-wrong"),
            (f"{PASSWORD}\n", ("--user", "nobody", "--password-stdin"), "password-wrong"),
            (f"{PASSWORD}\n", ("--user", "le\udc80na", "--password-stdin"), "password-wrong"),
            ("\udc80\x00\n", ("--user", "lena", "--password-stdin"), "password-wrong"),
            (f"{PASSWORD}\n", ("--user", "tom", "--password-stdin"), "right-missing"),
            (f"{PASSWORD}\n", ("--user", "root", "--password-stdin"), "right-missing"),
            ("", ("--user", "lena"), "password-missing"),
            (f"{PASSWORD}\n", ("--password-stdin",), "user-missing"),
        ],
    )
    def test_nobody_asks_in_anothers_name(
        self,
        shop: World,
        monkeypatch: pytest.MonkeyPatch,
        given: str,
        flags: tuple[str, ...],
        code: str,
    ) -> None:
        person("lena", people.REQUEST.removesuffix("_ceremony"))
        person("tom")
        person("root", is_superuser=True)
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert refused(*flags)["code"] == code
        assert not Ceremony.objects.exists()


def committed(root: Path, name: str, address: str) -> None:
    """Commit everything below ``root`` as somebody."""
    who = ["-c", f"user.name={name}", "-c", f"user.email={address}"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, timeout=20)


HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\x00"


def test_hostile_words_are_kept_as_words(shop: World) -> None:
    answer = ask("--title", HOSTILE.replace("\x00", ""), "--why", HOSTILE.replace("\x00", ""))
    assert answer.status == 0
    assert "\x1b" not in answer.out
    assert ceremony().title.startswith("<script>")


def test_the_trail_proves_every_row(shop: World) -> None:
    asked()
    shop.write({"0001_things.sql": BIGGER})
    asked("--again", "1")
    ask("--cancel", "1", "--why", "enough")
    answer = manage("verify_audit")
    assert answer.status == 0, answer.told()


def test_a_ceremony_whose_time_is_over_is_told_and_then_ended(shop: World) -> None:
    asked("--title", "Things")
    later = timezone.now() + timedelta(days=31)
    with patch("ceremony.actions.open_ceremonies.now", return_value=later):
        assert "expired" in manage("status_sql", "shop").out
    assert ceremony().state == State.REQUESTED.value
    with patch("ceremony.actions.request.now", return_value=later):
        assert refused("--again", "1")["code"] == "ceremony-state"
    assert ceremony().state == State.EXPIRED.value


@pytest.mark.parametrize(
    ("flags", "command"),
    [
        ((), "manage.py request_sql shop"),
        (("--to", "0001"), "manage.py request_sql shop --to 0001"),
        (("--include-late",), "manage.py request_sql shop --include-late"),
    ],
)
def test_a_plan_for_a_protected_target_leads_to_a_request(
    shop: World, flags: tuple[str, ...], command: str
) -> None:
    answer = manage("plan_sql", "shop", *flags)
    assert answer.out.endswith(
        "The policy protected wants an approval by 1 of those who may sign before it runs.\n"
        f"Next   {command}\n"
    )


def test_a_plan_back_leads_to_a_request_too(shop: World) -> None:
    with nobody_asked():
        shop.applied(*SURE)
    answer = manage("plan_sql", "shop", "--rollback", "--to", "zero")
    assert answer.out.endswith("Next   manage.py request_sql shop --rollback --to zero\n")


def test_a_halted_ceremony_gets_a_round_only_when_going_on_was_decided(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write({"0001_things.sql": "SELECT 1/0;\n" + WHOLE["0001_things.sql"]})
    configure(POLICIES={"production": {"APPROVALS": 1, "SEPARATE": []}})
    asked()
    signed(ceremony(), person("sam", "sign"))
    assert shop.apply("--ceremony", "1").status == 1
    assert ceremony().state == State.HALTED.value
    shop.write({"0001_things.sql": WHOLE["0001_things.sql"]})
    assert refused("--again", "1")["code"] == "target-halted"
    assert ceremony().round == 1

    person("mia", "halt")

    def resume(*flags: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        place = ("--database", "shop", "--user", "mia", "--password-stdin")
        answer = manage("resume_sql", *place, *flags)
        assert answer.status == 0, answer.told()

    resume("--assess", "A division by nothing.")
    assert refused("--again", "1")["code"] == "target-halted"
    resume("--decide", "fix-forward", "--reason", "The line is gone.")
    report = asked("--again", "1", "--why", "without that line")
    assert (report["round"], report["state"]) == (2, "requested")
    assert [text["path"] for text in report["texts"]] == ["shop/0001_things.sql"]


def test_of_several_who_ask_at_once_one_is_heard(shop: World, control: Database) -> None:
    terminal = {
        "DATABASE_URL": url(control),
        "CEREMONY_ROOT": str(shop.root),
        "CEREMONY_EXTRA_ALIASES": "shop",
        "SHOP_DATABASE_URL": url(shop.target()),
        "SHOP_ENVIRONMENT": "staging",
    }
    asking = [started("request_sql", "shop", **terminal) for _ in range(3)]
    told = [process.communicate(timeout=60)[1] for process in asking]
    assert sorted(process.returncode for process in asking) == [0, 3, 3], told
    assert sum("[ceremony-open]" in text for text in told) == 2, told
    assert ceremony().round == 1
