"""The commands on a real server: what they answer, and with which exit status."""

import json
import re

from ceremony.pg.ledger import Ledger
from ceremony.pg.lock import lock_key
from tests.commands.stage import BAD, COLUMN, PARTLY, TABLE


def _masked(text):
    """Without what differs between runs: times, widths of columns, places, numbers of processes."""
    text = re.sub(r"\b\d+(\.\d+)? (ms|s)\b", "N ms", text)
    text = re.sub(r"PostgreSQL [\d.]+ at .*", "PostgreSQL N at HERE", text)
    text = re.sub(r"server process \d+", "server process N", text)
    text = re.sub(r"[0-9a-f]{64}", "DIGEST", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC +\S+", "THEN   WHO", text)
    return re.sub(r"(?<=\S) {3,}(?=\S)", "   ", text)


def test_from_nothing_to_applied_and_back(stage, golden, monkeypatch):
    monkeypatch.chdir(stage.root.parent)
    stage.files(COLUMN)
    told = []
    for arguments in (
        ("check_sql", "mine"),
        ("plan_sql", "mine"),
        ("apply_sql", "mine"),
        ("apply_sql", "mine"),
        ("status_sql", "mine"),
        ("verify_sql", "mine"),
        ("rollback_sql", "mine", "--accept-data-loss", "a test", "--backup-evidence", "none"),
        ("reconcile_sql", "--database", "mine"),
        ("status_sql", "mine"),
    ):
        answer = stage.call(*arguments)
        told.append(f"$ {' '.join(arguments)}\n{answer.out}")
        assert answer.status == 0, answer
    golden("session.txt", _masked("\n".join(told)))


def test_a_failing_statement_ends_with_one(stage, golden, monkeypatch):
    monkeypatch.chdir(stage.root.parent)
    stage.files(BAD)
    answer = stage.call("apply_sql", "mine")
    assert (answer.status, answer.code) == (1, "statement-failed")
    golden("session-failed.txt", _masked(f"{answer.out}\n{answer.err}"))
    assert stage.call("status_sql", "mine", "--check").status == 1


def test_status_says_that_a_run_is_at_work(stage):
    stage.files(TABLE)
    assert "at work" not in stage.call("status_sql", "mine").out
    with stage.target.connect() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_key("public")])
        pid = other.info.backend_pid
        answer = stage.call("status_sql", "mine")
    assert f"▶ A run is at work here: process {pid}, " in answer.out


def test_work_is_found_by_check_and_nothing_is_changed(stage):
    for arguments in (("apply_sql", "mine", "--check"), ("status_sql", "mine", "--check")):
        answer = stage.call(*arguments)
        assert (answer.status, answer.code) == (1, "work-found")
    assert stage.call("apply_sql", "mine", "--plan").status == 0
    with stage.target.connect() as connection:
        assert connection.execute("SELECT to_regclass('orders')").fetchone() == (None,)
    assert stage.call("apply_sql", "mine").status == 0
    assert stage.call("apply_sql", "mine", "--check").status == 0
    assert stage.call("status_sql", "mine", "--check").status == 0


def test_what_cannot_be_understood_ends_with_two(stage):
    assert stage.call("apply_sql", "nosuch").code == "series-unknown"
    answer = stage.call("apply_sql", "mine", "--database", "nowhere")
    assert (answer.status, answer.code) == (2, "alias-unknown")


def test_a_refusal_ends_with_three(stage):
    stage.files(COLUMN)
    assert stage.call("apply_sql", "mine").status == 0
    answer = stage.call("rollback_sql", "mine")
    assert (answer.status, answer.code) == (3, "data-loss-not-accepted")


def test_errors_in_files_end_check_with_one_and_apply_with_three(stage):
    stage.files({"0001_orders.sql": "-- Purpos: x\nCREATE TABLE (;\n"})
    checked = stage.call("check_sql", "mine")
    assert (checked.status, checked.code) == (1, "files-refused")
    assert "mine/0001_orders.sql:1" in checked.out
    assert stage.call("apply_sql", "mine").status == 3


def test_warnings_are_errors_when_strict(stage):
    stage.files({"0002_bare.sql": "CREATE TABLE bare ();\n"})
    assert stage.call("check_sql", "mine").status == 0
    answer = stage.call("check_sql", "mine", "--strict")
    assert (answer.status, answer.code) == (1, "files-refused")
    machine = stage.call("check_sql", "mine", "--strict", "--format", "junit")
    assert (machine.status, machine.out[:5]) == (1, "<?xml")


def test_a_held_lock_ends_with_four(stage):
    assert stage.call("apply_sql", "mine").status == 0
    with stage.target.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (lock_key("public"),))
        stage.files(COLUMN)
        answer = stage.call("apply_sql", "mine", "--no-wait")
        waited = stage.call("apply_sql", "mine", "--wait", "0.3")
    assert (answer.status, answer.code) == (waited.status, waited.code) == (4, "locked-by")
    assert "Waiting for the lock; it is held by process " in waited.err
    assert stage.call("apply_sql", "mine", "--no-wait").status == 0


def test_a_changed_file_ends_with_five(stage):
    assert stage.call("apply_sql", "mine").status == 0
    stage.files({"0001_orders.sql": TABLE["0001_orders.sql"].replace("text", "varchar")})
    for command in ("apply_sql", "verify_sql", "plan_sql"):
        answer = stage.call(command, "mine")
        assert (command, answer.status, answer.code) == (command, 5, "ledger-digest-mismatch")
    assert stage.call("status_sql", "mine").status == 0
    assert stage.call("status_sql", "mine", "--check").status == 5


def test_a_broken_check_ends_verification_with_one(stage):
    assert stage.call("apply_sql", "mine").status == 0
    with stage.target.connect() as connection:
        connection.execute("INSERT INTO orders VALUES (1, E'esc\\x1b[2J')")
    answer = stage.call("verify_sql", "mine")
    assert (answer.status, answer.code) == (1, "check-failed")
    assert "  0001_orders\n    ✕ FAIL  the table is empty  " in answer.out


def test_a_half_done_file_ends_with_six(stage):
    stage.files(PARTLY)
    answer = stage.call("apply_sql", "mine")
    assert answer.status == 6
    assert "⚠ PARTLY IN" in answer.out


def test_json_is_one_object_and_nothing_else(stage):
    stage.files(BAD)
    for arguments, status in (
        (("check_sql", "mine"), 0),
        (("plan_sql", "mine"), 0),
        (("apply_sql", "mine"), 1),
        (("status_sql", "mine"), 0),
        (("verify_sql", "mine"), 0),
        (("reconcile_sql", "--database", "mine"), 0),
        (("apply_sql", "nosuch"), 2),
    ):
        answer = stage.call(*arguments, "--format", "json")
        written = json.loads(answer.out)
        assert (written["command"], written["exit_code"]) == (arguments[0], status)
        assert (written["error"] is None) == (status == 0)
        assert len(written["reports"]) == (0 if status == 2 else 1)


def test_quiet_says_nothing_when_all_is_well(stage):
    answer = stage.call("apply_sql", "mine", "--verbosity", "0")
    assert (answer.status, answer.out, answer.err) == (0, "", "")


def test_one_target_out_of_reach_does_not_hide_the_others(stage):
    stage.write("other", {"0001_x.sql": "CREATE TABLE x ();\n"}, stage.root)
    answer = stage.call("status_sql")
    assert (answer.status, answer.code) == (2, "database-not-given")
    assert "mine on mine (local): 1 pending." in answer.out
    assert "✕ other: database-not-given" in answer.out


def test_new_files_are_named_and_pass_the_reader(stage, monkeypatch):
    monkeypatch.chdir(stage.root.parent)
    answer = stage.call("new_sql", "mine", "add", "customer email")
    assert answer.status == 0
    names = [line.strip() for line in answer.out.splitlines() if line.startswith("  ")]
    assert names
    assert all((stage.root.parent / name).is_file() for name in names)
    assert all(name.startswith("sql/mine/0002_add_customer_email") for name in names)


def test_the_script_for_a_dba_is_alone_on_stdout(stage):
    answer = stage.call("plan_sql", "mine", "--sql")
    assert answer.status == 0
    assert answer.out.startswith("-- 1 migration of mine to apply on mine (local).\n-- Plan ")
    assert "\nCREATE TABLE orders (id int PRIMARY KEY, note text);\nCOMMIT;\n" in answer.out


def test_a_protected_target_wants_its_name_typed(stage, settings):
    settings.CEREMONY = {
        **settings.CEREMONY,
        "TARGETS": {"mine": {"ENVIRONMENT": "production"}},
        "POLICIES": {"production": {"APPROVALS": 0}},
    }
    refused = stage.call("apply_sql", "mine")
    assert refused.status == 3
    planned = stage.call("plan_sql", "mine", "--to", "0001")
    next_command = planned.out.splitlines()[-1].removeprefix("Next   manage.py ")
    assert next_command == "apply_sql mine --to 0001 --confirm production"
    assert stage.call(*next_command.split()).status == 0


def test_where_people_approve_the_plan_leads_to_the_request(stage, settings):
    settings.CEREMONY = {
        **settings.CEREMONY,
        "TARGETS": {"mine": {"ENVIRONMENT": "production"}},
        "POLICIES": {"production": {"APPROVALS": 1}},
    }
    planned = stage.call("plan_sql", "mine", "--to", "0001")
    next_command = planned.out.splitlines()[-1].removeprefix("Next   manage.py ")
    assert next_command == "request_sql mine --to 0001"
    assert stage.call(*next_command.split()).status == 0
    refused = stage.call("apply_sql", "mine", "--to", "0001", "--confirm", "production")
    assert refused.status == 3


def test_a_refused_plan_leaves_a_new_target_as_it_was(stage):
    stage.files(TABLE)
    for arguments in (["apply_sql", "mine", "--to", "0007"], ["rollback_sql", "mine"]):
        stage.call(*arguments)
        with stage.target.connect() as connection:
            [(found,)] = connection.execute("SELECT to_regclass('ceremony_ledger')").fetchall()
        assert found is None, arguments


def test_a_run_that_ends_while_a_plan_is_made_is_no_ledger_that_went_back(stage, monkeypatch):
    stage.files(TABLE)
    stage.call("apply_sql", "mine")
    stage.files(COLUMN)
    read = Ledger.rows

    def rows(ledger):
        found = read(ledger)
        monkeypatch.setattr(Ledger, "rows", read)
        assert stage.call("apply_sql", "mine").status == 0
        return found

    monkeypatch.setattr(Ledger, "rows", rows)
    assert stage.call("plan_sql", "mine").status == 0
