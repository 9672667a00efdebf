"""Objects of another file of the series, which no ``Depends:`` line leads to.

The series runs in its order, so the object is there; what is missing is the reason for the order.
``undeclared_series`` is about objects of other series, whose order nothing else guarantees. An
object that several files make is declared with any of them.
"""

from collections.abc import Iterator

from ceremony.core.finding import Severity
from ceremony.core.lint.declared import leads_to
from ceremony.core.lint.inventory import Key
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.uses import uses_of, what_it_does
from ceremony.core.migration import Migration


def _look(subject: Subject) -> Iterator[Remark]:
    migration = subject.migration
    told = {str(migration.version)}
    for use in uses_of(subject):
        for key in use.keys:
            made = subject.before.objects.get(key)
            if made is None or made.series != migration.series or made.version in told:
                continue
            told.add(made.version)
            maker = subject.series.by_version[made.version]
            if not leads_to(migration, maker, subject.library):
                yield Remark(*_words(key, maker), use.statement, use.line, use.column)


def _words(key: Key, maker: Migration) -> tuple[str, str]:
    return (
        f"The {key} comes from {maker.label}, and no line 'Depends:' says so.",
        f"Add to the header: -- Depends: {maker.label} ({what_it_does(key)})",
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
