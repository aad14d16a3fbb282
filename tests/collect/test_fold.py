"""Several lanes or queues told as one."""

from __future__ import annotations

from jobqueue_exporter.collect import fold
from jobqueue_exporter.model import Cause, DeadLetters, LaneJobs, State, Workers


def other(_: str) -> str:
    return "_other"


def test_counts_add_up_and_of_ages_the_worst_counts() -> None:
    one = LaneJobs(
        counts={State.PENDING: 2, State.RUNNING: 1},
        oldest_pending_seconds=5.0,
        oldest_running_seconds=7.0,
        oldest_dead_letter_seconds=1.0,
        due_not_promoted=1,
        stuck=1,
    )
    two = LaneJobs(
        counts={State.PENDING: 3, State.RUNNING: 0},
        oldest_pending_seconds=9.0,
        oldest_running_seconds=0.0,
        oldest_dead_letter_seconds=0.0,
        due_not_promoted=4,
        stuck=2,
    )
    assert fold.jobs([one, two]) == LaneJobs(
        counts={State.PENDING: 5, State.RUNNING: 1},
        oldest_pending_seconds=9.0,
        oldest_running_seconds=7.0,
        oldest_dead_letter_seconds=1.0,
        due_not_promoted=5,
        stuck=3,
    )


def test_zeros_stay_and_what_no_lane_can_tell_stays_untold() -> None:
    lane = LaneJobs(counts={State.PENDING: 0})
    assert fold.jobs([lane, lane]) == LaneJobs(counts={State.PENDING: 0})


def test_averages_weigh_as_much_as_there_are_dead_letters_behind_them() -> None:
    many = DeadLetters(causes={Cause.UNKNOWN: 9}, attempts_average=2.0, recent={"24h": 1})
    few = DeadLetters(causes={Cause.USER_ERROR: 1}, attempts_average=12.0, recent={"24h": 2})
    untold = DeadLetters(causes={Cause.UNKNOWN: 5})
    assert fold.dead_letters([many, few, untold]) == DeadLetters(
        causes={Cause.UNKNOWN: 14, Cause.USER_ERROR: 1}, attempts_average=3.0
    )


def test_recent_deaths_add_up_only_where_every_lane_tells_them() -> None:
    one, two = (DeadLetters(causes={Cause.UNKNOWN: n}, recent={"24h": n}) for n in (1, 2))
    assert fold.dead_letters([one, two]).recent == {"24h": 3}
    assert fold.dead_letters([one, two, DeadLetters(causes={Cause.UNKNOWN: 1})]).recent is None


def test_averages_of_nothing_are_untold() -> None:
    assert fold.dead_letters([DeadLetters(causes={}), DeadLetters(causes={})]) == DeadLetters(causes={})


def test_slots_add_up_and_workers_that_may_serve_several_queues_do_not() -> None:
    found = Workers(
        live=4,
        stale=1,
        newest_heartbeat=9.0,
        by_queue={"a": 3, "b": 2},
        slots={"": 5, "a": 3, "b": 2},
        busy={"": 1, "a": 1, "b": 1},
    )
    assert fold.workers(found, other) == Workers(
        live=4,
        stale=1,
        newest_heartbeat=9.0,
        by_queue={"_other": 3},
        slots={"": 5, "_other": 5},
        busy={"": 1, "_other": 2},
    )


def test_workers_that_tell_of_no_queue_stay_as_they_are() -> None:
    assert fold.workers(Workers(live=1, stale=0), other) == Workers(live=1, stale=0)


def test_all_others_are_paused_only_when_each_of_them_is() -> None:
    assert fold.paused({"a": True, "b": False}, other) == {"_other": False}
    assert fold.paused({"a": True, "b": True}, other) == {"_other": True}
