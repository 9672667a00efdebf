"""A table with what pg_dump adds to it later: its keys and identity columns stand in its own
statement, where IF NOT EXISTS covers them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ceremony.core.baseline.names import Name, relation, words
from ceremony.core.baseline.texts import Text
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.source import Tree

_KEYS = frozenset({ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE, ast.CONSTR_EXCLUSION})
_DEFAULTS = {"start": 1, "increment": 1, "cache": 1}
_NAME_BYTES = 63


@dataclass
class Additions:
    """What joins a table's own statement: constraints, and identity by column."""

    constraints: list[str] = field(default_factory=list)
    identities: dict[str, str] = field(default_factory=dict)


def addition(tree: Tree, into: Additions) -> bool:
    """Take the statement up, if it is one that can stand in CREATE TABLE."""
    if tree.kind != "alter_table_stmt" or len(tree.node.alter_table_stmt.cmds) != 1:
        return False
    statement = tree.node.alter_table_stmt
    command = statement.cmds[0].alter_table_cmd
    text = Text(tree.statement.text)
    if command.subtype == ast.AT_AddIdentity:
        constraint = getattr(command, "def").constraint
        into.identities[command.name] = _identity(
            relation(statement.relation), command.name, constraint, text
        )
        return True
    if command.subtype != ast.AT_AddConstraint:
        return False
    constraint = getattr(command, "def").constraint
    if constraint.contype not in _KEYS or constraint.skip_validation or _calls_own(constraint):
        return False
    into.constraints.append(text.from_token(text.find("add") + 1))
    return True


def foldable(tree: Tree) -> bool:
    """Whether the table is made by a list of columns, where its keys can join them."""
    text = Text(tree.statement.text)
    opening, closing = text.brackets()
    elements = tree.node.create_stmt.table_elts
    return opening >= 0 and len(text.inside(opening, closing)) == len(elements)


def table(tree: Tree, additions: Additions) -> str:
    """The CREATE TABLE statement of a foldable table, one element on each line, with its
    additions.
    """
    text = Text(tree.statement.text)
    opening, closing = text.brackets()
    elements = tree.node.create_stmt.table_elts
    names = [part.column_def.colname if part.HasField("column_def") else "" for part in elements]
    columns = _lines(text.inside(opening, closing), names, additions.identities)
    made = ",\n".join(f"    {line}" for line in (*columns, *additions.constraints))
    head = text.raw[: text.ranges[opening][1]].decode()
    tail = text.raw[text.ranges[closing][0] :].decode()
    whole = f"{head}\n{made}\n{tail}" if made else tree.statement.text
    return Text(whole).with_words("table", "IF NOT EXISTS")


def _lines(parts: Sequence[str], names: Sequence[str], identities: dict[str, str]) -> Iterator[str]:
    """Columns with their types in one line below the other; what follows a literal of several
    lines stays as it is.
    """
    first = [_split(part) if name else ("", part) for part, name in zip(parts, names, strict=True)]
    width = max((len(word) for word, _ in first), default=0)
    for (word, rest), name in zip(first, names, strict=True):
        line = f"{word.ljust(width)} {rest}" if word and rest else word or rest
        yield f"{line} {identities[name]}" if name in identities else line


def _split(column: str) -> tuple[str, str]:
    text = Text(column)
    end = text.ranges[0][1]
    return text.raw[:end].decode(), text.raw[end:].decode().lstrip()


def _identity(owner: Name, column: str, constraint: Message, text: Text) -> str:
    """The clause, without the options that hold anyway."""
    how = "ALWAYS" if constraint.generated_when == "a" else "BY DEFAULT"
    clause = f"GENERATED {how} AS IDENTITY"
    if all(_usual(item.def_elem, owner, column) for item in constraint.options):
        return clause
    opening, closing = text.brackets()
    options = text.raw[text.ranges[opening][0] : text.ranges[closing][1]].decode()
    return f"{clause} {' '.join(options.split())}" if text.indentable else f"{clause} {options}"


def _usual(option: Message, owner: Name, column: str) -> bool:
    if option.defname == "sequence_name":
        name = f"{owner[1]}_{column}_seq"
        return (
            words(option.arg.list.items) == (owner[0], name) and len(name.encode()) <= _NAME_BYTES
        )
    if option.defname in _DEFAULTS:
        value = option.arg.integer.ival if option.arg.HasField("integer") else None
        return value == _DEFAULTS[option.defname]
    return option.defname in ("minvalue", "maxvalue") and not option.HasField("arg")


def _calls_own(constraint: Message) -> bool:
    """Whether an expression calls a function of the database itself, which may come later."""
    return any(calls_own(message) for message in walk([constraint]))


def calls_own(message: Message) -> bool:
    """Whether this is a call of a function outside ``pg_catalog``: pg_dump qualifies those."""
    if not isinstance(message, ast.FuncCall):
        return False
    name = words(message.funcname)
    return len(name) > 1 and name[0] != "pg_catalog"
