"""Which database holds Django's tables."""

from typing import Any


class ControlRouter:
    """Django's tables live in the control database; targets hold their series and the ledger."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Whether a Django migration may touch ``db``."""
        return db == "default"
