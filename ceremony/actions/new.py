"""New: write the files of a new migration, ready to be filled in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ceremony import conf
from ceremony.errors import UsageError
from ceremony.sources.write import new_migration


@dataclass(frozen=True)
class NewRequest:
    """``name`` may be several words; they become ``lower_case_with_underscores``."""

    series: str
    name: str
    create_series: bool = False


def new(request: NewRequest) -> tuple[Path, ...]:
    """Write the change, its checks and its rollback; never over a file that is there.

    Returns the paths written. Raises UsageError: ``name-invalid``, ``series-unknown``.
    """
    name = re.sub(r"[\s\-]+", "_", request.name.strip()).lower()
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise UsageError(
            "name-invalid",
            f"{request.name!r} cannot be a migration's name: a-z, 0-9 and _ are allowed.",
            next_step=f"For instance: manage.py new_sql {request.series} add_customer_email",
        )
    root = conf.load().root
    return new_migration(
        root, request.series, name, now=datetime.now(UTC), create_series=request.create_series
    )
