"""Objects of another series with the same home database, which no ``Depends:`` line leads to.

Series are applied one by one, in whatever order somebody types. Names that two databases have by
chance mean nothing: only series with the same home database (``database`` in ``series.toml``,
else the series' name) are compared. ``check_sql`` has to read both series (without names it reads
all).
"""

from collections.abc import Iterator

from ceremony.core.lint.declared import run_before
from ceremony.core.lint.inventory import Key, Made
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.uses import uses_of, what_it_does


def _look(subject: Subject) -> Iterator[Remark]:
    if not subject.neighbours:
        return
    there = run_before(subject.migration, subject.library)
    told: set[Key] = set()
    for use in uses_of(subject):
        for key in use.keys:
            makers = _foreign(subject, key)
            if makers and key not in told and not any(_node(made) in there for made in makers):
                told.add(key)
                yield Remark(*_words(subject, key, makers[0]), use.statement, use.line, use.column)


def _foreign(subject: Subject, key: Key) -> tuple[Made, ...]:
    """Who makes the object, if nobody in this series does."""
    makers = subject.neighbours.get(key, ())
    there = (subject.before.objects.get(key), subject.after.objects.get(key), *makers)
    own = any(made is not None and made.series == subject.series.name for made in there)
    return () if own else makers


def _node(made: Made) -> tuple[str, str]:
    return made.series, made.version


def _words(subject: Subject, key: Key, made: Made) -> tuple[str, str]:
    label = f"{made.series}:{subject.library[made.series].by_version[made.version].label}"
    return (
        f"The {key} comes from the series {made.series!r}, and no line 'Depends:' leads there.",
        f"Add to the header: -- Depends: {label} ({what_it_does(key)})",
    )


RULE = Rule(
    code="lint-undeclared-series",
    title="undeclared dependency on another series",
    reason="Nothing makes the other series run first: on a fresh database this file fails, or "
    "works by luck.",
    link="https://www.postgresql.org/docs/current/ddl-depend.html",
    look=_look,
)
