"""Settings that a file may not change: roles, lexing, triggers, the limits of the run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ceremony.core.finding import Severity
from ceremony.core.sql.constants import word
from ceremony.core.sql.parser import Message, Node, ast, walk
from ceremony.core.sql.refusal import Refusal
from ceremony.core.sql.source import Tree

TIMEOUTS = frozenset(
    {
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "transaction_timeout",
        "idle_session_timeout",
    }
)

_PINNED = {
    "standard_conforming_strings": frozenset({"on", "true", "yes", "1", "t", "y"}),
    "client_encoding": frozenset({"utf8", "utf-8", "unicode"}),
    "backslash_quote": frozenset({"safe_encoding"}),
    "session_replication_role": frozenset({"origin"}),
}
_ROLE = frozenset({"role", "session_authorization"})
_LEXER = frozenset({"standard_conforming_strings", "client_encoding", "backslash_quote"})
_RESETS = frozenset({ast.VAR_RESET, ast.VAR_SET_DEFAULT})
_SECOND = {"us": 1e-3, "ms": 1.0, "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7, "": 1.0}
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(us|ms|s|min|h|d)?\s*")


@dataclass(frozen=True)
class Setting:
    """One change of a setting.

    ``value`` is ``None`` for RESET and DEFAULT, which ``reset`` tells, and where it is no constant.
    ``local`` says that the change ends with the transaction.
    """

    name: str
    value: str | None
    reset: bool
    local: bool


def setting_of(tree: Tree) -> Setting | None:
    """What a SET or RESET statement, or a SELECT of nothing but ``set_config``, changes."""
    if tree.kind == "variable_set_stmt":
        return _variable(tree.node.variable_set_stmt)
    if tree.kind == "select_stmt":
        select = tree.node.select_stmt
        if len(select.target_list) == 1 and not select.from_clause:
            value = select.target_list[0].res_target.val
            if value.HasField("func_call"):
                return config_call(value.func_call)
    return None


def _variable(statement: Message) -> Setting:
    reset = statement.kind in _RESETS
    value = None if reset else ", ".join(word(each) for each in statement.args)
    return Setting(statement.name.lower(), value, reset, statement.is_local)


def config_call(call: Message) -> Setting | None:
    """The setting that a call of ``set_config`` with constant name changes."""
    if not call.funcname or call.funcname[-1].string.sval != "set_config" or len(call.args) != 3:
        return None
    name, value, local = call.args
    return Setting(
        word(name).lower(), _constant(value), reset=False, local=word(local) in ("true", "t", "on")
    )


def _constant(node: Node) -> str | None:
    inner = node.type_cast.arg if node.HasField("type_cast") else node
    return word(inner) if inner.HasField("a_const") else None


def statement_rules(tree: Tree) -> Iterator[Refusal]:
    """Refusals for SET and RESET."""
    statement = tree.node.variable_set_stmt
    if statement.kind == ast.VAR_RESET_ALL:
        yield _override("RESET ALL", "it undoes the time limits of the run")
    elif statement.kind == ast.VAR_SET_MULTI:
        yield Refusal(
            "tx-control",
            f"{tree.statement.summary}: a file must not control its transaction.",
            "Remove it: the modes of the transaction are the runner's.",
        )
    else:
        yield from judge(_variable(statement), tree.statement.summary)


def discard_rules(tree: Tree) -> Iterator[Refusal]:
    """DISCARD ALL drops limits and the run's lock; the other kinds concern the file alone."""
    if tree.node.discard_stmt.target == ast.DISCARD_ALL:
        yield _override("DISCARD ALL", "it undoes the time limits of the run and drops its lock")


def call_rules(tree: Tree) -> Iterator[Refusal]:
    """Refusals for ``set_config`` and ``pg_advisory_unlock_all`` anywhere in a statement."""
    for message in walk((tree.node, *tree.parsed.cut)):
        if not isinstance(message, ast.FuncCall) or not message.funcname:
            continue
        name = message.funcname[-1].string.sval
        if name == "pg_advisory_unlock_all":
            yield Refusal(
                "runner-lock-lost",
                "pg_advisory_unlock_all() would release the lock that keeps other runs out.",
                "Unlock by key: pg_advisory_unlock(KEY).",
            )
        setting = config_call(message)
        if setting is not None:
            yield from judge(setting, f"set_config('{setting.name}', …)")


def judge(setting: Setting, words: str) -> Iterator[Refusal]:
    """What is wrong with changing this setting; ``words`` names the statement."""
    if setting.value is not None and setting.value.lower() in _PINNED.get(setting.name, ()):
        return
    if setting.name in _ROLE:
        yield Refusal(
            "role-change",
            f"{words}: a file must not change who it runs as.",
            "Remove it, and give the rights to the role that runs migrations.",
        )
    elif setting.name in _LEXER and not setting.reset:
        yield Refusal(
            "lexer-setting",
            f"{words}: it changes how the rest of the file is read.",
            "Remove it: files are UTF-8, with standard_conforming_strings = on.",
        )
    elif setting.name == "session_replication_role" and not setting.reset:
        yield Refusal(
            "trigger-bypass",
            f"{words}: it turns triggers and foreign keys off.",
            "Remove it. To load in any order, use DEFERRABLE constraints or "
            "ALTER TABLE … DISABLE TRIGGER on one table.",
        )
    elif setting.name in TIMEOUTS:
        yield from _timeout(setting, words)
    elif setting.name == "search_path" and not setting.local and not setting.reset:
        yield Refusal(
            "search-path-change",
            f"{words}: unqualified names mean other objects from here to the end of the file.",
            "Qualify names with their schema, or use SET LOCAL. The setting is undone afterwards.",
            Severity.WARNING,
        )


def _timeout(setting: Setting, words: str) -> Iterator[Refusal]:
    if setting.value is None or not positive(setting.value):
        yield _override(words, "it takes a time limit of the run away")
        return
    yield Refusal(
        "timeout-override",
        f"{words}: it replaces a time limit of the run.",
        "Declare it in the header instead: -- Timeout: lock 3s, statement 10min",
        Severity.WARNING,
    )


def _override(words: str, why: str) -> Refusal:
    return Refusal(
        "timeout-override",
        f"{words}: {why}.",
        "Remove it. A longer limit is declared in the header: -- Timeout: lock 3s, statement 10min",
    )


def positive(value: str) -> bool:
    """Whether a duration is surely more than none; the server rounds to whole milliseconds."""
    return bool(milliseconds(value))


def milliseconds(value: str) -> int | None:
    """A duration as the server reads it for a time limit; ``None`` for what is none."""
    match = _DURATION.fullmatch(value)
    return int(float(match.group(1)) * _SECOND[match.group(2) or ""]) if match else None
