"""Statements that reach for the server's files, for the client, or carry a secret."""

import re
from collections.abc import Iterator, Sequence

from ceremony.core.sql.constants import options_of, word
from ceremony.core.sql.lexer import is_copy_from_stdin
from ceremony.core.sql.parser import Node
from ceremony.core.sql.refusal import Refusal
from ceremony.core.sql.source import Tree

_PASSWORD_IN_CONNECTION = re.compile(r"\bpassword\s*=|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)


def copy_rules(tree: Tree) -> Iterator[Refusal]:
    """COPY may only read the data that stands in the file."""
    copy = tree.node.copy_stmt
    if copy.is_program or copy.filename:
        kind = "a program" if copy.is_program else "a file"
        yield Refusal(
            "server-file-access",
            f"COPY {'FROM' if copy.is_from else 'TO'} {kind} of the server.",
            "Put the data into the migration: COPY … FROM STDIN; with its lines and a closing \\.",
        )
    elif not copy.is_from:
        yield Refusal(
            "copy-stdin",
            "COPY … TO STDOUT: nobody would receive the data.",
            "Remove it. To look at rows, write a check.",
        )
    elif is_copy_from_stdin(tree.node) and tree.statement.copy is None:
        yield Refusal(
            "copy-stdin",
            "COPY … FROM STDIN without data.",
            "End the statement with a semicolon; then the data, line by line, and a line \\.",
        )


def secret_rules(tree: Tree) -> Iterator[Refusal]:
    """A secret in a file would be kept for ever in digests, evidence and the server's log."""
    node = tree.node
    what = ""
    if tree.kind in ("create_role_stmt", "alter_role_stmt"):
        what = "a role's password" if _has_password(getattr(node, tree.kind).options) else ""
    elif tree.kind in ("create_user_mapping_stmt", "alter_user_mapping_stmt"):
        what = (
            "a user mapping's password" if _has_password(getattr(node, tree.kind).options) else ""
        )
    elif tree.kind in ("create_subscription_stmt", "alter_subscription_stmt"):
        connection = getattr(node, tree.kind).conninfo
        found = _PASSWORD_IN_CONNECTION.search(connection)
        what = "a subscription's password" if found else ""
    if what:
        yield Refusal(
            "secret-in-file",
            f"The file holds {what}.",
            "Take it out and change it. Set secrets by hand or from a secret store, "
            "never in a migration.",
        )


def _has_password(options: Sequence[Node]) -> bool:
    argument = options_of(options).get("password")
    return argument is not None and bool(word(argument))
