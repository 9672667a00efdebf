"""DO blocks that hide what they run: SQL put together at run time, or a body that is no SQL.

Functions are not looked at: they are code that is run later. An EXECUTE of a constant hides
nothing.
"""

from collections.abc import Iterator

from ceremony.core.finding import Severity
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.place import file_line_of_body
from ceremony.core.script import Statement
from ceremony.core.sql.bodies import Body


def _look(subject: Subject) -> Iterator[Remark]:
    for tree in subject.trees:
        body = subject.bodies.get(tree.statement.number)
        if body is not None and body.at_once:
            yield from _hidden(tree.statement, body)


def _hidden(statement: Statement, body: Body) -> Iterator[Remark]:
    if body.pieces is None:
        yield Remark(
            f"DO in {body.language}: no rule can read what it does to the database.",
            "Write it in SQL or PL/pgSQL that can be read, or say what it does in a comment and "
            "silence the rule.",
            statement,
        )
    for piece in body.pieces or ():
        if piece.built:
            yield Remark(
                "EXECUTE of SQL that is put together at run time: what runs cannot be read here.",
                "Write the statement out where that is possible. Else say what it can become, and "
                "silence the rule with that as the reason.",
                statement,
                file_line_of_body(statement, piece.line),
            )


RULE = Rule(
    code="lint-dynamic-sql",
    title="dynamic SQL in a DO block",
    reason="Whoever approves the file reads an expression and not the statement that it becomes, "
    "and no other rule can look at it.",
    link="https://www.postgresql.org/docs/current/plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN",
    look=_look,
    severity=Severity.NOTICE,
    on_rollbacks=True,
)
