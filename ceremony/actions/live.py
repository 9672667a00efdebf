"""Live: what a run is at, this moment: asked of the target in one short look, and told with what
the rehearsal took.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import psycopg

from ceremony import conf
from ceremony.actions.manifest import all_frozen
from ceremony.actions.measured import measured_in
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.core.file_reading import read_file
from ceremony.core.manifest import FrozenFile, Manifest, ManifestStep
from ceremony.core.script import Script
from ceremony.core.states import State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony
from ceremony.pg.at_work import AtWork, Blocker, look_at_work
from ceremony.pg.progress import Progress

AT_WORK = frozenset({State.RUNNING, State.VERIFYING, State.HALTED, State.APPROVED})
"""States in which something of the ceremony may be at work on its target."""


@dataclass(frozen=True)
class Live:
    """What goes on. ``pid`` is the server process, 0 where nobody holds the target's lock;
    ``untold`` says why nothing is known, ``""`` where something is.

    ``label`` is the step, ``number`` its statement of ``count`` that is at work since ``seconds``,
    ``line`` where it stands; 0 and ``""`` where what runs is none of them (checks, the ledger).
    ``rehearsed`` are the seconds that it took in the rehearsal, ``None`` where nobody knows.
    """

    pid: int = 0
    untold: str = ""
    label: str = ""
    number: int = 0
    count: int = 0
    line: int = 0
    summary: str = ""
    seconds: float = 0.0
    rehearsed: float | None = None
    waits: bool = False
    blockers: tuple[Blocker, ...] = ()
    progress: Progress | None = None


def live_of(ceremony: Ceremony) -> Live | None:
    """What is at work for a ceremony on its target; ``None`` in states in which nothing can be.

    It asks the target once, for three seconds at the most, and control for what the rehearsal took:
    at most three queries. Raises nothing for a target that does not answer.
    """
    if State(ceremony.state) not in AT_WORK or not ceremony.round:
        return None
    try:
        settings = conf.load()
        target = conf.target(ceremony.target.alias, settings)
        found = look_at_work(target.parameters, settings.ledger_schema)
    except CeremonyError as error:
        return Live(untold=f"{error.happened} [{error.code}]")
    except psycopg.Error as error:
        told = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        return Live(untold=f"The target did not answer in time{told}.")
    return _told(ceremony, found) if found else Live()


def _told(ceremony: Ceremony, found: AtWork) -> Live:
    try:
        place = (
            _place(manifest_of(newest_round(ceremony)), found.query) if found.query else _Place()
        )
    except CeremonyError:
        place = _Place()  # A damaged round is told of on its page; what runs goes on.
    return Live(
        pid=found.pid,
        label=place.label,
        number=place.number,
        count=place.count,
        line=place.line,
        summary=place.summary or " ".join(found.query.split())[:72],
        seconds=found.seconds,
        rehearsed=place.rehearsed,
        waits=found.waits,
        blockers=found.blockers,
        progress=found.progress,
    )


@dataclass(frozen=True)
class _Place:
    """Where in the plan a statement stands."""

    label: str = ""
    number: int = 0
    count: int = 0
    line: int = 0
    summary: str = ""
    rehearsed: float | None = None


@lru_cache(maxsize=64)
def _script(path: str, data: bytes) -> Script | None:
    """A page that follows a run asks every few seconds, and a file is read once."""
    return read_file(path, data).script


def _place(manifest: Manifest, query: str) -> _Place:
    """The first statement of the plan, or of its way back, that begins as the server says; it cuts
    long ones (``track_activity_query_size``).
    """
    running = list(_running(manifest))
    kept = all_frozen({file.digest for _, file in running})
    for step, file in running:
        script = _script(file.path, kept[file.digest])
        for one in script.statements if script else ():
            if script is not None and one.text.startswith(query):
                measured = measured_in(manifest).get(script.meaning_digest)
                took = measured.statements.get(one.number) if measured else None
                seconds = took.seconds if took else None
                count = len(script.statements)
                return _Place(step.label, one.number, count, one.line, one.summary, seconds)
    return _Place()


def _running(manifest: Manifest) -> Iterator[tuple[ManifestStep, FrozenFile]]:
    """The steps that send something, each with its file."""
    for step in (*manifest.steps, *manifest.way_back):
        if step.running is not None:
            yield step, step.running
