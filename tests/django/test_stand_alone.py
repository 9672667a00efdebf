"""The stand-alone verifier: it finds what was done to an export, and says what we say."""

import ast
import json
import sys
from pathlib import Path

import pytest
from django.db import connection

from ceremony.actions import stand_alone
from ceremony.actions.export_audit import ExportRequest, export_audit
from ceremony.actions.verify_audit import VerifyAuditRequest, verify_audit
from tests.django.told import life, requested

SOURCE = Path(stand_alone.__file__).read_text(encoding="utf-8")


@pytest.fixture
def folder(control, tmp_path):
    """An export with every kind of row."""
    life()
    export_audit(ExportRequest(str(tmp_path / "trail")))
    return tmp_path / "trail"


def verdict(folder):
    """The exit status, without a process of its own."""
    return stand_alone.main([str(folder)])


def test_it_needs_the_standard_library_alone_and_an_old_python():
    tree = ast.parse(SOURCE, feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= sys.stdlib_module_names


def test_every_kind_of_row_is_exported_and_agrees(folder, capsys):
    assert verdict(folder) == 0, capsys.readouterr().out
    lines = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    counts = verify_audit(VerifyAuditRequest()).rows
    kinds = {line["table"] for line in lines}
    assert kinds == {table for table, number in counts.items() if number} - {"ceremony_blob"}
    assert [path.read_bytes() for path in (folder / "files").iterdir()] == [b"a list of rows"]


def test_a_file_that_was_left_out_is_found(folder, capsys):
    (gone,) = (folder / "files").iterdir()
    gone.unlink()
    assert verdict(folder) == 5
    assert f"BAD: files/{gone.name}: it is signed, and not there.\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["events.jsonl", "rows.jsonl"])
def test_a_flipped_bit_is_found_wherever_it_is(folder, name, capsys):
    path = folder / name
    data = path.read_bytes()
    missed = []
    for place in range(0, len(data), 11):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        if verdict(folder) == 0:
            missed.append((place, bytes(data[place - 20 : place + 20])))
    assert missed == []
    capsys.readouterr()


@pytest.mark.parametrize("name", ["events.jsonl", "rows.jsonl"])
def test_a_line_that_is_gone_repeated_or_moved_is_found(folder, name, capsys):
    path = folder / name
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(len(lines)):
        for damaged in (
            lines[:number] + lines[number + 1 :],
            lines[: number + 1] + lines[number:],
        ):
            path.write_bytes(b"".join(damaged))
            assert (verdict(folder), number) != (0, number)
    capsys.readouterr()


def test_results_in_another_order_are_found(folder, capsys):
    """The newest result of an item counts: PASS before FAIL is another verdict."""
    path = folder / "rows.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    first, second = (n for n, line in enumerate(lines) if b'"ceremony_judgeditem"' in line)
    lines[first], lines[second] = lines[second], lines[first]
    path.write_bytes(b"".join(lines))
    assert verdict(folder) == 5
    assert "it stands in another order than the events tell." in capsys.readouterr().out


def test_a_frozen_file_that_was_changed_is_found(folder, capsys):
    (path,) = (folder / "files").iterdir()
    path.write_bytes(b"another list")
    assert verdict(folder) == 5
    assert f"BAD: files/{path.name}: the bytes are not what the name says." in (
        capsys.readouterr().out
    )


def test_every_file_that_a_manifest_names_is_looked_for(tmp_path):
    def file(name):
        return {"path": name, "digest": f"sha256:{name}"}

    document = {
        "steps": [{"files": [file("change")]}],
        "way_back": [{"files": [file("back")]}],
        "checks": [file("checks")],
        "checklists": "sha256:checklists",
    }
    row = {"table": stand_alone.MANIFEST, "row": {"document": json.dumps(document)}}
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    assert stand_alone.named(path) == {"change", "back", "checks", "checklists"}


def test_a_ceremony_that_was_changed_in_the_database_is_exported_as_it_is(
    control, tmp_path, capsys
):
    ceremony, _ = requested()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_ceremony DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ceremony_ceremony SET state = 'approved'")
    report = export_audit(ExportRequest(str(tmp_path / "trail")))
    assert [fault.code for fault in report.audit.faults] == ["audit-row"]
    assert verdict(tmp_path / "trail") == 5
    assert f"BAD: Ceremony {ceremony.pk} is not as its last event says." in capsys.readouterr().out


def test_a_row_that_was_put_in_is_exported_as_told_of_by_nobody(control, tmp_path, capsys):
    ceremony, manifest = requested()
    ceremony.remarks.create(kind="issue", text="forged", by="eve", at=manifest.made_at)
    export_audit(ExportRequest(str(tmp_path / "trail")))
    assert verdict(tmp_path / "trail") == 5
    assert "no event tells of this row of ceremony_remark." in capsys.readouterr().out


def test_a_newer_format_is_refused_and_not_guessed(folder, capsys):
    """Unknown versions fail closed."""
    path = folder / "events.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    payload = {**json.loads(lines[-1]["payload"]), "v": 2}
    lines[-1]["payload"] = stand_alone.canonical(payload).decode()
    lines[-1]["hash"] = stand_alone.link(
        stand_alone.AUDIT,
        lines[-1]["previous_hash"],
        lines[-1]["sequence"],
        lines[-1]["payload"].encode(),
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert verdict(folder) == 5
    assert "Its payload is not of version 1, the only one known here." in capsys.readouterr().out


def test_hostile_texts_reach_a_terminal_as_what_they_are():
    assert stand_alone.visible("\x1b[2J\u202e é\n") == "\\x1b[2J\\u202e \\xe9\\n"
