"""The reference pages say what the parsers, the formats and the tree of errors say."""

import argparse
import json
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from ceremony.actions.export_audit import Exported
from ceremony.actions.verify_again import VerifiedAgain
from ceremony.core.anchor import Anchor
from ceremony.core.audit_report import AuditFault, AuditReport, Witness
from ceremony.core.baseline import Proof
from ceremony.core.baseline.report import BaselineReport
from ceremony.core.catalog import Aspect, Change, Difference, ObjectKey, ObjectKind
from ceremony.core.expectations import CheckResult
from ceremony.core.gates import Gate, GateState
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.outcome import StepState
from ceremony.core.policy import OPEN
from ceremony.core.report import Verdict
from ceremony.core.requesting import Cancelled, RequestReport
from ceremony.core.retiring import Asked, Need, RetireReport
from ceremony.core.states import State
from ceremony.core.text_change import TextChange
from ceremony.errors import ExitCode
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats import json_format, recorded_json, request_json, verified_json
from ceremony.management.formats.audit_json import export_report
from ceremony.management.trouble import of_run
from tests.commands.values import (
    FAILED,
    INDEX,
    NOTICE,
    TARGET,
    checked,
    outcome,
    report,
    step,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
COMMANDS = (
    "new_sql",
    "check_sql",
    "plan_sql",
    "rehearse_sql",
    "request_sql",
    "apply_sql",
    "status_sql",
    "verify_sql",
    "rollback_sql",
    "baseline_sql",
    "retire_sql",
    "halt_sql",
    "resume_sql",
    "reconcile_sql",
    "report_sql",
    "watch_sql",
    "verify_audit",
    "export_audit",
)
#: Django gives these to every command; they are described once, on top of the page.
DJANGOS = {"help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color",
           "force_color"}  # fmt: skip


def _command(name):
    command = import_module(f"ceremony.management.commands.{name}").Command()
    assert isinstance(command, CeremonyCommand)
    return command


def _rows(name):
    """A table row per argument, as it must stand in the page."""
    parser = _command(name).create_parser("manage.py", name)
    rows = []
    for action in parser._actions:
        if action.dest in DJANGOS:
            continue
        if action.option_strings:
            value = action.metavar or ("|".join(action.choices) if action.choices else "")
            shown = f"{action.option_strings[0]} {value}".strip()
        else:
            shown = action.metavar + {"*": " …", "+": " …", "?": "", None: ""}[action.nargs]
        rows.append(f"| `{shown.replace('|', chr(92) + '|')}` | {action.help} |")
    return rows


def _section(name):
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_is_described_as_the_parser_does(name):
    table = _section(name).partition("| argument | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == _rows(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_the_command_does_is_told_in_its_own_words(name):
    assert _command(name).help in _section(name)


def test_every_command_of_ours_has_a_section():
    folder = Path(import_module("ceremony.management.commands").__file__).parent
    assert {path.stem for path in folder.glob("[!_]*.py")} == set(COMMANDS)


def test_djangos_own_flags_are_described_once():
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    options = _command("check_sql").create_parser("manage.py", "check_sql")._actions
    flags = {a.option_strings[-1] for a in options if a.dest in DJANGOS and a.dest != "help"}
    top = text.partition("\n## ")[0]
    assert {flag for flag in flags if f"`{flag}" in top} == flags - {"--settings", "--pythonpath"}


def test_every_exit_status_has_its_row():
    text = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == list(
        ExitCode
    )


def test_every_key_of_a_json_answer_is_described():
    failed = outcome(
        step(INDEX, 1),
        StepState.FAILED,
        messages=(NOTICE,),
        checks=(checked("a", CheckResult.FAIL),),
        problem=FAILED,
    )
    made = report([failed], problem=FAILED, verdict=Verdict.FAIL)
    text = json_format.document("apply_sql", [json_format.run_report(made)], of_run(made, ""))
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    assert {key for key in _keys(json.loads(text)) if f"`{key}`" not in page} == set()


def test_every_key_of_what_is_only_recorded_is_described():
    key = ObjectKey(ObjectKind.TABLE, "public.t")
    gone = Difference(key, Change.VANISHED, Aspect.STRUCTURE)
    proof = Proof("catalog-v1:1", 1, (gone,), (), ())
    baselined = BaselineReport(
        1, TARGET, "shop", "0001_x", ("0001_x.sql",), proof, (), (outcome(step(INDEX, 1)),), (), (),
        Verdict.FAIL, FAILED,
    )  # fmt: skip
    retired = RetireReport("shop", "0001_x", "", "why", (("a", "b"),), (Asked("x", Need.WAITS),))
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    for told in (recorded_json.baseline_report(baselined), recorded_json.retire_report(retired)):
        assert {one for one in _keys(told) if f"`{one}`" not in page} == set()


def test_every_key_of_a_request_is_described():
    item = Judged(Item("a", "it holds", ItemKind.HUMAN, Phase.PREFLIGHT), ItemResult.NOT_RUN)
    made = report([outcome(step(INDEX, 1))])
    requested = RequestReport(
        TARGET, made.plan, (), 7, 1, "a", State.REQUESTED, "manifest1:0", OPEN, NOW,
        (Gate("Expiry", GateState.OPEN, "It counts."),), (item,), (), ("a.",),
        (TextChange("a.sql", ("+a",)),), (3,),
    )  # fmt: skip
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    for told in (
        request_json.request_report(requested),
        request_json.cancelled_report(Cancelled(7, "shop", "shop", "a", "why", "cancelled")),
    ):
        assert {one for one in _keys(told) if f"`{one}`" not in page} == set()


def test_every_key_of_a_verification_that_is_taken_up_is_described():
    item = Judged(Item("rows", "a", ItemKind.AUTOMATIC, Phase.VERIFICATION), ItemResult.PASS)
    told = verified_json.verified_again_report(
        VerifiedAgain(7, "shop", TARGET, State.AWAITING_SIGN_OFF, (item,))
    )
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    assert {one for one in _keys(told) if f"`{one}`" not in page} == set()


def test_every_key_of_what_is_said_of_the_trail_is_described():
    report = AuditReport(
        "c", 1, "h", (AuditFault("audit-row", 1, "x"),), 1, {}, (Witness("shop", 1, "why"),)
    )
    anchor = Anchor("c", 1, "h", "now")
    page = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    told = json.loads(json.dumps(export_report(Exported(report, anchor, "trail"))))
    assert {one for one in _keys(told) if f"`{one}`" not in page} == set()


def _keys(value):
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def test_only_documented_commands_are_named_in_the_examples():
    text = (REFERENCE / "command-line.md").read_text(encoding="utf-8")
    for line in re.findall(r"^\$ python manage\.py (.+)$", text, re.MULTILINE):
        name, *arguments = re.findall(r'"[^"]*"|\S+', line.partition(" >")[0].partition(" |")[0])
        parser = _command(name).create_parser("manage.py", name)
        assert isinstance(parser.parse_args(arguments), argparse.Namespace)
