"""What a reading looks at one by one, what it sends, and what it declares."""

from __future__ import annotations

import time

from jobqueue_exporter.engines.bullmq import ENGINE
from jobqueue_exporter.engines.bullmq.reader import LEAST_SAMPLE, MOST_SAMPLE
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.model import Facts, Lane, Signal, State
from tests.engines.bullmq.conftest import Site, facts

LATER_MS = 10_000_000


def _delayed(jobs: int) -> dict[str, float]:
    due = (time.time() * 1000 + LATER_MS) * 4096
    return {f"job{number}": due + number for number in range(jobs)}


def test_delayed_jobs_are_told_apart_up_to_a_bound_and_all_are_told_beyond_it(site: Site) -> None:
    site.queue("within", delayed=_delayed(MOST_SAMPLE))
    site.redis.hset("bull:within:job7", mapping={"name": "ok", "atm": 1})
    site.queue("beyond", delayed=_delayed(MOST_SAMPLE + 500))
    site.redis.hset("bull:beyond:job7", mapping={"name": "ok", "atm": 1})

    within, beyond = site.facts("within"), site.facts("beyond")

    assert _split(within, "within") == (MOST_SAMPLE - 1, 1)
    assert within.capped == {State.SCHEDULED: False, State.RETRYING: False, State.DEAD_LETTER: False}
    assert within.notices == ()
    assert _split(beyond, "beyond") == (MOST_SAMPLE + 499, 1)
    assert beyond.capped == {State.SCHEDULED: True, State.RETRYING: True, State.DEAD_LETTER: False}
    assert beyond.notices == ("retrying jobs may be told as scheduled: more are delayed than are looked at, in beyond",)


def _split(found: Facts, queue: str) -> tuple[int, int]:
    counts = (found.lanes or {})[Lane(queue)].counts
    return counts[State.SCHEDULED], counts[State.RETRYING]


def test_many_queues_share_the_jobs_that_are_looked_at(site: Site) -> None:
    names = [f"q{number}" for number in range(100)]
    for name in names:
        site.queue(name)
    site.queue("q0", delayed=_delayed(LEAST_SAMPLE + 1))
    site.redis.hset(f"bull:q0:job{LEAST_SAMPLE}", mapping={"name": "ok", "atm": 1})

    found = site.facts(*names)

    assert _split(found, "q0") == (LEAST_SAMPLE + 1, 0)
    assert found.capped == {State.SCHEDULED: True, State.RETRYING: True, State.DEAD_LETTER: False}


def test_running_jobs_beyond_the_bound_are_said_to_be_unexamined(site: Site) -> None:
    site.queue("mail")
    site.redis.lpush("bull:mail:active", *(f"job{number}" for number in range(MOST_SAMPLE + 5)))

    found = site.facts("mail")

    lane = (found.lanes or {})[Lane("mail")]
    assert (lane.counts[State.RUNNING], lane.stuck) == (MOST_SAMPLE + 5, MOST_SAMPLE)
    assert found.notices == ("stuck jobs are told low: more jobs run than are looked at one by one, in mail",)


def test_a_job_that_ended_while_we_read_is_not_stuck(site: Site) -> None:
    site.queue("mail")
    site.redis.lpush("bull:mail:active", "gone")
    reader = site.reader("mail")
    facts(reader)
    with site.between_trips(2, lambda: site.redis.delete("bull:mail:active")):
        lane = (facts(reader).lanes or {})[Lane("mail")]

    assert lane.stuck == 0


def test_a_marker_of_old_versions_is_no_job(site: Site) -> None:
    site.queue("mail")
    site.redis.rpush("bull:mail:wait", "1", "0:0")
    site.redis.hset("bull:mail:1", mapping={"name": "ok", "timestamp": 1000})

    lane = site.lane("mail")

    assert lane.counts[State.PENDING] == 1
    assert (lane.oldest_pending_seconds or 0) > 10**9


def test_a_job_whose_id_begins_like_a_marker_is_a_job(site: Site) -> None:
    site.queue("mail")
    site.redis.rpush("bull:mail:wait", "0:1:2", "0:17")

    assert site.lane("mail").counts[State.PENDING] == 1


def test_what_is_sent_can_be_shown(site: Site) -> None:
    site.queue("mail")
    reader = site.reader("mail")

    sent = reader.statements(Request(deadline=time.monotonic() + 20, extras=frozenset()))

    assert [one.text for one in sent[:5]] == [
        "TIME",
        "INFO server",
        "CLIENT LIST",
        "MULTI",
        "HMGET bull:mail:meta paused version timestamp opts.maxLenEvents",
    ]
    assert {one.collector for one in sent} == {"jobs"}
    assert not any(one.text.startswith(("KEYS", "SCAN", "EVAL")) for one in sent)


def test_the_clock_of_the_server_is_told(site: Site) -> None:
    site.queue("mail")

    assert abs((site.facts("mail").clock or 0) - time.time()) < 60


def test_flows_and_slots_cannot_be_told(site: Site) -> None:
    told = {signal for signal, can in site.reader("mail").signals.items() if can}

    assert told == ENGINE.about.signals == {Signal.STUCK, Signal.WORKERS, Signal.PAUSE, Signal.CAUSES}
