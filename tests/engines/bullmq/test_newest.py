"""The newest jobs come first where that is asked for: sets from their end, lists from the other one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.bullmq.walk import PAGE
from jobqueue_exporter.engines.operations import Operation, Order, Wanted
from jobqueue_exporter.model import State
from tests.engines.bullmq.conftest import Site, watched

REQUEUE = Order(operation=Operation.REQUEUE, who="ann")


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source("mail", "sms"))
    yield operator
    operator.close()


def _ids(operator: BullmqOperator, state: State = State.DEAD_LETTER, **narrowed: object) -> list[str]:
    wanted = Wanted(state=state, newest=True, **({"limit": None} | narrowed))  # type: ignore[arg-type]  # of any field
    return [job.id for job in operator.list(wanted)]


def _failed(site: Site, count: int, *, queue: str = "mail", at: int | None = None) -> None:
    """Jobs that failed, the last the newest; at one moment where it is given."""
    pipe = site.redis.pipeline()
    pipe.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    for number in range(count):
        when = at if at is not None else 1000 + number
        fields = {"name": "ok", "data": "{}", "timestamp": "1", "atm": "1", "finishedOn": str(when), "opts": "{}"}
        pipe.hset(f"bull:{queue}:{number}", items=[text for field in fields.items() for text in field])
        pipe.zadd(f"bull:{queue}:failed", {str(number): when})
    pipe.execute()


def _put(site: Site, queue: str, first: int, last: int) -> None:
    """Jobs in the list of those that wait, the last the newest."""
    pipe = site.redis.pipeline()
    pipe.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    for number in range(first, last):
        pipe.hset(f"bull:{queue}:j{number}", items=["name", "ok", "data", "{}", "timestamp", "1", "opts", "{}"])
        pipe.lpush(f"bull:{queue}:wait", f"j{number}")
    pipe.execute()


def _down(queue: str, count: int, prefix: str = "") -> list[str]:
    return [f"{queue}/{prefix}{number}" for number in reversed(range(count))]


def test_the_last_that_failed_comes_first_whatever_its_queue(site: Site, operator: BullmqOperator) -> None:
    _failed(site, 3)
    _failed(site, 4, queue="sms")

    assert _ids(operator) == ["sms/3", "sms/2", "mail/2", "sms/1", "mail/1", "sms/0", "mail/0"]


def test_the_last_that_was_put_into_a_dead_letter_queue_comes_first(site: Site, operator: BullmqOperator) -> None:
    _failed(site, 2)
    _put(site, "mail-dlq", 0, 3)
    _put(site, "sms-dlq", 0, 2)

    assert _ids(operator) == [*_down("mail", 2), *_down("sms-dlq", 2, "j"), *_down("mail-dlq", 3, "j")]


@pytest.mark.parametrize("at", [None, 1000], ids=["one by one", "at one moment"])
def test_pages_that_go_on_after_each_other_are_the_whole_list(
    site: Site, operator: BullmqOperator, at: int | None
) -> None:
    for queue in ("mail", "sms"):
        _failed(site, 30, queue=queue, at=at)
        _put(site, f"{queue}-dlq", 0, 30)
    whole = _ids(operator)

    paged: list[str] = []
    while page := _ids(operator, limit=7, after=paged[-1] if paged else None):
        paged += page

    assert paged == whole
    assert len(set(whole)) == 120


@pytest.mark.parametrize("after", [0, 2 * PAGE + 7])
def test_of_many_only_a_page_is_read(site: Site, operator: BullmqOperator, after: int) -> None:
    _failed(site, 6 * PAGE)
    whole = _down("mail", 6 * PAGE)

    with watched() as trips:
        found = _ids(operator, limit=20, after=whole[after - 1] if after else None)

    assert found == whole[after : after + 20]
    assert sum(trips) < 200


@pytest.mark.parametrize("queue", ["mail", "mail-dlq"])
def test_a_stream_misses_none_while_jobs_that_it_told_are_requeued(
    site: Site, operator: BullmqOperator, queue: str
) -> None:
    many = PAGE + 120
    _failed(site, many, at=1000) if queue == "mail" else _put(site, queue, 0, many)
    other = BullmqOperator(site.source("mail"))
    stream = operator.list(Wanted(state=State.DEAD_LETTER, newest=True, limit=None))
    told: list[str] = []
    while some := [job.id for job in islice(stream, 250)]:
        assert all(change.done for change in other.change(REQUEUE, some))
        told += some
    other.close()

    assert (len(told), len(set(told))) == (many, many)
    assert _ids(operator) == []


def test_a_stream_of_a_list_tells_none_twice_while_jobs_are_added_to_it(site: Site, operator: BullmqOperator) -> None:
    _put(site, "mail", 0, 3 * PAGE)
    stream = operator.list(Wanted(state=State.PENDING, newest=True, limit=None))
    told = [job.id for job in islice(stream, PAGE)]
    _put(site, "mail", 3 * PAGE, 4 * PAGE)
    told += [job.id for job in stream]

    assert told == _down("mail", 3 * PAGE, "j")
