"""``check_sql`` with the lint: what its exit status says, and that no run asks it."""

import json

ASKED = '[lint]\nlint-not-idempotent = "error"\n'
QUIET = '[lint]\nlint-not-idempotent = { severity = "off", reason = "a test" }\n'
ORDERS = "CREATE TABLE orders (id int);\n"
BACK = "-- Data loss: rollback (orders)\nDROP TABLE orders;\n"


def _files(stage, settings="", change=ORDERS):
    stage.files(
        {"series.toml": settings, "0001_orders.sql": change, "0001_orders.rollback.sql": BACK}
    )


def _codes(answer):
    [report] = json.loads(answer.out)["reports"]
    return {finding["code"]: finding["severity"] for finding in report["findings"]}


def test_a_notice_changes_no_exit_status(stage):
    _files(stage)
    answer = stage.call("check_sql", "mine", "--strict", "--format", "json")
    assert (answer.status, _codes(answer)) == (0, {"lint-not-idempotent": "notice"})


def test_a_series_can_make_it_an_error_of_the_check_and_no_run_asks(stage):
    _files(stage, ASKED)
    answer = stage.call("check_sql", "mine", "--format", "json")
    assert (answer.status, answer.code) == (1, "files-refused")
    assert _codes(answer) == {"lint-not-idempotent": "error"}
    assert stage.call("apply_sql", "mine").status == 0


def test_warnings_count_when_strict(stage):
    _files(stage, QUIET, "-- lint: allow lint-not-idempotent (why)\nSELECT 1;\n")
    assert stage.call("check_sql", "mine").status == 0
    answer = stage.call("check_sql", "mine", "--strict", "--format", "json")
    assert (answer.status, _codes(answer)) == (1, {"silence-unused": "warning"})


def test_a_mistake_in_a_silencer_is_an_error_of_the_check(stage):
    _files(stage, change="-- lint: allow lint-not-idempotent\nCREATE TABLE orders (id int);\n")
    answer = stage.call("check_sql", "mine", "--format", "json")
    assert answer.status == 1
    assert _codes(answer)["silence-invalid"] == "error"


def test_a_mistake_in_the_settings_is_an_error_of_the_check(stage):
    _files(stage, '[lint]\nlint-not-idempotent = "off"\n')
    answer = stage.call("check_sql", "mine", "--format", "json")
    assert (answer.status, _codes(answer)["settings-lint"]) == (1, "error")


def test_a_rule_that_cannot_be_loaded_stops_the_check(stage, tmp_path, monkeypatch):
    info = tmp_path / "spoilt-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spoilt\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ceremony.rules]\nx = nowhere:RULE\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _files(stage)
    answer = stage.call("check_sql", "mine")
    assert (answer.status, answer.code) == (2, "rules-unusable")
    assert stage.call("apply_sql", "mine").status == 0
