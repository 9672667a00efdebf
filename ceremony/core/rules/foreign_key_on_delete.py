"""A foreign key that does not say what happens to its rows when the referenced row goes.

A parse tree has NO ACTION for silence too, so the parser's tokens tell whether it was written.
"""

from collections.abc import Iterator

from ceremony.core.lint.command import Command
from ceremony.core.lint.constraints import constraints_of
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import relation_name


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        yield from _silent_keys(command)


def _silent_keys(command: Command) -> Iterator[Remark]:
    for _, constraint, _ in constraints_of(command):
        if constraint.contype == ast.CONSTR_FOREIGN and not _says_on_delete(command, constraint):
            referenced = relation_name(constraint.pktable)
            yield command.remark(
                f"The foreign key to {referenced} does not say what happens when a row there is "
                "deleted.",
                "Write ON DELETE CASCADE, SET NULL, SET DEFAULT, RESTRICT or NO ACTION.",
            )


def _says_on_delete(command: Command, constraint: Message) -> bool:
    if constraint.fk_del_action != "a":
        return True
    words = list(command.words_from(constraint.location))
    later = [at for at, word in enumerate(words) if word == "references"][1:]
    own = words[: later[0]] if later else words
    return ["on", "delete"] in (own[at : at + 2] for at in range(len(own)))


RULE = Rule(
    code="lint-foreign-key-on-delete",
    title="foreign key without ON DELETE",
    reason=(
        "Without ON DELETE a referenced row cannot be deleted; that is found out in production, "
        "by the first DELETE."
    ),
    link="https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",
    look=_look,
)
