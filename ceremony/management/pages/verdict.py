"""The verdict on one step, in a word and with an icon."""

from ceremony.core.outcome import StepOutcome, StepState
from ceremony.core.report import verdict_on

_WORDS = {
    StepState.FAILED: "FAIL",
    StepState.PARTLY: "PARTLY IN",
    StepState.UNKNOWN: "UNKNOWN",
    StepState.NOT_STARTED: "NOT RUN",
}
_MARKS = {
    "PASS": ("✓", "ok"),
    "PARTIAL": ("◐", "warn"),
    "FAIL": ("✕", "bad"),
    "PARTLY IN": ("⚠", "bad"),
    "UNKNOWN": ("?", "bad"),
    "RECORDED": ("≡", "dim"),
    "NOT RUN": ("·", "dim"),
}


def step_verdict(outcome: StepOutcome) -> str:
    """``PASS``, ``PARTIAL``, ``FAIL``, ``PARTLY IN``, ``UNKNOWN`` or ``NOT RUN``.

    ``RECORDED`` is a step that had nothing to run, only its ledger row: no run, no pass.
    """
    if outcome.state is StepState.DONE and outcome.step.script is None:
        return "RECORDED"
    if outcome.state is StepState.DONE:
        return verdict_on(outcome.checks).value
    return _WORDS[outcome.state]


def marked(verdict: str) -> tuple[str, str]:
    """A verdict behind its icon, and the style that goes with it."""
    mark, style = _MARKS[verdict]
    return f"{mark} {verdict}", style
