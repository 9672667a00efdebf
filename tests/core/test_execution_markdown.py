"""Whatever people, files and servers write: in the report it is text, and nothing else."""

import json

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ceremony.core.chain import canonical
from ceremony.core.execution.blocks import Bullets, Paragraph, Reading, Section, Table
from ceremony.core.execution.document import digest_of, document_of
from ceremony.core.execution.facts import ApprovedBack
from ceremony.core.execution.markdown import escaped, markdown, on_one_line
from ceremony.core.execution.reading import reading_of
from ceremony.core.execution.verdict import judged
from tests.core.reports import TRUE, changed, item, signed

_NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\\`*_{}[]()<>|~#&;!@$-+=.1 9\nax:/\t\u202e\u200b")),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
_ALLOWED = {"paragraph", "table", "thead", "tbody", "tr", "th", "td", "heading"}
_ALLOWED |= {"bullet_list", "list_item"}


def _parsed(text):
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def _kinds(tokens):
    found = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    inner = {child.type for token in tokens for child in token.children or ()}
    return found - {"inline"}, inner


@given(_NASTY)
def test_a_text_alone_is_a_paragraph_of_itself(text):
    tokens = _parsed(escaped(text))
    outer, inner = _kinds(tokens)
    assert outer <= {"paragraph"}
    assert inner <= {"text", "text_special"}
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert shown == on_one_line(text)


@given(_NASTY, _NASTY)
def test_a_cell_of_a_table_stays_one_cell(first, second):
    block = Table("", ("Verdict", "Why"), ((first, second),))
    text = markdown(Reading("t", "h", (Section("s", (block,)),)))
    tokens = _parsed(text)
    assert sum(token.type == "td_open" for token in tokens) == 2
    outer, inner = _kinds(tokens)
    assert outer <= _ALLOWED
    assert inner <= {"text", "text_special", "strong_open", "strong_close"}


@given(_NASTY)
def test_paragraphs_and_lists_stay_what_they_are(text):
    blocks = (Paragraph(text or "x"), Bullets((text,)))
    outer, inner = _kinds(_parsed(markdown(Reading(text, text, (Section(text, blocks),)))))
    assert outer <= _ALLOWED
    assert inner <= {"text", "text_special", "strong_open", "strong_close"}


def test_addresses_are_not_made_into_links():
    assert escaped("see https://evil.example/x, www.evil.example, mailto:a@b.example") == (
        "see https\\://evil.example/x, www\\.evil.example, mailto\\:a\\@b.example"
    )


def test_words_stay_readable():
    assert escaped("0001_core_tables [policy-weak] otto@build-1 #12") == (
        "0001_core_tables \\[policy-weak] otto@build-1 #12"
    )


@given(_NASTY)
def test_what_a_report_says_is_in_its_document_as_it_was_said(text):
    report = judged(changed(title=text, signed=(signed(comment=text),)))
    if "\0" not in text:  # the record cannot hold one
        told = json.loads(canonical(document_of(report)))
        assert (told["title"], told["signed"][0]["comment"]) == (text, text)
    assert markdown(reading_of(report)).startswith("# Ceremony 5:")


def test_the_digest_is_that_of_the_canonical_document():
    told = document_of(judged(TRUE))
    assert digest_of(told) == digest_of(json.loads(canonical(told)))
    other = document_of(judged(changed(preflight=(item(),), title="Another title")))
    assert digest_of(other) != digest_of(told)


def test_what_is_lost_on_the_way_back_alone_is_said_where_people_look_for_it():
    label = TRUE.inventory[0].label
    back = ApprovedBack("", (label,), (f"{label}: rollback (drops orders)",))
    text = markdown(reading_of(judged(changed(way_back=(back,)))))
    inventory, rollback = (
        text.partition(f"## {title}\n")[2] for title in ("Inventory", "Rollback")
    )
    assert f"| 1 | {label} | orders | applied | high | yes | on the way back | yes |" in inventory
    assert f"Data is deleted:\n\n- {label}: rollback (drops orders)\n" in rollback
