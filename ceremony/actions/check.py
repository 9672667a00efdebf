"""Check: read series and report every finding, without a database."""

from collections.abc import Sequence

from ceremony import conf
from ceremony.actions.library import load_library
from ceremony.core.lint import lint
from ceremony.core.report import CheckReport
from ceremony.core.rules import BUILT_IN
from ceremony.sources.rules import offered_rules


def check(names: Sequence[str]) -> CheckReport:
    """Every finding of these series (none given: all) and of those they depend on, with what the
    rules of the lint say.

    Raises UsageError: ``root-missing``, ``series-unknown``, ``settings-invalid``,
    ``rules-unusable``.
    """
    library = load_library(conf.load().root, names)
    rules = (*BUILT_IN, *offered_rules(BUILT_IN))
    findings = tuple(sorted((*library.findings, *lint(library.series, rules))))
    codes = {finding.code for finding in findings}
    fired = tuple(rule for rule in rules if rule.code in codes)
    return CheckReport(tuple(library.series.values()), findings, fired)
