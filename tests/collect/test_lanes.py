"""Known lanes are told when they are empty, and lanes past the limit as one."""

from __future__ import annotations

from typing import Any

from jobqueue_exporter.collect.lanes import Lanes
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Duration, Match, QueueRule
from jobqueue_exporter.model import Cause, DeadLetters, Facts, Lane, LaneJobs, State, Workers
from tests.collect.scripted import MAIL, config, jobs, source

MEDIA = Lane("media", "RENDER")
OTHER = Lane("_other")
DAY = 86_400
NO_CAUSE = dict.fromkeys(Cause, 0)


def lanes(*configured: Lane, **settings: Any) -> Lanes:
    rules = tuple(QueueRule(match=Match(queue=lane.queue, kind=lane.kind)) for lane in configured)
    shop = source(**settings)
    found = Lanes()
    found.configure(Wants(config(shop, queues=rules), shop), 0)
    return found


def test_a_lane_that_was_seen_stays_with_zeros_when_it_is_empty() -> None:
    known = lanes()
    full = jobs(3, age=9.0, stuck=1)
    known.told(Facts(lanes={MAIL: full, MEDIA: jobs(1, age=2.0, stuck=0)}), 0)
    told = known.told(Facts(lanes={MAIL: full}), 60).lanes
    assert told == {MAIL: full, MEDIA: jobs(0, age=0.0, stuck=0)}


def test_all_lanes_stay_with_zeros_when_the_last_job_is_gone() -> None:
    known = lanes()
    known.told(Facts(lanes={MAIL: jobs(3, age=9.0)}), 0)
    assert known.told(Facts(lanes={}), 60).lanes == {MAIL: jobs(0, age=0.0)}


def test_a_configured_lane_has_zeros_for_what_others_tell_and_no_more() -> None:
    told = lanes(MEDIA).told(Facts(lanes={MAIL: LaneJobs(counts={State.PENDING: 1}, stuck=1)}), 0)
    assert told.lanes == {
        MEDIA: LaneJobs(counts={State.PENDING: 0}, stuck=0),
        MAIL: LaneJobs(counts={State.PENDING: 1}, stuck=1),
    }


def test_a_configured_lane_of_an_empty_source_has_zeros_for_every_state_that_is_counted() -> None:
    counted = {State.PENDING: False, State.SCHEDULED: False}
    assert lanes(MEDIA).told(Facts(lanes={}, capped=counted), 0).lanes == {
        MEDIA: LaneJobs(counts={State.PENDING: 0, State.SCHEDULED: 0}, oldest_pending_seconds=0.0)
    }


def test_a_lane_that_nobody_configured_is_forgotten_after_a_day() -> None:
    known = lanes(MEDIA)
    known.told(Facts(lanes={MAIL: jobs(1)}), 0)
    assert known.places.forget(DAY) == []
    assert known.places.forget(DAY + 1) == [MAIL]
    assert known.told(Facts(lanes={}), DAY + 1).lanes == {MEDIA: jobs(0)}


def test_a_lane_is_not_forgotten_while_its_events_may_be_counted_again() -> None:
    known = lanes(forget_lanes=Duration(1), late_commit=Duration(300))
    known.told(Facts(lanes={MAIL: jobs(1)}), 0)
    assert known.places.forget(900) == []
    assert known.places.forget(901) == [MAIL]


def test_a_source_that_tells_no_lanes_gets_none() -> None:
    assert lanes(MEDIA).told(Facts(), 0) == Facts()


def test_lanes_past_the_limit_fold_into_one() -> None:
    many = {Lane("q", f"k{index}"): jobs(index, age=float(index)) for index in range(5)}
    known = lanes(Lane("q", "k4"), max_lanes=2)
    assert known.told(Facts(lanes=many), 0).lanes == {
        Lane("q", "k4"): jobs(4, age=4.0),
        Lane("q", "k0"): jobs(0),
        OTHER: jobs(1 + 2 + 3, age=3.0),
    }
    assert known.folded == {"kind": 3, "queue": 0}


def test_queues_past_the_limit_fold_where_they_are_told_without_kinds() -> None:
    known = lanes(Lane("a"), max_lanes=1)
    workers = Workers(live=2, stale=0, by_queue={"a": 1, "b": 2}, slots={"": 3, "c": 4}, busy={})
    told = known.told(Facts(workers=workers, paused={"a": False, "b": True}), 0)
    assert told.workers == Workers(live=2, stale=0, by_queue={"a": 1, "_other": 2}, slots={"": 3, "_other": 4}, busy={})
    assert told.paused == {"a": False, "_other": True}
    assert known.folded == {"kind": 0, "queue": 2}


def test_dead_letters_fold_with_their_lanes() -> None:
    dead = {Lane("q", kind): DeadLetters(causes={Cause.UNKNOWN: 1}) for kind in "abc"}
    live = {lane: jobs(dead=1) for lane in dead}
    told = lanes(max_lanes=1).told(Facts(lanes=live, dead_letters=dead), 0).dead_letters
    assert told == {
        Lane("q", "a"): DeadLetters(causes={Cause.UNKNOWN: 1}),
        OTHER: DeadLetters(causes={Cause.UNKNOWN: 2}),
    }


def test_dead_letters_read_earlier_never_contradict_what_is_dead_now() -> None:
    was = DeadLetters(causes={Cause.USER_ERROR: 2}, attempts_average=5.0, recent={"24h": 1})
    none = DeadLetters(causes=NO_CAUSE, recent={"24h": 0})
    dead, gone = {MAIL: was, MEDIA: was, Lane("old"): was}, {MEDIA: jobs(1, dead=0)}
    told = lanes().told(Facts(lanes={MAIL: jobs(dead=2), **gone}, dead_letters=dead), 0)
    assert told.dead_letters == {MAIL: was, MEDIA: none, Lane("old"): none}


def test_what_is_no_longer_dead_is_left_out_of_what_is_told_together() -> None:
    dead = {Lane("q", kind): DeadLetters(causes={Cause.UNKNOWN: 1}) for kind in "abc"}
    live = {Lane("q", kind): jobs(dead=count) for kind, count in zip("abc", (1, 0, 1), strict=True)}
    told = lanes(max_lanes=1).told(Facts(lanes=live, dead_letters=dead), 0).dead_letters
    assert told == {
        Lane("q", "a"): DeadLetters(causes={Cause.UNKNOWN: 1}),
        OTHER: DeadLetters(causes={Cause.UNKNOWN: 1}),
    }


def test_the_window_of_recent_deaths_is_told_also_when_nothing_is_dead_any_more() -> None:
    known = lanes()
    was = DeadLetters(causes={Cause.USER_ERROR: 1}, recent={"24h": 1})
    known.told(Facts(lanes={MAIL: jobs(dead=1)}, dead_letters={MAIL: was}), 0)
    told = known.told(Facts(lanes={}, dead_letters={}), 1).dead_letters
    assert told == {MAIL: DeadLetters(causes=NO_CAUSE, recent={"24h": 0})}


def test_dead_letters_of_a_source_that_does_not_count_them_stay_as_they_are() -> None:
    dead = {MAIL: DeadLetters(causes={Cause.UNKNOWN: 1})}
    live = {MAIL: LaneJobs(counts={State.PENDING: 0})}
    assert lanes().told(Facts(lanes=live, dead_letters=dead), 0).dead_letters == dead
