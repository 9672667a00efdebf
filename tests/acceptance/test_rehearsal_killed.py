"""``rehearse_sql`` killed at any point leaves no database behind after the next call."""

import os
import re
import signal
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from ceremony.actions.rehearse_stage import Stage
from ceremony.models import AuditEvent, Rehearsal
from tests.acceptance.door import manage
from tests.acceptance.world import World

FILES = {
    "0001_users.sql": "-- Data loss: rollback (all users)\n"
    "CREATE TABLE users (id int PRIMARY KEY, mail text);\n",
    "0001_users.rollback.sql": "DROP TABLE users;\n",
    "0002_index.sql": "CREATE INDEX users_mail ON users (mail);\n",
    "0002_index.rollback.sql": "SELECT 'left here, so that the database is made anew';\n",
}
SCRATCH = "SELECT datname FROM pg_database WHERE datname LIKE 'ceremony_scratch_%'"


def killed_at(place: str, count: int) -> None:
    """Run the command in a process that kills itself at the ``count``-th call of ``place``."""
    connections.close_all()
    with warnings.catch_warnings():
        # Python 3.12 warns, because pytest's worker has a thread; the child never uses it.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            setattr(Stage, place, _deadly(getattr(Stage, place), count))
            manage("rehearse_sql", "shop")
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), f"{place} was called less than {count} times"


def _deadly(method: Callable[..., Any], count: int) -> Callable[..., Any]:
    calls = iter(range(1, count + 1))

    def call(*arguments: Any, **keywords: Any) -> Any:
        if next(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **keywords)

    return call


@pytest.mark.parametrize(
    ("method", "count"),
    [("rebuild", 1), ("picture", 1), ("run", 1), ("run", 2), ("picture", 3), ("run", 3),
     ("run", 6), ("rebuild", 2), ("run", 9), ("__exit__", 1)],
)  # fmt: skip
def test_nothing_is_left_after_the_next_call(method: str, count: int, world: World) -> None:
    world.write(FILES)
    world.target()

    killed_at(method, count)
    left = world.ask(SCRATCH)
    answer = manage("rehearse_sql", "shop")

    assert world.ask(SCRATCH) == []
    if left:
        assert "Dropped 1 scratch database that a killed rehearsal had left." in answer.out
    assert answer.status == 1, "the index is left by its way back, killed or not"
    assert Rehearsal.objects.count() == 1
    assert AuditEvent.objects.filter(action="rehearsal recorded").count() == 1
    assert world.ask("SELECT to_regclass('users')") == [(None,)]


def test_a_rehearsal_that_is_at_work_is_left_alone(world: World) -> None:
    """Two at once: neither sweeps the other's database away."""
    world.write(FILES)
    world.target()
    inner: list[int] = []
    run = Stage.run

    def another_one_meanwhile(self: Stage, *arguments: Any, **keywords: Any) -> Any:
        Stage.run = run  # type: ignore[method-assign]
        inner.append(manage("rehearse_sql", "shop").status)
        return self.run(*arguments, **keywords)

    Stage.run = another_one_meanwhile  # type: ignore[method-assign]
    try:
        outer = manage("rehearse_sql", "shop").status
    finally:
        Stage.run = run  # type: ignore[method-assign]

    assert (inner, outer) == ([1], 1)
    assert world.ask(SCRATCH) == []


def test_stopped_by_a_person_it_drops_its_database_itself(world: World) -> None:
    world.write(FILES)
    world.target()
    picture = Stage.picture
    calls = iter(range(10))

    def tired(self: Stage) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return picture(self)

    Stage.picture = tired  # type: ignore[method-assign]
    try:
        answer = manage("rehearse_sql", "shop")
    finally:
        Stage.picture = picture  # type: ignore[method-assign]

    assert (answer.status, "[interrupted]" in answer.err) == (130, True), answer.told()
    assert world.ask(SCRATCH) == []
    assert not Rehearsal.objects.exists()


def test_a_migration_that_ends_its_own_server_process_is_a_fault_and_no_more(world: World) -> None:
    world.write(
        {
            **FILES,
            "0002_index.rollback.sql": "DROP INDEX users_mail;\n"
            "SELECT pg_terminate_backend(pg_backend_pid());\n",
            "0003_more.sql": "CREATE TABLE more (id int);\n",
            "0003_more.rollback.sql": "DROP TABLE more;\n",
        }
    )
    world.target()

    answer = manage("rehearse_sql", "shop")

    assert answer.status == 1, answer.told()
    assert "The way back of 0002_index fails: " in answer.out, answer.told()
    assert re.search(r"0003_more .* ✓ restored", answer.out)
    assert world.ask(SCRATCH) == []
