"""Runs, the attempts in them, and what came of each: evidence, written once.

The database refuses UPDATE, DELETE and TRUNCATE on these tables (migration 0002); a correction is a
new row.
"""

from django.db import models

from ceremony.core.check import CheckResult, CheckSeverity, When
from ceremony.core.history import Event
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.core.report import Verdict
from ceremony.models.target import Target

FINAL = ~models.Q(state=StepState.UNKNOWN.value)
"""Outcomes that settle their attempt. UNKNOWN does not: the ledger still has to be asked."""


class RunKind(models.TextChoices):
    """What a run was started for."""

    APPLY = "apply", "apply"
    ROLL_BACK = "roll back", "roll back"
    VERIFY = "verify", "verify"
    RECONCILE = "reconcile", "reconcile"
    BASELINE = "baseline", "baseline"
    RETIRE = "retire", "retire"
    WATCH = "watch", "watch"


class Run(models.Model):
    """One call of a command on one target.

    ``actor`` is the person: the operating system's user, or the Django user. ``command_line`` holds
    no secret. ``plan_digest`` is the fingerprint of the plan, empty where a run has none.
    """

    kind = models.CharField(max_length=20, choices=RunKind.choices)
    target = models.ForeignKey(Target, models.PROTECT, related_name="runs")
    series = models.CharField(max_length=100, blank=True)
    command_line = models.TextField(blank=True)
    actor = models.CharField(max_length=255)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    git_commit = models.CharField(max_length=64, blank=True)
    tool_version = models.CharField(max_length=50)
    plan_digest = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Run {self.pk}"


class RunOutcome(models.Model):
    """How a run ended. A run without one was killed, or is still going.

    ``settled_by`` is the later run that wrote this, where the run itself could not.
    """

    run = models.OneToOneField(Run, models.PROTECT, primary_key=True, related_name="outcome")
    verdict = models.CharField(max_length=20, choices=[(v.value, v.value) for v in Verdict])
    finished_at = models.DateTimeField()
    seconds = models.FloatField()
    problem = models.JSONField(null=True)
    findings = models.JSONField(default=list)
    settled_by = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.run_id}: {self.verdict}"


class Attempt(models.Model):
    """The intent: one step of a run, recorded before anything is sent to the target.

    ``event`` is the ledger event that will say it is done. The digests are those that the ledger
    row carries: of the change, of its checks, and of the way back (for a rollback, the one that
    runs).
    """

    id = models.UUIDField(primary_key=True)
    run = models.ForeignKey(Run, models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    series = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, blank=True)
    direction = models.CharField(max_length=20, choices=[(d.value, d.value) for d in Direction])
    event = models.CharField(max_length=20, choices=[(e.value, e.value) for e in Event])
    variant = models.CharField(max_length=100, blank=True)
    transactional = models.BooleanField()
    bytes_digest = models.CharField(max_length=80, blank=True)
    meaning_digest = models.CharField(max_length=80, blank=True)
    checks_digest = models.CharField(max_length=80, blank=True)
    rollback_digest = models.CharField(max_length=80, blank=True)
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ["-run_id", "-number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="ceremony_attempt_step_of_run"),
        ]
        indexes = [models.Index(fields=["series", "version"], name="ceremony_attempt_migration")]

    def __str__(self) -> str:
        return f"{self.series} {self.label}"

    @property
    def label(self) -> str:
        """Version and name, as in the file name."""
        return f"{self.version}_{self.name}"

    @property
    def deed(self) -> str:
        """What was meant: ``apply``, ``roll back``, or a row in the ledger and nothing else."""
        recorded = self.event in {Event.BASELINED, Event.RETIRED, Event.SUPERSEDED}
        return f"recorded as {self.event}" if recorded else self.direction


class Outcome(models.Model):
    """What came of an attempt.

    An attempt whose COMMIT got no answer has an outcome ``unknown`` first, and a final one once the
    ledger was asked. ``settled_by`` is the run that asked, and ``explanation`` what it found. The
    forms of ``statements``, ``messages`` and ``problem`` are those of
    ``ceremony.actions.evidence``.
    """

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="outcomes")
    state = models.CharField(max_length=20, choices=[(s.value, s.value) for s in StepState])
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    statements = models.JSONField(default=list)
    messages = models.JSONField(default=list)
    problem = models.JSONField(null=True)
    ledger_sequence = models.PositiveBigIntegerField(default=0)
    ledger_hash = models.CharField(max_length=64, blank=True)
    settled_by = models.ForeignKey(Run, models.PROTECT, null=True, related_name="settled_outcomes")
    explanation = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"], condition=FINAL, name="ceremony_outcome_one_final"
            ),
            models.UniqueConstraint(
                fields=["attempt"], condition=~FINAL, name="ceremony_outcome_one_unknown"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id}: {self.state}"


class CheckRecord(models.Model):
    """The verdict on one check: the expectation as written, and what was observed.

    ``attempt`` is empty for checks that ran outside a migration (``verify_sql``). ``observed``
    holds at most a bounded sample of the rows that broke the expectation.
    """

    run = models.ForeignKey(Run, models.PROTECT, related_name="check_records")
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, related_name="check_records")
    series = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    name = models.TextField()
    path = models.CharField(max_length=1000, blank=True)
    line = models.PositiveIntegerField(default=0)
    when = models.CharField(max_length=20, choices=[(w.value, w.value) for w in When])
    severity = models.CharField(max_length=10, choices=[(s.value, s.value) for s in CheckSeverity])
    expectation = models.TextField()
    result = models.CharField(max_length=20, choices=[(r.value, r.value) for r in CheckResult])
    observed = models.JSONField(default=dict)
    explanation = models.TextField(blank=True)
    seconds = models.FloatField(default=0)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        verbose_name = "check result"
        indexes = [
            models.Index(fields=["result", "-id"], name="ceremony_check_result"),
            models.Index(fields=["series", "version", "-id"], name="ceremony_check_migration"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.result}"
