"""The execution report as a value. Times are UTC, durations whole microseconds, because what is
reported is hashed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ceremony.core.checklist.summary import Summary
from ceremony.core.item import Judged
from ceremony.core.manifest import FrozenFile
from ceremony.core.report import Verdict
from ceremony.core.risks import KnownRisk
from ceremony.core.states import State


@dataclass(frozen=True)
class Place:
    """The target, as control remembers it. ``server_version`` is PostgreSQL's number (180004)."""

    alias: str
    environment: str
    database: str
    host: str
    system_identifier: str
    server_version: int


@dataclass(frozen=True)
class Rules:
    """The policy that held for the newest round. ``weaknesses`` say what it asks less than a
    protected target's own policy does; ``asks`` are its demands in sentences.
    """

    name: str
    version: str
    is_open: bool
    asks: tuple[str, ...] = ()
    rehearsal: bool = False
    verify: bool = False
    acceptance: bool = False
    weaknesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inventoried:
    """One step of the newest manifest. ``objects`` are those that its file names as made, changed
    or dropped; ``depends`` is as written in the header.
    """

    number: int
    version: str
    label: str
    event: str
    variant: str
    purpose: str
    risk: str
    reversible: str
    data_loss: str
    transactional: bool
    depends: tuple[str, ...]
    objects: tuple[str, ...]
    files: tuple[FrozenFile, ...]


@dataclass(frozen=True)
class ApprovedBack:
    """A way back that was approved with the change, in its order; ``variant`` is ``""`` for the
    plain one. ``losses`` are the steps that lose data, each with its header's words.
    """

    variant: str
    labels: tuple[str, ...]
    losses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moved:
    """One change of state; ``event`` is its number in the audit trail."""

    number: int
    act: str
    before: str
    after: str
    actor: str
    at: datetime
    event: int


@dataclass(frozen=True)
class Signed:
    """One sign-off, with the sentence that was signed. ``subject`` is the digest that was signed.

    ``told``: whether the audit trail tells of exactly this row; otherwise somebody else put it
    there, and it counts for nothing.
    """

    round: int
    purpose: str
    decision: str
    subject: str
    username: str
    groups: tuple[str, ...]
    meaning: str
    comment: str
    accepted: tuple[str, ...]
    reauthenticated: bool
    at: datetime
    event: int
    told: bool


@dataclass(frozen=True)
class Checked:
    """One check that ran: the expectation as written, and what came of it."""

    version: str
    name: str
    when: str
    severity: str
    expectation: str
    result: str
    explanation: str


@dataclass(frozen=True)
class Trouble:
    """What ended a step or a run."""

    code: str
    happened: str
    sqlstate: str
    statement: int


@dataclass(frozen=True)
class Ran:
    """One step of one run. ``state`` is how its attempt ended, ``""`` while it has no outcome.

    ``ledger_sequence`` and ``ledger_hash`` name its row in the target (0 and ``""`` for none);
    ``warnings`` are the server's. ``settled`` says how its end was found where the run itself did
    not live to tell: what its statements and checks said is not known then.
    """

    number: int
    version: str
    label: str
    deed: str
    attempt: str
    state: str
    verdict: Verdict
    microseconds: int
    statements: int
    statements_in: int
    ledger_sequence: int
    ledger_hash: str
    checks: tuple[Checked, ...] = ()
    warnings: tuple[str, ...] = ()
    trouble: Trouble | None = None
    settled: str = ""


@dataclass(frozen=True)
class RunOf:
    """One run that belongs to the ceremony. ``checks`` are those outside a migration."""

    number: int
    round: int
    purpose: str
    reason: str
    operator: str
    host: str
    git_commit: str
    tool_version: str
    command_line: str
    started_at: datetime
    finished_at: datetime | None
    verdict: str
    microseconds: int
    spent: bool
    trouble: Trouble | None = None
    steps: tuple[Ran, ...] = ()
    checks: tuple[Checked, ...] = ()


@dataclass(frozen=True)
class Drilled:
    """What the rehearsal showed of one migration: each way back (its variant) with its verdict,
    what the change locked, and what the change and the way back took there.
    """

    version: str
    label: str
    rehearsal: int
    digest: str
    clean: bool
    at: datetime
    ways_back: tuple[tuple[str, str], ...]
    locks: tuple[str, ...]
    microseconds: int
    microseconds_back: int


@dataclass(frozen=True)
class Compensating:
    """What to do where a way back is no longer possible or would lose data, as the series says."""

    migration: str
    when: str
    state: str
    export: str
    affected: str
    restoration: str
    downtime: str


@dataclass(frozen=True)
class Stopped:
    """One station of a halt."""

    halt: str
    station: str
    condition: str
    decision: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Remarked:
    """An issue met, a lesson learned or a recommendation."""

    kind: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Elsewhere:
    """The same migrations on another target that control knows: which are applied, which not.

    ``recorded`` are in its ledger without having run there (baselined, superseded), and of those in
    ``differing`` another file was applied under the same number.
    """

    alias: str
    environment: str
    applied: tuple[str, ...]
    missing: tuple[str, ...]
    recorded: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holds:
    """What the newest stored catalog of the target holds, after the last run of the ceremony.

    ``unreadable`` says why it cannot be told.
    """

    snapshot: int
    taken_at: datetime
    tables: tuple[str, ...] = ()
    enums: tuple[str, ...] = ()
    unreadable: str = ""


@dataclass(frozen=True)
class GroupVerdict:
    """One line of the verdict table. One that does not count is shown and decides nothing."""

    group: str
    verdict: Verdict
    why: str
    counts: bool = True


@dataclass(frozen=True)
class ExecutionReport:
    """Everything that is known of one ceremony. ``verdict`` and ``groups`` are computed from the
    rest (``verdict.judged``).

    Summary, risks and compensation are those that were frozen with the manifest; ``notes`` are
    those of ``series.toml`` as it stands now.
    """

    number: int
    title: str
    series: str
    direction: str
    state: State
    round: int
    fingerprint: str
    risk: str
    overridden: bool
    requester: str
    authors: tuple[str, ...]
    created_at: datetime
    place: Place
    rules: Rules
    summary: Summary
    inventory: tuple[Inventoried, ...] = ()
    way_back: tuple[ApprovedBack, ...] = ()
    history: tuple[Moved, ...] = ()
    signed: tuple[Signed, ...] = ()
    preflight: tuple[Judged, ...] = ()
    runs: tuple[RunOf, ...] = ()
    verification: tuple[Judged, ...] = ()
    acceptance: tuple[Judged, ...] = ()
    drills: tuple[Drilled, ...] = ()
    compensation: tuple[Compensating, ...] = ()
    halts: tuple[Stopped, ...] = ()
    remarks: tuple[Remarked, ...] = ()
    risks: tuple[KnownRisk, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    holds: Holds | None = None
    groups: tuple[GroupVerdict, ...] = field(default=())
    verdict: Verdict = Verdict.NOT_RUN

    def signers(self, purpose: str) -> tuple[str, ...]:
        """Whose approval of the newest round stands, each once, as far as the trail tells of it.
        Who withdrew it, or decided otherwise later, is none of them.
        """
        standing: dict[str, None] = {}
        for one in self.signed:
            if one.purpose != purpose or one.round != self.round or not one.told:
                continue
            if one.decision == APPROVE:
                standing[one.username] = None
            elif one.decision != COMMENT:
                standing.pop(one.username, None)
        return tuple(standing)

    @property
    def newest_runs(self) -> tuple[RunOf, ...]:
        """The runs that changed the target, or meant to, oldest first."""
        return tuple(run for run in self.runs if run.purpose != WATCH)

    @property
    def last_steps(self) -> dict[str, Ran]:
        """The newest word on each migration, by version; steps that were not begun do not hide
        earlier ones.
        """
        found: dict[str, Ran] = {}
        for run in self.newest_runs:
            for step in run.steps:
                if step.state != NOT_STARTED or step.version not in found:
                    found[step.version] = step
        return found


WATCH = "watch"
"""The purpose of runs that only look (``watch_sql``)."""

OVERRIDE = "override"
"""The purpose of runs without an approval (break-glass)."""

RECORDED = "recorded as "
"""What the deed of a step begins with in which nothing runs: a row is written."""

APPROVE, COMMENT = "approve", "comment"
"""What is signed: the decision that counts for a quorum, and the one that decides nothing."""

NOT_STARTED = "not started"
"""The state of a step that an earlier one kept from running (``core.outcome.StepState``)."""
