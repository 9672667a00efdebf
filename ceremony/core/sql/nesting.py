"""How deeply a text may nest: the parser writes its trees by recursion and would crash the process.

The grammar itself stops right recursion (parentheses, NOT) at 10,000 levels. Chains that lean to
the left (``a || b || …``, casts, UNION, JOIN) have no such limit; PostgreSQL refuses them later,
when it analyses the statement (SQLSTATE 54001, statement_too_complex).
"""

import re

LIMIT = 20_000
"""The most tokens that may nest in each other; a text with fewer bytes needs no look."""

_COMMENT_RUN = re.compile(rb"/\*[-~!@#^&|`?+*/%<>=]{20000}")
"""The server's scanner needs quadratic time for ``/*/*/*…``: minutes for 200 kB."""

_LISTS = frozenset({b",", b"and", b"or"})
_CHAINS = frozenset({b"union", b"intersect", b"except", b"join"})


def slow_comment(raw: bytes) -> int | None:
    """The byte offset of a comment's start that the scanner would take minutes over."""
    match = _COMMENT_RUN.search(raw)
    return match.start() if match else None


def too_deep(raw: bytes, ranges: list[tuple[int, int]]) -> int | None:
    """The byte offset of a token that may lie too deep, ``None`` where none can.

    An upper bound, from tokens alone: within one pair of brackets each token may lie below the one
    before, except behind a comma, AND or OR, which only make lists longer.
    """
    outer: list[tuple[int, int]] = []
    chain = run = below = 0
    for start, end in ranges:
        token = raw[start:end].lower() if end - start < 10 else b""
        if token in (b"(", b"["):
            outer.append((chain, run))
            below += chain + run + 1
            chain = run = 0
        elif token in (b")", b"]") and outer:
            chain, run = outer.pop()
            below -= chain + run + 1
            run += 1
        elif token == b";" and not outer:
            chain = run = 0
        elif token in _LISTS:
            run = 0
        else:
            chain += 3 * (token in _CHAINS)
            run += 1
        if below + chain + run > LIMIT:
            return start
    return None
