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
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from ceremony.actions import execute as execution
from ceremony.actions import gated
from ceremony.actions.ceremonies import acting, advance
from ceremony.core.report import RunReport
from ceremony.core.states import Act, State
from ceremony.errors import Refused
from ceremony.models import (
    AuditEvent,
    Ceremony,
    CeremonyRun,
    Decision,
    Run,
    SignOff,
    Spending,
    StoredManifest,
    Transition,
)
from tests.acceptance.door import manage, started
from tests.acceptance.gatehouse import (
    NOBODY,
    Gatehouse,
    configure,
    environment,
    later,
    signed,
    told,
)
from tests.acceptance.test_concurrency import url
from tests.acceptance.world import QUIET, WHOLE, World, point
from tests.conftest import Database, Databases
from tests.django.ceremonies import PASSWORD, person

MORE = {
    "0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    """One migration that waits, and a target that settings call production."""
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production")
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def anna(house: Gatehouse) -> User:
    made: User = person("anna", "sign")
    return made


def refused_to_sign(code: str, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        signed(*arguments, **more)
    assert caught.value.code == code
    return caught.value


def applied(house: Gatehouse) -> list[str]:
    if house.world.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]:
        return []
    return house.world.applied_versions()


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


def test_another_name_for_the_database(house: Gatehouse, anna: User) -> None:
    """An alias that settings call local, for a database whose ledger says otherwise."""
    house.approved(anna)
    house.apply()
    house.world.target("twin")
    point("twin", NAME=house.world.target().name)
    house.world.write(MORE)
    house.refused("environment-changed", "--database", "twin")


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


def test_approved_for_staging_run_on_production(house: Gatehouse, anna: User) -> None:
    house.world.target("stage")
    environment("staging", "stage")
    ceremony = house.asked("--database", "stage")
    signed(ceremony, anna)
    house.refused("approval-missing")
    house.refused(
        "ceremony-elsewhere",
        "--database",
        "shop",
        "--ceremony",
        str(ceremony.pk),
        status=2,
    )


def test_the_alias_of_staging_pointed_at_production(house: Gatehouse, anna: User) -> None:
    stage = house.world.target("stage")
    environment("staging", "stage")
    ceremony = house.asked("--database", "stage")
    signed(ceremony, anna)
    point("stage", NAME=house.world.target().name)
    said = house.refused("approval-stale", "--ceremony", str(ceremony.pk), "--database", "stage")
    assert f"The target's database was {stage.name}" in said


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


def deactivated(user: User) -> None:
    user.is_active = False
    user.save()


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


def forged(ceremony: Ceremony, user: User) -> SignOff:
    """A sign-off that no act wrote: its event tells of something else."""
    return SignOff.objects.create(
        manifest=ceremony.manifests.get(),
        purpose="approval",
        decision="approve",
        subject=ceremony.fingerprint,
        user=user,
        username=user.get_username(),
        meaning="I have read it.",
        signed_at=ceremony.created_at,
        event=AuditEvent.objects.latest("sequence").sequence,
    )


def test_a_sign_off_that_was_put_in_by_hand(house: Gatehouse, anna: User) -> None:
    ceremony = house.asked()
    with pytest.raises(DatabaseError), transaction.atomic():
        forged(ceremony, anna)
    house.refused("approval-missing")


def test_what_the_owner_of_the_tables_put_in(house: Gatehouse, anna: User) -> None:
    """Triggers that were switched off stop nobody; the trail has no event of it all the same."""
    ceremony = house.asked()
    with connection.cursor() as cursor:
        for table in ("ceremony_signoff", "ceremony_ceremony"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        forged(ceremony, anna)
        cursor.execute("UPDATE ceremony_ceremony SET state = 'approved'")
    said = house.refused("approval-quorum")
    assert "Void: anna. The audit trail does not tell of it." in said


def in_sql(statement: str) -> None:
    """A statement on control, with all that is asked at its commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


STATE = [
    "UPDATE ceremony_ceremony SET state = 'approved'",
    "UPDATE ceremony_ceremony SET state = 'approved', transitions = transitions + 1",
    "UPDATE ceremony_ceremony SET fingerprint = 'manifest1:00'",
    "UPDATE ceremony_ceremony SET authors = '[]'",
    "UPDATE ceremony_ceremony SET expires_at = NULL",
    "DELETE FROM ceremony_ceremony",
    "INSERT INTO ceremony_transition (ceremony_id, number, act, before, after, actor, at, event)"
    " SELECT id, transitions + 1, 'approve', 'requested', 'approved', 'anna', now(), 1"
    " FROM ceremony_ceremony",
    *(
        f"{verb} {table}"
        for table in (
            "ceremony_signoff",
            "ceremony_transition",
            "ceremony_storedmanifest",
            "ceremony_spending",
            "ceremony_auditevent",
            "ceremony_blob",
            "ceremony_haltstep",
            "ceremony_judgeditem",
        )
        for verb in ("DELETE FROM", "TRUNCATE")
    ),
    "UPDATE ceremony_signoff SET username = 'anna'",
    "UPDATE ceremony_storedmanifest SET document = '{}'",
    "UPDATE ceremony_auditevent SET actor = 'anna'",
    "UPDATE ceremony_audithead SET sequence = 0",
]


@pytest.mark.parametrize("statement", STATE)
def test_raw_sql_on_the_record(house: Gatehouse, statement: str) -> None:
    ceremony = house.asked()
    with pytest.raises(DatabaseError):
        in_sql(statement)
    ceremony.refresh_from_db()
    assert ceremony.state == "requested"
    house.refused("approval-missing")


def test_the_orm_past_the_acts(house: Gatehouse) -> None:
    ceremony = house.asked()
    ceremony.state = "approved"
    attempts: list[Callable[[], Any]] = [
        lambda: Ceremony.objects.update(state="approved"),
        lambda: Ceremony.objects.bulk_update([ceremony], ["state"]),
        lambda: ceremony.save(update_fields=["state"]),
        lambda: Ceremony.objects.all().delete(),
        lambda: SignOff.objects.update(decision="approve"),
        lambda: SignOff.objects.all().delete(),
        lambda: Transition.objects.all().delete(),
        lambda: AuditEvent.objects.update(actor="anna"),
        lambda: AuditEvent.objects.all().delete(),
    ]
    for attempt in attempts:
        with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
            attempt()
    house.refused("approval-missing")


def test_who_signed_cannot_be_deleted(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with pytest.raises(ProtectedError):
        anna.delete()
    with pytest.raises(DatabaseError):
        in_sql("DELETE FROM auth_user WHERE username = 'anna'")


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


def test_a_second_control_database(
    house: Gatehouse, anna: User, databases: Databases, control_template: str
) -> None:
    house.approved(anna)
    assert house.apply().status == 0
    house.world.write(MORE)
    environment("local")
    connection.close()
    made = databases.create(control_template)
    point("default", NAME=made.name)
    connection.settings_dict["NAME"] = made.name
    answer = house.apply()
    assert (answer.status, "ledger-other-control" in answer.err) == (3, True), answer.told()


def test_a_production_address_without_an_environment(
    house: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says what it is, so it is unknown, and unknown is protected."""
    environment(None)
    point("shop", HOST=f"{house.world.target().conninfo.split()[0].removeprefix('host=')}")
    monkeypatch.setattr("ceremony.conf._is_local", lambda host: False)
    said = house.refused("approval-missing", "--confirm", "unknown")
    assert "The target 'shop' is unknown" in said


def test_withdrawn(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna)
    signed(ceremony, anna, decision=Decision.WITHDRAW, comment="I have seen something.")
    house.refused("approval-missing")


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.REQUEST_CHANGES])
def test_turned_down_after_approval(house: Gatehouse, anna: User, decision: Decision) -> None:
    house.approved(anna)
    signed(Ceremony.objects.get(), person("dora", "sign"), decision=decision, comment="No.")
    house.refused("approval-missing")


def test_frozen_bytes_that_were_changed(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_blob DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ceremony_blob SET data = 'DROP TABLE things'")
        cursor.execute("ALTER TABLE ceremony_blob ENABLE ALWAYS TRIGGER append_only_row")
    house.refused("frozen-differs", status=5)


def test_a_stored_manifest_that_was_changed(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_storedmanifest DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ceremony_storedmanifest SET document = replace(document, '1', '2')")
    house.refused("manifest-damaged", status=5)


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


def by_other_hands() -> None:
    """A guard of the record is off: what is written now, no event tells of."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_blob DISABLE TRIGGER append_only_row")


class Meanwhile:
    """Lets something happen between the moment in which a permit is found and the one in which the
    run is opened.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, happens: Callable[[], object]) -> None:
        def execute(*arguments: Any) -> RunReport:
            happens()
            return execution.execute(*arguments)

        self._monkeypatch.setattr(gated, "execute", execute)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    return Meanwhile(monkeypatch)


def test_withdrawn_at_the_last_moment(house: Gatehouse, anna: User, meanwhile: Meanwhile) -> None:
    ceremony = house.approved(anna)
    meanwhile(lambda: signed(ceremony, anna, decision=Decision.WITHDRAW, comment="Stop."))
    house.refused("approval-missing")
    assert not Spending.objects.exists()
    assert not Run.objects.filter(kind="apply").exists()


def test_deactivated_at_the_last_moment(house: Gatehouse, anna: User, meanwhile: Meanwhile) -> None:
    house.approved(anna)
    meanwhile(lambda: deactivated(anna))
    house.refused("approval-quorum")


def test_used_up_at_the_last_moment(house: Gatehouse, anna: User, meanwhile: Meanwhile) -> None:
    """Somebody who wrote past the lock: the second spending finds the first one."""
    ceremony = house.approved(anna)

    def spend() -> None:
        by_other_hands()
        target = ceremony.target
        run = Run.objects.create(
            kind="apply",
            target=target,
            series="shop",
            actor="mallory",
            host="elsewhere",
            pid=1,
            tool_version="0",
            started_at=ceremony.created_at,
        )
        Spending.objects.create(manifest=ceremony.manifests.get(), run=run, at=ceremony.created_at)

    meanwhile(spend)
    house.refused("approval-spent")


def test_a_new_round_at_the_last_moment(house: Gatehouse, anna: User, meanwhile: Meanwhile) -> None:
    ceremony = house.approved(anna)

    def again() -> None:
        by_other_hands()
        with acting(ceremony.pk) as (head, row):
            stored = row.manifests.get()
            row.round = 2
            row.fingerprint = "manifest1:" + "0" * 64
            StoredManifest.objects.create(
                ceremony=row,
                round=2,
                fingerprint=row.fingerprint,
                document=stored.document,
                made_by="mallory",
                made_at=stored.made_at,
            )
            advance(head, row, Act.REQUEST, "mallory")

    meanwhile(again)
    house.refused("approval-stale")


def test_two_operators_at_once(
    house: Gatehouse, anna: User, control: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two terminals, one approval: the second one finds it spent, or nothing left to do.

    The environment is one that the project's own settings have no policy for.
    """
    environment("qa")
    ceremony = house.approved(anna)
    terminal = {
        "DATABASE_URL": url(control),
        "CEREMONY_ROOT": str(house.world.root),
        "CEREMONY_EXTRA_ALIASES": "shop",
        "SHOP_DATABASE_URL": url(house.world.target()),
        "SHOP_ENVIRONMENT": "qa",
    }
    asked = ("apply_sql", "shop", "--ceremony", str(ceremony.pk))
    both = [started(*asked, **terminal) for _ in range(2)]
    told = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 3], told
    assert sum("[approval-spent]" in err for _, err in told) == 1
    assert applied(house) == ["0001"]
    assert Spending.objects.count() == 1
