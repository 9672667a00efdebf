"""Objects of another file of the series, which no ``Depends:`` line leads to.

The series runs in its order, so the object is there; what is missing is the reason for the order.
``undeclared_series`` is about objects of other series, whose order nothing else guarantees. An
object that several files make is declared with any of them.
"""

from collections.abc import Iterator

from ceremony.core.finding import Severity
from ceremony.core.lint.declared import declared
from ceremony.core.lint.inventory import Key, Made
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.uses import uses_of


def _look(subject: Subject) -> Iterator[Remark]:
    migration = subject.migration
    said = declared(migration, subject.library)
    own = (migration.series, str(migration.version))
    told: set[tuple[str, str]] = set()
    for use in uses_of(subject):
        for key in use.keys:
            made = subject.before.objects.get(key)
            if made is None or made.series != migration.series:
                continue
            node = (made.series, made.version)
            if node != own and node not in said and node not in told:
                told.add(node)
                yield Remark(*_words(subject, key, made), use.statement, use.line, use.column)


def _words(subject: Subject, key: Key, made: Made) -> tuple[str, str]:
    label = subject.series.by_version[made.version].label
    return (
        f"The {key} comes from {label}, and no line 'Depends:' says so.",
        f"Add to the header: -- Depends: {label} (creates {key.name})",
    )


RULE = Rule(
    code="lint-undeclared-dependency",
    title="undeclared dependency",
    reason="Nobody who moves, retires or rolls back the other file is told that this one stands "
    "on it.",
    link="https://www.postgresql.org/docs/current/ddl-depend.html",
    look=_look,
    severity=Severity.NOTICE,
)
