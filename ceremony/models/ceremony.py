"""Ceremonies: one manifest's life, and everything that was said and signed about it.

``Ceremony`` is the only row here that changes, and only together with a ``Transition`` that the
table in ``core.states`` allows: a trigger sees to that. All other rows are evidence, written once.
"""

from django.conf import settings
from django.db import models

from ceremony.core.halting import Station
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.plan import Direction
from ceremony.core.states import Act, State
from ceremony.models.attempt import Run
from ceremony.models.target import Target


def _words(
    enum: type[State | Act | Direction | Phase | ItemKind | ItemResult | Station],
) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in enum]


class Blob(models.Model):
    """The bytes of a file, frozen under their digest (algorithm in front)."""

    digest = models.CharField(primary_key=True, max_length=80)
    size = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest


class Ceremony(models.Model):
    """One change to one target, from request to sign-off. Its number is its primary key.

    ``round`` counts manifests; ``fingerprint`` is that of the newest. ``authors`` are all names and
    addresses under which people count as author: the requester, ``Author:`` headers, committers.
    ``requested_by`` is the account, where one was logged in; ``requester`` the name in any case.
    ``policy`` is its name and ``risk`` the highest of the steps. ``transitions`` counts the rows of
    ``Transition``. ``overridden``: it ran without an approval, for ever.
    """

    target = models.ForeignKey(Target, models.PROTECT, related_name="ceremonies")
    series = models.CharField(max_length=100)
    direction = models.CharField(max_length=20, choices=_words(Direction))
    title = models.CharField(max_length=300)
    environment = models.CharField(max_length=100)
    policy = models.CharField(max_length=100)
    risk = models.CharField(max_length=10, blank=True)
    authors = models.JSONField(default=list)
    requester = models.CharField(max_length=255)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=20, choices=_words(State), default=State.DRAFT.value)
    round = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=80, blank=True, db_index=True)
    transitions = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    overridden = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "ceremonies"
        default_permissions = ("view",)
        permissions = [
            ("request_ceremony", "Can request a ceremony"),
            ("sign_ceremony", "Can sign: approve before a run, accept after it"),
            ("run_ceremony", "Can run an approved ceremony"),
            ("halt_ceremony", "Can halt, and decide about a halt"),
            ("override_ceremony", "Can run without an approval (break-glass)"),
        ]
        indexes = [
            models.Index(fields=["target", "state"], name="ceremony_ceremony_open"),
            models.Index(fields=["state", "-id"], name="ceremony_ceremony_state"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Transition(models.Model):
    """One change of state. ``event`` is the sequence of its audit event."""

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="history")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=20, choices=_words(Act))
    before = models.CharField(max_length=20, choices=_words(State))
    after = models.CharField(max_length=20, choices=_words(State))
    actor = models.CharField(max_length=255)
    at = models.DateTimeField()
    event = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["ceremony_id", "number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["ceremony", "number"], name="ceremony_transition_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class StoredManifest(models.Model):
    """The manifest of one round. ``document`` is its canonical JSON, ``fingerprint`` its digest.

    ``asked`` is what shaped its plan, so that it can be made again: ``to``, ``variant`` and
    ``include_late``, as on the command line.
    """

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="manifests")
    round = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=80, unique=True)
    document = models.TextField()
    asked = models.JSONField(default=dict)
    why = models.TextField(blank=True)
    made_by = models.CharField(max_length=255)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["ceremony_id", "round"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["ceremony", "round"], name="ceremony_manifest_round"),
        ]

    def __str__(self) -> str:
        return self.fingerprint


class Purpose(models.TextChoices):
    """What a sign-off is for."""

    APPROVAL = "approval", "approval"
    ACCEPTANCE = "acceptance", "acceptance"
    DECISION = "decision", "decision"
    REVIEW = "review", "review"


class Decision(models.TextChoices):
    """What was signed."""

    COMMENT = "comment", "comment"
    APPROVE = "approve", "approve"
    REQUEST_CHANGES = "request changes", "request changes"
    REJECT = "reject", "reject"
    WITHDRAW = "withdraw", "withdraw"


class SignOff(models.Model):
    """One person's signed decision about one manifest.

    ``subject`` is the digest that was signed: the manifest's fingerprint for an approval, that of
    the run's evidence for an acceptance, of the halt for a decision. ``groups`` are the person's
    when signing; ``meaning`` is the sentence that was signed. ``event`` is the audit event.
    """

    manifest = models.ForeignKey(StoredManifest, models.PROTECT, related_name="sign_offs")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    decision = models.CharField(max_length=20, choices=Decision.choices)
    subject = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    username = models.CharField(max_length=255)
    groups = models.JSONField(default=list)
    meaning = models.TextField()
    comment = models.TextField(blank=True)
    accepted = models.JSONField(default=list)
    reauthenticated = models.BooleanField(default=False)
    signed_at = models.DateTimeField()
    event = models.PositiveBigIntegerField(unique=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["manifest", "purpose", "subject", "user", "decision"],
                condition=~models.Q(decision="comment"),
                name="ceremony_signoff_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username}: {self.decision}"


class Spending(models.Model):
    """An approval that was used: each manifest once, by one run."""

    manifest = models.OneToOneField(
        StoredManifest, models.PROTECT, primary_key=True, related_name="spending"
    )
    run = models.OneToOneField(Run, models.PROTECT, related_name="spending")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.manifest_id} by run {self.run_id}"


class RunPurpose(models.TextChoices):
    """What a run was for in its ceremony."""

    CHANGE = "change", "change"
    OVERRIDE = "override", "override"
    WAY_BACK = "way back", "way back"
    WATCH = "watch", "watch"


class CeremonyRun(models.Model):
    """A run that belongs to a ceremony. ``reason`` is that of a break-glass run."""

    run = models.OneToOneField(Run, models.PROTECT, primary_key=True, related_name="in_ceremony")
    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="runs")
    manifest = models.ForeignKey(StoredManifest, models.PROTECT, related_name="runs")
    purpose = models.CharField(max_length=20, choices=RunPurpose.choices)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["run_id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.ceremony_id}: {self.purpose}"


class JudgedItem(models.Model):
    """One result of one item of a checklist; the newest per round, phase and item counts.

    ``blob`` are the bytes of a file that was attached, where one was.
    """

    manifest = models.ForeignKey(StoredManifest, models.PROTECT, related_name="items")
    phase = models.CharField(max_length=20, choices=_words(Phase))
    item = models.CharField(max_length=200)
    text = models.TextField()
    kind = models.CharField(max_length=10, choices=_words(ItemKind))
    result = models.CharField(max_length=10, choices=_words(ItemResult))
    explanation = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="+")
    by = models.CharField(max_length=255, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["manifest", "phase", "item", "-id"], name="ceremony_item_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.result}"


class HaltStep(models.Model):
    """One station of one halt of a target. ``halt`` is the halt's own id, in the ledger too.

    ``ceremony`` is empty for a halt raised by hand while none was under way. ``condition`` is the
    code of what stopped the world, ``decision`` what was decided (``roll back``, ``fix forward``,
    ``accept``). ``ledger_sequence`` is that of the row in the target, 0 where none was written.
    """

    halt = models.UUIDField(db_index=True)
    target = models.ForeignKey(Target, models.PROTECT, related_name="halts")
    ceremony = models.ForeignKey(Ceremony, models.PROTECT, null=True, related_name="halts")
    station = models.CharField(max_length=10, choices=_words(Station))
    condition = models.CharField(max_length=100, blank=True)
    decision = models.CharField(max_length=20, blank=True)
    text = models.TextField()
    detail = models.JSONField(default=dict)
    by = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    ledger_sequence = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["halt", "station"],
                condition=models.Q(station__in=["stop", "lift"]),
                name="ceremony_halt_begins_and_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.halt}: {self.station}"


class RemarkKind(models.TextChoices):
    """What a remark is about."""

    ISSUE = "issue", "issue met"
    LESSON = "lesson", "lesson learned"
    RECOMMENDATION = "recommendation", "recommendation"


class Remark(models.Model):
    """Something that a person wrote down for the report."""

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="remarks")
    kind = models.CharField(max_length=20, choices=RemarkKind.choices)
    text = models.TextField()
    by = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:60]}"


class StoredReport(models.Model):
    """A report as it was made: ``document`` is its canonical JSON, whose ``digest`` is in the
    trail. ``ceremony`` is empty for a population.
    """

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, null=True, related_name="reports")
    kind = models.CharField(max_length=20)
    document = models.TextField()
    digest = models.CharField(max_length=80)
    made_by = models.CharField(max_length=255)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.digest
