"""The page of an attempt: where it ended, what it left, what each statement waited and ran."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.admin.attempt_words import statements_left
from ceremony.models import Blob, Rehearsal
from tests.django import factories, scenes
from tests.django.evidence_samples import problem, statement
from tests.django.factories import NOON, digest
from tests.django.rehearsals import rehearsal

pytestmark = pytest.mark.django_db

MOST_QUERIES = 15
LOCK = "55P03"


@pytest.fixture
def page(client):
    """Call with an attempt: its page on one line."""
    user = User.objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="ceremony"))
    client.force_login(user)

    def read(row):
        url = reverse(f"admin:ceremony_{row._meta.model_name}_change", args=[row.pk])
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url)
        assert answer.status_code == 200
        assert len(queries) <= MOST_QUERIES
        return " ".join(answer.content.decode().split())

    return read


def said(*states, seconds=2.0):
    """Statements in these states, each of two seconds."""
    return [
        {**statement(f"UPDATE orders {number}"), "number": number, "state": state,
         "seconds": seconds if state in {"done", "failed"} else 0}
        for number, state in enumerate(states, 1)
    ]  # fmt: skip


def lock_timeout(number):
    found = problem("A lock was waited for.")
    found["server"] = {**found["server"], "sqlstate": LOCK, "statement": number}
    return found


def text_of(page):
    return re.sub(r"\s+([.,:;])", r"\1", re.sub(r"(<[^>]+>|\s)+", " ", page))


def drilled(attempt, *seconds, **facts):
    """A rehearsal of the attempt's files in which the statements took so long."""
    certificate = rehearsal().certificate
    files = {"bytes": attempt.bytes_digest, "meaning": attempt.meaning_digest, "rollbacks": {}}
    statements = [
        {"number": number, "line": 1, "summary": "UPDATE", "state": "done", "tag": "UPDATE",
         "rows": 1, "microseconds": round(took * 1_000_000)}
        for number, took in enumerate(seconds, 1)
    ]  # fmt: skip
    up = {"station": "up", "mark": "fine", "microseconds": round(sum(seconds) * 1_000_000)}
    drill = {
        **certificate["migrations"][1],
        "version": attempt.version,
        "label": attempt.label,
        "files": {**files, **facts},
        "stations": [{**up, "statements": statements, "checks": [], "xrays": []}],
    }
    made = Rehearsal.objects.latest("pk")
    return Rehearsal.objects.create(
        **{
            **{field.attname: getattr(made, field.attname) for field in made._meta.concrete_fields},
            "id": None,
            "series": attempt.series,
            "alias": attempt.run.target.alias,
            "recorded_at": NOON - timedelta(days=1),
            "certificate": {**certificate, "migrations": [drill]},
        }
    )


def test_it_says_where_it_ended_and_what_is_in_the_target(page):
    attempt = factories.AttemptFactory(transactional=False)
    factories.OutcomeFactory(
        attempt=attempt,
        state="partly",
        statements=said("done", "done", "failed", "not run", "not run"),
        problem=lock_timeout(3),
    )
    told = text_of(page(attempt))
    assert "partly at statement 3: lock not available 55P03 · apply on " in told
    assert "Statements: 1–2 committed, 3 failed, 4–5 not started." in told
    assert "Next: A lock was waited for." in told
    assert "Started by lena on build-1, process 4711; PostgreSQL 18.4" in told


@pytest.mark.parametrize(
    ("state", "transactional", "states", "told"),
    [
        ("done", True, ["done", "done"], "1–2 committed"),
        ("failed", True, ["done", "failed", "not run"], "1 rolled back, 2 failed, 3 not started"),
        ("unknown", True, ["done"], "1 answered, but not known to be committed"),
        ("partly", False, ["already in", "done", "unknown", "not sent"],
         "1 in from an earlier try, 2 committed, 3 not known, 4 not sent"),
        ("failed", True, [], ""),
    ],
)  # fmt: skip
def test_what_became_of_each_statement(state, transactional, states, told):
    assert statements_left(said(*states), state, transactional=transactional) == told


def test_what_was_settled_later_counts_as_the_ledger_says(page):
    attempt = factories.AttemptFactory()
    factories.OutcomeFactory(attempt=attempt, state="unknown", statements=said("done"))
    factories.OutcomeFactory(attempt=attempt, state="done", settled_by=attempt.run)
    assert "Statements: 1 committed." in text_of(page(attempt))


def test_a_statement_that_ended_in_a_lock_timeout_waited(page):
    attempt = factories.AttemptFactory()
    factories.OutcomeFactory(
        attempt=attempt, state="failed", statements=said("done", "failed"), problem=lock_timeout(2)
    )
    shown = page(attempt)
    rows = re.findall(r'<tr> <td class="cer-number">(\d)</td>(.*?)</tr>', shown)
    cells = {number: text_of(row) for number, row in rows}
    assert cells["1"].endswith("✓ done – 2.0 s – CREATE TABLE ")
    assert cells["2"].endswith("✕ failed 2.0 s – – CREATE TABLE ")
    assert shown.count('class="cer-bar cer-bar-waited" x=') == 2, "the legend and one bar"
    assert "2.0 s of it waiting for a lock" in shown


def test_the_rehearsal_of_the_same_files_stands_over_it(page):
    attempt = factories.AttemptFactory()
    factories.OutcomeFactory(attempt=attempt, statements=said("done", "done"), seconds=4)
    other = drilled(attempt, 9, 9, bytes=digest("f"), meaning=digest("f", "meaning1"))
    shown = page(attempt)
    assert "rehearsed" not in text_of(shown).split("Timeline")[1]
    found = drilled(attempt, 3, 1)
    told = text_of(page(attempt))
    assert found.pk > other.pk
    assert f"Timeline over rehearsal {found.pk}" in told
    assert "2.0 s rehearsed 3.0 s" in told
    assert "2.0 s rehearsed 1.0 s" in told
    assert "4.0 s rehearsed 4.0 s" in told


def test_a_rehearsal_that_came_later_is_none(page):
    attempt = factories.AttemptFactory()
    factories.OutcomeFactory(attempt=attempt, statements=said("done"))
    found = drilled(attempt, 3)
    connection.cursor().execute("ALTER TABLE ceremony_rehearsal DISABLE TRIGGER USER")
    Rehearsal.objects.filter(pk=found.pk).update(recorded_at=NOON + timedelta(days=1))
    assert "over rehearsal" not in page(attempt)


def test_the_limits_of_its_header_are_told(page):
    text = b"-- Timeout: lock 2s, statement 10min\nUPDATE orders SET x = 1;\n"
    Blob.objects.create(digest=digest("a"), size=len(text), data=text)
    attempt = factories.AttemptFactory(bytes_digest=digest("a"))
    told = text_of(page(attempt))
    assert "Waits for a lock at most 2.0 s lock_timeout, of its header" in told
    assert "A statement takes at most 10 min 0 s statement_timeout, of its header" in told


def test_without_the_file_the_limits_are_those_of_the_project(page):
    told = text_of(page(factories.AttemptFactory(bytes_digest=digest("f"))))
    assert (
        "lock_timeout, of the project’s settings as they are now; the file was not frozen" in told
    )


def test_it_leads_to_its_ceremony_and_to_the_line_that_was_signed(page):
    ceremony = scenes.scene()
    run = scenes.run(ceremony).run
    attempt = factories.AttemptFactory(run=run)
    factories.OutcomeFactory(attempt=attempt, state="failed", problem=problem())
    shown = page(attempt)
    address = f'<a href="/admin/ceremony/ceremony/{ceremony.pk}/change/'
    assert f'{address}">Ceremony #{ceremony.pk}</a>' in shown
    assert f'{address}#sql">Show the line in the SQL that was signed</a>' in shown
    assert f">Ceremony #{ceremony.pk}</a>, change" in page(run)


def test_a_thousand_statements_are_cut_and_said_so(page):
    attempt = factories.AttemptFactory()
    factories.OutcomeFactory(attempt=attempt, statements=said(*["done"] * 1_000))
    shown = page(attempt)
    assert "800 more statements are not shown." in shown
    assert "900 more are not drawn." in shown
    assert len(shown) < 300_000


def test_a_run_shows_its_steps_where_they_began(page):
    run = factories.RunFactory(started_at=NOON)
    for number, start in enumerate((0, 30), 1):
        attempt = factories.AttemptFactory(run=run, number=number)
        at = NOON + timedelta(seconds=start)
        factories.OutcomeFactory(attempt=attempt, started_at=at, seconds=10)
    factories.AttemptFactory(run=run, number=3)
    shown = page(run)
    bars = re.findall(
        r'<rect class="cer-bar cer-bar-done" x="([\d.]+%)"[^>]* width="([\d.]+%)"', shown
    )
    assert bars == [("0%", "25%"), ("75%", "25%")]


def test_a_record_tells_how_long_it_took_everywhere(page):
    record = factories.MigrationRecordFactory(version="0001")
    for target, seconds in ((record.target, 10), (None, 30)):
        run = factories.RunFactory(**({"target": target} if target else {}))
        attempt = factories.AttemptFactory(run=run, version="0001")
        factories.OutcomeFactory(attempt=attempt, seconds=seconds)
        drilled(attempt, 20)
    told = text_of(page(record))
    assert "took 10.0 s, rehearsed 20.0 s 0.5 times as long as rehearsed" in told
    assert "took 30.0 s, rehearsed 20.0 s 1.5 times as long as rehearsed" in told
    assert told.index("took 10.0 s") < told.index("took 30.0 s"), "its own target first"


def test_a_rehearsal_tells_what_the_same_files_took_for_real(page):
    attempt = factories.AttemptFactory(version="0001")
    factories.OutcomeFactory(attempt=attempt, seconds=7)
    found = drilled(attempt, 3, 1)
    shown = page(found)
    assert re.search(rf'<a href="/admin/ceremony/attempt/{attempt.pk}/change/">7.0 s</a>', shown)
    assert "1 UPDATE" in shown
