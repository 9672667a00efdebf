"""A frozen file as statements of a page: borders by the parser, and for each what it locks, how
long it waits for that, what it took in the rehearsal, and what is noted at its lines.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ceremony.actions.measured import Measured, Stopped
from ceremony.actions.round_findings import link_of
from ceremony.admin.sql_lines import Line, Run, lines_html, lines_of, runs_of, shared_out
from ceremony.core.file_reading import FileReading
from ceremony.core.finding import Finding
from ceremony.core.place import Lines
from ceremony.core.script import Statement
from ceremony.core.sql.borders import Piece
from ceremony.core.xray import MODES, LockTaken, lock_words

LOCKS_SHOWN = 4
_WRITERS_WAIT = MODES.index("ShareLock")
_EVERYBODY_WAITS = MODES.index("AccessExclusiveLock")


@dataclass(frozen=True)
class Note:
    """A finding at its line, with the page that says why it matters (``""`` for none)."""

    finding: Finding
    link: str


@dataclass(frozen=True)
class Segment:
    """Lines as HTML, then what is noted at the last of them. ``stopped``: a run failed there."""

    html: SafeString
    notes: tuple[Note, ...] = ()
    stopped: Stopped | None = None


@dataclass(frozen=True)
class Effect:
    """What a statement that is sent does besides its purpose. ``locks`` are those that the
    rehearsal saw, else those that the text tells of, the strongest first. ``limit`` is how many
    milliseconds it waits for them (0: for ever, ``None``: cannot be told). ``covered``: it asks for
    locks, and the rehearsal saw that statements before it hold them, or stronger ones.
    """

    number: int
    locks: tuple[LockTaken, ...]
    limit: int | None
    measured: Measured | None
    already: bool
    covered: bool = False


@dataclass(frozen=True)
class ShownStatement:
    """``number`` is 0 for what stands behind the last statement. ``effect`` is what it does,
    ``None`` for one that is not sent (``left_out`` says why). Of its locks ``locks`` are in words,
    ``more`` is how many others there are, ``heavy`` what everybody else waits for (``""``: nothing
    worth saying), and ``ceiling`` says how long it waits for them. ``alone``: it runs outside a
    transaction. ``cut``: a line of it is too long to be shown.
    """

    number: int
    first: int
    last: int
    segments: tuple[Segment, ...]
    effect: Effect | None = None
    locks: tuple[str, ...] = ()
    more: int = 0
    heavy: str = ""
    ceiling: str = ""
    alone: bool = False
    left_out: str = ""
    cut: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What a script runs in: the ``lock_timeout`` in milliseconds, whether one transaction holds
    it, the last statement that is in already, what was measured and found, where it stopped.
    """

    lock_timeout: int
    transactional: bool
    resume_after: int = 0
    measured: Mapping[int, Measured] | None = None
    findings: Sequence[Finding] = ()
    stopped: Stopped | None = None
    anchor: str = ""


def statements_of(
    reading: FileReading, around: Circumstances, most: int
) -> tuple[ShownStatement, ...]:
    """The pieces of a file with at most ``most`` lines in all; what is cut is left out."""
    if most <= 0:
        return ()
    pieces = reading.pieces
    plain = reading.lost or bool(reading.unseen)
    runs = [Run("", reading.text)] if plain else runs_of(reading.text)
    portions = shared_out(runs, (len(piece.text) for piece in pieces))
    noted = _by_piece(reading.text, pieces, around.findings)
    found = []
    for piece, portion, findings in zip(pieces, portions, noted, strict=True):
        lines = lines_of(portion, piece.line)[: max(most, 0)]
        most -= len(lines)
        lines = lines[_blank(lines) :]
        if lines:
            found.append(_statement(reading, piece, lines, findings, around))
    return tuple(found)


def _blank(lines: Sequence[Line]) -> int:
    """How many lines in front hold nothing; their numbers are passed over."""
    return next((number for number, line in enumerate(lines) if line.runs), len(lines))


def effects_of(reading: FileReading, around: Circumstances) -> tuple[Effect, ...]:
    """What all statements of a file that are sent do, however many are shown."""
    sent = reading.script.sent if reading.script else ()
    return tuple(_effect(reading, statement, around) for statement in sent)


def _effect(reading: FileReading, statement: Statement, around: Circumstances) -> Effect:
    measured = (around.measured or {}).get(statement.number)
    taken = measured.locks if measured and measured.locks is not None else None
    asked = reading.locks.get(statement.number, ())
    return Effect(
        statement.number,
        _ordered(asked if taken is None else taken),
        _limit(reading, statement, around),
        measured,
        statement.number <= around.resume_after,
        covered=bool(asked) and taken == () and statement.number > 1,
    )


def _by_piece(
    text: str, pieces: Sequence[Piece], findings: Iterable[Finding]
) -> list[list[Finding]]:
    """The findings with a line, each at the piece where its place is."""
    ends = list(accumulate(len(piece.text) for piece in pieces))
    noted: list[list[Finding]] = [[] for _ in pieces]
    starts = Lines(text)
    for one in findings:
        if one.line:
            offset = starts.offset(one.line) + max(one.column, 1) - 1
            number = next((n for n, end in enumerate(ends) if offset < end), len(ends) - 1)
            noted[number].append(one)
    return noted


def _statement(
    reading: FileReading,
    piece: Piece,
    lines: Sequence[Line],
    findings: Sequence[Finding],
    around: Circumstances,
) -> ShownStatement:
    statement = piece.statement
    stopped = _stopped_here(statement, around.stopped, lines)
    segments = tuple(_segments(lines, findings, around.anchor, stopped))
    first, last = lines[0].number, lines[-1].number
    cut = any(line.cut for line in lines)
    if statement is None:
        return ShownStatement(0, first, last, segments, cut=cut)
    if statement.not_sent:
        return ShownStatement(statement.number, first, last, segments, left_out=statement.not_sent)
    effect = _effect(reading, statement, around)
    return ShownStatement(
        statement.number,
        first,
        last,
        segments,
        effect,
        locks=tuple(lock_sentence(lock) for lock in effect.locks[:LOCKS_SHOWN]),
        more=max(0, len(effect.locks) - LOCKS_SHOWN),
        heavy=_heavy(effect.locks),
        ceiling=_ceiling(effect.limit, around.transactional) if effect.locks else "",
        alone=not statement.in_transaction,
        cut=cut,
    )


def _stopped_here(
    statement: Statement | None, stopped: Stopped | None, lines: Sequence[Line]
) -> Stopped | None:
    """The failure, where it belongs to this statement, or to a line of it."""
    if stopped is None:
        return None
    if stopped.statement:
        here = statement is not None and statement.number == stopped.statement
    else:
        here = lines[0].number <= stopped.line <= lines[-1].number
    return stopped if here else None


def _segments(
    lines: Sequence[Line], findings: Sequence[Finding], anchor: str, stopped: Stopped | None
) -> Iterator[Segment]:
    """The lines, cut behind those at which something is noted."""
    at: dict[int, list[Note]] = {}
    last = lines[-1].number
    for one in findings:
        at.setdefault(min(one.line, last), []).append(Note(one, link_of(one.code)))
    failed = min(stopped.line, last) or last if stopped else 0
    waiting: list[Line] = []
    for line in lines:
        waiting.append(line)
        if line.number in at or line.number == failed:
            yield Segment(
                lines_html(waiting, anchor, failed),
                tuple(at.get(line.number, ())),
                stopped if line.number == failed else None,
            )
            waiting = []
    if waiting:
        yield Segment(lines_html(waiting, anchor, failed))


def _ordered(locks: Iterable[LockTaken]) -> tuple[LockTaken, ...]:
    return tuple(sorted(locks, key=lambda one: (-MODES.index(one.mode), one.relation)))


def lock_sentence(lock: LockTaken) -> str:
    """``ACCESS EXCLUSIVE on orders``."""
    return _("%(mode)s on %(relation)s") % {
        "mode": lock_words(lock.mode),
        "relation": lock.relation.removeprefix("public."),
    }


def _heavy(locks: Sequence[LockTaken]) -> str:
    """Who waits for the strongest lock (PostgreSQL documentation, table 13.2)."""
    strongest = MODES.index(locks[0].mode) if locks else 0
    if strongest >= _EVERYBODY_WAITS:
        return _("nobody reads or writes meanwhile")
    return _("nobody writes meanwhile") if strongest >= _WRITERS_WAIT else ""


def _limit(reading: FileReading, statement: Statement, around: Circumstances) -> int | None:
    """The milliseconds that it waits for a lock, as the executor sets them."""
    if statement.is_concurrent:
        return 0
    return reading.lock_limits.get(statement.number, around.lock_timeout)


def _ceiling(limit: int | None, transactional: bool) -> str:
    if limit is None:
        return _("waits as long as the file itself sets")
    if limit == 0:
        return _("waits as long as it takes")
    words = {"limit": seconds_words(limit)}
    if transactional:
        return _("waits at most %(limit)s, then fails without change") % words
    return _("waits at most %(limit)s, then fails; what is in stays") % words


def seconds_words(milliseconds: int) -> str:
    """``2 s``, ``1.5 s``, ``300 ms``, ``10 min``."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds % 60_000 == 0:
        return f"{milliseconds // 60_000} min"
    return f"{milliseconds / 1_000:g} s"
