"""UPDATE without WHERE, in the transaction of a migration.

The script's own tables and the series' reference tables are small or unused and are left out; an
UPDATE … FROM is narrowed by its join.
"""

from collections.abc import Iterator

from ceremony.core.contract.names import split_name
from ceremony.core.lint.command import RUN_QUERIES, Command
from ceremony.core.lint.own import Own
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.series import Series
from ceremony.core.sql.parser import ast, walk
from ceremony.core.sql.relations import DEFAULT_SCHEMA, Name, relation_name


def _look(subject: Subject) -> Iterator[Remark]:
    own = Own(subject.before)
    small = _reference_tables(subject.series)
    for command in subject.commands:
        own.follow(command)
        for table in _written_whole(command):
            if not own.has_table(table) and table not in small:
                yield command.remark(
                    f"UPDATE {table} without WHERE writes every row in one transaction.",
                    "Fill the column in batches outside the migration, give it a DEFAULT that "
                    "needs no rewrite, or add a WHERE that leaves alone what is right already.",
                )


def _reference_tables(series: Series) -> frozenset[Name]:
    names = map(split_name, series.settings.extra.get("reference_tables", ()))
    return frozenset(Name(*((DEFAULT_SCHEMA, *parts)[-2:])) for parts in names if parts)


def _written_whole(command: Command) -> Iterator[Name]:
    """The tables of an UPDATE without WHERE, one in a WITH included."""
    if command.kind not in RUN_QUERIES:
        return
    for message in walk(command.roots):
        whole = isinstance(message, ast.UpdateStmt) and not message.HasField("where_clause")
        if whole and not message.from_clause:
            yield relation_name(message.relation)


RULE = Rule(
    code="lint-whole-table-update",
    title="UPDATE of a whole table",
    reason="Every row stays locked until COMMIT, writers wait, and the table doubles its size: an "
    "UPDATE writes each row anew.",
    link="https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY",
    look=_look,
    on_rollbacks=True,
)
