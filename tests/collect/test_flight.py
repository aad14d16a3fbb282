"""The answer comes once and in time, whatever the thread does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from jobqueue_exporter.collect.flight import Flight
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.model import Snapshot
from tests.collect.scripted import PATIENCE
from tests.deadline import until


def snapshot(error: str) -> Snapshot:
    return Snapshot(source="shop", engine="scripted", read_at=0, up=not error, error=error)


@dataclass
class Trip:
    """An errand that does `work`, and notes what it is asked."""

    work: Callable[[], None] = lambda: None
    stopping: Callable[[], None] = lambda: None
    asked: list[Exception | None] = field(default_factory=list)
    stops: int = 0

    def go(self) -> None:
        self.work()

    def stop(self) -> None:
        self.stops += 1
        self.stopping()

    def outcome(self, error: Exception | None) -> Snapshot:
        self.asked.append(error)
        return snapshot(str(error or ""))

    def failed(self, error: Exception) -> Snapshot:
        return snapshot(f"failed: {error}")


def ignore(_: Snapshot, __: Exception | None) -> None:
    pass


def flown(trip: Trip, limit: float = PATIENCE) -> Flight:
    flight = Flight("shop", trip, limit, ignore)
    flight.start()
    return flight


def answer(flight: Flight) -> Snapshot:
    return flight.future.result(PATIENCE)


def test_work_that_ends_well_is_answered_by_its_outcome() -> None:
    trip = Trip()
    flight = flown(trip)
    assert answer(flight) == snapshot("")
    assert (flight.landed, trip.asked, trip.stops) == (True, [None], 0)


def test_work_that_fails_is_answered_with_its_error() -> None:
    refused = Refused("no rights")

    def work() -> None:
        raise refused

    trip = Trip(work)
    assert answer(flown(trip)) == snapshot("no rights")
    assert trip.asked == [refused]


def test_work_that_hangs_is_answered_in_time_and_then_stopped() -> None:
    release = threading.Event()
    trip = Trip(lambda: until(release.is_set))
    flight = flown(trip, limit=0.02)
    assert answer(flight) == snapshot("no answer within 0.02 s")
    assert isinstance(trip.asked[0], TimedOut)
    until(lambda: trip.stops == 1)
    assert not flight.landed
    release.set()
    flight.wait_until_landed()
    assert len(trip.asked) == 1


def test_the_answer_does_not_wait_for_the_stop() -> None:
    release = threading.Event()
    trip = Trip(lambda: until(release.is_set), stopping=lambda: until(release.is_set))
    assert answer(flown(trip, limit=0.02)) == snapshot("no answer within 0.02 s")
    release.set()


def test_a_stop_that_fails_does_no_harm() -> None:
    release = threading.Event()

    def stopping() -> None:
        raise OSError("no connection")

    flight = flown(Trip(lambda: until(release.is_set), stopping), limit=0.02)
    assert answer(flight) == snapshot("no answer within 0.02 s")
    release.set()
    flight.wait_until_landed()


def test_what_has_ended_is_not_stopped() -> None:
    trip = Trip()
    flight = flown(trip)
    answer(flight)
    flight.stop()
    assert trip.stops == 0


def test_nobody_can_cancel_it() -> None:
    release = threading.Event()
    flight = flown(Trip(lambda: until(release.is_set)))
    assert flight.future.cancel() is False
    release.set()
    assert answer(flight) == snapshot("")


def test_an_outcome_that_fails_is_an_answer_too() -> None:
    class Broken(Trip):
        def outcome(self, error: Exception | None) -> Snapshot:
            raise KeyError("x")

    assert answer(flown(Broken())) == snapshot("failed: 'x'")


def test_the_source_is_free_and_all_is_settled_before_anybody_hears_of_it() -> None:
    seen: list[tuple[bool, bool, Snapshot, Exception | None]] = []

    def settled(told: Snapshot, error: Exception | None) -> None:
        seen.append((flight.landed, flight.future.done(), told, error))

    flight = Flight("shop", Trip(), PATIENCE, settled)
    flight.start()
    answer(flight)
    assert seen == [(True, False, snapshot(""), None)]


def test_a_host_without_threads_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    flight = flown(Trip())
    assert flight.landed
    assert answer(flight) == snapshot("no thread could be started: the exporter's host is out of threads")


@pytest.mark.parametrize("limit", [0.0, 0.001, 0.002])
def test_an_end_at_the_very_limit_is_answered_once(limit: float) -> None:
    def work() -> None:
        threading.Event().wait(0.001)

    for _ in range(100):
        trip = Trip(work)
        flight = flown(trip, limit)
        answer(flight)
        flight.wait_until_landed()
        assert len(trip.asked) == 1
