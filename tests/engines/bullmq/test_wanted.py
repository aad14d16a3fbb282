"""Which jobs are listed: narrowed, gone on with, and streamed while they leave."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.bullmq.walk import PAGE
from jobqueue_exporter.engines.operations import Operation, Order, Wanted
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Cause, RecoveryState, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, Start

REQUEUE = Order(operation=Operation.REQUEUE, who="ann")
MANY = 10_100


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source("mail", "sms"))
    yield operator
    operator.close()


def _ids(operator: BullmqOperator, wanted: Wanted) -> list[str]:
    return [job.id for job in operator.list(wanted)]


def _dead(**narrowed: object) -> Wanted:
    return Wanted(state=State.DEAD_LETTER, **({"limit": None} | narrowed))  # type: ignore[arg-type]  # of any field


def _failed(site: Site, count: int, *, queue: str = "mail", name: str = "ok", at: int | None = None) -> None:
    """Jobs that failed, their ids counting from 0; at one moment where it is given."""
    pipe = site.redis.pipeline()
    pipe.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    for number in range(count):
        when = at if at is not None else 1000 + number
        fields = {"name": name, "data": "{}", "timestamp": "1", "atm": "1", "finishedOn": str(when), "opts": "{}"}
        pipe.hset(f"bull:{queue}:{number}", items=[text for field in fields.items() for text in field])
        pipe.zadd(f"bull:{queue}:failed", {str(number): when})
    pipe.execute()


def _put(site: Site, queue: str, count: int) -> None:
    """Jobs in the list of those that wait, the first the oldest."""
    pipe = site.redis.pipeline()
    pipe.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    for number in range(count):
        fields = ["name", "ok", "data", "{}", "timestamp", "1", "opts", "{}"]
        pipe.hset(f"bull:{queue}:j{number}", items=list(fields))
        pipe.lpush(f"bull:{queue}:wait", f"j{number}")
    pipe.execute()


def test_dead_jobs_are_narrowed_by_cause_and_by_a_part_of_their_error(
    library: Library, operator: BullmqOperator
) -> None:
    for error in ("connect ECONNREFUSED", "400 Bad Request"):
        library.ask("add", queue="mail", name="fail", data={"error": error}, opts={"jobId": f"x{error[:3]}"})
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["failed"] == 2)
    library.ask("add", queue="mail-dlq", name="x", data={"reason": "Rate LIMIT"}, opts={"jobId": "kept"})

    causes = {job.id: (job.cause, job.error) for job in operator.list(_dead())}

    assert causes == {
        "mail/xcon": (Cause.RECOVERABLE, "connect ECONNREFUSED"),
        "mail/x400": (Cause.USER_ERROR, "400 Bad Request"),
        "mail-dlq/kept": (Cause.RECOVERABLE, "Rate LIMIT"),
    }
    assert _ids(operator, _dead(cause=Cause.RECOVERABLE)) == ["mail/xcon", "mail-dlq/kept"]
    assert _ids(operator, _dead(match="bad request")) == ["mail/x400"]
    assert _ids(operator, _dead(match="rate limit", queue="mail-dlq")) == ["mail-dlq/kept"]


def test_jobs_are_narrowed_by_how_long_they_are_in_their_state(
    site: Site, library: Library, operator: BullmqOperator
) -> None:
    now = int(time.time() * 1000)
    site.queue("mail", failed={"old": now - 7_200_000, "new": now})
    for job_id, ended in (("old", now - 7_200_000), ("new", now)):
        site.job("mail", job_id, finishedOn=ended)
    library.ask("add", queue="mail", name="ok", opts={"jobId": "waits", "timestamp": now - 7_200_000})
    library.ask("add", queue="mail", name="ok", opts={"jobId": "fresh"})

    assert _ids(operator, _dead(older_than=3600)) == ["mail/old"]
    assert _ids(operator, Wanted(state=State.PENDING, older_than=3600)) == ["mail/waits"]


def test_a_job_of_which_it_is_not_known_since_when_it_waits_is_not_told_to_be_older(
    site: Site, start: Start, operator: BullmqOperator
) -> None:
    library = start("bullmq6")
    _failed(site, 1)
    library.ask("retry", queue="mail", id="0")

    assert [(job.id, job.since) for job in operator.list(Wanted(state=State.PENDING))] == [("mail/0", None)]
    assert _ids(operator, Wanted(state=State.PENDING, older_than=0)) == []


def test_running_jobs_are_told_by_whether_a_worker_holds_them(
    site: Site, library: Library, operator: BullmqOperator
) -> None:
    ids = [library.ask("add", queue="mail", name="hang") for _ in range(2)]
    library.ask("work", queue="mail", opts={"concurrency": 2})
    until(lambda: library.ask("counts", queue="mail")["active"] == 2)
    library.kill()
    site.redis.delete(f"bull:mail:{ids[0]}:lock")

    assert _ids(operator, Wanted(state=State.RUNNING, stuck=True)) == [f"mail/{ids[0]}"]
    assert _ids(operator, Wanted(state=State.RUNNING, stuck=False)) == [f"mail/{ids[1]}"]


def test_a_whole_row_is_what_is_kept_of_the_job(library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("add", queue="mail", name="ok", data={"to": "ä\n"})

    (job,) = operator.list(Wanted(state=State.PENDING, whole=True))
    (bare,) = operator.list(Wanted(state=State.PENDING))

    row = json.loads(job.row)
    assert (row["name"], json.loads(row["data"])) == ("ok", {"to": "ä\n"})
    assert int(row["timestamp"]) == library.ask("job", queue="mail", id=job_id)["timestamp"]
    assert bare.row == ""


def test_an_id_that_only_begins_like_a_marker_is_listed(site: Site, operator: BullmqOperator) -> None:
    """Other makers of jobs than BullMQ's own libraries may give such ids."""
    site.queue("mail")
    site.job("mail", "0:1:2")
    site.redis.lpush("bull:mail:wait", "0:1:2", "0:7")

    assert site.lane("mail").counts[State.PENDING] == 1
    assert _ids(operator, Wanted(state=State.PENDING)) == ["mail/0:1:2"]


def test_a_recovery_queue_is_refused(site: Site, operator: BullmqOperator) -> None:
    with pytest.raises(Refused, match="keeps no state of recovery"):
        list(operator.list(_dead(recovery=RecoveryState.PENDING)))


@pytest.mark.parametrize("at", [None, 1000])
def test_pages_that_go_on_after_each_other_are_the_whole_list(
    site: Site, operator: BullmqOperator, at: int | None
) -> None:
    _failed(site, 30, at=at)
    _failed(site, 30, queue="sms", at=at)
    _put(site, "mail-dlq", 30)
    _put(site, "sms-dlq", 30)
    whole = _ids(operator, _dead())

    paged: list[str] = []
    while page := _ids(operator, _dead(limit=7, after=paged[-1] if paged else None)):
        paged += page

    assert paged == whole
    assert len(set(whole)) == 120


def test_a_list_cannot_go_on_after_a_job_that_has_left_it(site: Site, operator: BullmqOperator) -> None:
    _failed(site, 1)
    _put(site, "mail", 1)

    with pytest.raises(Refused, match=r"after mail/none, which is gone: list from the start"):
        _ids(operator, _dead(after="mail/none"))
    with pytest.raises(Refused, match=r"after mail/j0, which is wait by now: list from the start"):
        _ids(operator, _dead(after="mail/j0"))


@pytest.mark.parametrize("queue", ["mail", "mail-dlq"])
def test_all_of_many_jobs_are_streamed_though_only_the_last_is_wanted(
    site: Site, operator: BullmqOperator, queue: str
) -> None:
    _failed(site, MANY, at=1000) if queue == "mail" else _put(site, queue, MANY)
    last = str(MANY - 1) if queue == "mail" else f"j{MANY - 1}"
    site.redis.hset(f"bull:{queue}:{last}", "name", "rare")

    assert len(_ids(operator, _dead())) == MANY
    assert _ids(operator, _dead(kind="rare")) == [f"{queue}/{last}"]


@pytest.mark.parametrize("queue", ["mail", "mail-dlq"])
def test_a_stream_misses_none_while_jobs_that_it_told_are_requeued(
    site: Site, operator: BullmqOperator, queue: str
) -> None:
    many = PAGE + 120
    _failed(site, many, at=1000) if queue == "mail" else _put(site, queue, many)
    other = BullmqOperator(site.source("mail"))
    stream = operator.list(_dead())
    told: list[str] = []
    while some := [job.id for job in islice(stream, 250)]:
        assert all(change.done for change in other.change(REQUEUE, some))
        told += some
    other.close()

    assert (len(told), len(set(told))) == (many, many)
    assert _ids(operator, _dead()) == []


def test_a_stream_of_a_list_misses_none_while_jobs_are_added_to_it(site: Site, operator: BullmqOperator) -> None:
    _put(site, "mail", 3 * PAGE)
    stream = operator.list(Wanted(state=State.PENDING, limit=None))
    told = [job.id for job in islice(stream, PAGE)]
    site.redis.lpush("bull:mail:wait", *(f"later{number}" for number in range(PAGE)))
    told += [job.id for job in stream]

    assert told == [f"mail/j{number}" for number in range(3 * PAGE)]
