"""What extra collectors found stays, with its age, until they fail."""

from __future__ import annotations

from jobqueue_exporter.collect.extras import Extras
from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.model import Binary, DeadLetters, Facts, FlowWindow, Place, Recovery, RecoveryState
from tests.collect.scripted import MAIL, part

DEAD = Facts(dead_letters={MAIL: DeadLetters(causes={})})
NAMES = ("causes", "recovery")


def recovery(oldest: float | None) -> Facts:
    return Facts(recovery=Recovery(jobs={RecoveryState.PENDING: 2}, oldest_pending_seconds=oldest))


def failed(name: str) -> Part:
    return Part(collector=name, seconds=5, error="no answer")


def test_what_was_found_stays_while_it_is_not_due() -> None:
    extras = Extras()
    extras.ran(part(DEAD, "causes", seconds=1), 0)
    assert extras.due(["causes", "new"], 99) == {"new"}
    assert extras.due(["causes"], 100) == {"causes"}
    assert extras.facts(NAMES, 99) == DEAD


def test_a_failure_takes_back_what_the_last_success_found() -> None:
    extras = Extras()
    extras.ran(part(DEAD, "causes"), 0)
    extras.ran(failed("causes"), 10)
    assert extras.facts(NAMES, 10) == Facts()
    assert extras.due(["causes"], 24) == frozenset()
    assert extras.due(["causes"], 25) == {"causes"}


def test_one_failure_leaves_what_others_found() -> None:
    extras = Extras()
    extras.ran(part(DEAD, "causes"), 0)
    extras.ran(failed("recovery"), 0)
    assert extras.facts(NAMES, 0) == DEAD


def test_a_collector_that_the_source_has_no_more_tells_nothing() -> None:
    extras = Extras()
    extras.ran(part(DEAD, "causes"), 0)
    assert extras.facts(["recovery"], 0) == Facts()


def test_an_age_found_earlier_has_grown_since() -> None:
    extras = Extras()
    extras.ran(part(recovery(60.0), "recovery"), 100)
    assert extras.facts(NAMES, 130) == recovery(90.0)


def test_nothing_does_not_grow_older() -> None:
    extras = Extras()
    extras.ran(part(recovery(0.0), "recovery"), 0)
    assert extras.facts(NAMES, 30) == recovery(0.0)
    extras.ran(part(recovery(None), "recovery"), 0)
    assert extras.facts(NAMES, 30) == recovery(None)


def test_what_is_true_of_one_moment_only_is_not_kept() -> None:
    extras = Extras()
    window = FlowWindow(start=0, end=60, tells=frozenset(), counts=())
    extras.ran(part(Facts(flow_window=window, clock=5.0, lag_seconds=1.0), "flows"), 0)
    assert extras.facts(["flows"], 0) == Facts(lag_seconds=1.0)


def test_binaries_and_notices_of_all_collectors_add_up() -> None:
    extras = Extras()
    ffmpeg, here = (Binary("ffmpeg", place, True) for place in (Place.WORKER, Place.EXPORTER))
    extras.ran(part(Facts(binaries=(ffmpeg,), notices=("one", "two")), "causes"), 0)
    extras.ran(part(Facts(binaries=(ffmpeg, here), notices=("two", "three")), "recovery"), 0)
    assert extras.facts(NAMES, 0) == Facts(binaries=(ffmpeg, here), notices=("one", "two", "three"))
