"""The frozen bytes of a manifest as a page shows them: what runs, its checks, its way back."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ceremony import conf
from ceremony.actions.manifest import all_frozen
from ceremony.actions.measured import MeasuredScript, Stopped, direction_of, measured_in, stopped_in
from ceremony.actions.round_findings import findings_in, link_of, warnings_in
from ceremony.admin.comparing import ShownChange, changes_since, changes_to, wanted
from ceremony.admin.sql_statements import (
    Circumstances,
    Effect,
    Note,
    ShownStatement,
    effects_of,
    lock_sentence,
    seconds_words,
    statements_of,
)
from ceremony.conf import Settings
from ceremony.core.file_reading import FileReading, read_file
from ceremony.core.finding import Finding
from ceremony.core.ledger_row import Event
from ceremony.core.manifest import FrozenFile, Manifest, ManifestStep
from ceremony.core.naming import Role
from ceremony.core.series import SeriesFiles
from ceremony.core.xray import MODES
from ceremony.models import Rehearsal
from ceremony.sources.folder import read_series

LINES = 3_000
"""How many lines of one file a page shows."""

CHARACTERS = 200_000
"""How many characters of one file a page shows."""

PAGE_LINES = 5_000
"""How many lines of all files together a page shows."""


REMEMBERED = 100_000
"""Files of so many bytes are read once by each process, larger ones for each page."""

ACTS: Mapping[str, Promise] = {
    Event.APPLIED.value: gettext_lazy("apply"),
    Event.ROLLED_BACK.value: gettext_lazy("roll back"),
    Event.BASELINED.value: gettext_lazy("baseline"),
    Event.RETIRED.value: gettext_lazy("retire"),
    Event.SUPERSEDED.value: gettext_lazy("supersede"),
}
"""What a step does, by the event that will say that it is done."""

NAMED = 3
"""How many statements or checks the one line about a file names."""


@dataclass(frozen=True)
class ShownFile:
    """The beginning of a file, statement by statement. ``lines`` is how many it has, ``cut``
    whether some are not shown. ``summary`` tells on one line what it holds. ``notes`` are about the
    file as a whole, or about lines that are cut; ``unseen`` is what nobody could read.
    """

    path: str
    digest: str
    role: Role
    summary: str
    statements: tuple[ShownStatement, ...]
    lines: int
    cut: bool
    notes: tuple[Note, ...]
    unseen: tuple[Finding, ...]

    @property
    def measured(self) -> bool:
        """Whether the rehearsal tells anything of it."""
        return any(one.effect.measured for one in self.statements if one.effect)


@dataclass(frozen=True)
class ShownStep:
    """A step with its files; ``first`` is the one that runs, unless only a row is ``recorded``.
    ``stopped`` is where the newest attempt at it failed.
    """

    step: ManifestStep
    first: ShownFile | None
    others: tuple[ShownFile, ...]
    recorded: bool = False
    stopped: Stopped | None = None

    @property
    def act(self) -> str | Promise:
        """What it does: nothing of it need be done yet, so that the event is not said."""
        return ACTS.get(self.step.event, self.step.event)


@dataclass(frozen=True)
class SqlFacts:
    """The consequences of all steps, before anybody reads code. ``worst_lock`` is in words, ``""``
    without any; ``ceiling`` (``2 s``, ``""`` for no limit) how long a statement waits for it.
    ``rehearsed`` are the seconds that the steps took, ``None`` where a statement was not measured.
    ``alone`` counts steps outside a transaction. ``warnings`` are those that an approver accepts.
    """

    statements: int
    lines: int
    worst_lock: str
    ceiling: str
    rehearsed: float | None
    alone: int
    warnings: tuple[str, ...]
    unseen: tuple[Finding, ...]


@dataclass(frozen=True)
class ShownSql:
    """Everything that pages show of the files of a round. ``since`` is what changed since the round
    before (``None`` without one), ``on_disk`` how the files on the disk are otherwise now.
    """

    desk: "_Desk" = field(repr=False)
    facts: SqlFacts
    since: tuple[ShownChange, ...] | None = None
    on_disk: tuple[ShownChange, ...] = ()

    @property
    def steps(self) -> tuple[ShownStep, ...]:
        """The steps with their files; they are made into lines when they are first asked for."""
        return self._laid_out[0]

    @property
    def way_back(self) -> tuple[ShownStep, ...]:
        """The same of the approved way back."""
        return self._laid_out[1]

    @cached_property
    def _laid_out(self) -> tuple[tuple[ShownStep, ...], tuple[ShownStep, ...]]:
        manifest = self.desk.manifest
        steps = tuple(self.desk.step(step, "step") for step in manifest.steps)
        return steps, tuple(self.desk.step(step, "back") for step in manifest.way_back)


def shown_sql(
    manifest: Manifest,
    *,
    before: Manifest | None = None,
    files: SeriesFiles | None = None,
    rehearsals: Iterable[Rehearsal] | None = None,
    settings: Settings | None = None,
) -> ShownSql:
    """The files of a round, with three queries at most: frozen bytes, rehearsals, attempts.

    ``before`` is the round before; ``files`` are the folder of the series and ``rehearsals`` those
    that the manifest names, where they were read already. A file that runs on the way back is shown
    there and not twice. Raises Tampered (frozen-missing, frozen-differs).
    """
    settings = settings or conf.load()
    files = files or read_series(settings.root, manifest.series)
    kept = all_frozen(wanted(manifest, before, files))
    findings = findings_in(manifest, kept, settings, files)
    desk = _Desk(manifest, kept, findings, settings, measured_in(manifest, rehearsals))
    return ShownSql(
        desk,
        desk.facts(warnings_in(manifest, findings)),
        changes_since(before, manifest, kept) if before else None,
        changes_to(manifest, kept, files),
    )


def files_of(manifest: Manifest) -> Iterable[FrozenFile]:
    """Every file that takes part in a manifest."""
    for step in (*manifest.steps, *manifest.way_back):
        yield from step.files


class _Desk:
    """What all files of a manifest are read with."""

    def __init__(
        self,
        manifest: Manifest,
        kept: Mapping[str, bytes],
        findings: Sequence[Finding],
        settings: Settings,
        measured: Mapping[str, MeasuredScript],
    ) -> None:
        self.manifest = manifest
        self._kept = kept
        self._left = PAGE_LINES
        self._lock_timeout = settings.lock_timeout
        self._measured = measured
        self._stopped = stopped_in(manifest)
        self._shown: set[FrozenFile | None] = {one.running for one in manifest.way_back}
        self._findings: dict[str, list[Finding]] = {}
        for one in findings:
            self._findings.setdefault(one.path, []).append(one)

    def step(self, step: ManifestStep, prefix: str) -> ShownStep:
        """A step; ``prefix`` tells the anchors of the steps from those of the way back. What is
        shown already is left out of the others.
        """
        running = step.running
        around = self._around(step, f"{prefix}-{step.number}-line")
        first = self._file(running, around) if running else None
        rest = step.files[1:] if running else step.files
        others = [one for one in rest if one not in self._shown]
        self._shown.update((running, *others))
        return ShownStep(
            step,
            first,
            tuple(self._file(one, self._aside(one)) for one in others),
            running is None,
            around.stopped,
        )

    def facts(self, warnings: tuple[str, ...]) -> SqlFacts:
        """The consequences of all steps, of what a page does not show, too."""
        steps = [step for step in self.manifest.steps if step.running]
        readings = [self._reading(step.running) for step in steps if step.running]
        of_steps = [
            effects_of(reading, self._around(step))
            for step, reading in zip(steps, readings, strict=True)
        ]
        found = [effect for effects in of_steps for effect in effects]
        times = [self._took(*one) for one in zip(steps, of_steps, strict=True)]
        worst = max((one for one in found if one.locks), key=_weight, default=None)
        return SqlFacts(
            statements=len(found),
            lines=sum(_lines(reading.text) for reading in readings),
            worst_lock=lock_sentence(worst.locks[0]) if worst else "",
            ceiling=seconds_words(worst.limit) if worst and worst.limit else "",
            rehearsed=sum(one or 0 for one in times) if times and None not in times else None,
            alone=sum(not step.transactional for step in steps),
            warnings=warnings,
            unseen=tuple(
                one for file in self.manifest.changing for one in self._reading(file).unseen
            ),
        )

    def _took(self, step: ManifestStep, effects: Iterable[Effect]) -> float | None:
        """The seconds of a step in its rehearsal: of all of it, or of the statements that are left
        of it.
        """
        measured = self._measured.get(step.meaning)
        left = [one.measured for one in effects if not one.already]
        times = [one.seconds for one in left if one]
        if measured is None or len(times) < len(left):
            return None
        return sum(times) if step.resume_after else measured.seconds

    def _around(self, step: ManifestStep, anchor: str = "") -> Circumstances:
        """What a step runs in. The limits of a way back are those of the change, as the executor
        sets them.
        """
        readings = [self._reading(one) for one in step.files]
        change = next((one for one in readings if one.role is Role.CHANGE), None)
        own = change.header.lock_timeout if change else None
        measured = self._measured.get(step.meaning)
        return Circumstances(
            lock_timeout=self._lock_timeout if own is None else own,
            transactional=step.transactional,
            resume_after=step.resume_after,
            measured=measured.statements if measured else {},
            findings=self._findings.get(step.running.path, ()) if step.running else (),
            stopped=self._stopped.get((step.version, direction_of(step), step.variant)),
            anchor=anchor,
        )

    def _aside(self, file: FrozenFile) -> Circumstances:
        """What a file is shown in that does not run here."""
        reading = self._reading(file)
        own = reading.header.lock_timeout
        return Circumstances(
            lock_timeout=self._lock_timeout if own is None else own,
            transactional=reading.header.transactional,
            findings=self._findings.get(file.path, ()),
        )

    def _reading(self, file: FrozenFile) -> FileReading:
        data = self._kept[file.digest]
        if len(data) > REMEMBERED:
            return read_file(file.path, data)
        return _read(_Bytes(file, data))

    def _file(self, file: FrozenFile, around: Circumstances) -> ShownFile:
        reading = self._reading(file)
        text = reading.text
        lines = _lines(text)
        most = min(LINES, self._left, max(1, text.count("\n", 0, CHARACTERS)))
        if len(text) <= CHARACTERS:
            most = min(LINES, self._left)
        found = statements_of(reading, around, most)
        shown = found[-1].last if found else 0
        self._left -= shown
        notes = (one for one in around.findings if not one.line or one.line > shown)
        return ShownFile(
            file.path,
            file.digest,
            reading.role,
            _summary(reading),
            found,
            lines,
            shown < lines or any(statement.cut for statement in found),
            tuple(Note(one, link_of(one.code)) for one in notes),
            reading.unseen,
        )


@dataclass(frozen=True)
class _Bytes:
    """A frozen file with its bytes; its digest tells which."""

    file: FrozenFile
    data: bytes = field(compare=False, repr=False)


@lru_cache(maxsize=1_000)
def _read(file: _Bytes) -> FileReading:
    return read_file(file.file.path, file.data)


def _summary(reading: FileReading) -> str:
    """What a file holds, on one line."""
    if reading.role is Role.VERIFY:
        names = [check.name for check in reading.checks]
        count = ngettext("%(count)s check", "%(count)s checks", len(names))
        return _brief(count % {"count": len(names)}, names)
    if reading.script is None:
        return _("cannot be understood as SQL")
    sent = reading.script.sent
    count = ngettext("%(count)s statement", "%(count)s statements", len(sent))
    return _brief(count % {"count": len(sent)}, [one.summary for one in sent])


def _brief(count: str, told: Sequence[str]) -> str:
    if not told:
        return count
    more = "; …" if len(told) > NAMED else ""
    return f"{count}: {'; '.join(told[:NAMED])}{more}"


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and bool(text))


def _weight(one: Effect) -> tuple[int, float]:
    """The heavier lock first; of two alike the one that is waited for longer."""
    return MODES.index(one.locks[0].mode), one.limit or math.inf
