"""What deletes data without a ``Data loss:`` line in the header.

``Data loss: none`` (the rows exist elsewhere, say) is an answer too. What the same file created,
and temporary tables, hold nobody's data. Rows deleted under a condition are the file's business.
"""

from collections.abc import Iterator, Mapping

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.command import RUN_QUERIES, Command
from ceremony.core.lint.deeds import dropped
from ceremony.core.lint.own import Own
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import ast, walk
from ceremony.core.sql.relations import Name, relation_name


def _look(subject: Subject) -> Iterator[Remark]:
    if _is_said(subject):
        return
    way = "apply" if subject.is_change else "rollback"
    own = Own(subject.before)
    for command in subject.commands:
        for what in _lost(command, own):
            yield command.remark(
                f"{what}, and the header does not say that data is lost.",
                f"Add to the header: -- Data loss: {way} (what is lost). "
                "Where nothing is: -- Data loss: none (why).",
            )
        own.follow(command)


def _is_said(subject: Subject) -> bool:
    """A way back is judged by its own ``Data loss:`` line, without one by the migration's."""
    migration = subject.migration.header
    header = subject.header if subject.header.data_loss else migration
    if header.data_loss == "none":
        return True
    return header.loses_on_apply if subject.is_change else header.loses_on_rollback


def _lost(command: Command, own: Own) -> Iterator[str]:
    """What a command deletes, in words."""
    for key in dropped(command):
        if key.kind in _HOLD_DATA and not own.has_table(key.name):
            yield f"Dropping the {key} deletes its data"
    for table in _emptied(command):
        if not own.has_table(table):
            yield f"All rows of {table} are deleted"
    if command.kind == "drop_stmt" and command.node.behavior == ast.DROP_CASCADE:
        what = _WITH_CASCADE.get(command.node.remove_type)
        if what and not _all_own(command, own):
            yield f"DROP {what} … CASCADE drops the tables or columns that hang on it"


_HOLD_DATA = frozenset({ObjectKind.TABLE, ObjectKind.COLUMN})
_WITH_CASCADE: Mapping[int, str] = {
    ast.OBJECT_SCHEMA: "SCHEMA",
    ast.OBJECT_TYPE: "TYPE",
    ast.OBJECT_DOMAIN: "DOMAIN",
    ast.OBJECT_EXTENSION: "EXTENSION",
}


def _all_own(command: Command, own: Own) -> bool:
    """Whether the script made everything that is dropped; DROP TYPE does not tell of which kind."""
    keys = list(dropped(command))
    return {key.name for key in keys} == {key.name for key in keys if own.has(key)}


def _emptied(command: Command) -> Iterator[Name]:
    """The tables of TRUNCATE and of a DELETE without condition, one in a WITH included."""
    if command.kind == "truncate_stmt":
        for relation in command.node.relations:
            yield relation_name(relation.range_var)
    elif command.kind in RUN_QUERIES:
        for message in walk(command.roots):
            whole = isinstance(message, ast.DeleteStmt) and not message.HasField("where_clause")
            if whole and not message.using_clause:
                yield relation_name(message.relation)


RULE = Rule(
    code="lint-data-loss-unsaid",
    title="data loss that the header does not mention",
    reason="What is dropped is gone at COMMIT, and no way back brings the rows again. The header "
    "line is what makes a run ask for a backup and for the loss to be accepted.",
    link="https://www.postgresql.org/docs/current/ddl-alter.html#DDL-ALTER-REMOVING-A-COLUMN",
    look=_look,
    on_rollbacks=True,
)
