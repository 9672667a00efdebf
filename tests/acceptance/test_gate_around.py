"""Every way around the gate that anybody has thought of, tried; none leads through.

A protected target with the default policy: one approval, one acceptance, author, approver and
operator three people. ``rita`` asks, ``anna`` approves, ``olga`` runs.
"""

import io
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, transaction

from ceremony.core.states import State
from ceremony.models import (
    Ceremony,
    CeremonyRun,
    Decision,
    Run,
    SignOff,
    Spending,
    StoredManifest,
)
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import (
    MORE,
    NOBODY,
    Gatehouse,
    applied,
    configure,
    deactivated,
    environment,
    later,
    refused_to_sign,
    signed,
    told,
)
from tests.acceptance.world import QUIET, WHOLE
from tests.django.ceremonies import PASSWORD, person


def test_the_way_through(house: Gatehouse, anna: User) -> None:
    """So that the refusals below are not refusals of everything."""
    ceremony = house.approved(anna)
    answer = house.apply()
    assert answer.status == 0, answer.told()
    assert applied(house) == ["0001"]
    ceremony.refresh_from_db()
    assert ceremony.state == State.AWAITING_SIGN_OFF
    [row] = house.world.ask("SELECT manifest_digest FROM ceremony_ledger WHERE version = '0001'")
    assert row == (ceremony.fingerprint,)
    spending = Spending.objects.get()
    assert spending.manifest.fingerprint == ceremony.fingerprint
    assert spending.run.actor == "olga"


def test_without_any_ceremony(house: Gatehouse) -> None:
    said = house.refused("approval-missing")
    assert said == (
        "✕ The target 'shop' is production, and its policy (protected) asks for an approval before "
        "anything runs. No ceremony asks for one.  [approval-missing]\n"
        "State  Nothing was changed.\n"
        "Next   Ask for it: manage.py request_sql shop --database shop\n"
    )
    assert not Run.objects.filter(kind="apply").exists()


def test_the_name_typed_is_no_approval(house: Gatehouse) -> None:
    house.refused("approval-missing", "--confirm", "production")


def test_requested_and_not_approved(house: Gatehouse, anna: User) -> None:
    ceremony = house.asked()
    said = house.refused("approval-missing")
    assert f"Ceremony {ceremony.pk} is requested." in said
    assert "Any of these signs on its page: anna." in said
    assert "Nobody has signed." in house.refused("approval-missing", "--ceremony", str(ceremony.pk))


def test_self_approval(house: Gatehouse) -> None:
    """The requester at the shell is an author by the account of the same name."""
    rita = person("rita", "sign")
    ceremony = house.asked()
    refused_to_sign("approval-own", ceremony, rita)
    house.refused("approval-missing")


def test_an_author_by_header_approves_nothing(house: Gatehouse) -> None:
    lena = person("lena", "sign", first_name="Lena", last_name="Kern")
    house.world.write({"0001_things.sql": f"-- Author: lena  kern\n{WHOLE['0001_things.sql']}"})
    refused_to_sign("approval-own", house.asked(), lena)


def test_the_requester_runs_nothing(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    said = house.refused("operator-not-separate", by="rita")
    assert "keeps author and operator apart" in said


def test_the_approver_runs_nothing(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    assert "keeps approver and operator apart" in house.refused("operator-not-separate", by="anna")


def test_the_approver_by_another_shell_name(house: Gatehouse, anna: User) -> None:
    configure(PEOPLE={"deploy": "anna"})
    house.approved(anna)
    house.refused("operator-not-separate", by="deploy")


def test_a_shared_account_of_the_machine(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks and who runs type at the same shell: the operator shows who he is."""
    house.approved(anna)
    house.refused("operator-not-separate", by="rita")
    person("olga", "run")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    ran = house.apply("--user", "olga", "--password-stdin", by="rita")
    assert ran.status == 0, ran.told()
    assert CeremonyRun.objects.get().run.actor == "olga"


def test_an_author_who_shows_who_he_is(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.approved(anna)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    house.refused("operator-not-separate", "--user", "anna", "--password-stdin")


def test_the_same_person_twice(house: Gatehouse, anna: User) -> None:
    environment("production", APPROVALS=2)
    ceremony = house.asked()
    signed(ceremony, anna)
    refused_to_sign("approval-repeated", ceremony, anna)
    assert "1 more needed" in house.refused("approval-missing")


def test_two_seats_of_two_groups_are_two_people(house: Gatehouse) -> None:
    environment("production", APPROVALS={"dba": 1, "team": 1})
    both = person("both", "sign", groups=("dba", "team"))
    signed(house.asked(), both)
    house.refused("approval-missing")


def test_two_tabs_at_once(house: Gatehouse, anna: User) -> None:
    """The page of one tab is read, the other one opens a new round, the first one is sent."""
    ceremony = house.asked()
    read = ceremony.fingerprint
    house.world.write(MORE)
    house.asked("--again", str(ceremony.pk))
    refused_to_sign("approval-stale", ceremony, anna, fingerprint=read)


def test_a_replayed_post(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    refused_to_sign("approval-repeated", ceremony, anna, fingerprint=ceremony.fingerprint)
    assert SignOff.objects.count() == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("0001_things.sql", "CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL);\n"),
        ("0001_things.sql", f"-- a word\n{WHOLE['0001_things.sql']}"),
        ("0001_things.verify.sql", "-- check: none\n-- expect: success\nSELECT 1;\n"),
        ("0001_things.rollback.sql", "DROP TABLE things CASCADE;\n"),
        ("0002_more.sql", MORE["0002_more.sql"]),
        ("series.toml", QUIET["series.toml"] + '\n[preflight]\nextensions = ["citext"]\n'),
    ],
)
def test_approve_then_edit(house: Gatehouse, anna: User, file: str, text: str) -> None:
    ceremony = house.approved(anna)
    house.world.write({file: text})
    house.refused("approval-stale")
    said = house.refused("approval-stale", "--ceremony", str(ceremony.pk))
    assert f"--again {ceremony.pk}" in said
    assert applied(house) == []


def test_the_edited_file_is_named(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    house.world.write({"0001_things.rollback.sql": "DROP TABLE things CASCADE;\n"})
    assert house.refused("approval-stale") == (
        f"✕ Ceremony {ceremony.pk} was approved for something else than what would run now:  "
        "[approval-stale]\n"
        "  shop/0001_things.rollback.sql changed: it was sha256:<digest>, it is sha256:<digest>.\n"
        "\n"
        "State  Nothing was changed.\n"
        "Next   Undo the change, or ask for a new round: "
        f"manage.py request_sql shop --database shop --again {ceremony.pk}\n"
    )


def test_approve_then_change_the_ledger(house: Gatehouse, anna: User) -> None:
    """A row by hand breaks the chain; the ledger of another run makes the approval stale."""
    house.approved(anna)
    house.apply()
    house.world.write(MORE)
    house.approved(anna)
    with house.world.target().connect() as target:
        target.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        target.execute("UPDATE ceremony_ledger SET recorded_by = 'nobody' WHERE version = '0001'")
        target.execute("ALTER TABLE ceremony_ledger ENABLE TRIGGER ALL")
    answer = house.apply()
    assert (answer.status, "ledger-chain-broken" in answer.err) == (5, True)
    assert house.world.ask("SELECT to_regclass('more')") == [(None,)]


def test_approve_then_let_another_series_run(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    house.world.write({"0001_x.sql": "CREATE TABLE x ();\n", **QUIET}, "other")
    environment("production", **NOBODY)
    house.at_the_shell("olga")
    ran = manage("apply_sql", "other", "--database", "shop", "--confirm", "production")
    assert ran.status == 0, ran.told()
    configure(POLICIES={})
    assert "The ledger ended with row 0; it ends with row" in house.refused("approval-stale")
    assert ceremony.fingerprint


def test_an_approval_brings_its_own_plan(house: Gatehouse, anna: User) -> None:
    """Neither more nor less runs than what was signed, whatever is typed besides."""
    house.world.write(MORE)
    ceremony = house.approved(anna, flags=("--to", "0001"))
    number = ("--ceremony", str(ceremony.pk))
    house.refused("ceremony-with-plan", *number, "--to", "0002", status=2)
    house.refused("approval-stale")
    assert house.apply(*number).status == 0
    assert applied(house) == ["0001"]


def test_an_approval_spent_twice(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    assert house.apply("--ceremony", str(ceremony.pk)).status == 0
    run = CeremonyRun.objects.get().run_id
    said = house.refused("approval-spent", "--ceremony", str(ceremony.pk))
    assert f"was used by run {run}; an approval counts once." in said
    with pytest.raises(DatabaseError), transaction.atomic():
        Spending.objects.create(
            manifest=StoredManifest.objects.get(), run_id=run, at=ceremony.created_at
        )


def test_nothing_to_do_asks_for_nothing(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    house.apply()
    assert house.apply().status == 0


def test_two_approved_for_the_same(house: Gatehouse, anna: User) -> None:
    """Two can only come to ask for the same by way of an edit that was undone."""
    first = house.approved(anna)
    house.world.write(MORE)
    second = house.asked()
    house.world.path("0002_more.sql").unlink()
    house.world.path("0002_more.rollback.sql").unlink()
    house.asked("--again", str(second.pk))
    signed(second, anna)
    said = house.refused("approval-ambiguous")
    assert f"Ceremonies {second.pk}, {first.pk} are all approved for exactly this." in said


def test_expired(house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    environment("production", EXPIRES_HOURS=2)
    ceremony = house.approved(anna)
    with later(monkeypatch, hours=3):
        house.refused("approval-expired", "--ceremony", str(ceremony.pk))
        assert f"Ceremony {ceremony.pk} expired (<time> UTC)" in house.refused("approval-expired")
    ceremony.refresh_from_db()
    assert ceremony.state == State.EXPIRED


def test_outside_the_window(house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    environment("production", WINDOWS=["tue 22:00-23:00"], EXPIRES_HOURS=0)
    ceremony = house.approved(anna)
    for hours in (0, 24):
        with later(monkeypatch, hours=hours) as moment:
            if moment.strftime("%a %H") == "Tue 22":
                continue
            said = house.refused("approval-window", "--ceremony", str(ceremony.pk))
            assert "It opens Tue" in said


def out_of_the_group(user: User) -> None:
    user.groups.clear()


def without_the_right(user: User) -> None:
    user.user_permissions.clear()


@pytest.mark.parametrize("change", [deactivated, out_of_the_group, without_the_right])
def test_who_signed_may_not_any_more(house: Gatehouse, change: Callable[[User], None]) -> None:
    environment("production", APPROVALS={"dba": 1})
    dora = person("dora", "sign", groups=("dba",))
    house.approved(dora)
    change(dora)
    said = house.refused("approval-quorum")
    assert "Void: dora" in said


def test_a_superuser(house: Gatehouse) -> None:
    boss = person("boss", is_superuser=True)
    ceremony = house.asked()
    refused_to_sign("approval-not-allowed", ceremony, boss)
    house.refused("approval-missing", by="boss")


@pytest.mark.parametrize(
    "weaker",
    [{"APPROVALS": 0}, {"VERIFY": False}, {"HALT": False}, {"SEPARATE": []}],
)
def test_a_policy_weakened_after_approval(
    house: Gatehouse, anna: User, weaker: dict[str, Any]
) -> None:
    """What was signed was the policy, too: a run under another one needs another approval."""
    ceremony = house.approved(anna)
    environment("production", **weaker)
    named = ("--ceremony", str(ceremony.pk))
    house.refused("approval-stale", *named, "--confirm", "production")
    assert applied(house) == []


def test_a_policy_weakened_to_nothing_still_wants_the_name_typed(house: Gatehouse) -> None:
    environment("production", **NOBODY)
    house.refused("environment-protected")


def test_withdrawn(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    signed(ceremony, anna, decision=Decision.WITHDRAW, comment="I have seen something.")
    house.refused("approval-missing")


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.REQUEST_CHANGES])
def test_turned_down_after_approval(house: Gatehouse, anna: User, decision: Decision) -> None:
    house.approved(anna)
    signed(Ceremony.objects.get(), person("dora", "sign"), decision=decision, comment="No.")
    house.refused("approval-missing")


def test_a_session_of_the_target_alone_is_found(house: Gatehouse, anna: User) -> None:
    """Whoever runs the file with psql leaves no row: the table is in the way of the run."""
    house.approved(anna)
    with psycopg.connect(house.world.target().conninfo, autocommit=True) as by_hand:
        by_hand.execute(WHOLE["0001_things.sql"])
    answer = house.apply()
    assert answer.status != 0
    assert applied(house) == []
    assert told(answer)


def test_the_group_is_emptied(house: Gatehouse) -> None:
    environment("production", APPROVALS={"dba": 1})
    dora = person("dora", "sign", groups=("dba",))
    house.approved(dora)
    Group.objects.filter(name="dba").delete()
    house.refused("approval-quorum")
