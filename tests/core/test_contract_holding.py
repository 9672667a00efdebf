"""Which requirements hold on a target, and after each step of a plan."""

import pytest

from ceremony.core.contract.holding import held_on, in_place
from ceremony.core.history import Event, History
from ceremony.core.plan import plan_apply, plan_rollback
from tests.core.folders import Book, complete, series_of

CONTRACT = """
[[table]]
name = "a"
since = "0001"
required = { id = "int" }
[[table]]
name = "b"
since = "0002"
[[table]]
name = "c"
since = "0003"
[[table]]
name = "only_until_three"
since = "0001"
until = "0003"
"""
STEMS = ("0001_a", "0002_b", "0003_c")


def shop(contract=CONTRACT, **header):
    return series_of(
        {
            **complete(*STEMS, header={k[1:]: v for k, v in header.items()}),
            "contract.toml": contract,
        }
    )


def held(step):
    return [str(one.wanted).removeprefix("table public.") for one in step.contract]


def test_each_step_requires_what_is_there_after_it():
    plan = plan_apply(shop(), History([]))
    assert [held(step) for step in plan.steps] == [
        ["a", "column public.a.id", "only_until_three"],
        ["a", "column public.a.id", "b", "only_until_three"],
        ["a", "column public.a.id", "b", "c"],
    ]


def test_a_rollback_requires_what_stays():
    series = shop()
    book = Book(series).applied("0001", "0002", "0003")
    plan = plan_rollback(series, book.history, to="zero")
    assert [held(step) for step in plan.steps] == [
        ["a", "column public.a.id", "b", "only_until_three"],
        ["a", "column public.a.id", "only_until_three"],
        [],
    ]


def test_a_late_file_brings_its_objects_when_it_comes():
    series = shop()
    book = Book(series).applied("0001", "0003")
    [step] = plan_apply(series, book.history, include_late=True).steps
    assert in_place(series, book.history) == {"0001", "0003"}
    assert held(step) == ["a", "column public.a.id", "b", "c"]


@pytest.mark.parametrize("event", [Event.APPLIED, Event.BASELINED])
def test_applied_and_baselined_count(event):
    series = shop()
    assert in_place(series, Book(series).write(event, "0001").history) == {"0001"}


def test_rolled_back_and_partly_applied_do_not_count():
    series = shop(_0002_b="-- Transaction: none\n")
    book = Book(series).applied("0001", "0003").write(Event.ROLLED_BACK, "0003")
    book.write(Event.STARTED, "0002", detail='{"direction":"apply"}')
    assert in_place(series, book.history) == {"0001"}


@pytest.mark.parametrize("direction", ["apply", "roll back"])
def test_what_is_ended_by_something_partly_in_is_not_asked(direction):
    """It may be gone or not; what is partly in provides nothing either."""
    series = shop(_0003_c="-- Transaction: none\n")
    book = Book(series).applied("0001")
    if direction == "roll back":
        book.applied("0003")
    book.write(Event.STARTED, "0003", detail=f'{{"direction":"{direction}"}}')
    assert [str(one.wanted) for one in held_on(series, book.history)] == [
        "table public.a",
        "column public.a.id",
    ]
    [late, *_] = plan_apply(series, book.history, include_late=True).steps
    assert (late.migration.label, held(late)) == ("0002_b", ["a", "column public.a.id", "b"])


def test_superseded_files_count_once_what_stands_for_them_is_in():
    series = shop(_0003_c="-- Supersedes: 0001-0002\n")
    plan = plan_apply(series, History([]))
    assert [(s.event, held(s)) for s in plan.steps] == [
        (Event.SUPERSEDED, []),
        (Event.SUPERSEDED, []),
        (Event.APPLIED, ["a", "column public.a.id", "b", "c"]),
    ]
    book = Book(series).write(Event.SUPERSEDED, "0001").write(Event.SUPERSEDED, "0002")
    assert in_place(series, book.history) == set(), "0003 failed: nothing is there yet"
    assert in_place(series, book.applied("0003").history) == {"0001", "0002", "0003"}
    back = plan_rollback(series, book.history, to="zero")
    assert [held(step) for step in back.steps] == [[], [], []]


def test_a_later_entry_changes_what_an_earlier_one_says():
    series = shop(
        'column = [\n{ name = "a.id", since = "0001", type = "int" },\n'
        '{ name = "a.id", since = "0002", type = "bigint" },\n'
        '{ name = "a.id", since = "0003" },\n]\n'
    )
    plan = plan_apply(series, History([]))
    assert [[r.type_text for r in s.contract] for s in plan.steps] == [
        ["int"],
        ["bigint"],
        ["bigint"],
    ]


def test_a_table_is_provided_by_its_first_entry():
    series = shop(
        '[[table]]\nname = "a"\nsince = "0001"\n[[table]]\nname = "a"\nsince = "0002"\n'
        'required = ["late"]\n'
    )
    last = plan_apply(series, History([])).steps[-1]
    assert [(str(r.wanted), r.provider) for r in last.contract] == [
        ("table public.a", "0001_a"),
        ("column public.a.late", "0002_b"),
    ]


def test_a_series_without_contract_requires_nothing():
    series = series_of(complete(*STEMS))
    assert [step.contract for step in plan_apply(series, History([])).steps] == [(), (), ()]
