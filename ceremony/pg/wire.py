"""The pipeline loop: queue messages, send them together, read the answers one by one.

psycopg's own pipeline keeps only the first error of a batch and raises it at a later call, so
that it cannot be said which statement failed, or which was answered when the link broke. This
loop works on ``conn.pgconn`` and pairs every message with its answer: ``FATAL_ERROR`` failed,
``PIPELINE_ABORTED`` did not run, and after a lost link the first message without an answer was
the one in flight (each is followed by a Flush, so that the server answers at once). PostgreSQL
manual, 32.5 Pipeline Mode and 54.2.4 Pipelining.
"""

import contextlib
import select
import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import starmap
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.pq import DiagnosticField as Field

from ceremony.core.outcome import Message
from ceremony.pg.rows import NO_ROWS

#: How long a cancelled server may keep silent before it is asked again, in seconds.
_CANCEL_AGAIN = 0.5
_WAKE = 5.0
_CHUNK = 262_144
_CHUNK_ROWS = 1_000
#: libpq 17 has chunks of many rows; before it, each row is a chunk.
_CHUNKED = pq.version() >= 170000
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.PIPELINE_SYNC)
_CHUNKS = (pq.ExecStatus.TUPLES_CHUNK, pq.ExecStatus.SINGLE_TUPLE)
_SEVERITY, _SQLSTATE = Field.SEVERITY_NONLOCALIZED, Field.SQLSTATE


class Item(NamedTuple):
    """One message: a statement with its parameters, or (``sql`` is empty) a Sync.

    ``keep`` is how many rows of the answer are kept; ``flush`` asks the server to answer at once
    and not only at the next Sync. ``name`` is that of a prepared statement, which is executed in
    place of ``sql``, or made of it where the item ``prepares``. The answer to a ``brief`` one is
    short: it is read as a whole, without the names of its columns. ``what`` belongs to the sender
    and is not looked at.
    """

    what: Any
    sql: bytes = b""
    parameters: tuple[bytes | None, ...] = ()
    keep: int = 0
    flush: bool = False
    name: bytes = b""
    prepares: bool = False
    brief: bool = False

    @property
    def is_sync(self) -> bool:
        return not self.sql


class AnswerState(StrEnum):
    """What became of a message."""

    OK = "ok"
    ERROR = "error"
    SKIPPED = "skipped"
    LOST = "lost"


class Answer(NamedTuple):
    """What came back for one item.

    ``rows`` is at most ``item.keep`` of the ``row_count`` rows, as text.

    ``error`` maps libpq's field codes to text. ``seconds`` is the time since the answer before.

    """

    item: Item
    state: AnswerState
    tag: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    row_count: int = 0
    error: dict[Field, str] | None = None
    messages: tuple[Message, ...] = ()
    seconds: float = 0.0


class Wire:
    """One connection, driven message by message.

    ``interrupted`` turns true with the first KeyboardInterrupt: the server's statement is
    cancelled, again and again until all answers are read, and the sender must then roll back. A
    second one closes the connection. ``lost`` is true once the link is broken.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._notices: list[Message] = []
        self._count = self._heard = 0
        self._unread: list[Item] = []
        self._taken: list[pq.abc.PGresult | None] = []
        self._rows = NO_ROWS
        self._before = time.perf_counter()
        self._cancelled_at = 0.0
        self.interrupted = False
        self.lost = False
        self.cancelling = False
        self._pgconn.notice_handler = self._keep_notice
        self._poll = select.poll()
        self._poll.register(self._pgconn.socket, select.POLLIN)

    @property
    def transaction_status(self) -> pq.TransactionStatus:
        return pq.TransactionStatus(self._pgconn.transaction_status)

    def run(
        self, items: Sequence[Item], answered: Callable[[Answer], None] | None = None
    ) -> list[Answer]:
        """Send ``items`` (the last one a Sync) in one go and return their answers in order.

        ``answered`` hears of each at once. Never raises for what the server says or when the link
        breaks: the answers tell.
        """
        self._notices = []
        self._count, self._heard = len(items), 0
        self._unread = list(items)
        self._unread.reverse()
        self._taken = []
        self._rows = NO_ROWS
        answers: list[Answer] = []
        self._before = time.perf_counter()
        try:
            self._queue(items)
        except psycopg.OperationalError:
            self.lost = True
        except KeyboardInterrupt:
            # Nobody knows what was queued; without the connection the server rolls it back.
            self.interrupted = self.lost = True
        through = False
        while not through:
            try:
                if self.lost:
                    self._give_up(answers, answered)
                else:
                    self._read(answers, answered)
                    self._pgconn.exit_pipeline_mode()
                through = True
            except KeyboardInterrupt:
                self._interrupt()
            except psycopg.OperationalError:
                self.lost = True
        self.cancelling = False
        return answers

    def copy_in(self, item: Item, data: bytes) -> Answer:
        """One COPY FROM STDIN through the extended protocol, with its data, outside a pipeline.

        (``cursor.copy()`` would use the simple protocol, which takes several statements in one
        string.)
        """
        self._before = time.perf_counter()
        self._notices = []
        self._count, self._heard = 1, 0
        self._unread = [item]
        answers: list[Answer] = []
        steps: Iterator[Answer | None] = self._copying(item, data)
        while self._unread and not self.lost:
            try:
                answers += [answer for answer in steps if answer is not None]
                self._unread.clear()
            except KeyboardInterrupt:
                self._interrupt()
                steps = self._ending_copy(item)
            except psycopg.OperationalError:
                self.lost = True
        if self.lost:
            self._give_up(answers, None)
        return answers[0] if answers else Answer(item, AnswerState.LOST)

    def _copying(self, item: Item, data: bytes) -> Iterator[Answer | None]:
        pgconn = self._pgconn
        pgconn.send_query_params(item.sql, None)
        result = self._one_result()
        if result is None or result.status != pq.ExecStatus.COPY_IN:
            yield from self._results(item, result)
            return
        for start in range(0, len(data), _CHUNK):
            while pgconn.put_copy_data(data[start : start + _CHUNK]) == 0:
                self._write()
        while pgconn.put_copy_end() == 0:
            self._write()
        yield from self._results(item, self._one_result())

    def _ending_copy(self, item: Item) -> Iterator[Answer | None]:
        """After an interrupt: the data ends here with an error, and the rest is read."""
        with contextlib.suppress(psycopg.OperationalError):
            # Refused when the server is not reading data at this moment.
            self._pgconn.put_copy_end(b"interrupted")
        result = self._one_result()
        if result is not None and result.status == pq.ExecStatus.COPY_IN:
            self._pgconn.put_copy_end(b"interrupted")
            result = self._one_result()
        yield from self._results(item, result)

    def _results(self, item: Item, result: pq.abc.PGresult | None) -> Iterator[Answer | None]:
        """The answer, and everything behind it up to the end of the command."""
        if result is not None:
            yield self._answer(item, result)
        while self._one_result() is not None:
            yield None

    def _one_result(self) -> pq.abc.PGresult | None:
        self._write()
        self._wait()
        return self._pgconn.get_result()

    def _write(self) -> None:
        """Until the socket took everything.

        Reads meanwhile, so that both sides cannot wait for each other.
        """
        while self._pgconn.flush():
            self._poll_once(unsent=True)

    def cancel(self) -> None:
        """Ask the server to stop what runs, and keep asking until everything queued is answered."""
        self.cancelling = True
        self._cancelled_at = time.perf_counter()
        try:
            self._connection.cancel_safe(timeout=5)
        except psycopg.Error:
            # The link itself tells what became of it; a cancel request has no other answer.
            return

    def close(self) -> None:
        self._connection.close()

    def _queue(self, items: Sequence[Item]) -> None:
        pgconn = self._pgconn
        pgconn.enter_pipeline_mode()
        for item in items:
            if item.is_sync:
                pgconn.pipeline_sync()
            elif item.prepares:
                pgconn.send_prepare(item.name, item.sql)
            elif item.name:
                pgconn.send_query_prepared(item.name, item.parameters or None)
            else:
                pgconn.send_query_params(item.sql, item.parameters or None)
            if item is items[0]:
                # The server is at work on it while the rest is queued.
                pgconn.flush()
            if item.flush:
                pgconn.send_flush_request()
        pgconn.flush()

    def _read(self, answers: list[Answer], answered: Callable[[Answer], None] | None) -> None:
        """Until all is answered. A signal may stop it at any point; called again, it goes on."""
        self._settle(answers, answered)
        if not answers:
            self._in_chunks()
        while self._unread:
            self._wait()
            while self._unread and (self._taken or not self._pgconn.is_busy()):
                if not self._taken:
                    # Without a step of Python between, where a signal could lose the result.
                    self._taken.extend(starmap(self._pgconn.get_result, ((),)))
                result = self._taken[0]
                if result is None:
                    # Between two items libpq hands out one empty result.
                    self._taken.clear()
                    self._in_chunks()
                    continue
                if result.status in _CHUNKS:
                    if self._rows.last is not result:
                        self._rows = self._rows.plus(result, self._unread[-1].keep, named=True)
                    self._taken.clear()
                    continue
                answers.append(self._answer(self._unread[-1], result))
                self._settle(answers, answered)
                if answers[-1].item.is_sync:
                    self._in_chunks()

    def _in_chunks(self) -> None:
        """Let the next answer come in chunks, of which only the kept rows stay: libpq would hold
        all rows of a SELECT. Not possible for a Sync, nor for what will not run; not worth while
        for what is brief.
        """
        if self._unread and self._unread[-1].sql and not self._unread[-1].brief:
            with contextlib.suppress(psycopg.OperationalError):
                if _CHUNKED:
                    self._pgconn.set_chunked_rows_mode(_CHUNK_ROWS)
                else:
                    self._pgconn.set_single_row_mode()

    def _settle(self, answers: list[Answer], answered: Callable[[Answer], None] | None) -> None:
        """What has its answer is no longer awaited, and is heard of once."""
        self._strike_off(answers)
        if answers and self._pgconn.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError
        self._hear(answers, answered)

    def _strike_off(self, answers: list[Answer]) -> None:
        awaited = self._count - len(answers)
        if awaited < len(self._unread):
            self._taken.clear()
            self._rows = NO_ROWS
            del self._unread[awaited:]

    def _hear(self, answers: list[Answer], answered: Callable[[Answer], None] | None) -> None:
        while self._heard < len(answers):
            self._heard += 1
            if answered is not None:
                answered(answers[self._heard - 1])

    def _wait(self) -> None:
        """Until something can be read. Keeps writing what the socket did not take at once."""
        while self._pgconn.is_busy():
            self._poll_once(unsent=bool(self._pgconn.flush()))
            if self.cancelling and time.perf_counter() - self._cancelled_at > _CANCEL_AGAIN:
                self.cancel()

    def _poll_once(self, *, unsent: bool) -> None:
        if unsent:
            self._poll.modify(self._pgconn.socket, select.POLLIN | select.POLLOUT)
        ready = self._poll.poll((_CANCEL_AGAIN if self.cancelling else _WAKE) * 1000)
        if unsent:
            self._poll.modify(self._pgconn.socket, select.POLLIN)
        if ready and ready[0][1] & ~select.POLLOUT:
            self._pgconn.consume_input()

    def _answer(self, item: Item, result: pq.abc.PGresult) -> Answer:
        now = time.perf_counter()
        seconds, self._before = now - self._before, now
        notices, self._notices = tuple(self._notices), []
        status = result.status
        if status in _DONE:
            tag = (result.command_status or b"").decode()
            return Answer(item, AnswerState.OK, tag, (), (), 0, None, notices, seconds)
        if status == pq.ExecStatus.TUPLES_OK:
            columns, rows, total, tag, _ = self._rows.plus(result, item.keep, named=not item.brief)
            return Answer(item, AnswerState.OK, tag, columns, rows, total, None, notices, seconds)
        if status == pq.ExecStatus.PIPELINE_ABORTED:
            return Answer(item, AnswerState.SKIPPED, messages=notices)
        error = error_fields(result)
        return Answer(item, AnswerState.ERROR, error=error, messages=notices, seconds=seconds)

    def _interrupt(self) -> None:
        if self.interrupted:
            self.lost = True
            return
        self.interrupted = True
        try:
            self.cancel()
        except KeyboardInterrupt:
            # A second signal while the first is passed on.
            self.lost = True

    def _give_up(self, answers: list[Answer], answered: Callable[[Answer], None] | None) -> None:
        """Nothing more will come: what is unanswered is LOST, and the connection is of no use."""
        self._strike_off(answers)
        while self._unread:
            answers.append(Answer(self._unread[-1], AnswerState.LOST))
            self._strike_off(answers)
        self._hear(answers, answered)
        self.close()

    def _keep_notice(self, result: pq.abc.PGresult) -> None:
        fields = error_fields(result)
        get = Field
        self._notices.append(
            Message(
                0,
                fields.get(get.SEVERITY_NONLOCALIZED, ""),
                fields.get(get.SQLSTATE, ""),
                fields.get(get.MESSAGE_PRIMARY, ""),
                fields.get(get.MESSAGE_DETAIL, ""),
                fields.get(get.MESSAGE_HINT, ""),
                fields.get(get.CONTEXT, ""),
            )
        )


def error_fields(result: pq.abc.PGresult) -> dict[Field, str]:
    """The fields of an error or notice that are there, as text (manual, 54.8)."""
    found = ((field, result.error_field(field)) for field in Field)
    return {field: value.decode(errors="replace") for field, value in found if value is not None}
