"""Check: read series and report every finding, without a database."""

from collections.abc import Sequence

from ceremony import conf
from ceremony.actions.library import load_library
from ceremony.core.report import CheckReport


def check(names: Sequence[str]) -> CheckReport:
    """Every finding of these series (none given: all) and of those they depend on.

    Raises UsageError: ``root-missing``, ``series-unknown``, ``settings-invalid``.
    """
    library = load_library(conf.load().root, names)
    return CheckReport(tuple(library.series.values()), library.findings)
