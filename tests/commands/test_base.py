"""How commands end, whatever their action does."""

import ast
import json
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from ceremony import __version__
from ceremony.core.report import CheckReport
from ceremony.errors import Interrupted, LockedByOther
from ceremony.management.commands import apply_sql, check_sql
from ceremony.management.trouble import CommandStopped


def _raising(error):
    def action(*arguments):
        raise error

    return action


def _call(*arguments):
    out = StringIO()
    with pytest.raises(CommandStopped) as stopped:
        call_command(*arguments, stdout=out, stderr=StringIO())
    return stopped.value, out.getvalue()


def test_an_interruption_that_no_action_told_of_says_what_is_left(monkeypatch):
    monkeypatch.setattr(check_sql, "check", _raising(KeyboardInterrupt))
    monkeypatch.setattr(apply_sql, "apply", _raising(KeyboardInterrupt))
    stopped, out = _call("check_sql")
    assert (stopped.returncode, stopped.code, out) == (130, "interrupted", "")
    assert str(stopped) == (
        "✕ Stopped by a person.  [interrupted]\n"
        "State  Nothing was changed.\n"
        "Next   manage.py check_sql, when you are ready."
    )
    stopped, _ = _call("apply_sql", "shop")
    assert stopped.trouble.state == "The ledger in the target says what is applied."
    assert stopped.trouble.next_step == "manage.py apply_sql shop, when you are ready."


def test_an_interruption_that_was_recorded_keeps_its_words(monkeypatch):
    told = Interrupted("run-interrupted", "Stopped on request.", state="S.", next_step="N.")
    monkeypatch.setattr(apply_sql, "apply", _raising(told))
    stopped, out = _call("apply_sql", "shop", "--format", "json")
    assert (stopped.returncode, stopped.code) == (130, "run-interrupted")
    answer = json.loads(out)
    assert (answer["exit_code"], answer["reports"]) == (130, [])
    assert answer["error"]["happened"] == "Stopped on request."


def test_python_code_sees_the_cause(monkeypatch):
    cause = LockedByOther("locked-by", "Held.", next_step="Wait.")
    monkeypatch.setattr(apply_sql, "apply", _raising(cause))
    stopped, _ = _call("apply_sql", "shop")
    assert stopped.returncode == 4
    assert stopped.__cause__ is cause


def test_a_bug_is_not_dressed_up_as_an_error_of_ours(monkeypatch):
    monkeypatch.setattr(check_sql, "check", _raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        call_command("check_sql", stdout=StringIO())


def test_two_calls_of_one_command_do_not_mix(monkeypatch):
    monkeypatch.setattr(check_sql, "check", lambda names: CheckReport((), ()))
    command = check_sql.Command()
    first, second = StringIO(), StringIO()
    call_command(command, stdout=first)
    call_command(command, "--format", "json", stdout=second)
    assert first.getvalue() == "✓ no migrations in no series: no findings.\n"
    assert json.loads(second.getvalue())["command"] == "check_sql"


def test_the_version_is_ours():
    assert check_sql.Command().get_version() == __version__


def test_commands_parse_call_and_show_and_do_nothing_else():
    """The habit of the good ones: what a command does is in an action, not in ``handle``."""
    folder = Path(import_module("ceremony.management.commands").__file__).parent
    for path in folder.glob("*_sql.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "handle":
                assert node.end_lineno - node.lineno < 20, path.name
