"""Whatever a file holds, no rule raises, and what they say has a place in it."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ceremony.core.lint import lint
from ceremony.core.rules import BUILT_IN
from ceremony.core.sql.parser import SqlSyntaxError, parse, tokens
from tests.core.folders import series_of

SERIES = Path(__file__).parents[3] / "migrations_sql"


def _statements():
    found = set()
    for path in sorted(SERIES.glob("*/*.sql")):
        raw = path.read_bytes()
        found.update(raw[each.start : each.end].strip() for each in parse(raw))
    return sorted(found)


STATEMENTS = _statements()


@st.composite
def _spoilt(draw):
    """A statement of the five series with some tokens left out, doubled or swapped, where that is
    still SQL.
    """
    raw = draw(st.sampled_from(STATEMENTS))
    words = [raw[start:end].decode() for start, end in tokens(raw).ranges]
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        kind = draw(st.sampled_from(("leave out", "double", "swap")))
        if kind == "leave out":
            changed = words[:at] + words[at + 1 :]
        elif kind == "double":
            changed = [*words[:at], words[at], *words[at:]]
        else:
            changed = [*words]
            changed[at], changed[other] = words[other], words[at]
        if changed and _is_sql(" ".join(changed)):
            words = changed
    return " ".join(words)


def _is_sql(text):
    try:
        return bool(parse(text.encode()))
    except SqlSyntaxError:
        return False


@settings(max_examples=80, deadline=None)
@given(st.lists(_spoilt(), min_size=1, max_size=6))
def test_no_statement_makes_a_rule_raise(statements):
    text = ";\n".join(statements) + ";\n"
    files = {"0001_a.sql": text, "0001_a.rollback.sql": text, "0002_b.sql": text}
    found = lint({"shop": series_of(files)}, BUILT_IN)
    last = text.count("\n")
    assert all(0 <= finding.line <= last for finding in found)
    assert {finding.path for finding in found} <= {f"shop/{name}" for name in files}


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="-/*lint: allow-(why)\n;'$ SELECT1", max_size=120))
def test_no_comment_makes_the_silencing_raise(text):
    lint({"shop": series_of({"0001_a.sql": text})}, BUILT_IN)
