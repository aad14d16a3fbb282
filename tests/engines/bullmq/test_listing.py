"""Listing and requeueing many jobs, which the operator reads page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from jobqueue_exporter.engines.bullmq.counts import SCORES_PER_MS
from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.bullmq.walk import PAGE
from jobqueue_exporter.engines.operations import Operation, Order, Wanted
from jobqueue_exporter.model import State
from tests.engines.bullmq.conftest import Site, watched

FAILED, WAIT, DELAYED = "failed", "wait", "delayed"
REQUEUE = Order(operation=Operation.REQUEUE, who="ann")
LATER = 4102444800000


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source(*(f"q{number}" for number in range(20))))
    yield operator
    operator.close()


def _fill(site: Site, part: str, names: Sequence[str], *, queue: str = "q0", **fields: str) -> None:
    """Jobs of these names in a list or set, the first the oldest; ids count from 0."""
    pipe = site.redis.pipeline()
    pipe.hset(f"bull:{queue}:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    for number, name in enumerate(names):
        kept = {"name": name, "data": "{}", "timestamp": str(number + 1)} | fields
        pipe.hset(f"bull:{queue}:{number}", items=[text for field in kept.items() for text in field])
        if part == WAIT:
            pipe.lpush(f"bull:{queue}:wait", number)
        else:
            score = (LATER + number) * SCORES_PER_MS if part == DELAYED else 1000 + number
            pipe.zadd(f"bull:{queue}:{part}", {str(number): score})
    pipe.execute()


@pytest.mark.parametrize(
    ("part", "state"), [(FAILED, State.DEAD_LETTER), (WAIT, State.PENDING), (DELAYED, State.SCHEDULED)]
)
@pytest.mark.parametrize("others", [60, PAGE, 2 * PAGE + 1])
def test_jobs_of_a_kind_are_found_behind_others(
    site: Site, operator: BullmqOperator, part: str, state: State, others: int
) -> None:
    _fill(site, part, ["other"] * others + ["rare"] * 5)

    found = list(operator.list(Wanted(state=state, kind="rare", limit=4)))

    assert [job.id for job in found] == [f"q0/{others + number}" for number in range(4)]


def test_a_delayed_job_that_is_due_is_pending_and_not_scheduled(site: Site, operator: BullmqOperator) -> None:
    _fill(site, DELAYED, ["ok"] * 3)
    site.redis.zadd("bull:q0:delayed", {"1": 5 * SCORES_PER_MS})

    listed = {state: [job.id for job in operator.list(Wanted(state=state))] for state in State}

    wanted = {State.PENDING: ["q0/1"], State.SCHEDULED: ["q0/0", "q0/2"]}
    assert listed == {state: wanted.get(state, []) for state in State}


def test_more_than_one_page_is_listed_where_so_many_are_wanted(site: Site, operator: BullmqOperator) -> None:
    _fill(site, FAILED, ["ok"] * (PAGE + 20))

    found = list(operator.list(Wanted(state=State.DEAD_LETTER, limit=PAGE + 10)))

    assert [job.id for job in found] == [f"q0/{number}" for number in range(PAGE + 10)]


def test_many_queues_cost_a_list_no_more_round_trips_than_one(site: Site, operator: BullmqOperator) -> None:
    _fill(site, FAILED, ["ok"])
    assert len(list(operator.list(Wanted(state=State.DEAD_LETTER)))) == 1
    with watched() as of_one:
        assert len(list(operator.list(Wanted(state=State.DEAD_LETTER)))) == 1
    for number in range(1, 20):
        _fill(site, FAILED, ["ok"], queue=f"q{number}")
    with watched() as of_twenty:
        assert len(list(operator.list(Wanted(state=State.DEAD_LETTER)))) == 20
    assert len(of_twenty) == len(of_one)


def test_the_queues_are_read_once_however_many_jobs_are_requeued(site: Site, operator: BullmqOperator) -> None:
    _fill(site, FAILED, ["ok"] * 3, finishedOn="1000", atm="1")
    with watched() as trips:
        assert [change.done for change in operator.change(REQUEUE, ["q0/0", "q0/1", "q0/2", "q0/3"])] == [True] * 3 + [
            False
        ]
    # The many commands of a reading of twenty queues, and then few for each job.
    assert len([sent for sent in trips if sent > 100]) == 1


def test_a_queue_that_is_paused_meanwhile_is_not_given_the_next_job(site: Site, operator: BullmqOperator) -> None:
    _fill(site, FAILED, ["ok"] * 2, finishedOn="1000", atm="1")
    site.redis.hset("bull:q0:meta", "version", "bullmq:5.81.5")
    changes = operator.change(REQUEUE, ["q0/0", "q0/1"])

    assert next(changes).done
    site.redis.hset("bull:q0:meta", "paused", "1")
    assert "resume it first" in next(changes).text
