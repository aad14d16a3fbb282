"""Queues that hold the dead jobs of others, and why jobs died."""

from __future__ import annotations

import time

from jobqueue_exporter.config.types import BullMQ, Source
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.model import Cause, DeadLetters, Lane, State
from jobqueue_exporter.secret import Secret
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, facts


def _dead(**causes: int) -> dict[Cause, int]:
    return dict.fromkeys(Cause, 0) | {Cause(name): count for name, count in causes.items()}


def test_what_waits_in_a_dead_letter_queue_is_dead_and_no_backlog(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    long_ago = int((time.time() - 3600) * 1000)
    library.ask("add", queue="mail-dlq", name="ok", opts={"timestamp": long_ago})
    library.ask("add", queue="mail-dlq", name="ok")

    facts = site.facts("mail")

    assert facts.lanes is not None
    assert set(facts.lanes) == {Lane("mail")}
    lane = facts.lanes[Lane("mail")]
    assert (lane.counts[State.PENDING], lane.counts[State.DEAD_LETTER]) == (1, 2)
    assert 3600 <= (lane.oldest_dead_letter_seconds or 0) < 3660
    assert (lane.oldest_pending_seconds or 0) < 60
    assert facts.paused == {"mail": False}
    assert facts.workers is not None
    assert facts.workers.by_queue == {"mail": 0}


def test_a_dead_letter_queue_that_is_made_later_is_found(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    reader = site.reader("mail")
    facts(reader)
    library.ask("add", queue="mail-dlq", name="ok")

    facts(reader)
    lanes = facts(reader).lanes or {}

    assert lanes[Lane("mail")].counts[State.DEAD_LETTER] == 1


def test_a_dead_letter_queue_without_its_main_queue_is_no_backlog(site: Site, library: Library) -> None:
    library.ask("add", queue="audit-dlq", name="ok")

    lanes = site.facts("audit-dlq").lanes or {}

    assert set(lanes) == {Lane("audit")}
    assert {state: count for state, count in lanes[Lane("audit")].counts.items() if count} == {State.DEAD_LETTER: 1}


def test_the_main_queue_of_a_dead_letter_queue_is_read_though_only_that_one_is_named(
    site: Site, library: Library
) -> None:
    library.ask("add", queue="audit", name="ok")
    library.ask("add", queue="audit-dlq", name="ok")

    counts = (site.facts("audit-dlq").lanes or {})[Lane("audit")].counts

    assert {state: count for state, count in counts.items() if count} == {State.PENDING: 1, State.DEAD_LETTER: 1}


def test_without_a_suffix_every_queue_is_one_of_its_own(site: Site, library: Library) -> None:
    library.ask("add", queue="audit-dlq", name="ok")
    settings = BullMQ(queues=("audit-dlq",), dead_letter_suffix="")
    reader = BullmqReader(Source(name="s", dsn=Secret(site.server.url), bullmq=settings))

    lanes = facts(reader).lanes or {}
    reader.close()

    assert lanes[Lane("audit-dlq")].counts[State.PENDING] == 1


def test_causes_come_from_what_failed_and_from_the_payload_of_what_was_put_there(site: Site, library: Library) -> None:
    for error in ("connect ECONNREFUSED", "400 Bad Request", "whatever"):
        library.ask("add", queue="mail", name="fail", data={"error": error}, opts={"attempts": 2})
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["failed"] == 3)
    library.ask("add", queue="mail-dlq", name="x", data={"reason": "rate limit"})
    library.ask("add", queue="mail-dlq", name="x", data={"error": {"message": "500 from upstream"}})
    library.ask("add", queue="mail-dlq", name="x", data=["no", "mapping"])

    found = site.facts("mail")

    assert found.dead_letters == {
        Lane("mail"): DeadLetters(
            causes=_dead(recoverable=2, user_error=1, system_error=1, unknown=2),
            attempts_average=2.0,
            recent={"24h": 6},
        )
    }
    assert found.dead_letter_windows == ("24h",)


def test_only_failures_of_the_last_day_are_recent(site: Site, library: Library) -> None:
    ids = [library.ask("add", queue="mail", name="fail") for _ in range(2)]
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["failed"] == 2)
    site.redis.zadd("bull:mail:failed", {ids[0]: int((time.time() - 90_000) * 1000)})

    dead = (site.facts("mail").dead_letters or {})[Lane("mail")]

    assert dead.recent == {"24h": 1}


def test_a_lane_without_dead_jobs_has_no_causes(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")

    assert site.facts("mail").dead_letters == {}


def test_a_failed_job_and_its_copy_in_the_dead_letter_queue_are_one(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="fail", data={"error": "timeout"}, opts={"jobId": "grant:7:a"})
    library.ask("add", queue="mail", name="fail", data={"error": "timeout"})
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["failed"] == 2)
    for options in ({"jobId": "grant:7:a"}, {"jobId": "grant:8:b"}, {}):
        library.ask("add", queue="mail-dlq", name="x", opts=options)

    found = site.facts("mail")

    assert (found.lanes or {})[Lane("mail")].counts[State.DEAD_LETTER] == 4
    assert sum((found.dead_letters or {})[Lane("mail")].causes.values()) == 4
