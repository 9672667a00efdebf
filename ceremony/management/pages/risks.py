"""The risks register, as part of a page."""

from collections.abc import Sequence

from ceremony.core.risks import KnownRisk
from ceremony.management.page import Page, Part
from ceremony.management.visible import visible

_LOUD = ("P0", "P1")


def add_risks(page: Page, risks: Sequence[KnownRisk]) -> None:
    """A line per risk, with what is done about it below; nothing where there is none."""
    if not risks:
        return
    page.line(("Known risks", "bold"))
    for risk in risks:
        severity: Part = (f"{risk.severity}  ", "bad" if risk.severity in _LOUD else "warn")
        page.line(severity, visible(risk.text), (f"  {visible(risk.migration)}", "dim"), indent=2)
        page.line((visible(risk.mitigation), "dim"), indent=6)
