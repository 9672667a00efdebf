"""Our own queries, prepared once for many migrations: for the server, parsing and planning them
each time is more work than answering them.

A prepared statement lives in the session, where a file can reach it: it may deallocate it, prepare
others, even put one of its own under the same name. So before each COMMIT a query that is *not*
prepared lists what is there (manual, 53.17 pg_prepared_statements); only where ours are as we made
them do their answers count, and what a file left behind is deallocated before the next one.
"""

import secrets
from collections.abc import Sequence

from ceremony.core.script import Script
from ceremony.pg.blocks import DEALLOCATE, Part, Probing, What
from ceremony.pg.queries import query
from ceremony.pg.wire import Answer, Item

PreparedRow = tuple[str | None, ...]
"""Name and time of preparation: a statement that was replaced has a later one."""

_KEPT = 1_000
_LIST = query("prepared-now").encode()


class PreparedQueries:
    """The ledger row and the looks before COMMIT, prepared on one session.

    The row answers with the settings of the session as well, and sets how often the server looks
    for its client (``check_interval`` in milliseconds, 0 where it cannot): one question less for
    every migration.

    ``made`` is what the server said of them when they were prepared, empty until then.
    """

    def __init__(self, insertion: bytes, probing: Probing, check_interval: int) -> None:
        mark = secrets.token_hex(8)
        plain = (
            Item(What(Part.LEDGER), _telling(insertion, check_interval), brief=True),
            *probing.items(),
        )
        self._items = {
            item.what.part: item._replace(name=b"ceremony_%d_%s" % (number, mark.encode()))
            for number, item in enumerate(plain)
        }
        self.made: frozenset[PreparedRow] = frozenset()
        self._in_place = False

    def item(self, plain: Item) -> Item:
        """The same question, asked of the prepared statement."""
        return plain._replace(name=self._items[plain.what.part].name)

    def renewal(self) -> tuple[Item, ...]:
        """The messages that prepare all of them anew; nothing, where they are in place."""
        if self._in_place:
            return ()
        prepared = (
            Item(What(Part.PREPARE), item.sql, name=item.name, prepares=True, brief=True)
            for item in self._items.values()
        )
        return (DEALLOCATE, *prepared, Item(What(Part.PREPARED), _LIST, keep=_KEPT, brief=True))

    def look(self) -> Item:
        """The question, before COMMIT, what is prepared now."""
        return Item(What(Part.GUARD), _LIST, keep=_KEPT, brief=True)

    def heard(self, answers: Sequence[Answer]) -> None:
        """Learn from a batch: what was made, and whether anything must be made anew."""
        for answer in answers:
            if answer.item.what.part is Part.PREPARED:
                self.made, self._in_place = frozenset(answer.rows), True
            elif answer.item.what.part is Part.GUARD and set(answer.rows) != self.made:
                self.forget()

    def forget(self) -> None:
        """They are gone, or may be: they are prepared again before they are used."""
        self._in_place = False


def _telling(insertion: bytes, check_interval: int) -> bytes:
    settings = query("settings-now").removeprefix("SELECT").strip()
    alive = f"'client_connection_check_interval', '{check_interval}', true"
    told = f", pg_catalog.set_config({alive})" if check_interval else ""
    return b"%s, %s" % (insertion, (settings + told).encode())


def deallocates(script: Script | None) -> bool:
    """Whether a file says itself that it deallocates: our looks after it are not prepared ones."""
    return script is not None and any(s.kind == "deallocate_stmt" for s in script.sent)
