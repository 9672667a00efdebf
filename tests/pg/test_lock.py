"""The lock: one holder, waiting by asking again, the holder named."""

import threading
import time

import psycopg
import pytest

from ceremony.errors import ExitCode, LockedByOther
from ceremony.pg.lock import (
    Holder,
    acquire,
    is_held,
    lock_halves,
    lock_holder,
    lock_key,
    release,
)
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq


@pytest.fixture
def two(target):
    parameters = libpq(target)
    with (
        open_session(parameters, SessionSettings(run="first")) as first,
        open_session(parameters, SessionSettings(run="second")) as second,
    ):
        yield first, second


def test_the_key_is_documented_and_stays():
    assert lock_key("public") == 4203547956364241863
    assert lock_key("other") != lock_key("public")
    high, low = lock_halves("public")
    assert ((high << 32) | low) == lock_key("public") & 0xFFFFFFFFFFFFFFFF


def test_one_holder_who_is_named(two):
    first, second = two
    acquire(first, "public", 0)
    assert (is_held(first, "public"), is_held(second, "public")) == (True, False)
    with pytest.raises(LockedByOther) as caught:
        acquire(second, "public", 0)
    error = caught.value
    holder = lock_holder(second, "public")
    assert (error.code, error.exit_code) == ("locked-by", ExitCode.LOCKED)
    assert error.happened == (
        f"The lock of the {second.identity.place} was not free. It is held by process "
        f'{first.identity.backend_pid}, "ceremony first", as "postgres", over the local socket, '
        f"connected since {holder.since:%Y-%m-%d %H:%M:%S%z}, now idle."
    )
    assert error.next_step == (
        "Wait until the other run is done (run again without --no-wait), or look at it: "
        f"SELECT * FROM pg_stat_activity WHERE pid = {first.identity.backend_pid}"
    )


def test_ledgers_in_other_schemas_do_not_wait(two):
    first, second = two
    acquire(first, "public", 0)
    acquire(second, "other", 0)
    assert is_held(second, "other")


def test_waiting_until_it_is_free(two):
    first, second = two
    heard = []
    acquire(first, "public", 0)
    timer = threading.Timer(0.7, first.close)
    timer.start()
    acquire(second, "public", None, lambda holder, waited: heard.append((holder, waited)))
    timer.join()
    assert is_held(second, "public")
    assert heard[0][0].application == "ceremony first"
    assert heard[-1][1] >= heard[0][1]


def test_waiting_has_an_end(two):
    first, second = two
    acquire(first, "public", 0)
    began = time.monotonic()
    with pytest.raises(LockedByOther):
        acquire(second, "public", 0.5)
    assert 0.4 < time.monotonic() - began < 5


def test_a_waiter_holds_no_transaction_and_no_snapshot(two, target):
    """Else CREATE INDEX CONCURRENTLY in the holder would wait for the waiter, for ever."""
    first, second = two
    acquire(first, "public", 0)
    first.ask("CREATE TABLE t (a int)")
    stopped = threading.Event()

    def wait():
        while not stopped.is_set():
            try:
                acquire(second, "public", 0.3)
            except LockedByOther:
                continue

    thread = threading.Thread(target=wait)
    thread.start()
    began = time.monotonic()
    first.ask("CREATE INDEX CONCURRENTLY ON t (a)")
    took = time.monotonic() - began
    with psycopg.connect(target, autocommit=True) as watcher:
        states = watcher.execute(
            "SELECT state, xact_start FROM pg_stat_activity WHERE pid = %s AND state <> 'active'",
            (second.identity.backend_pid,),
        ).fetchall()
    stopped.set()
    first.close()
    thread.join()
    assert took < 5
    assert states in ([("idle", None)], [])


def test_release(two):
    first, second = two
    acquire(first, "public", 0)
    release(first, "public")
    assert lock_holder(second, "public") is None
    acquire(second, "public", 0)


def test_a_holder_that_may_not_be_seen():
    assert str(Holder(7)) == "process 7, over the local socket"
