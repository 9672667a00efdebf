"""Is a database what this code expects? Files and ledger compared, for the gate at start-up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.compare import ledger_findings
from ceremony.core.finding import Finding, errors, refuse
from ceremony.core.halting import open_halt
from ceremony.core.history import History
from ceremony.core.opened import opened
from ceremony.core.series import Series
from ceremony.core.superseding import Standings


class ReadinessState(StrEnum):
    """Which way round files and database disagree, the worst last.

    BEHIND: files are not applied. AHEAD: the database has what these files lack, so this code is
    older. INVALID: no order of deploying leads there (an applied file was changed, the ledger is
    damaged or another environment's, the contract is violated). UNKNOWN: it could not be asked.
    """

    MATCH = "match"
    BEHIND = "behind"
    AHEAD = "ahead"
    INVALID = "invalid"
    UNKNOWN = "unknown"


WORST_LAST = tuple(ReadinessState)

ACCEPTABLE = (ReadinessState.MATCH, ReadinessState.BEHIND, ReadinessState.AHEAD)
"""The states that settings may count as ready; the others never are."""


@dataclass(frozen=True)
class Readiness:
    """One series on its target.

    ``behind`` are labels of files that are not applied, ``ahead`` those of applied migrations
    without a file; ``findings`` say why it is invalid or unknown. ``halted``: the target takes no
    run until somebody decides; what is applied there is told all the same. No secret and no address
    is in here.
    """

    series: str
    alias: str
    state: ReadinessState
    behind: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    halted: bool = False

    def is_ready(self, accept: Collection[ReadinessState]) -> bool:
        """Whether it counts as ready where the states ``accept`` do. What is ahead and behind at
        once needs both: the code lacks files, and the database lacks what the code expects.
        """
        return self.state in accept and (not self.behind or ReadinessState.BEHIND in accept)

    @property
    def sentence(self) -> str:
        """Which way round the two disagree, with the names of the migrations."""
        what = f"{self.series} on {self.alias!r}"
        if self.state is ReadinessState.INVALID:
            return f"{what} is invalid: {_first(self.findings)}"
        if self.state is ReadinessState.UNKNOWN:
            return f"{what} could not be asked: {_first(self.findings)}"
        waiting = f"not applied there: {_listed(self.behind)}"
        if self.state is ReadinessState.AHEAD:
            more = f"; {waiting}" if self.behind else ""
            return (
                f"{what} is ahead of this code, which has no file for {_listed(self.ahead)}, "
                f"applied there{more}."
            )
        if self.state is ReadinessState.BEHIND:
            return f"{what} is behind this code; {waiting}."
        return f"{what} is what this code expects."

    @property
    def next_step(self) -> str:
        """What to type; ``""`` where nothing needs doing."""
        if self.findings:
            return self.findings[0].hint
        if self.state is ReadinessState.AHEAD:
            return (
                "Deploy the code that has these files; what is applied is listed by: "
                f"manage.py status_sql {self.series}"
            )
        if self.halted:
            return f"manage.py resume_sql --database {self.alias}"
        behind = self.state is ReadinessState.BEHIND
        return f"manage.py apply_sql {self.series}" if behind else ""


def worst(found: Sequence[Readiness]) -> ReadinessState:
    """The state of all together: that of the worst; MATCH for none."""
    states = [one.state for one in found]
    return max(states, key=WORST_LAST.index, default=ReadinessState.MATCH)


def readiness(
    series: Series,
    history: History,
    *,
    alias: str,
    environment: str,
    contract: tuple[Finding, ...] = (),
) -> Readiness:
    """What the ledger's rows say of the files of ``series``.

    ``environment`` is what settings call the target, ``contract`` what the contract found there.
    """
    differing = ledger_findings(series, history)
    wrong = (
        *history.chain_findings(),
        *_foreign(history, alias, environment),
        *errors(series.findings),
        *(one for one in errors(differing) if one.code != "ledger-file-missing"),
        *errors(contract),
    )
    behind = tuple(m.label for m in Standings(series, history).pending())
    ahead = _missing(series, history)
    state = _state(wrong, ahead, behind)
    halted = open_halt(history.rows) is not None
    return Readiness(series.name, alias, state, behind, ahead, wrong, halted)


def unread(series: str, alias: str, why: Finding) -> Readiness:
    """A target whose ledger could not be read: INVALID where it is of another format, else
    UNKNOWN. That is never a match.
    """
    strange = why.code == "ledger-version"
    state = ReadinessState.INVALID if strange else ReadinessState.UNKNOWN
    return Readiness(series, alias, state, findings=(why,))


def _state(wrong: Sequence[Finding], ahead: Sequence[str], behind: Sequence[str]) -> ReadinessState:
    if wrong:
        return ReadinessState.INVALID
    if ahead:
        return ReadinessState.AHEAD
    return ReadinessState.BEHIND if behind else ReadinessState.MATCH


def _missing(series: Series, history: History) -> tuple[str, ...]:
    return tuple(
        f"{version}_{state.newest.name}"
        for version, state in history.states(series.name).items()
        if version not in series.by_version and (state.in_place or state.partly)
    )


def _foreign(history: History, alias: str, environment: str) -> tuple[Finding, ...]:
    """The ledger of another environment: staging's database behind production's settings, say."""
    facts = opened(history.rows)
    if facts is None or facts.environment == environment:
        return ()
    return (
        refuse(
            "",
            "environment-changed",
            f"The ledger of {alias!r} was opened as {facts.environment}; settings now say "
            f"{environment}.",
            f"Correct {alias.upper()}_ENVIRONMENT or the address of {alias!r}; if the change is "
            f'meant: manage.py reconcile_sql --database {alias} --adopt "why"',
        ),
    )


_NAMED = 5


def _listed(labels: Sequence[str]) -> str:
    more = len(labels) - _NAMED
    shown = labels if more <= 1 else labels[:_NAMED]
    return ", ".join([*shown, f"{more} more"] if len(shown) < len(labels) else shown)


def _first(findings: Sequence[Finding]) -> str:
    more = len(findings) - 1
    first = findings[0]
    told = f"{first.place}: {first.message}" if first.line else first.message
    return f"{told.rstrip('.')}; and {more} more." if more else told
