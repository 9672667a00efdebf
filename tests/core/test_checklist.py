"""Checklists: what series.toml asks for, and the items that a plan gets from it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.checklist.acceptance import acceptance_of
from ceremony.core.checklist.entries import ID, Entry, slug
from ceremony.core.checklist.items import (
    acceptance_items,
    checked_again,
    preflight_items,
    verification_items,
)
from ceremony.core.checklist.preflight import Preflight, preflight_of
from ceremony.core.checklist.summary import Summary, summary_of
from ceremony.core.checklist.touched import created_by, name_of, named_by
from ceremony.core.history import History
from ceremony.core.item import ItemKind, Phase
from ceremony.core.plan import Direction, plan_apply, plan_rollback
from ceremony.core.settings_file import read_settings
from ceremony.core.sql.relations import Name
from tests.core.folders import Book, complete, series_of

WHOLE = """\
[preflight]
requires_objects = ["orders", "auth.users"]
absent_or_empty = ["t_0001_a", "elsewhere"]
flags_off = ["SHOP_ON"]
extensions = ["btree_gist"]
min_version = "15.4"
max_transaction = "5min"
disk_free = "2GB"
replica_lag = "30s"

[[preflight.human]]
id = "backup"
text = "A backup was taken."
backup = true

[[preflight.human]]
text = "The tests pass."

[summary]
purpose = "Tables."
reversible = true
non_breaking = false

[acceptance]
items = [
  "Documentation is complete.",
  { id = "clean", text = "Queries are clean.", automatic = "checks" },
  { id = "tests", text = "Tests pass.", halt = true },
]
"""


def settings_of(text):
    read = read_settings("shop", "shop/series.toml", text, ())
    assert read.findings == ()
    return read.settings


def test_everything_is_read():
    settings = settings_of(WHOLE)
    assert preflight_of(settings) == Preflight(
        ("orders", "auth.users"),
        ("t_0001_a", "elsewhere"),
        ("SHOP_ON",),
        ("btree_gist",),
        150004,
        300_000,
        2 * 2**30,
        30_000,
        (
            Entry("backup", "A backup was taken.", backup=True),
            Entry("the-tests-pass", "The tests pass."),
        ),
    )
    assert acceptance_of(settings) == (
        Entry("documentation-is-complete", "Documentation is complete."),
        Entry("clean", "Queries are clean.", "checks"),
        Entry("tests", "Tests pass.", halt=True),
    )
    assert summary_of(settings) == Summary(
        "Tables.", "", "", {"reversible": True, "non_breaking": False}
    )


def test_nothing_is_asked_for_without_a_word():
    settings = settings_of("")
    assert preflight_of(settings) == Preflight(max_transaction=60_000)
    assert acceptance_of(settings) == ()
    assert summary_of(settings) == Summary("", "", "", {})


WRONG = {
    "[preflight]\nrequires_object = []": "'requires_object' in [preflight] is no setting.",
    '[preflight]\nrequires_objects = "orders"': "'requires_objects' in [preflight] is no list of "
    "names of objects.",
    '[preflight]\nabsent_or_empty = ["a b"]': "'absent_or_empty' in [preflight] is no list of "
    "names of objects.",
    '[preflight]\nabsent_or_empty = ["a.b.c"]': "'absent_or_empty' in [preflight] is no list of "
    "names of objects.",
    '[preflight]\nflags_off = [""]': "'flags_off' in [preflight] is no list of names.",
    "[preflight]\nmin_version = 15": "'min_version' in [preflight] is 15.",
    '[preflight]\ndisk_free = "lots"': "'disk_free' in [preflight] is 'lots'.",
    '[preflight]\nreplica_lag = "soon"': "'replica_lag' in [preflight] is 'soon'.",
    '[preflight]\nhuman = "backup"': "'human' in [preflight] is no list.",
    "[preflight]\nhuman = [1]": "'human' in [preflight] has an item 1 that is neither a text nor a "
    "table.",
    '[preflight]\nhuman = [{ id = "Backup!", text = "x" }]': "'human' in [preflight] has an item 1 "
    "that has the id 'Backup!', which is no word of small letters, digits and hyphens.",
    '[preflight]\nhuman = [{ id = "x" }]': "'human' in [preflight] has an item 1 that has no text.",
    '[preflight]\nhuman = ["Twice.", "Twice."]': "'human' in [preflight] has the id 'twice' twice.",
    '[preflight]\nhuman = [{ id = "files", text = "x" }]': "'human' in [preflight] has the id "
    "'files', "
    "which is one of Ceremony's own.",
    "[acceptance]\nitem = []": "There is no setting 'item' in [acceptance].",
    "[acceptance]\nitems = 1": "'items' in [acceptance] is no list.",
    '[acceptance]\nitems = [{ text = "x", automatic = "magic" }]': "Item 1 of [acceptance] has "
    "'magic' as its evidence; known are application, applied, applied-locally, checks, contract, "
    "preflight, rehearsed, rows, second-run.",
    '[acceptance]\nitems = ["claim reversible"]': "[acceptance] has the id 'claim-reversible'; "
    "'claim-' begins Ceremony's own.",
    "[summary]\npurpos = 1": "There is no setting 'purpos' in [summary].",
    '[summary]\nreversible = "yes"': "'yes' is no value of 'reversible' in [summary].",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_meant_is_refused(text):
    read = read_settings("shop", "shop/series.toml", text, ())
    assert [(one.code, one.message) for one in read.findings] == [("settings-value", WRONG[text])]
    # And nobody stumbles over it afterwards.
    assert preflight_of(read.settings).human == ()
    assert acceptance_of(read.settings) == ()
    assert summary_of(read.settings).claims == {}


@given(st.text(max_size=200))
def test_every_text_has_an_id(text):
    assert ID.fullmatch(slug(text))


def shop(toml=WHOLE):
    return series_of({**complete("0001_a", "0002_b"), "series.toml": toml})


def ids(items):
    return [one.id for one in items]


def test_items_before_an_apply():
    series = shop()
    found = preflight_items(series, plan_apply(series, History(())))
    assert ids(found) == [
        "reachable",
        "server-version",
        "files",
        "extensions",
        "required-objects",
        "clean-state",
        "flags-off",
        "long-transactions",
        "other-sessions",
        "prepared-transactions",
        "invalid-indexes",
        "replica-lag",
        "disk-free",
        "backup",
        "the-tests-pass",
    ]
    texts = {one.id: one.text for one in found}
    assert texts["server-version"] == "The server is PostgreSQL 15.4 or newer."
    assert texts["required-objects"] == "Objects are there: orders, auth.users."
    assert texts["clean-state"] == "Tables are absent or empty: t_0001_a."
    assert texts["long-transactions"] == "No other transaction is older than 300 s."
    assert texts["disk-free"] == "At least 2048 MB are free for the database."
    assert {one.kind for one in found[-2:]} == {ItemKind.HUMAN}
    assert {one.phase for one in found} == {Phase.PREFLIGHT}


def test_what_the_plan_creates_is_not_required_and_what_it_does_not_create_may_be_in_use():
    series = shop('[preflight]\nrequires_objects = ["t_0001_a"]\nabsent_or_empty = ["t_0001_a"]')
    both = plan_apply(series, History(()))
    assert "required-objects" not in ids(preflight_items(series, both))
    assert "clean-state" in ids(preflight_items(series, both))
    history = Book(series).applied("0001").history
    second = plan_apply(series, history)
    assert "required-objects" in ids(preflight_items(series, second))
    assert "clean-state" not in ids(preflight_items(series, second))
    back = plan_rollback(series, history)
    assert {"required-objects", "clean-state"}.isdisjoint(ids(preflight_items(series, back)))


def test_checks_before_the_first_step_are_an_item():
    files = complete("0001_a")
    files["0001_a.verify.sql"] += "-- check: b\n-- when: before\n-- expect: rows\nSELECT 1;\n"
    series = series_of(files)
    found = preflight_items(series, plan_apply(series, History(())))
    assert found[-1].id == "checks-before"
    assert found[-1].text == "The checks before 0001_a hold."


def test_items_after_a_run():
    series = shop()
    plan = plan_apply(series, History(()))
    assert ids(verification_items(series, plan, (), application=False)) == [
        "checks",
        "second-run",
        "rows",
        "invalid-indexes",
    ]
    assert ids(verification_items(series, plan, (), application=True))[-1] == "application"
    contract = series_of(
        {"0001_a.sql": "SELECT 1;", "contract.toml": '[[table]]\nname = "a"\nsince = "0001"'}
    )
    plan = plan_apply(contract, History(()))
    assert ids(verification_items(contract, plan, (), application=False))[0] == "contract"


ALWAYS = "-- check: a\n-- when: always\n-- expect: success\nSELECT 1;\n"


def test_checks_are_run_again_where_they_hold_after_the_whole_plan():
    """Those after a step that was not the last one may be broken by what came behind it."""
    files = {**complete("0001_a"), "0002_b.sql": "SELECT 2;", "0002_b.rollback.sql": "SELECT 3;"}
    series = series_of(files)
    plan = plan_apply(series, History(()))
    assert checked_again(series, plan, ("0001", "0002")) == ()
    assert "checks" not in ids(verification_items(series, plan, (), application=False))

    files["0001_a.verify.sql"] += ALWAYS
    series = series_of(files)
    later = replace(plan, steps=plan.steps[1:])
    assert [one.name for one in checked_again(series, plan, ("0001", "0002"))] == ["a"]
    assert "checks" in ids(verification_items(series, plan, (), application=False))
    assert "checks" in ids(verification_items(series, later, ("0001",), application=False))
    assert "checks" not in ids(verification_items(series, later, (), application=False))

    back = replace(plan, direction=Direction.ROLL_BACK)
    items = verification_items(series, back, ("0001", "0002"), application=False)
    assert "checks" not in ids(items)


def test_items_of_the_acceptance():
    series = shop()
    found = acceptance_items(series, plan_apply(series, History(())))
    assert [(one.id, one.kind.value, one.text) for one in found] == [
        (
            "claim-reversible",
            "automatic",
            "The summary says that the change is reversible, and so it is.",
        ),
        (
            "claim-non-breaking",
            "automatic",
            "The summary says that the change is not non-breaking, and so it is.",
        ),
        ("documentation-is-complete", "human", "Documentation is complete."),
        ("clean", "automatic", "Queries are clean."),
        ("tests", "human", "Tests pass."),
    ]


def test_names_that_a_plan_creates_and_names():
    series = series_of(
        {
            "0001_a.sql": "CREATE SCHEMA auth; CREATE TABLE auth.users (id int REFERENCES groups);"
            "CREATE TEMP TABLE gone (id int); DO $$ BEGIN CREATE TABLE inside (); END $$;"
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        }
    )
    plan = plan_apply(series, History(()))
    assert created_by(plan) >= {
        Name("auth", "users"),
        Name("public", "inside"),
        Name("public", "f"),
        Name("", "auth"),
    }
    assert named_by(plan) == {
        Name("auth", "users"),
        Name("public", "groups"),
        Name("public", "inside"),
    }
    assert name_of('"Auth"."Users"') == Name("Auth", "Users")
    assert name_of("Orders") == Name("public", "orders")
