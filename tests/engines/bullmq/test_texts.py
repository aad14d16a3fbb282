"""How much of what jobs hold is read to learn why they died, and in how many round trips."""

from __future__ import annotations

import time

from jobqueue_exporter.engines.bullmq.texts import LONGEST, TOGETHER
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.model import Cause, Lane
from tests.engines.bullmq.conftest import Site, facts


def _dead(site: Site, queue: str, job_id: str, error: str) -> None:
    site.job(queue, job_id, data=f'{{"error": "{error}"}}')
    site.redis.rpush(f"bull:{queue}:wait", job_id)


def _causes(site: Site) -> dict[Cause, int]:
    found = facts(site.reader("mail", "mail-dlq")).dead_letters or {}
    return {cause: count for cause, count in found[Lane("mail")].causes.items() if count}


def test_a_payload_beyond_the_bound_is_not_read_and_its_cause_unknown(site: Site) -> None:
    site.queue("mail")
    site.queue("mail-dlq")
    _dead(site, "mail-dlq", "short", "timeout")
    _dead(site, "mail-dlq", "long", "timeout" + "x" * LONGEST)

    assert _causes(site) == {Cause.RECOVERABLE: 1, Cause.UNKNOWN: 1}


def test_an_error_beyond_the_bound_is_not_read_and_its_cause_unknown(site: Site) -> None:
    site.queue("mail", failed={"long": 1000})
    site.job("mail", "long", finishedOn=1000, failedReason="timeout" + "x" * LONGEST)

    assert _causes(site) == {Cause.UNKNOWN: 1}


def test_payloads_are_read_up_to_a_bound_together(site: Site) -> None:
    site.queue("mail")
    site.queue("mail-dlq")
    size = LONGEST - 100
    for number in range(TOGETHER // size + 10):
        _dead(site, "mail-dlq", f"job{number}", "timeout" + "x" * size)
    reader = site.reader("mail", "mail-dlq")
    received = int(site.redis.info("stats")["total_net_output_bytes"])

    list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset({"dead_letters"}))))

    assert TOGETHER * 0.9 < int(site.redis.info("stats")["total_net_output_bytes"]) - received < TOGETHER * 1.1


def test_the_dead_letters_of_many_queues_take_a_few_round_trips(site: Site) -> None:
    names = [f"q{number}" for number in range(100)]
    for name in names:
        site.queue(name, failed={"1": 1000})
        site.job(name, "1", finishedOn=1000, failedReason="timeout")
        site.queue(f"{name}-dlq")
        _dead(site, f"{name}-dlq", "grant:1:a", "timeout")
    reader = site.reader(*names)
    facts(reader)

    assert site.trips(reader, "dead_letters")[1] - site.trips(reader)[1] == 4
