"""Ways around the gate that need somebody inside: who types commands, edits files, sets variables,
or keeps a second account.
"""

import io
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from ceremony.actions.gates import gates_of
from ceremony.actions.standing import behind_runs
from ceremony.errors import Refused
from ceremony.models import Ceremony, Decision, Purpose, Run
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import (
    MORE,
    NOBODY,
    Gatehouse,
    Meanwhile,
    configure,
    environment,
    signed,
)
from tests.acceptance.test_override import as_
from tests.acceptance.world import QUIET, WHOLE, point
from tests.django.ceremonies import PASSWORD, person


def refused_to_sign(code: str, ceremony: Ceremony, user: User) -> str:
    with pytest.raises(Refused) as caught:
        signed(ceremony, user)
    assert caught.value.code == code
    return str(caught.value)


def applied(house: Gatehouse) -> list[str]:
    if house.world.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]:
        return []
    return house.world.applied_versions()


def test_what_ran_when_nobody_was_asked_has_no_approved_way_back(house: Gatehouse) -> None:
    environment("production", **NOBODY)
    house.world.write({**MORE, "0003_wrong.sql": "SELECT 1 / 0;\n"})
    assert house.apply("--confirm", "production").status == 1
    configure(POLICIES={})
    plain = house.roll_back()
    assert (plain.status, "[approval-missing]" in plain.err) == (3, True), plain.told()
    named = house.roll_back("--ceremony", str(Ceremony.objects.get().pk))
    assert (named.status, "[way-back-differs]" in named.err) == (3, True), named.told()
    assert "0002_more ran when nobody was asked: nobody approved its way back." in named.err
    assert applied(house) == ["0001", "0002"]


def test_a_policy_that_was_opened_for_one_run_is_told(house: Gatehouse) -> None:
    """Settings as they are now do not say it: what ran does."""
    environment("production", **NOBODY)
    assert house.apply("--confirm", "production").status == 0
    configure(POLICIES={})
    period = ("--from", "2020-01-01", "--to", "2099-12-31")
    told = manage("report_sql", "--population", *period).out
    assert "1 change, none without approval, 1 under a policy that asks nobody" in told
    section = told.partition("## Under a policy that asks nobody")[2].partition("##")[0]
    assert "Nobody approved these, because no policy asked for it when they ran:" in section
    assert "| shop | production | shop | 0001_things | applied | open policy |" in section


def test_a_request_that_nobody_has_to_approve_is_not_the_name_typed(house: Gatehouse) -> None:
    environment("production", **NOBODY)
    ceremony = house.asked()
    assert ceremony.state == "approved"
    house.refused("environment-protected")
    house.refused("environment-protected", "--ceremony", str(ceremony.pk))
    assert house.apply("--confirm", "production").status == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [("anna2", "Anna@Example.ORG"), ("ANNA", "a@example.org")],
    ids=["the same address", "another case"],
)
def test_two_accounts_of_one_person(house: Gatehouse, anna: User, name: str, address: str) -> None:
    environment("production", APPROVALS=2)
    second = person(name, "sign")
    second.email = address
    second.save()
    ceremony = house.asked()
    signed(ceremony, anna)
    said = refused_to_sign("approval-repeated", ceremony, second)
    assert "'anna' has signed, and shares a name or an address with you" in said
    house.refused("approval-missing")


def test_two_people_who_become_one_afterwards(house: Gatehouse, anna: User) -> None:
    environment("production", APPROVALS=2)
    dora = person("dora", "sign")
    house.approved(anna, dora)
    dora.email = anna.email
    dora.save()
    said = house.refused("approval-quorum")
    assert "Void: dora. This account and 'anna' share a name, and count as one person." in said


def committed(house: Gatehouse, name: str, message: str = "x") -> None:
    """Everything is in git, by ``name``."""
    who = ("-c", f"user.name={name}", "-c", f"user.email={name}@example.org")
    for words in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "-m", message)):
        subprocess.run(["git", "-C", str(house.world.root), *words], check=True)


def test_an_author_behind_many_names(house: Gatehouse) -> None:
    others = "".join(f"Co-authored-by: Adam <a{number}@example.org>\n" for number in range(600))
    committed(house, "mona", f"x\n\n{others}")
    refused_to_sign("approval-own", house.asked(), person("mona", "sign"))


def test_an_author_at_the_end_of_a_long_line(house: Gatehouse) -> None:
    line = f"-- Author: {', '.join(f'somebody {number}' for number in range(40))}, mona\n"
    house.world.write({"0001_things.sql": line + WHOLE["0001_things.sql"]})
    refused_to_sign("approval-own", house.asked(), person("mona", "sign"))


def test_git_asked_about_another_checkout(
    house: Gatehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    committed(house, "mona")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    refused_to_sign("approval-own", house.asked(), person("mona", "sign"))


def renamed(user: User) -> None:
    user.username, user.email = f"new {user.username}", "new@example.org"
    user.save()


def test_a_requester_with_a_new_name(house: Gatehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    rosa = person("rosa", "request", "sign")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    ceremony = house.asked("--user", "rosa", "--password-stdin")
    renamed(rosa)
    refused_to_sign("approval-own", ceremony, rosa)


def test_an_approver_with_a_new_name(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    renamed(anna)
    house.refused("operator-not-separate", by="anna")


def test_a_shell_that_writes_names_otherwise(house: Gatehouse, anna: User) -> None:
    """``Anna`` at the shell is the author by her address."""
    by = f"-- Author: {anna.email}\n{WHOLE['0001_things.sql']}"
    house.world.write({"0001_things.sql": by})
    house.approved(person("dora", "sign"))
    house.refused("operator-not-separate", by="Anna")


def test_the_right_to_break_the_glass_is_taken_away_meanwhile(
    house: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    otto = person("otto", "override")
    Meanwhile(monkeypatch)(otto.user_permissions.clear)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    house.refused("right-missing", *as_("otto"))
    assert not Run.objects.filter(kind="apply").exists()
    assert not Ceremony.objects.exists()


def test_what_failed_on_staging_was_not_signed_off_there(house: Gatehouse, anna: User) -> None:
    """The round that failed ran, and its ceremony was signed off: after another round."""
    house.world.target("stage")
    environment("staging", "stage", **NOBODY)
    environment("production", PROMOTION="staging")
    wrong = {"0001_things.sql": f"SELECT 1 / 0;\n{WHOLE['0001_things.sql']}"}
    on_staging = ("--database", "stage", "--confirm", "staging")
    house.world.write(wrong)
    assert house.apply(*on_staging).status == 1
    house.world.write(WHOLE)
    assert house.apply(*on_staging).status == 0
    assert Ceremony.objects.get().state == "signed off"
    house.world.write(wrong)
    house.approved(anna)
    house.refused("promotion-missing")


def broken(house: Gatehouse, monkeypatch: pytest.MonkeyPatch) -> Ceremony:
    """The glass is broken, by otto."""
    person("otto", "override")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert house.apply(*as_("otto")).status == 0
    return Ceremony.objects.get()


SOFTER = "-- check: the table is there\n-- expect: success\nSELECT 1;\n"


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("0001_things.verify.sql", SOFTER, "shop/0001_things.verify.sql"),
        (
            "series.toml",
            f'{QUIET["series.toml"]}\n[preflight]\nextensions = ["plpgsql"]\n',
            "what series.toml and contract.toml ask for",
        ),
    ],
)
def test_other_checks_after_the_run(
    house: Gatehouse,
    anna: User,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    text: str,
    named: str,
) -> None:
    """A verification that was cut off is taken up with what was signed, and with nothing else."""
    ceremony = house.approved(anna)
    with monkeypatch.context() as cut:
        cut.setattr("ceremony.actions.gated.verify_after", cut_off)
        assert house.apply().status == 130
    kept = house.world.path(file).read_text()
    house.world.write({file: text})
    again = ("verify_sql", "shop", "--ceremony", str(ceremony.pk))
    refused = manage(*again)
    assert (refused.status, "[verification-files-changed]" in refused.err) == (3, True)
    assert f"These are not what ceremony {ceremony.pk} was run with: {named}." in refused.err
    house.world.write({file: kept})
    assert manage(*again).status == 0
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"


def test_other_checks_of_what_is_applied_already(house: Gatehouse, anna: User) -> None:
    """They are run again after the next run, and so are signed with it."""
    always = "-- check: it is there\n-- when: always\n-- expect: success\nSELECT 1 FROM things;\n"
    house.world.write({"0001_things.verify.sql": always})
    first = house.approved(anna)
    assert house.apply().status == 0
    signed(first, person("dora", "sign"), Purpose.ACCEPTANCE)
    house.world.write(MORE)
    second = house.approved(anna)
    house.world.write({"0001_things.verify.sql": always.replace("1 FROM", "pg_sleep(9) FROM")})
    said = house.refused("approval-stale", "--ceremony", str(second.pk))
    assert "shop/0001_things.verify.sql changed: it was" in said
    house.world.write({"0001_things.verify.sql": always})
    assert house.apply("--ceremony", str(second.pk)).status == 0


def cut_off(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_a_review_is_due_by_whichever_alias(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = broken(house, monkeypatch)
    house.world.write(MORE)
    house.world.target("again")
    point("again", NAME=house.world.target().name)
    environment("production", "again")
    second = house.asked("--database", "again")
    signed(second, anna)
    said = house.refused("override-unreviewed", "--database", "again")
    assert f"Ceremony {first.pk} ran on 'shop' without an approval" in said
    waits = [one for one in gates_of(second, timezone.now()) if one.code == "override-unreviewed"]
    assert [one.why for one in waits] == [
        f"Ceremony {first.pk} ran without an approval; 2 more have to look at it."
    ]


def test_a_review_that_was_taken_back(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in the way of the next run again, and the population does not name it."""
    first = broken(house, monkeypatch)
    dora = person("dora", "sign")
    for one in (anna, dora):
        signed(first, one, Purpose.REVIEW, comment="Seen.")
    house.world.write(MORE)
    house.refused("approval-missing")
    signed(first, dora, Purpose.REVIEW, Decision.WITHDRAW, comment="I have seen more.")
    house.refused("override-unreviewed")
    run = first.runs.get().run_id
    assert behind_runs([run])[run].people == ("anna",)
