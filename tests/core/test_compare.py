from dataclasses import replace

import pytest

from ceremony.core.finding import Severity
from ceremony.core.history import Event, History
from ceremony.core.ledger_hash import sealed
from ceremony.core.plan import compare
from ceremony.core.report import MigrationState, StatusLine
from ceremony.core.status import status_lines
from tests.core.folders import DAY, Book, complete, said, series_of

FILES = complete("0001_a", "0002_b")
SHOP = series_of(FILES)
APPLIED = Book(SHOP).applied("0001")


def compared(changes: dict[str, str | None], book: Book = APPLIED):
    files = {name: text for name, text in (FILES | changes).items() if text is not None}
    return compare(series_of(files), book.history)


def test_files_as_they_were_applied_are_no_finding():
    assert compare(SHOP, APPLIED.history) == ()
    assert compare(SHOP, History([])) == ()


def test_a_changed_file_names_both_digests_who_and_when():
    [finding] = compared({"0001_a.sql": "CREATE TABLE t_0001_a (id int);\n"})
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "ledger-digest-mismatch")
    now = series_of(FILES | {"0001_a.sql": "CREATE TABLE t_0001_a (id int);\n"})
    was, is_now = (s.by_version["0001"].script.meaning_digest for s in (SHOP, now))
    assert finding.message == (
        "0001_a was changed after ada applied it on 2026-01-17 09:31:00 UTC: "
        f"applied was {was}, the file is {is_now}."
    )
    assert finding.hint == (
        "Put the file back as it was, and make the change in a new migration: "
        "manage.py new_sql shop what_changes"
    )


def test_what_was_only_recorded_was_not_applied():
    changed = {"0001_a.sql": "CREATE TABLE t_0001_a (id int);\n"}
    [finding] = compared(changed, Book(SHOP).write(Event.BASELINED, "0001"))
    assert finding.message.startswith(
        "0001_a was changed after ada recorded it on 2026-01-17 09:31:00 UTC: recorded was "
    )


@pytest.mark.parametrize(
    "text",
    [
        "-- A licence header.\nCREATE TABLE t_0001_a (id bigint);\n",
        "create  table T_0001_A (id bigint)\n",
        "-- Purpose: x\n-- Depends: none\nCREATE TABLE t_0001_a (id bigint);\r\n",
    ],
)
def test_a_reworded_file_is_only_a_notice(text):
    [finding] = compared({"0001_a.sql": text})
    assert (finding.code, finding.severity) == ("ledger-reworded", Severity.NOTICE)
    assert finding.message == (
        "0001_a was reworded after it was applied on 2026-01-17 09:31:00 UTC: its statements are "
        "the same."
    )
    assert finding.hint == "Nothing to do: only comments, blanks or prose differ."


def test_a_missing_file_is_refused():
    gone = dict.fromkeys(("0001_a.sql", "0001_a.verify.sql", "0001_a.rollback.sql"))
    [finding] = compared(gone)
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "ledger-file-missing")
    assert finding.message == (
        "0001_a was applied here by ada on 2026-01-17 09:31:00 UTC, but the file is gone."
    )
    assert finding.hint == (
        "Put the file back (git log finds it); to take it out of use, rename it to .sql.retired."
    )


@pytest.mark.parametrize("event", [Event.ROLLED_BACK, Event.SUPERSEDED])
def test_a_file_that_is_not_in_place_may_go_or_change(event):
    book = Book(SHOP).applied("0001").write(event, "0001")
    gone = dict.fromkeys(("0001_a.sql", "0001_a.verify.sql", "0001_a.rollback.sql"))
    assert compared(gone, book) == ()
    assert compared({"0001_a.sql": "SELECT 1;"}, book) == ()


@pytest.mark.parametrize(
    ("changes", "code", "message", "hint"),
    [
        (
            {"0001_a.verify.sql": None},
            "ledger-checks-changed",
            "The checks of 0001_a are not those of the day it was applied.",
            "Run them: manage.py verify_sql shop",
        ),
        (
            {"0001_a.rollback.sql": "SELECT 1;"},
            "ledger-rollback-changed",
            "The rollback of 0001_a is not that of the day it was applied.",
            "Try it on a copy of this database before you need it.",
        ),
    ],
)
def test_other_siblings_are_a_notice(changes, code, message, hint):
    [finding] = compared(changes)
    assert (finding.code, finding.severity) == (code, Severity.NOTICE)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_renamed_file_is_a_notice():
    files = {name.replace("0001_a", "0001_z"): text for name, text in FILES.items()}
    [finding] = compare(series_of(files), APPLIED.history)
    assert (finding.code, finding.severity) == ("ledger-renamed", Severity.NOTICE)
    assert finding.message == "0001_z was called 0001_a when it was applied."
    assert finding.hint == "Nothing to do: a migration is known by its series and version."


def test_a_retired_and_a_planned_file_are_a_notice():
    [finding] = compared({"0001_a.sql": None, "0001_a.sql.retired": "-- Retired: old\n"})
    assert (finding.code, finding.severity) == ("ledger-retired", Severity.NOTICE)
    assert (
        finding.message == "0001_a was applied here on 2026-01-17 09:31:00 UTC and is retired now."
    )
    found = compared({"0001_a.sql": "-- Planned: later\n" + FILES["0001_a.sql"]})
    assert said(found) == [
        ("shop/0001_a.sql", "ledger-planned"),
        ("shop/0001_a.sql", "ledger-reworded"),
    ]
    assert found[0].message == (
        "0001_a was applied here on 2026-01-17 09:31:00 UTC, but its header says that it is "
        "planned."
    )


def test_an_old_digest_algorithm_is_judged_by_the_bytes():
    row = sealed(replace(APPLIED.rows[1], meaning_digest="meaning0:abc"))
    history = History([APPLIED.rows[0], row])
    assert compare(SHOP, history) == ()
    changed = series_of(FILES | {"0001_a.sql": FILES["0001_a.sql"] + "-- x\n"})
    assert said(compare(changed, history)) == [("shop/0001_a.sql", "ledger-digest-mismatch")]


def test_a_late_file_is_among_the_findings():
    book = Book(SHOP).applied("0002")
    assert said(compare(SHOP, book.history)) == [
        ("shop/0001_a.sql", "order-inserted-before-applied")
    ]


def test_all_applied_files_are_compared():
    files = complete(*(f"{n:04d}_m" for n in range(1, 6)))
    series = series_of(files)
    book = Book(series).applied(*(f"{n:04d}" for n in range(1, 6)))
    changed = series_of({name: text.replace("bigint", "int") for name, text in files.items()})
    assert len(compare(changed, book.history)) == 5


def at(minute: int):
    return DAY.replace(minute=30 + minute)


def test_status_is_one_line_per_migration():
    files = complete("0001_a", "0002_b", "0003_c", "0004_d", "0005_e", "0007_g") | {
        "0008_p.sql": "-- Planned: later\nSELECT 1;",
        "0009_r.sql.retired": "-- Retired: broken\n",
    }
    before = series_of(files)
    book = Book(before).applied("0001", "0003").write(Event.BASELINED, "0004")
    book.applied("0005").write(Event.ROLLED_BACK, "0005")
    lost = series_of(complete("0006_f"))
    book.write(Event.APPLIED, "0006", series=lost)
    files["0001_a.sql"] += "-- reworded\n"
    files["0003_c.sql"] = "SELECT 1;"
    assert status_lines(series_of(files), book.history) == (
        StatusLine("0001_a", MigrationState.REWORDED, at(1), "ada"),
        StatusLine(
            "0002_b",
            MigrationState.LATE,
            note="A later file is applied already; apply_sql wants --include-late.",
        ),
        StatusLine("0003_c", MigrationState.CHANGED, at(2), "ada"),
        StatusLine("0004_d", MigrationState.BASELINED, at(3), "ada"),
        StatusLine("0005_e", MigrationState.ROLLED_BACK, at(5), "ada"),
        StatusLine(
            "0006_f", MigrationState.MISSING, at(6), "ada", "Applied here, but the file is gone."
        ),
        StatusLine("0007_g", MigrationState.PENDING),
        StatusLine("0008_p", MigrationState.PLANNED, note="later"),
        StatusLine("0009_r", MigrationState.RETIRED, note="broken"),
    )


def test_a_missing_file_that_is_partly_in_was_not_applied():
    book = Book(SHOP).write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=1)
    empty = series_of({})
    [line] = status_lines(empty, book.history)
    assert (line.state, line.note) == (
        MigrationState.MISSING, "Partly in here, but the file is gone.",
    )  # fmt: skip
    [finding] = compare(empty, book.history)
    assert (finding.path, finding.code) == ("shop/0001_a.sql", "ledger-file-missing")
    assert finding.message == (
        "0001_a was begun here by ada, is partly in since 2026-01-17 09:31:00 UTC, and the file "
        "is gone."
    )
    assert finding.hint == (
        "Put the file back (git log finds it); then apply_sql or rollback_sql goes on where it "
        "stopped."
    )


def test_status_of_what_is_partly_in():
    book = Book(SHOP).write(Event.STARTED, "0001").write(Event.STATEMENT, "0001", statement=1)
    assert status_lines(SHOP, book.history)[0] == StatusLine(
        "0001_a", MigrationState.PARTLY, at(2), "ada", "Statements in: 1."
    )
    book = Book(SHOP).applied("0001").write(Event.STARTED, "0001")
    assert status_lines(SHOP, book.history)[0] == StatusLine(
        "0001_a",
        MigrationState.PARTLY,
        at(2),
        "ada",
        "Its rollback was begun; no statement is known to be in.",
    )


def test_status_of_superseded_files():
    series = series_of(
        complete("0000_a", "0030_b", header={"0030_b": "-- Supersedes: 0000-0029\n"})
    )
    fresh = status_lines(series, History([]))
    assert fresh[0] == StatusLine(
        "0000_a", MigrationState.PENDING, note="A later file stands for it."
    )
    done = Book(series).write(Event.SUPERSEDED, "0000").applied("0030")
    assert [line.state for line in status_lines(series, done.history)] == [
        MigrationState.SUPERSEDED,
        MigrationState.APPLIED,
    ]
