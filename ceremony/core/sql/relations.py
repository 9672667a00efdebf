"""Names of objects in parse trees: with their schema, as the server folds them."""

from collections.abc import Sequence
from typing import NamedTuple

from ceremony.core.contract.names import shown_name
from ceremony.core.sql.parser import Message, Node

DEFAULT_SCHEMA = "public"
"""Where an unqualified name is looked for and created: the second entry of the default search_path
(PostgreSQL documentation, 5.10.3); the first, a schema named like the user, is rarely there.
"""

TEMPORARY = "pg_temp"
"""The schema of a session's temporary tables, which is looked into before all others."""


class Name(NamedTuple):
    """A name in its schema, as the catalog has it: folded, without quotes. In words it has the
    quotes that SQL wants.
    """

    schema: str
    name: str

    def __str__(self) -> str:
        return shown_name("" if self.schema == DEFAULT_SCHEMA else self.schema, self.name)


def relation_name(range_var: Message) -> Name:
    """The name in a RangeVar: a table, view, index or sequence."""
    schema = TEMPORARY if range_var.relpersistence == "t" else range_var.schemaname
    return Name(schema or DEFAULT_SCHEMA, range_var.relname)


def listed_name(parts: Sequence[Node]) -> Name:
    """The name in a list of strings: a type, a function, an object that is dropped."""
    words = [part.string.sval for part in parts if part.HasField("string")]
    if not words:
        return Name(DEFAULT_SCHEMA, "")
    return Name(words[-2] if len(words) > 1 else DEFAULT_SCHEMA, words[-1])
