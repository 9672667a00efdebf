"""The preamble that pg_dump writes in front of a dump, recognised as a whole.

What in it would take our time limits away, or repeats how files are read anyway, is not sent; what
matters to the statements behind it (search_path, check_function_bodies, row_security, xmloption …)
is.
"""

from collections.abc import Sequence

from ceremony.core.finding import Finding, Severity
from ceremony.core.sql.settings import setting_of
from ceremony.core.sql.source import Tree

_NOT_SENT = {
    ("statement_timeout", "0"): "the time limits are the runner's",
    ("lock_timeout", "0"): "the time limits are the runner's",
    ("idle_in_transaction_session_timeout", "0"): "the time limits are the runner's",
    ("transaction_timeout", "0"): "the time limits are the runner's",
    ("client_encoding", "UTF8"): "files are always UTF-8",
    ("standard_conforming_strings", "on"): "always on",
    ("client_min_messages", "warning"): "messages are kept with their statement",
}
_SENT = frozenset(
    {
        ("search_path", ""),
        ("check_function_bodies", "false"),
        ("xmloption", "content"),
        ("row_security", "off"),
        ("escape_string_warning", "off"),
        ("default_tablespace", ""),
        ("default_table_access_method", "heap"),
        ("default_with_oids", "false"),
    }
)
_ESSENTIAL = frozenset({"statement_timeout", "client_encoding", "search_path"})


def preamble(trees: Sequence[Tree]) -> dict[int, str]:
    """Why a statement of the preamble is not sent, by its number; empty without a preamble.

    A preamble is the run of known settings at the start of the file; without its essential parts in
    that run it is none, and each setting is judged by itself.
    """
    reasons: dict[int, str] = {}
    names: set[str] = set()
    for tree in trees:
        setting = setting_of(tree)
        if setting is None or setting.value is None or setting.local:
            break
        known = (setting.name, setting.value)
        if known not in _SENT and known not in _NOT_SENT:
            break
        names.add(setting.name)
        if known in _NOT_SENT:
            reasons[tree.statement.number] = f"pg_dump's preamble: {_NOT_SENT[known]}"
    return reasons if names >= _ESSENTIAL else {}


def notice(path: str, trees: Sequence[Tree], reasons: dict[int, str]) -> Finding:
    """The finding that says what of the preamble is not sent."""
    left_out = [tree.statement for tree in trees if tree.statement.number in reasons]
    words = "; ".join(statement.summary for statement in left_out)
    return Finding(
        path,
        left_out[0].line,
        left_out[0].column,
        "dump-preamble",
        f"The preamble of pg_dump is recognised; not sent from it: {words}.",
        "Nothing needs doing: the runner sets its own limits and always reads UTF-8.",
        Severity.NOTICE,
    )
