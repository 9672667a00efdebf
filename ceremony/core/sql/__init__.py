"""SQL as PostgreSQL's own parser reads it. ``parser`` is the only importer of that parser."""

from ceremony.core.sql.parser import SqlSyntaxError, parser_version
from ceremony.core.sql.reading import (
    STATEMENTS_LIMIT,
    Comment,
    comments,
    parse_script,
    refusals,
    statements,
)

__all__ = [
    "STATEMENTS_LIMIT",
    "Comment",
    "SqlSyntaxError",
    "comments",
    "parse_script",
    "parser_version",
    "refusals",
    "statements",
]
