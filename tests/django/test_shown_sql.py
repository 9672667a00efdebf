"""The files of a round as pages show them: statements with their locks, what was measured, what is
found at their lines, where they failed, and what changed.
"""

import html
import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ceremony import conf
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.admin import frozen_files
from ceremony.admin.frozen_files import ShownSql, shown_sql
from ceremony.core.digests import bytes_digest
from ceremony.core.finding import Severity
from ceremony.core.rehearsal.certificate import digest_of
from ceremony.core.series import SeriesFiles, SourceFile
from ceremony.models import CeremonyRun, Rehearsal, RunPurpose
from tests.django import factories, scenes
from tests.django.factories import digest
from tests.django.manifests import manifest_value, step

pytestmark = pytest.mark.django_db

SQL = """\
-- Timeout: lock 2s
ALTER TABLE orders ADD COLUMN email text;

-- for the search
CREATE INDEX orders_email ON orders (email);
SELECT 1;
"""
MEANING = digest("b", "meaning1")


def shown(sql=SQL, files=None, manifest=None, **facts) -> ShownSql:
    """A manifest with one step that runs ``sql``, as a page shows it."""
    made = manifest or manifest_value(
        steps=(step(files=(scenes.frozen("shop/0001_orders.sql", sql),), **facts),)
    )
    return shown_sql(made, files=files or on_disk(made))


def on_disk(manifest, **changed):
    """The folder with the files of a manifest, but with these texts."""
    kept = frozen_files.all_frozen({file.digest for file in manifest.files})
    data = {file.path: kept[file.digest] for file in manifest.files}
    data |= {path: text.encode() for path, text in changed.items()}
    return SeriesFiles("shop", tuple(SourceFile(path, data[path]) for path in sorted(data)))


def statements(found):
    return found.steps[0].first.statements


def lines(statement):
    text = "\n".join(segment.html for segment in statement.segments)
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_each_statement_says_what_it_locks_and_how_long_it_waits():
    add, index, select = statements(shown())
    waits = "waits at most 2 s, then fails without change"
    assert (add.number, add.first, add.last) == (1, 1, 2)
    assert (add.locks, add.heavy, add.ceiling) == (
        ("ACCESS EXCLUSIVE on orders",),
        "nobody reads or writes meanwhile",
        waits,
    )
    assert (index.locks, index.heavy, index.ceiling) == (
        ("SHARE on orders",),
        "nobody writes meanwhile",
        waits,
    )
    assert (select.locks, select.heavy, select.ceiling) == ((), "", "")
    assert lines(add) == "-- Timeout: lock 2s\nALTER TABLE orders ADD COLUMN email text;"
    assert (index.first, lines(index)) == (
        4,
        "-- for the search\nCREATE INDEX orders_email ON orders (email);",
    )


@pytest.mark.parametrize(
    ("sql", "transactional", "told"),
    [
        ("DROP TABLE a;", True, "waits at most 5 s, then fails without change"),
        ("-- Timeout: lock 300ms\nDROP TABLE a;", True,
         "waits at most 300 ms, then fails without change"),
        ("-- Transaction: none\nTRUNCATE a;", False,
         "waits at most 5 s, then fails; what is in stays"),
        ("-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON a (b);", False,
         "waits as long as it takes"),
        ("-- Transaction: none\nDROP INDEX CONCURRENTLY i; ALTER TABLE a ADD b int;", False,
         "waits at most 5 s, then fails; what is in stays"),
        ("SET LOCAL lock_timeout = '10min'; DROP TABLE a;", True,
         "waits at most 10 min, then fails without change"),
        ("SET lock_timeout = DEFAULT; DROP TABLE a;", True,
         "waits as long as the file itself sets"),
    ],
)  # fmt: skip
def test_the_limit_is_the_one_that_the_executor_sets(sql, transactional, told):
    assert statements(shown(sql, transactional=transactional))[-1].ceiling == told


def test_what_cannot_run_in_a_transaction_says_so():
    (made,) = statements(
        shown("-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON a (b);\n", transactional=False)
    )
    assert (made.alone, made.effect.limit) == (True, 0)


def test_what_is_not_sent_or_in_already_says_so():
    found = statements(shown("BEGIN;\nDROP TABLE a;\nDROP TABLE b;\nCOMMIT;\n", resume_after=2))
    assert [(one.left_out, bool(one.effect and one.effect.already)) for one in found] == [
        ("the file's own transaction: the runner has one", False),
        ("", True),
        ("", False),
        ("the file's own transaction: the runner has one", False),
    ]


def rehearsal(**changed):
    """A rehearsal of the file with that meaning; its first statement was measured as a whole, the
    second by the clock.
    """
    statement = {"state": "done", "line": 1, "summary": "", "tag": "", "rows": None}
    up = {
        "station": "up",
        "mark": "fine",
        "microseconds": 46_000_000,
        "statements": [
            {**statement, "number": 1, "microseconds": 44_000_000, "rows": 12},
            {**statement, "number": 2, "microseconds": 1_500_000},
        ],
        "xrays": [
            {
                "statement": 1,
                "locks": [["public.lines", "RowShareLock"], ["public.orders", "ExclusiveLock"]],
                "rewrites": ["public.orders"],
            }
        ],
    }
    drill = {
        "version": "0001",
        "label": "0001_orders",
        "recorded_only": False,
        "ways_back": [],
        "losses": [],
        "files": {"meaning": MEANING, "rollbacks": {}},
        "stations": [up],
        **changed,
    }
    certificate = {"migrations": [drill]}
    return Rehearsal.objects.create(
        series="shop", alias="shop", source="x", is_clean=True, migrations=1, faults=0,
        server_version=180004, actor="lena", host="build-1", tool_version="0.1.0", seconds=1,
        recorded_at=factories.NOON, digest=digest_of(certificate), certificate=certificate,
    )  # fmt: skip


def rehearsed(row, sql=SQL, **facts):
    made = manifest_value(
        steps=(step(files=(scenes.frozen("shop/0001_orders.sql", sql),), **facts),),
        rehearsals={"0001": row.digest},
    )
    return shown(manifest=made)


def test_what_the_rehearsal_measured_is_preferred():
    row = rehearsal()
    add, index, select = statements(rehearsed(row))
    assert add.locks == ("EXCLUSIVE on orders", "ROW SHARE on lines")
    assert (add.heavy, add.effect.measured.rows, add.effect.measured.seconds) == (
        "nobody writes meanwhile",
        12,
        44.0,
    )
    assert (add.effect.measured.rewrites, add.effect.measured.rehearsal) == (
        ("public.orders",),
        row.pk,
    )
    assert (index.locks, index.effect.measured.seconds) == (("SHARE on orders",), 1.5)
    assert select.effect.measured is None


def test_a_lock_that_an_earlier_statement_holds_already_is_not_denied():
    up = rehearsal().certificate["migrations"][0]["stations"][0]
    held = [{"statement": number, "locks": [], "rewrites": []} for number in (2, 3)]
    row = rehearsal(stations=[{**up, "xrays": [*up["xrays"], *held]}])
    add, index, select = statements(rehearsed(row))
    assert index.locks == ()
    assert [one.effect.covered for one in (add, index, select)] == [False, True, False]


def test_a_rehearsal_of_another_text_tells_nothing():
    assert (
        statements(rehearsed(rehearsal(), meaning=digest("d", "meaning1")))[0].effect.measured
        is None
    )


def test_a_rehearsal_that_was_touched_tells_nothing():
    row = rehearsal()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_rehearsal DISABLE TRIGGER USER")
        cursor.execute("UPDATE ceremony_rehearsal SET certificate = certificate || '{\"x\": 1}'")
        cursor.execute("ALTER TABLE ceremony_rehearsal ENABLE TRIGGER USER")
    assert statements(rehearsed(row))[0].effect.measured is None


def test_the_consequences_of_all_steps_come_before_the_code():
    facts = rehearsed(
        rehearsal(), "ALTER TABLE orders ADD COLUMN email text;\nDROP TABLE b;\n"
    ).facts
    assert (facts.statements, facts.lines) == (2, 2)
    assert (facts.worst_lock, facts.ceiling) == ("ACCESS EXCLUSIVE on b", "5 s")
    assert (facts.alone, facts.unseen) == (0, ())


def test_the_rehearsal_took_as_long_as_its_steps_did_and_not_as_its_statements_add_up_to():
    two = "ALTER TABLE orders ADD COLUMN email text;\nDROP TABLE b;\n"
    row = rehearsal()
    assert rehearsed(row, two).facts.rehearsed == 46.0
    assert rehearsed(row, two, transactional=False, resume_after=1).facts.rehearsed == 1.5
    assert rehearsed(row).facts.rehearsed is None, "its last statement was not measured"
    assert shown().facts.rehearsed is None


def test_findings_stand_at_their_lines_with_the_page_that_says_why():
    found = shown()
    index = statements(found)[1]
    assert [len(segment.notes) for segment in index.segments] == [2]
    note, beside = index.segments[0].notes
    assert (beside.finding.code, beside.finding.severity) == (
        "lint-not-idempotent",
        Severity.NOTICE,
    )
    assert (note.finding.code, note.finding.line, note.finding.severity) == (
        "lint-index-not-concurrent",
        5,
        Severity.WARNING,
    )
    assert note.link.startswith("https://www.postgresql.org/docs/current/")
    assert found.facts.warnings == (
        "checks-missing, shop/0001_orders.sql: Nothing verifies this migration.",
        "rollback-missing, shop/0001_orders.sql: There is no way back, and the header does not say "
        "that there is none.",
        "lint-index-not-concurrent, shop/0001_orders.sql:5:1: While the index orders_email on "
        "orders is built, every INSERT, UPDATE and DELETE on the table waits.",
    )
    assert [one.finding.code for one in found.steps[0].first.notes] == [
        "checks-missing",
        "rollback-missing",
    ]


def test_what_other_files_of_the_series_make_is_known_to_the_lint():
    sql = "ALTER TABLE orders ALTER email TYPE varchar(20);\n"
    made = manifest_value(steps=(step("0002", files=(scenes.frozen("shop/0002_mail.sql", sql),)),))
    first = {"shop/0001_orders.sql": "CREATE TABLE orders (email varchar(10));\n"}
    alone, beside = shown(manifest=made), shown(manifest=made, files=on_disk(made, **first))
    codes = [{one.partition(",")[0] for one in found.facts.warnings} for found in (alone, beside)]
    assert codes[0] - codes[1] == {"lint-type-change-rewrites"}


def stop(manifest_row, ceremony, statement=2, line=5, state="failed", **fields):
    made = factories.RunFactory(target=ceremony.target)
    CeremonyRun.objects.create(
        run=made, ceremony=ceremony, manifest=manifest_row, purpose=RunPurpose.CHANGE
    )
    attempt = factories.AttemptFactory(run=made, version="0001", number=1, **fields)
    server = {"sqlstate": "55P03", "message": "canceling", "statement": statement, "line": line}
    problem = {"code": "statement-failed", "happened": "It failed.", "server": server}
    factories.OutcomeFactory(
        attempt=attempt, state=state, problem=None if state == "done" else problem
    )
    return attempt


def failed(sql=SQL):
    ceremony = scenes.scene(sql=sql)
    stored = newest_round(ceremony)
    return ceremony, stored, manifest_of(stored)


def test_the_line_at_which_a_run_failed_is_marked():
    ceremony, stored, manifest = failed()
    attempt = stop(stored, ceremony)
    add, index, select = statements(shown(manifest=manifest))
    (segment,) = index.segments
    assert segment.stopped.attempt == str(attempt.pk)
    assert (segment.stopped.sqlstate, segment.stopped.line) == ("55P03", 5)
    marked = 'class="cer-line cer-line-failed" id="step-1-line-5" data-line="5"'
    assert marked in segment.html
    assert "cer-line-failed" not in add.segments[0].html + select.segments[0].html


def test_a_failure_without_a_line_stands_at_the_end_of_its_statement():
    ceremony, stored, manifest = failed()
    stop(stored, ceremony, statement=1, line=0)
    assert statements(shown(manifest=manifest))[0].segments[0].stopped.line == 0


def test_what_went_through_in_the_end_is_not_marked():
    ceremony, stored, manifest = failed()
    stop(stored, ceremony)
    stop(stored, ceremony, state="done")
    assert all(
        segment.stopped is None
        for one in statements(shown(manifest=manifest))
        for segment in one.segments
    )


def test_files_are_compared_with_another_round_and_with_the_disk():
    before = manifest_value(
        steps=(step(files=(scenes.frozen("shop/0001_orders.sql", "SELECT 1;\nSELECT 2;\n"),)),)
    )
    now = manifest_value(
        steps=(step(files=(scenes.frozen("shop/0001_orders.sql", "SELECT 1;\nSELECT 3;\n"),)),)
    )
    found = shown_sql(
        now, before=before, files=on_disk(now, **{"shop/0001_orders.sql": "SELECT 1;\n"})
    )
    (since,), (disk,) = found.since, found.on_disk
    assert (since.path, since.added, since.removed) == ("shop/0001_orders.sql", 1, 1)
    assert [(line.kind, line.text) for line in since.lines] == [
        ("place", "@@ -1,2 +1,2 @@"),
        ("same", " SELECT 1;"),
        ("removed", "-SELECT 2;"),
        ("added", "+SELECT 3;"),
    ]
    assert (disk.added, disk.removed, disk.now) == (0, 1, bytes_digest(b"SELECT 1;\n"))
    assert shown_sql(now, files=on_disk(now)).since is None
    assert shown_sql(now, files=on_disk(now)).on_disk == ()


def test_a_file_that_is_gone_from_the_disk_is_said_to_be_gone():
    (gone,) = shown(files=SeriesFiles("shop", ())).on_disk
    assert (gone.path, gone.now, gone.lines) == ("shop/0001_orders.sql", "", ())


def test_a_long_file_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(frozen_files, "LINES", 4)
    first = shown().steps[0].first
    assert (first.lines, first.cut, [one.last for one in first.statements]) == (6, True, [2, 4])
    codes = [one.finding.code for one in first.notes]
    assert codes == [
        "checks-missing",
        "rollback-missing",
        "lint-index-not-concurrent",
        "lint-not-idempotent",
    ]


def test_what_is_cut_has_consequences_all_the_same(monkeypatch):
    monkeypatch.setattr(frozen_files, "LINES", 1)
    found = shown("SELECT 1;\nDROP TABLE orders;\n")
    assert (found.facts.worst_lock, found.facts.statements) == ("ACCESS EXCLUSIVE on orders", 2)
    assert [one.number for one in statements(found)] == [1]


def test_a_page_shows_no_more_than_its_share(monkeypatch):
    monkeypatch.setattr(frozen_files, "PAGE_LINES", 8)
    steps = tuple(
        step(f"000{n}", files=(scenes.frozen(f"shop/000{n}_orders.sql"),), number=n)
        for n in range(1, 4)
    )
    files = [scenes.frozen("shop/0002_orders.sql", SQL), *(one.files[0] for one in steps[2:])]
    made = manifest_value(
        steps=(
            step(files=(scenes.frozen("shop/0001_orders.sql", SQL),)),
            replace(steps[1], files=(files[0],)),
            steps[2],
        )
    )
    firsts = [one.first for one in shown(manifest=made).steps]
    assert [one.cut for one in firsts] == [False, True, True]
    assert [sum(len(s.segments) > 0 for s in one.statements) for one in firsts] == [3, 1, 0]


def test_a_file_is_shown_once():
    ceremony = scenes.scene()
    found = shown_sql(manifest_of(newest_round(ceremony)))
    told = [[one.first, *one.others] for one in (*found.steps, *found.way_back)]
    assert [[file.path for file in files] for files in told] == [
        ["shop/0001_orders.sql"],
        ["shop/0001_orders.rollback.sql"],
    ]


def test_what_is_aside_is_told_on_one_line():
    check = "-- check: nothing is lost\n-- expect: no rows\nSELECT 1 WHERE false;\n"
    back = "".join(f"DROP TABLE a{n};\n" for n in range(5))
    made = manifest_value(
        steps=(
            step(
                files=(
                    scenes.frozen("shop/0001_orders.sql"),
                    scenes.frozen("shop/0001_orders.verify.sql", check),
                    scenes.frozen("shop/0001_orders.rollback.sql", back),
                )
            ),
        )
    )
    others = shown(manifest=made).steps[0].others
    assert [(one.role, one.summary) for one in others] == [
        ("verify", "1 check: nothing is lost"),
        ("rollback", "5 statements: DROP TABLE a0; DROP TABLE a1; DROP TABLE a2; …"),
    ]


def test_of_a_superseded_migration_only_a_row_is_written():
    found = shown(event="superseded").steps[0]
    assert (found.recorded, found.first, [one.path for one in found.others]) == (
        True,
        None,
        ["shop/0001_orders.sql"],
    )


@pytest.mark.parametrize("steps", [1, 30])
def test_three_questions_are_asked_however_much_there_is(steps):
    row = rehearsal()
    files = {n: scenes.frozen(f"shop/{n:04}_orders.sql", f"SELECT {n};\n") for n in range(1, 31)}
    made = manifest_value(
        steps=tuple(step(f"{n:04}", files=(files[n],)) for n in range(1, steps + 1)),
        rehearsals={"0001": row.digest},
    )
    before = manifest_value(steps=(step(files=(scenes.frozen("shop/0001_orders.sql"),)),))
    with CaptureQueriesContext(connection) as queries:
        shown_sql(made, before=before, settings=conf.load())
    assert len(queries) == 3


@pytest.mark.parametrize(
    ("event", "act"), [("applied", "apply"), ("rolled back", "roll back"), ("new", "new")]
)
def test_a_step_says_what_it_does_and_not_that_it_is_done(event, act):
    made = replace(shown().steps[0].step, event=event)
    assert str(replace(shown().steps[0], step=made).act) == act
