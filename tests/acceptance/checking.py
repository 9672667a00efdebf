"""A shop in production whose checklists are looked at, and what the record says of their items."""

from ceremony.core.item import Phase
from ceremony.models import JudgedItem
from tests.acceptance.gatehouse import environment
from tests.acceptance.world import QUIET, WHOLE, World


def in_production(world: World) -> World:
    """One migration and its target; one person approves and accepts."""
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production", APPROVALS=1, ACCEPTANCES=1)
    return world


def ask_for(shop: World, text: str) -> None:
    """Let ``series.toml`` ask for more."""
    shop.write({"series.toml": QUIET["series.toml"] + text})


def with_rows(shop: World) -> None:
    """Tables that were there before: ``stock`` with five rows, ``old`` with one."""
    shop.ask("CREATE TABLE stock AS SELECT generate_series(1, 5) AS id")
    shop.ask("CREATE TABLE old AS SELECT 1 AS id")


def results(phase: Phase) -> dict[str, str]:
    """The newest result of every item, as it stands in the record."""
    rows = JudgedItem.objects.filter(phase=phase.value).order_by("pk")
    return {row.item: row.result for row in rows}


def explanation(item: str) -> str:
    """Why the newest result of an item is what it is."""
    return JudgedItem.objects.filter(item=item).latest("pk").explanation
