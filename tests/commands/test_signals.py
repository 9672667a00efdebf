import os
import signal
import threading

import pytest

from ceremony.management.signals import stoppable


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_stop_is_one_keyboard_interrupt(number):
    before = signal.getsignal(number)
    told = []

    def stopped():
        with stoppable(told.append):
            os.kill(os.getpid(), number)

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert told == [
        "Stopping: the running statement is cancelled in the server, then the run is recorded."
    ]
    assert signal.getsignal(number) is before


def test_a_second_signal_only_speaks_and_a_third_leaves():
    told = []
    seen = []

    def impatient():
        with stoppable(told.append):
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                os.kill(os.getpid(), signal.SIGINT)
                seen.append("still recording")
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        impatient()
    assert seen == ["still recording"]
    assert told[1].startswith("Still stopping. Once more leaves at once;")


def test_nohup_is_respected():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable(lambda text: None):
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_nothing_is_changed():
    seen = []

    def other():
        with stoppable(lambda text: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


def test_a_signal_in_the_middle_of_a_write_still_stops():
    def busy(text):
        raise RuntimeError("reentrant call inside a buffered writer")

    def stopped():
        with stoppable(busy):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        stopped()
