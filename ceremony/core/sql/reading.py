"""From the text of an SQL file to its script, with everything that refuses it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ceremony.core.digests import bytes_digest, meaning_digest
from ceremony.core.finding import Finding, Severity
from ceremony.core.script import Script, Statement
from ceremony.core.sql import dump, own_ledger, server_access, settings, transactions
from ceremony.core.sql.diagnosis import diagnose, foreign_findings, refuse_foreign
from ceremony.core.sql.lexer import mask
from ceremony.core.sql.names import name_findings
from ceremony.core.sql.parser import SqlSyntaxError, tokens
from ceremony.core.sql.probes import probe_of
from ceremony.core.sql.refusal import Refusal
from ceremony.core.sql.source import Source, Tree, understand

STATEMENTS_LIMIT = 20_000
"""The most statements of one file."""


@dataclass(frozen=True)
class Comment:
    """A comment, ``text`` as written with its ``--`` or ``/* */``. Places as in Statement."""

    line: int
    column: int
    offset: int
    text: str


def comments(text: str) -> tuple[Comment, ...]:
    """The comments of a text in order, never from inside literals, bodies or COPY data.

    A text that is no SQL has those in front of what cannot be read.
    """
    raw = text.encode()
    try:
        ranges = tokens(bytes(mask(raw).raw) if b"\\" in raw else raw).comments
    except SqlSyntaxError:
        ranges = mask(raw).comments
    return tuple(_comments(raw, ranges))


def _comments(raw: bytes, ranges: Sequence[tuple[int, int]]) -> Iterator[Comment]:
    line, line_start, offset, position = 1, 0, 0, 0
    for start, end in ranges:
        passed = raw[position:start]
        breaks = passed.count(b"\n")
        if breaks:
            line += breaks
            line_start = position + passed.rfind(b"\n") + 1
        offset += len(passed.decode())
        position = start
        column = len(raw[line_start:start].decode()) + 1
        yield Comment(line, column, offset, raw[start:end].decode())


def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a text, with their places in it.

    ``in_transaction`` tells which cannot run in a transaction. Raises SqlSyntaxError, also for what
    only psql understands.
    """
    source = understand(text)
    if source.masked is not None:
        refuse_foreign(source.raw, source.masked)
    return tuple(
        replace(tree.statement, in_transaction=not transactions.needs_no_transaction(tree))
        for tree in source.trees
    )


def refusals(path: str, text: str) -> tuple[Finding, ...]:
    """Every finding about the statements of a check file.

    Findings about transactions are left out: who reads the checks judges those.
    """
    source, findings, _ = _read(path, text)
    trees = source.trees if source is not None else ()
    judged = tuple(_findings(path, trees, transactional=True))
    return findings + tuple(each for each in judged if each.code not in transactions.CODES)


def parse_script(
    path: str,
    text: str,
    data: bytes,
    *,
    transactional: bool,
    directives: Sequence[tuple[str, str]] = (),
) -> tuple[Script | None, tuple[Finding, ...]]:
    """A file's script and every finding about its statements.

    ``data`` are the file's bytes, ``text`` what ``decode`` made of them. ``transactional`` is false
    for ``-- Transaction: none``. ``directives`` are the header's (key, value) pairs, part of the
    meaning digest. The script is ``None`` where the text is no SQL; errors among the findings
    refuse it all the same.
    """
    source, findings, readable = _read(path, text)
    if source is None:
        return None, findings
    wrapped = transactions.wrapper(source.trees) if transactional else ()
    trees = [tree for tree in source.trees if tree.statement.number not in wrapped]
    left_out = dump.preamble(trees)
    if left_out:
        findings += (dump.notice(path, trees, left_out),)
    trees = [tree for tree in trees if tree.statement.number not in left_out]
    findings += tuple(name_findings(path, source))
    findings += tuple(_findings(path, trees, transactional=transactional))
    if not readable:
        return None, findings
    findings += tuple(_of_the_whole(path, source, trees, transactional=transactional))
    left_out.update(dict.fromkeys(wrapped, "the file's own transaction: the runner has one"))
    script = Script(
        path,
        text,
        tuple(_finished(tree, left_out, transactional=transactional) for tree in source.trees),
        bytes_digest(data),
        meaning_digest(source.meaning, directives),
    )
    return script, findings


def _read(path: str, text: str) -> tuple[Source | None, tuple[Finding, ...], bool]:
    """The source, its findings, and whether all of it could be read."""
    try:
        source = understand(text)
    except SqlSyntaxError:
        rest, findings = diagnose(path, text)
        return rest, findings, False
    if source.masked is None:
        return source, (), True
    return source, tuple(foreign_findings(path, source.raw, source.masked)), True


def _finished(tree: Tree, left_out: Mapping[int, str], *, transactional: bool) -> Statement:
    statement = tree.statement
    reason = left_out.get(statement.number, "")
    if reason:
        return replace(statement, not_sent=reason)
    alone = bool(transactions.needs_no_transaction(tree))
    if transactional:
        return replace(statement, in_transaction=False) if alone else statement
    return replace(statement, in_transaction=not alone, probe=probe_of(tree.parsed))


_RULES: Mapping[str, Callable[[Tree], Iterator[Refusal]]] = {
    "variable_set_stmt": settings.statement_rules,
    "discard_stmt": settings.discard_rules,
    "copy_stmt": server_access.copy_rules,
    "create_role_stmt": server_access.secret_rules,
    "alter_role_stmt": server_access.secret_rules,
    "create_user_mapping_stmt": server_access.secret_rules,
    "alter_user_mapping_stmt": server_access.secret_rules,
    "create_subscription_stmt": server_access.secret_rules,
    "alter_subscription_stmt": server_access.secret_rules,
}

_DEEP: tuple[tuple[re.Pattern[str], Callable[[Tree], Iterator[Refusal]]], ...] = (
    (re.compile(r"set_config|pg_advisory_unlock_all|u&\"", re.IGNORECASE), settings.call_rules),
    (re.compile(rf"{own_ledger.LEDGER}|u&\"", re.IGNORECASE), own_ledger.ledger_rules),
)
"""Rules that look at a whole tree, each with the letters without which it cannot apply.

A name can be spelled in other letters only as ``U&"…"``.
"""


def _findings(path: str, trees: Sequence[Tree], *, transactional: bool) -> Iterator[Finding]:
    for tree in trees:
        for refusal in _refusals(tree, transactional=transactional):
            yield refusal.at(path, tree.statement)


def _refusals(tree: Tree, *, transactional: bool) -> Iterator[Refusal]:
    kind = tree.kind
    if kind == "transaction_stmt":
        yield from transactions.control(tree, transactional=transactional)
    rule = _RULES.get(kind)
    if rule is not None:
        yield from rule(tree)
    for letters, deep_rule in _DEEP:
        if letters.search(tree.statement.text):
            yield from deep_rule(tree)
    if kind == "index_stmt":
        yield from transactions.concurrent_index(tree)
    if transactional:
        yield from transactions.must_stand_alone(tree)


def _of_the_whole(
    path: str, source: Source, trees: Sequence[Tree], *, transactional: bool
) -> Iterator[Finding]:
    if not trees:
        yield Finding(
            path,
            0,
            0,
            "file-no-statements",
            "The file has no statement that would be run.",
            "Write the change, or delete the file.",
        )
    elif len(source.trees) > STATEMENTS_LIMIT:
        yield Finding(
            path,
            0,
            0,
            "file-too-many-statements",
            f"The file has {len(source.trees):,} statements; the limit is {STATEMENTS_LIMIT:,}.",
            "Load rows with COPY … FROM STDIN, or split the file.",
        )
    elif not transactional and not any(map(transactions.needs_no_transaction, trees)):
        first = trees[0].statement
        yield Finding(
            path,
            first.line,
            first.column,
            "no-transaction-unneeded",
            "`-- Transaction: none`, but no statement here needs it.",
            "Remove the line: in a transaction a failure leaves nothing behind.",
            Severity.WARNING,
        )
