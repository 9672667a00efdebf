"""A finished step in one line, and what the server said meanwhile."""

from ceremony.core.outcome import Message, StepOutcome
from ceremony.management.page import Page
from ceremony.management.pages.checks import passed
from ceremony.management.pages.verdict import marked, step_verdict
from ceremony.management.units import counted, duration
from ceremony.management.visible import visible_lines

#: Messages shown per migration; the record keeps all of them.
_SHOWN = 5
_LOUD = frozenset({"WARNING", "ERROR", "FATAL", "PANIC"})


def add_finished(page: Page, outcome: StepOutcome, total: int, *, everything: bool) -> None:
    """``[ 2/14] 0002_x  ✓ PASS  12/12 checks  0.4 s``, then the server's messages."""
    checks = f"  {passed(outcome.checks)} checks" if outcome.checks else "  no checks"
    page.line(
        (f"[{outcome.step.number:>{len(str(total))}}/{total}] ", "dim"),
        f"{outcome.step.migration.label}  ",
        marked(step_verdict(outcome)),
        checks,
        (f"  {duration(outcome.seconds)}", "dim"),
    )
    add_messages(page, outcome, everything=everything)


def add_messages(page: Page, outcome: StepOutcome, *, everything: bool) -> None:
    """Add what the server said, warnings first when not all of it is shown."""
    messages = list(outcome.messages)
    hidden = 0
    if len(messages) > _SHOWN and not everything:
        messages.sort(key=lambda message: message.severity not in _LOUD)
        hidden = len(messages) - _SHOWN
        messages = messages[:_SHOWN]
    for message in messages:
        _message(page, message, everything=everything)
    if hidden:
        page.line((f"and {counted(hidden, 'more message')}; -v 2 shows them", "dim"), indent=6)


def _message(page: Page, message: Message, *, everything: bool) -> None:
    first, *more = visible_lines(message.text)
    where = f" at statement {message.statement}" if message.statement else ""
    style = "warn" if message.severity in _LOUD else "dim"
    page.line((f"{message.severity}{where}: ", style), first, indent=6)
    for line in more:
        page.line(line, indent=8)
    extra = [("Hint", message.hint)]
    if everything:
        extra = [("Detail", message.detail), ("Hint", message.hint), ("Context", message.context)]
    for name, text in extra:
        for line in visible_lines(text) if text else ():
            page.line((f"{name}: ", "dim"), line, indent=8)
