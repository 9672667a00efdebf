"""The rows of an answer that comes in chunks: counted, and the first of them kept."""

from typing import NamedTuple

from psycopg import pq


class Rows(NamedTuple):
    """What the chunks so far add up to; ``last`` is the newest of them."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    total: int = 0
    tag: str = ""
    last: pq.abc.PGresult | None = None

    def plus(self, result: pq.abc.PGresult, keep: int, *, named: bool) -> "Rows":
        """With one more chunk, of which rows are kept until there are ``keep``; with the names of
        the columns where they are wanted.
        """
        columns, rows = self.columns, self.rows
        if keep and named and not columns:
            columns = tuple(_text(result.fname(n)) or "" for n in range(result.nfields))
        wanted = min(result.ntuples, keep - len(rows))
        if wanted > 0:
            rows += tuple(
                tuple(_text(result.get_value(row, n)) for n in range(result.nfields))
                for row in range(wanted)
            )
        # The tag comes with the last chunk that has rows, not with the empty answer behind it.
        tag = _text(result.command_status) or self.tag
        return Rows(columns, rows, self.total + result.ntuples, tag, result)


NO_ROWS = Rows()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
