import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.authors import names_in, shared


@pytest.mark.parametrize(
    ("person", "authors", "found"),
    [
        (["lena"], ["lena"], ("lena",)),
        (["LENA.K"], ["lena.k"], ("lena.k",)),
        (["t.silva", "t@example.org"], ["Tomás Silva <T@Example.org>"], ("t@example.org",)),
        (["x", "Tomás  Silva"], ["tomás silva <other@example.org>"], ("tomás silva",)),
        (["x", "Toma\u0301s Silva"], ["Tomás Silva"], ("tomás silva",)),
        (["b@example.org"], ["a@example.org, B <b@example.org>"], ("b@example.org",)),
        (["b"], ["a; b"], ("b",)),
        (["lena"], ["lena.k", "helena"], ()),
        ([""], ["", " ", "<>"], ()),
        ([], ["lena"], ()),
    ],
)
def test_who_shares_a_name_or_an_address(person, authors, found):
    assert shared(person, authors) == found


def test_a_text_is_a_name_as_a_whole_too():
    assert names_in(["Silva, Tomás"]) >= {"silva, tomás"}


@given(st.lists(st.text()), st.lists(st.text()))
def test_whatever_people_write_is_compared(person, authors):
    found = shared(person, authors)

    assert set(found) == names_in(person) & names_in(authors)
    assert "" not in found


@given(
    st.text().filter(names_in), st.sampled_from((str.upper, str.lower, str.title, " {} ".format))
)
def test_everybody_is_his_own_author_however_it_is_written(name, written):
    assert shared([name], [name])
    if name.isascii():
        assert shared([name], [written(name)])


def test_a_given_name_alone_is_somebody_else():
    assert shared(["lena"], ["Lena Kovacs <lk@example.org>"]) == ()
    assert shared(["k", "Lena Kovacs"], ['"Kovacs, Lena" <k@example.org>']) == ()
    assert shared(["k@example.org"], ['"Kovacs, Lena" <k@example.org>']) == ("k@example.org",)
