"""Listening to the answers of one batch: who is told what, the moment it is known."""

from collections.abc import Callable, Sequence

from psycopg.pq import DiagnosticField as Field

from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import CHECK_PARTS, Part
from ceremony.pg.context import Listener
from ceremony.pg.wire import Answer, AnswerState, Item, Wire


class Hearing:
    """Called with every answer to ``items``, in order.

    The answer to a COMMIT goes to ``landed``; every other one belongs to ``attempt``. ``begun`` is
    called when the ledger row is in: the server is at work on the statements from then on. An
    interrupt may cut a call short or swallow it, so nothing is kept here: who sent the batch has
    all answers at its end.
    """

    def __init__(
        self,
        items: Sequence[Item],
        attempt: Attempt | None,
        landed: Callable[[Answer], None],
        begun: Callable[[Attempt], None],
        listener: Listener,
        wire: Wire,
    ) -> None:
        self._items = items
        self._attempt = attempt
        self._landed = landed
        self._begun = begun
        self._listener = listener
        self._wire = wire
        self._count = 0

    def __call__(self, answer: Answer) -> None:
        self._count += 1
        part = answer.item.what.part
        if part is Part.COMMIT:
            self._landed(answer)
            return
        attempt = self._attempt
        if attempt is None:
            return
        if answer.state is AnswerState.OK:
            if part is Part.LEDGER:
                self._begun(attempt)
            self._announce_next(attempt)
        elif part in CHECK_PARTS and (answer.error or {}).get(Field.SQLSTATE) == "57014":
            # A cancel inside a check stays in its savepoint and the server would go on with the
            # rest.
            self._wire.cancel()

    def _announce_next(self, attempt: Attempt) -> None:
        if self._count < len(self._items):
            what = self._items[self._count].what
            if what.part is Part.STATEMENT:
                self._listener.statement_started(attempt.run, what.statement)
