"""What a person sees while the work goes on: plain lines in a pipe, one live line on a terminal."""

import io
import time
from dataclasses import replace

import pytest

from ceremony.core.expectations import CheckResult
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.management.progress import NoLook, progress_words
from ceremony.management.streams import Printer, Stream
from ceremony.management.watchers import live, plain, work
from ceremony.management.watchers.beat import Beat
from ceremony.management.watchers.live import LiveWatcher
from ceremony.management.watchers.plain import PlainWatcher
from ceremony.management.watchers.quiet import QuietWatcher
from ceremony.management.watchers.work import Work
from ceremony.pg.progress import Progress
from tests.commands.values import (
    EMAIL,
    INDEX,
    NOTICE,
    ORDERS,
    WARNING,
    checked,
    migration,
    outcome,
    plan,
    run,
    statement,
    step,
)

PASSED = (checked("a", CheckResult.PASS),)


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self):
        return True


def _eventually(condition):
    for _ in range(400):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen within four seconds")


class Asked:
    """A look that always has the same answer."""

    def __init__(self, answer):
        self.answer = answer
        self.pids = set()
        self.closed = False

    def __call__(self, pid):
        self.pids.add(pid)
        return self.answer

    def close(self):
        self.closed = True


def _plain(verbosity=1, look=None):
    out = io.StringIO()
    return out, PlainWatcher(Printer(Stream(out)), look or NoLook(), verbosity)


def _work(watcher):
    steps = [step(ORDERS, 1), step(EMAIL, 2), step(INDEX, 3)]
    watcher.planned(plan(*steps), 4711)
    watcher.step_started(run(steps[0]))
    watcher.step_finished(outcome(steps[0], checks=PASSED))
    watcher.step_started(run(steps[1]))
    watcher.step_finished(outcome(steps[1], messages=(NOTICE, WARNING)))
    watcher.step_finished(outcome(steps[2], StepState.FAILED, 65))
    watcher.note("Backing up with pg_dump …")


def test_a_pipe_gets_a_line_per_migration_and_what_the_server_said(golden):
    out, watcher = _plain()
    with watcher:
        _work(watcher)
    golden("watch-plain.txt", out.getvalue())


def test_verbose_lines_tell_detail_and_context_of_messages(golden):
    out, watcher = _plain(verbosity=2)
    with watcher:
        _work(watcher)
    golden("watch-verbose.txt", out.getvalue())


def test_many_messages_are_counted_and_warnings_come_first():
    out, watcher = _plain()
    many = step(ORDERS, 1)
    watcher.planned(plan(many), 1)
    watcher.step_finished(outcome(many, messages=(*[NOTICE] * 9, WARNING)))
    lines = out.getvalue().splitlines()
    assert lines[2] == "      WARNING at statement 2: slow"
    assert lines[-1] == "      and 5 more messages; -v 2 shows them"
    assert sum("already exists" in line for line in lines) == 4


def test_the_direction_and_an_empty_plan():
    out, watcher = _plain()
    watcher.planned(plan(), 1)
    assert out.getvalue() == ""
    watcher.planned(plan(step(ORDERS, 1), direction=Direction.ROLL_BACK), 12)
    assert out.getvalue() == "Rolling back 1 migration of shop; server process 12.\n"


def test_waiting_for_the_lock_is_told_at_once_and_then_every_minute():
    out, watcher = _plain()
    for waited in (0.2, 5.0, 59.0, 60.3, 61.0, 121.0):
        watcher.lock_waiting("process 12", waited)
    assert out.getvalue() == (
        "Waiting for the lock; it is held by process 12.\n"
        "Waiting for the lock for 1 min 0 s; it is held by process 12.\n"
        "Waiting for the lock for 2 min 1 s; it is held by process 12.\n"
    )


def test_a_long_statement_gives_a_sign_of_life_with_its_progress(monkeypatch):
    monkeypatch.setattr(plain, "SIGN_OF_LIFE", 0.05)
    look = Asked("43 % (index build)")
    out, watcher = _plain(look=look)
    watcher._beat = Beat(0.01, watcher._tick)
    one = step(INDEX, 1)
    with watcher:
        watcher.planned(plan(one), 4711)
        watcher.step_started(run(one))
        watcher.statement_started(run(one), INDEX.script.statements[0])
        _eventually(lambda: "still at" in out.getvalue())
    assert (look.pids, look.closed) == ({4711}, True)
    sign = out.getvalue().splitlines()[1]
    assert sign.startswith("still at migration 1 of 1 · 0003_index_email · statement 1/1 · ")
    assert sign.endswith(" ms · 43 % (index build)")


def test_the_live_line_says_what_runs_now_and_leaves_only_what_matters(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(live, "PATIENCE", 0.0)
    out = Terminal()
    printer = Printer(Stream(out), colour=False)
    assert printer.live
    watcher = LiveWatcher(printer, Asked("43 % (index build)"), 1)
    watcher._beat = Beat(0.01, watcher._tick)
    with watcher:
        _work(watcher)
        one = step(INDEX, 3)
        watcher.step_started(run(one))
        watcher.statement_started(run(one), INDEX.script.statements[0])
        _eventually(lambda: "· 43 % (index build)" in out.getvalue())
    text = out.getvalue()
    assert "migration 3 of 3 · 0003_index_em… · statement 1/1 · " in text
    assert "\x1b[?25l" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "WARNING at statement 2: slow" in text
    assert "✕ FAIL" in text


def test_small_migrations_leave_nothing_above_the_live_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with LiveWatcher(Printer(Stream(out)), NoLook(), 1) as watcher:
        for number in range(1, 200):
            watcher.step_finished(outcome(step(migration(number, "small"), number), checks=PASSED))
    assert "_small" not in out.getvalue()


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert not Printer(Stream(Terminal())).live


def test_quiet_is_quiet():
    with QuietWatcher() as watcher:
        _work(watcher)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"total": 0}, "reading, comparing, planning"),
        ({"waiting": "waiting for the lock"}, "waiting for the lock"),
        ({"number": 4, "label": ""}, "4 of 14 done"),
        ({"statements": 5}, "migration 3 of 14 · 0003_x · 2.0 s"),
        (
            {"statement": 2, "statements": 5, "summary": "CREATE INDEX"},
            "migration 3 of 14 · 0003_x · statement 2/5 · 2.0 s",
        ),
        (
            {"statement": 2, "statements": 5, "summary": "CREATE\x1b INDEX", "since": 0.0},
            "migration 3 of 14 · 0003_x · statement 2/5 · 1 min 42 s · CREATE<U+001B> INDEX",
        ),
        (
            {"statement": 2, "statements": 5, "summary": "x", "since": 0.0, "progress": "43 %"},
            "migration 3 of 14 · 0003_x · statement 2/5 · 1 min 42 s · 43 %",
        ),
    ],
)
def test_the_words_of_the_live_line(change, line):
    base = Work(total=14, number=3, label="0003_x", since=100.0)
    if change == {"total": 0}:
        base = Work()
    assert replace(base, **change).line(102.0) == line


def test_on_a_narrow_terminal_the_label_gives_way():
    state = Work(total=14, number=3, label="20260117000000_日本語_foundations", since=100.0)
    assert state.line(102.0, 50) == "migration 3 of 14 · 20260117000000_日本語… · 2.0 s"
    assert state.line(102.0, 49) == "migration 3 of 14 · 20260117000000_日本… · 2.0 s"
    assert state.line(102.0, 10) == "migration 3 of 14 · 20260117000… · 2.0 s"


def test_statements_are_counted_as_they_are_sent():
    one = migration(1, "x", "BEGIN", "CREATE TABLE a ()", "COMMIT")
    sent = replace(
        one.script,
        statements=tuple(
            replace(s, not_sent="" if s.number == 2 else "the file's own")
            for s in one.script.statements
        ),
    )
    state = Work()
    state.step(run(step(one, 1, script=sent)), 0.0)
    state.at(sent.statements[1], 0.0)
    assert (state.statement, state.statements) == (1, 1)
    state.at(statement(9, "elsewhere"), 0.0)
    assert state.statement == 0


def test_a_look_that_hangs_does_not_hold_up_the_end():
    started = time.monotonic()
    with Beat(0.001, lambda: time.sleep(30)):
        time.sleep(0.05)
    assert time.monotonic() - started < 5
    assert work.PATIENCE == 3.0


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("building index", 43, 100, "blocks"), "43 % (building index)"),
        (Progress("waiting", 1, 3, "sessions waited for"), "waits for 2 sessions (waiting)"),
        (Progress("copying", 12_000, 0, "rows"), "12,000 rows (copying)"),
        (Progress("initializing", 0, 0, "rows"), "initializing"),
    ],
)
def test_progress_in_words(progress, words):
    assert progress_words(progress) == words
