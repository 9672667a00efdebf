"""Compensations of series.toml: their shape, and that their SQL may look and nothing more."""

import pytest

from ceremony.core.compensation import because
from ceremony.core.compensation_reading import compensations, objections
from ceremony.core.series import Numbering, SeriesSettings

WHOLE = {
    "migration": "0003",
    "when": "Rows were written.",
    "state": "They exist nowhere else.",
    "export": "COPY (SELECT * FROM a) TO STDOUT; SELECT * FROM b;",
    "affected": "SELECT count(*) FROM a",
    "restoration": "Load them again.",
    "downtime": "none",
}


def messages(*entries):
    return [one.message for one in objections({"compensation": list(entries)})]


def settings(*entries):
    return SeriesSettings("Shop", Numbering.SEQUENCE, 4, False, "", {"compensation": entries})


def test_a_whole_one():
    assert messages(WHOLE) == []
    (found,) = compensations(settings(WHOLE))
    assert found.export == ("COPY (SELECT * FROM a) TO STDOUT", "SELECT * FROM b")
    assert (found.migration, found.affected) == ("0003", "SELECT count(*) FROM a")


def test_the_smallest_one():
    small = {"migration": "0003", "restoration": "Load them again."}
    assert messages(small) == []
    (found,) = compensations(settings(small))
    assert (found.export, found.affected) == ((), "")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"migration": ""}, "Compensation 1 has no migration."),
        ({"restoration": ""}, "Compensation 1 has no restoration."),
        ({"exprot": "x"}, "Compensation 1 has an unknown key 'exprot'."),
        ({"when": 3}, "Compensation 1 has a when that is no text."),
    ],
)
def test_what_is_wrong_is_said(change, told):
    wrong = {**WHOLE, **change}
    assert messages(wrong) == [told]
    assert compensations(settings(wrong)) == ()


def test_what_is_no_table():
    assert messages("restore it") == ["Compensation 1 is no table."]


LOOKS = "Compensation 1 has SQL in export that does more than write rows out (COPY … TO STDOUT, or a query)."  # noqa: E501


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM a",
        "SELECT 1; DROP TABLE a",
        "SELECT * INTO b FROM a",
        "WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone",
        "COPY a FROM STDIN",
        "COPY a TO '/tmp/a'",
        "COPY a TO PROGRAM 'cat'",
        "COPY (DELETE FROM a RETURNING *) TO STDOUT",
        "COPY (WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone) TO STDOUT",
    ],
)
def test_sql_that_does_more_than_look(text):
    assert messages({**WHOLE, "export": text}) == [LOOKS]
    if not text.startswith("COPY"):
        assert messages({**WHOLE, "affected": text}) == [
            "Compensation 1 has SQL in affected that does more than ask one question."
        ]


def test_sql_that_cannot_be_read():
    (told,) = messages({**WHOLE, "affected": "SELECT FROM WHERE"})
    assert told.startswith("Compensation 1 has SQL in affected that cannot be read: ")


def test_one_question_alone():
    assert messages({**WHOLE, "affected": "SELECT 1; SELECT 2"}) == [
        "Compensation 1 has SQL in affected that does more than ask one question."
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("yes", "", True), ""),
        (("yes", "drops a", True), "Its way back loses data: drops a."),
        (("yes", "", False), "No way back was approved with it."),
        (("no", "", False), "It cannot be taken back."),
        (("no (drops a column)", "", False), "It cannot be taken back (drops a column)."),
    ],
)
def test_why_a_way_back_does_not_serve(said, told):
    reversible, loss, way_back = said
    assert because(reversible, loss, way_back=way_back) == told
