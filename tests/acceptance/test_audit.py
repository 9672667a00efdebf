"""The audit trail as a person meets it: verified, anchored, exported, and proved elsewhere."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from django.db import connection, connections

from ceremony.core.chain import AUDIT, link
from ceremony.core.ledger_hash import sealed
from ceremony.core.ledger_row import Event
from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import Act, Action
from ceremony.pg.ledger import read_rows
from ceremony.pg.ledger_ddl import COLUMNS
from tests.acceptance.door import manage
from tests.acceptance.world import QUIET, WHOLE, point


@pytest.fixture
def lived(world):
    """A series that was applied, rolled back and applied again, with one failure."""
    world.target()
    world.write({**QUIET, **WHOLE})
    world.applied()
    world.rolled_back()
    world.write({"0002_more.sql": "INSERT INTO nowhere VALUES (1);\n"})
    assert world.apply().status == 1
    world.path("0002_more.sql").unlink()
    world.applied()
    return world


def owner(*statements):
    """What the owner of the tables, or a superuser, can do to them."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE ceremony_audithead DISABLE TRIGGER ALL")
        for statement in statements:
            cursor.execute(statement)


def cut_after(sequence):
    """Cut the trail off as an insider does: events and head."""
    last = AuditEvent.objects.get(sequence=sequence)
    owner(
        f"DELETE FROM ceremony_auditevent WHERE sequence > {sequence}",
        f"UPDATE ceremony_audithead SET sequence = {sequence}, hash = '{last.hash}'",
    )


def written_anew(sequence, actor):
    """Compute the whole trail anew with another actor in one event, as an insider can."""
    events = list(AuditEvent.objects.order_by("sequence"))
    previous, number = "0" * 64, 0
    owner("DELETE FROM ceremony_auditevent")
    for event in events:
        told = json.loads(event.payload)
        act = Act(
            Action(event.action),
            actor if event.sequence == sequence else event.actor,
            event.target,
            event.series,
            event.subject,
            told["detail"],
        )
        new = AuditEvent.following(number, previous, act, event.recorded_at)
        payload = {**json.loads(new.payload), **({"rows": told["rows"]} if "rows" in told else {})}
        new.payload = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        new.hash = linked(previous, new)
        AuditEvent.objects.bulk_create([new])
        previous, number = new.hash, new.sequence
    owner(f"UPDATE ceremony_audithead SET hash = '{previous}'")


def linked(previous, event):
    return link(AUDIT, previous, event.sequence, event.payload.encode())


def bare(folder, *arguments):
    """The exported verifier: nothing but Python, isolated from everything that is installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def exported(folder, *flags):
    answer = manage("export_audit", "--output", str(folder), *flags)
    assert answer.status == 0, answer.told()
    return folder


def test_what_was_lived_agrees_with_itself_and_its_ledgers(lived):
    answer = manage("verify_audit", "--targets")
    assert answer.status == 0, answer.told()
    head = AuditHead.current()
    lines = answer.out.splitlines()
    assert lines[0] == f"The audit trail is intact: {head.sequence} events."
    assert lines[1] == f"Control {head.control}, head {head.sequence} {head.hash}"
    assert "Ledger of shop: 4 rows" in lines
    assert answer.err == ""


def test_an_empty_trail_is_said_to_be_empty(world):
    answer = manage("verify_audit")
    assert answer.status == 0
    assert answer.out == "The audit trail is empty: nothing has happened yet.\n"
    assert not AuditHead.objects.exists()
    exported = manage("export_audit")
    assert (exported.status, exported.out) == (0, answer.out)


def test_a_changed_event_is_named(lived):
    owner("UPDATE ceremony_auditevent SET actor = 'eve' WHERE sequence = 5")
    answer = manage("verify_audit")
    assert answer.status == 5
    assert answer.out == (
        "The audit trail does not agree: 1 finding.\n"
        f"Control {AuditHead.current().control}, head 4 "
        f"{AuditEvent.objects.get(sequence=4).hash}\n\n"
        "✕ Event 5 is the first bad one. The columns differ from the payload.  [audit-broken]\n"
    )
    assert answer.err == (
        "✕ Event 5 is the first bad one. The columns differ from the payload.  [audit-broken]\n"
        "State  The databases were only read.\n"
        "Next   Change nothing. Keep this answer, compare with a backup and with an export, and "
        "find out who wrote to the database.\n"
    )


def test_a_cut_trail_is_found_by_an_anchor(lived, tmp_path):
    anchors = tmp_path / "anchors.txt"
    anchors.write_text("# kept in the ticket\n\n")
    assert manage("export_audit", "--anchor", str(anchors)).status == 0
    newest = AuditHead.current()
    assert manage("verify_audit", "--anchor", str(anchors)).status == 0
    cut_after(newest.sequence - 3)
    unaware = manage("verify_audit")
    assert "audit-anchor" not in unaware.out
    answer = manage("verify_audit", "--anchor", str(anchors))
    assert answer.status == 5
    assert f"{anchors}:3: the anchor of " in answer.out
    said = f"names event {newest.sequence}; the trail ends at {newest.sequence - 3}: it was cut."
    assert said in answer.out


def test_a_cut_trail_is_found_by_the_ledger_of_a_target(lived):
    named = lived.ask("SELECT max(audit_sequence) FROM ceremony_ledger")[0][0]
    cut_after(named - 1)
    answer = manage("verify_audit", "--targets")
    assert answer.status == 5
    assert (
        f"✕ Row 4 in the ledger of 'shop' names another event {named} than the trail has.  "
        "[audit-ledger]\n" in answer.out
    )


def test_a_trail_written_anew_is_found_by_anchor_and_ledger(lived, tmp_path):
    anchors = tmp_path / "anchors.txt"
    manage("export_audit", "--anchor", str(anchors))
    written_anew(2, "eve")
    assert manage("verify_audit").status == 0
    answer = manage("verify_audit", "--targets", "--anchor", str(anchors), "--format", "json")
    assert answer.status == 5
    (report,) = json.loads(answer.out)["reports"]
    assert {fault["code"] for fault in report["faults"]} == {"audit-anchor", "audit-ledger"}
    assert any("it was written anew" in fault["message"] for fault in report["faults"])


def test_a_ledger_row_that_is_gone_is_found_by_the_trail(lived):
    with lived.target().connect() as target:
        target.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        target.execute("DELETE FROM ceremony_ledger WHERE sequence = 4")
    answer = manage("verify_audit", "--targets")
    assert answer.status == 5
    assert "tells of row 4 in the ledger of 'shop', which has no such row.  [audit-ledger]" in (
        answer.out
    )


def test_another_ledger_under_the_alias_is_found(lived):
    with lived.target().connect() as target:
        target.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        target.execute("TRUNCATE ceremony_ledger")
    answer = manage("verify_audit", "--targets")
    assert answer.status == 5
    assert "The ledger of 'shop' is not the one that control knows" in answer.out


def test_a_target_that_was_taken_over_is_judged_from_then_on(lived):
    with lived.target().connect() as target:
        target.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        target.execute("DELETE FROM ceremony_ledger WHERE sequence > 2")
        target.execute("DROP TABLE things")
        target.execute("CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL)")
        for (name,) in target.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ceremony_ledger'::regclass"
        ).fetchall():
            target.execute(f"ALTER TABLE ceremony_ledger ENABLE ALWAYS TRIGGER {name}")
    adopted = manage("reconcile_sql", "--database", "shop", "--adopt", "restored from a backup")
    assert adopted.status in {0, 5}, adopted.told()
    answer = manage("verify_audit", "--targets")
    assert answer.status == 0, answer.told()


def test_a_target_that_cannot_be_asked_is_no_pass(lived):
    point("shop", HOST="/nowhere")
    connections["default"].ensure_connection()
    answer = manage("verify_audit", "--targets")
    assert answer.status == 1
    assert "⚠ Ledger of shop: NOT RUN. " in answer.out
    assert "[audit-incomplete]" in answer.err


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("nonsense\n", 2, "anchors.txt:1 is no anchor.  [anchor-invalid]"),
        ("# nothing\n", 2, "anchors.txt holds no anchor.  [anchor-invalid]"),
        (
            f"ceremony-anchor-v1 {'0' * 8}-0000-0000-0000-{'0' * 12} 1 {'0' * 64} 2026-01-01\n",
            5,
            "belongs to the trail of another control database",
        ),
    ],
)
def test_anchors_that_are_none(lived, tmp_path, text, status, said):
    anchors = tmp_path / "anchors.txt"
    anchors.write_text(text)
    answer = manage("verify_audit", "--anchor", str(anchors))
    assert answer.status == status
    assert said in answer.out + answer.err


def test_an_anchor_file_that_is_not_there(lived, tmp_path):
    answer = manage("verify_audit", "--anchor", str(tmp_path / "none"))
    assert answer.status == 2
    assert answer.err == (
        f"✕ {tmp_path}/none cannot be read: No such file or directory.  [anchor-unreadable]\n"
        "State  Nothing was changed.\n"
        "Next   Name a file that holds anchors, one per line.\n"
    )


def test_an_export_proves_itself_with_nothing_but_python(lived, tmp_path):
    folder = exported(tmp_path / "trail", "--targets")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt", "anchor.txt", "events.jsonl", "files", "ledgers", "rows.jsonl", "verify.py",
    ]  # fmt: skip
    done = bare(folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    head = AuditHead.current()
    assert done.stdout.splitlines()[0] == (
        f"{head.sequence} events follow from each other. Head: {head.hash}"
    )
    assert "The ledger of shop." in done.stdout.splitlines()
    assert done.stdout.endswith("All of it agrees.\n")


def test_an_export_is_never_written_over_another(lived, tmp_path):
    folder = exported(tmp_path / "trail")
    answer = manage("export_audit", "--output", str(folder))
    assert answer.status == 2
    assert answer.err == (
        f"✕ {folder} is there already; an export is never written over another one.  "
        "[output-exists]\n"
        "State  Nothing was changed.\n"
        "Next   Name a folder that does not exist yet.\n"
    )


def test_an_export_without_a_place_leaves_nothing(lived, tmp_path):
    answer = manage("export_audit", "--output", str(tmp_path / "no" / "trail"))
    assert answer.status == 2
    assert "[output-unwritable]" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["sql"]


def test_a_broken_trail_is_exported_without_an_anchor(lived, tmp_path):
    owner("UPDATE ceremony_auditevent SET payload = payload || ' ' WHERE sequence = 4")
    folder, anchors = tmp_path / "trail", tmp_path / "anchors.txt"
    answer = manage("export_audit", "--output", str(folder), "--anchor", str(anchors))
    assert answer.status == 5
    assert not anchors.exists()
    assert (folder / "anchor.txt").read_text() == "# The trail does not agree with itself.\n"
    done = bare(folder)
    assert done.returncode == 5
    assert "BAD: Event 4 is the first bad one. Its hash is not that of its payload." in done.stdout


DAMAGES = {
    "an event is changed": lambda lines: [lines[0], lines[1].replace("shop", "shoq"), *lines[2:]],
    "an event is gone": lambda lines: lines[:3] + lines[4:],
    "two events are swapped": lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
    "an event stands twice": lambda lines: [*lines[:3], lines[2], *lines[3:]],
    "the trail is cut": lambda lines: lines[:-2],
}


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_what_is_done_to_exported_events_is_found(lived, tmp_path, damage):
    folder = exported(tmp_path / "trail")
    path = folder / "events.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(DAMAGES[damage](lines)))
    done = bare(folder)
    assert done.returncode == 5, done.stdout
    assert "BAD: " in done.stdout


def test_what_is_done_to_exported_rows_is_found(lived, tmp_path):
    folder = exported(tmp_path / "trail")
    path = folder / "rows.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    for damaged in (lines[1:], [*lines, lines[0]], [_changed(lines[0]), *lines[1:]]):
        path.write_text("".join(damaged))
        assert bare(folder).returncode == 5


def test_what_is_done_to_an_exported_ledger_is_found(lived, tmp_path):
    folder = exported(tmp_path / "trail", "--targets")
    path = folder / "ledgers" / "shop.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    for damaged in (lines[:-1], [lines[0], *lines[2:]], [lines[0].replace("opened", "closed")]):
        path.write_text("".join(damaged))
        assert bare(folder).returncode == 5


def test_an_export_that_was_cut_as_a_whole_needs_the_anchor_from_elsewhere(lived, tmp_path):
    early = exported(tmp_path / "early")
    lived.rolled_back()
    anchors = tmp_path / "anchors.txt"
    assert manage("export_audit", "--anchor", str(anchors)).status == 0
    assert bare(early).returncode == 0
    done = bare(early, "--anchor", str(anchors))
    assert done.returncode == 5
    assert "the trail does not lead through this anchor" in done.stdout


@pytest.mark.parametrize("name", ["events.jsonl", "rows.jsonl", "anchor.txt"])
def test_an_export_that_is_not_whole_cannot_be_read(lived, tmp_path, name):
    folder = exported(tmp_path / "trail")
    (folder / name).unlink()
    done = bare(folder)
    assert done.returncode == 2
    assert done.stderr.startswith("The export cannot be read: ")
    shutil.rmtree(folder)


def test_the_answer_in_json(lived, tmp_path):
    answer = manage("export_audit", "--format", "json", "--targets")
    told = json.loads(answer.out)
    (report,) = told["reports"]
    head = AuditHead.current()
    assert (report["control"], report["events"], report["hash"]) == (
        str(head.control), head.sequence, head.hash,
    )  # fmt: skip
    assert report["anchor"].startswith(
        f"ceremony-anchor-v1 {head.control} {head.sequence} {head.hash} "
    )
    assert report["ledgers"] == [{"alias": "shop", "rows": 4, "not_checked": ""}]
    assert (report["intact"], report["faults"]) == (True, [])


def _changed(line):
    told = json.loads(line)
    key = min(told["row"])
    told["row"][key] = f"{told['row'][key]}x"
    return json.dumps(told) + "\n"


@pytest.mark.parametrize("detail", ["{}", "[]", "nonsense", '{"control": 1}'])
def test_a_ledger_row_that_nobody_writes_is_found_although_its_hash_is_right(lived, detail):
    with lived.target().connect() as target:
        rows = read_rows(lambda text: target.execute(text).fetchall(), "public")
        row = sealed(
            replace(
                rows[-1],
                sequence=5,
                event=Event.OPENED,
                detail=detail,
                attempt=None,
                previous_hash=rows[-1].hash,
            )
        )
        values = [getattr(row, column) for column in COLUMNS]
        marks = ", ".join(["%s"] * len(COLUMNS))
        target.execute(
            f"INSERT INTO ceremony_ledger ({', '.join(COLUMNS)}) VALUES ({marks})", values
        )
    answer = manage("verify_audit", "--targets")
    assert answer.status == 5, answer.told()
    assert "[audit-ledger]" in answer.err
