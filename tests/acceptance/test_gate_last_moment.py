"""What happens between finding a permit and opening the run: it is asked again."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from ceremony.actions.ceremonies import acting, advance
from ceremony.core.states import Act
from ceremony.models import (
    Decision,
    Run,
    Spending,
    StoredManifest,
)
from tests.acceptance.door import started
from tests.acceptance.gatehouse import (
    Gatehouse,
    Meanwhile,
    applied,
    deactivated,
    environment,
    signed,
)
from tests.acceptance.test_concurrency import url
from tests.conftest import Database


def by_other_hands() -> None:
    """A guard of the record is off: what is written now, no event tells of."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_blob DISABLE TRIGGER append_only_row")


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
