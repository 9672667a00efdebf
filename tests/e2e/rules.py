"""Where the site of the browser suite runs what, and what its policies ask for.

Read by the settings of the site's process and by the tests, which make rows for it.
"""

from typing import Any

LOCAL = ("calendar", "stock")
PROTECTED = (
    "calendar_live",
    "shop_waiting",
    "shop_signed",
    "shop_changes",
    "depot",
    "shop_ready",
    "shop_halted",
    "shop_way_back",
    "shop_failed",
    "shop_ran",
    "shop_done",
    "shop_glass",
)
ALIASES = (*LOCAL, *PROTECTED)

TARGETS: dict[str, dict[str, Any]] = {
    **{alias: {"ENVIRONMENT": "local"} for alias in LOCAL},
    **{alias: {"ENVIRONMENT": "production"} for alias in PROTECTED},
}

POLICIES: dict[str, dict[str, Any]] = {
    "production": {
        "APPROVALS": {"reviewer": 1, "dba": 1},
        "ACCEPTANCES": 1,
        "REHEARSAL": True,
        "REAUTHENTICATE": True,
    },
}
