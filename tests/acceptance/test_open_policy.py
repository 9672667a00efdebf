"""Where nobody is asked: every run leaves a ceremony behind, and none of it is in anybody's way."""

import pytest

from ceremony.core.states import State
from ceremony.models import AuditEvent, Blob, Ceremony, CeremonyRun, Spending
from tests.acceptance.door import manage
from tests.acceptance.world import QUIET, WHOLE, World

WRONG = {"0002_more.sql": "SELECT 1 / 0;\n", "0002_more.rollback.sql": "DROP TABLE more;\n"}
RIGHT = {"0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n"}
THROUGH = ["request", "approve", "start", "finish", "verify", "sign off"]


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **QUIET})
    world.target()
    return world


def acts(ceremony: Ceremony) -> list[str]:
    return list(ceremony.history.order_by("number").values_list("act", flat=True))


def test_a_run_leaves_a_ceremony_behind(shop: World) -> None:
    shop.applied()
    made = Ceremony.objects.get()
    assert (made.state, made.policy, made.title) == (
        State.SIGNED_OFF,
        "open",
        "Apply 0001_things",
    )
    assert acts(made) == THROUGH
    actors = dict(made.history.values_list("act", "actor"))
    assert {actors[act] for act in ("approve", "verify", "sign off")} == {"open policy"}
    assert actors["request"] == actors["start"] == made.requester
    assert Spending.objects.get().run == CeremonyRun.objects.get().run
    frozen = {bytes(one.data).decode() for one in Blob.objects.all()}
    assert set(WHOLE.values()) <= frozen


def test_it_begins_and_ends_with_its_run(shop: World) -> None:
    """Opening and starting are one transaction, and so are closing and ending."""
    shop.applied()
    events = list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))
    opened, planned = events.index("run opened"), events.index("steps planned")
    assert {"ceremony requested", "ceremony approved", "ceremony started"} <= set(
        events[opened:planned]
    )
    assert events[events.index("run closed") + 1 :][:3] == [
        "ceremony finished",
        "ceremony verified",
        "ceremony signed off",
    ]


def test_nothing_to_do_leaves_none(shop: World) -> None:
    shop.applied()
    shop.applied()
    assert Ceremony.objects.count() == 1


def test_a_plan_that_is_refused_leaves_none(shop: World) -> None:
    shop.applied()
    shop.write({"0001_things.sql": "CREATE TABLE things (id bigint);\n"})
    assert shop.apply().status == 5
    assert Ceremony.objects.count() == 1


def test_after_a_failure_the_next_run_goes_on(shop: World) -> None:
    shop.write(WRONG)
    assert shop.apply().status == 1
    made = Ceremony.objects.get()
    assert made.state == State.HALTED
    assert "halted" not in {event for (event,) in shop.ask("SELECT event FROM ceremony_ledger")}

    shop.write(RIGHT)
    shop.applied()
    made.refresh_from_db()
    assert (Ceremony.objects.count(), made.round, made.state) == (1, 2, State.SIGNED_OFF)
    assert acts(made) == ["request", "approve", "start", "halt", *THROUGH]
    again = AuditEvent.objects.filter(action="ceremony requested").latest("sequence")
    assert again.detail()["decision"] == "fix forward"
    digests = dict(
        shop.ask("SELECT version, manifest_digest FROM ceremony_ledger WHERE version <> ''")
    )
    rounds = list(made.manifests.order_by("round").values_list("fingerprint", flat=True))
    assert [digests["0001"], digests["0002"]] == rounds


def test_a_rollback_has_a_ceremony_of_its_own(shop: World) -> None:
    shop.applied()
    shop.rolled_back()
    back, there = Ceremony.objects.all()
    assert (back.direction, back.state) == ("roll back", State.SIGNED_OFF)
    assert there.state == State.SIGNED_OFF


def test_what_failed_is_taken_back_in_its_own_ceremony(shop: World) -> None:
    shop.write(WRONG)
    shop.apply()
    shop.rolled_back()
    made = Ceremony.objects.get()
    assert made.state == State.ROLLED_BACK
    purposes = CeremonyRun.objects.order_by("pk").values_list("purpose", flat=True)
    assert list(purposes) == ["change", "way back"]
    shop.write(RIGHT)
    shop.applied()
    assert Ceremony.objects.count() == 2


def test_what_was_asked_for_is_used(shop: World) -> None:
    """Asking is possible where nobody needs to: the run then belongs to what was asked for."""
    assert manage("request_sql", "shop", "--title", "Things").status == 0
    shop.applied()
    made = Ceremony.objects.get()
    assert (made.title, made.state) == ("Things", State.SIGNED_OFF)
