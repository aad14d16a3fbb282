from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jobqueue_exporter.cli.interrupts import Interrupts

WAYS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@contextmanager
def ignored(number: signal.Signals) -> Iterator[None]:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize("number", WAYS)
def test_the_first_signal_asks_to_stop_and_says_so(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with Interrupts() as stop:
        before = stop.asked
        send(number)
        assert (before, stop.asked, stop.wait(60)) == (False, True, True)
    assert capfd.readouterr().err == "\nstopping after the batch under way; once more ends at once\n"


@pytest.mark.parametrize("number", WAYS)
def test_a_signal_ends_a_wait(number: signal.Signals) -> None:
    with Interrupts() as stop:
        timer = threading.Timer(0.1, send, [number])
        timer.start()
        assert stop.wait(60)
        timer.join()


def test_a_wait_that_nobody_ends_ends_by_itself() -> None:
    with Interrupts() as stop:
        assert not stop.wait(0.01)


@pytest.mark.parametrize("number", WAYS)
def test_the_second_ends_what_may_be_broken_off(number: signal.Signals) -> None:
    with Interrupts() as stop:
        send(number)
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            send(number)


def test_the_second_waits_until_something_may_be_broken_off() -> None:
    with Interrupts() as stop:
        send(signal.SIGINT)
        send(signal.SIGINT)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            stop.wait(60)
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            raise AssertionError


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(each) for each in WAYS]
    with Interrupts():
        assert [signal.getsignal(each) for each in WAYS] != before
    assert [signal.getsignal(each) for each in WAYS] == before


@pytest.mark.parametrize("number", WAYS)
def test_what_was_ignored_stays_ignored_as_under_nohup(number: signal.Signals) -> None:
    with ignored(number), Interrupts() as stop:
        send(number)
        assert not stop.asked
