"""Rules of other packages: what they offer as entry points of the group ``ceremony.rules``.

An entry point names a ``ceremony.core.lint.Rule`` (Python Packaging User Guide, "Entry points
specification")::

    [project.entry-points."ceremony.rules"]
    money = "shop.rules:MONEY_IS_NUMERIC"
"""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from ceremony.core.lint import Rule
from ceremony.errors import UsageError

GROUP = "ceremony.rules"


def offered_rules(own: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules of installed packages, in the order of their entry points' names.

    Raises UsageError ``rules-unusable`` for an entry point that cannot be loaded or is no rule,
    and for a code that is taken, by ``own`` or by another package.
    """
    taken = {rule.code for rule in own}
    found: list[Rule] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        rule = _loaded(point)
        if rule.code in taken:
            raise _unusable(point, f"its code {rule.code!r} is taken by another rule")
        taken.add(rule.code)
        found.append(rule)
    return tuple(found)


def _loaded(point: EntryPoint) -> Rule:
    try:
        rule = point.load()
    except (ImportError, AttributeError) as error:
        raise _unusable(point, f"it cannot be loaded: {error}") from error
    if not isinstance(rule, Rule):
        raise _unusable(point, "it is no ceremony.core.lint.Rule")
    return rule


def _unusable(point: EntryPoint, why: str) -> UsageError:
    return UsageError(
        "rules-unusable",
        f"The entry point {point.name} = {point.value} of {GROUP} cannot be used: {why}.",
        next_step="Mend or uninstall the package that offers it.",
    )
