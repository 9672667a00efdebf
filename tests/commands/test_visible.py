import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.management.visible import visible, visible_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders", "orders"),
        ("日本語 é 🎉", "日本語 é 🎉"),
        ("\x1b[2J", "<U+001B>[2J"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\u202eb\u2066c", "a<U+202E>b<U+2066>c"),
        ("zero\u200bwidth\ufeff", "zero<U+200B>width<U+FEFF>"),
        ("line\u2028end\u0085", "line<U+2028>end<U+0085>"),
        ("soft\xadhyphen", "soft<U+00AD>hyphen"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("a\tb", "a    b"),
        ("a\rb\nc", "a<U+000D>b<U+000A>c"),
        ("\ud800", "<U+D800>"),
    ],
)
def test_hidden_characters_are_shown(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_nothing_hidden_is_left(text):
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not {unicodedata.category(character) for character in visible(text)} & hidden


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_seen_stays(text):
    assert visible(text) == text


def test_lines_end_at_line_feeds_with_or_without_a_carriage_return():
    assert visible_lines("a\r\nb\nc\rd") == ("a", "b", "c<U+000D>d")
