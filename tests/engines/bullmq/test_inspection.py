"""Single jobs looked at, the workers, and the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jobqueue_exporter.engines import role
from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.bullmq.roles import USER
from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.model import Cause, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source("mail"))
    yield operator
    operator.close()


def test_a_dead_job_is_shown_with_its_cause_its_times_and_its_log(
    site: Site, library: Library, operator: BullmqOperator
) -> None:
    job_id = library.ask("add", queue="mail", name="fail", data={"error": "rate limit"})
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "failed")
    site.redis.rpush(f"bull:mail:{job_id}:logs", *(f"line {number}" for number in range(12)), "x" * 1000)

    detail = operator.inspect(f"mail/{job_id}")

    assert detail is not None
    kept = library.ask("job", queue="mail", id=job_id)
    assert (detail.job.cause, detail.job.stuck) == (Cause.RECOVERABLE, None)
    assert detail.job.since == detail.job.ended_at == kept["finishedOn"] / 1000
    assert detail.events is None
    assert abs(detail.now - operator.clock) < 20
    logs = detail.more["logs"].split("\n")
    assert (logs[0], len(logs), logs[-1]) == ("line 3", 10, "x" * 500 + "…")


def test_a_job_that_runs_without_a_lock_is_stuck(site: Site, library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("add", queue="mail", name="hang")
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "active")
    held = operator.inspect(f"mail/{job_id}")
    library.kill()
    site.redis.delete(f"bull:mail:{job_id}:lock")
    lost = operator.inspect(f"mail/{job_id}")

    assert held is not None
    assert lost is not None
    assert (held.job.stuck, held.more["lock"]) == (False, "held")
    assert (lost.job.stuck, lost.more["lock"]) == (True, "lost: no worker renews it")
    assert lost.job.since == lost.job.started_at


def test_many_jobs_are_looked_at_together_whatever_their_state(library: Library, operator: BullmqOperator) -> None:
    waits = library.ask("add", queue="mail", name="ok", opts={"jobId": "grant:7:a"})
    later = library.ask("add", queue="mail", name="ok", opts={"delay": 10**6})
    kept = library.ask("add", queue="mail-dlq", name="ok")

    found = operator.look([waits, f"mail/{later}", f"mail-dlq/{kept}", "mail/none", f"mail/{waits}"])

    assert {job.id: (job.state, job.word) for job in found} == {
        f"mail/{waits}": (State.PENDING, "wait"),
        f"mail/{later}": (State.SCHEDULED, "delayed"),
        f"mail-dlq/{kept}": (State.DEAD_LETTER, "wait"),
    }


def test_a_finished_job_needs_nobody(library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("add", queue="mail", name="ok")
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "completed")

    (job,) = operator.look([f"mail/{job_id}"])

    assert (job.state, job.word) == (None, "completed")


def test_workers_are_the_connections_that_they_named(library: Library, operator: BullmqOperator) -> None:
    library.ask("add", queue="mail", name="ok")
    assert list(operator.workers() or ()) == []
    library.ask("work", queue="mail", opts={"name": "ann"})
    library.ask("work", queue="mail")
    library.ask("work", queue="other")
    until(lambda: library.ask("workers", queue="mail") == 2)

    found = list(operator.workers() or ())

    assert sorted((one.id.rpartition("@")[0], one.live, one.queues) for one in found) == [
        ("", True, ("mail",)),
        ("ann", True, ("mail",)),
    ]
    assert len({one.id for one in found}) == 2


def test_workers_cannot_be_told_where_connections_may_not_be_listed(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    site.redis.execute_command("ACL", "SETUSER", USER, "reset", "on", ">pw", "~*", "+@all", "-client|list")  # type: ignore[no-untyped-call]  # the driver's
    operator = BullmqOperator(site.source("mail", dsn=site.server.url.replace("://", f"://{USER}:pw@")))

    try:
        assert operator.workers() is None
    finally:
        site.redis.acl_log_reset()
        operator.close()
        site.redis.acl_deluser(USER)


def test_the_clock_is_that_of_redis(operator: BullmqOperator) -> None:
    assert abs(operator.clock - time.time()) < 20


def test_what_may_only_read_can_list_all_that_it_shows(site: Site, library: Library) -> None:
    library.ask("add", queue="mail-dlq", name="ok", data={"error": "timeout"})
    library.ask("add", queue="mail", name="ok", opts={"jobId": "new"})
    statement, _ = role(site.source())
    site.redis.execute_command(*statement.split())  # type: ignore[no-untyped-call]  # the driver's
    operator = BullmqOperator(site.source("mail", dsn=site.server.url.replace("://", f"://{USER}:choose-a-password@")))

    try:
        for state in State:
            list(operator.list(Wanted(state=state, whole=True)))
        assert operator.inspect("mail/new") is not None
        assert operator.workers() is not None
        assert site.redis.acl_log() == []
    finally:
        operator.close()
        site.redis.acl_deluser(USER)
