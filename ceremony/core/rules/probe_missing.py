"""Statements outside a transaction of which nobody could tell afterwards whether they took effect.

A statement that can run in a transaction does so together with its row in the ledger, and an index
or a partition is looked up in the catalog. For the rest an interruption leaves a question that only
a person can answer.
"""

from collections.abc import Iterator

from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.script import Probe


def _look(subject: Subject) -> Iterator[Remark]:
    if subject.header.transactional:
        return
    for statement in subject.script.sent:
        if not statement.in_transaction and statement.probe.probe is Probe.NONE:
            yield Remark(
                f"{statement.summary}: after an interruption nobody can tell whether it took "
                "effect.",
                "Write the form that can be repeated (IF EXISTS, IF NOT EXISTS) where there is "
                "one. Else keep the statement alone in its file, with a check that tells.",
                statement,
            )


RULE = Rule(
    code="lint-probe-missing",
    title="statement without a probe",
    reason="A statement outside a transaction can be in although the connection was lost before "
    "its answer. Without a probe the run stops there until a person has looked.",
    link="https://www.postgresql.org/docs/current/sql-createdatabase.html",
    look=_look,
    on_rollbacks=True,
)
