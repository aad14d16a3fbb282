"""Listing, showing and requeueing jobs; what is requeued is run to its end by the engine's own worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobqueue_exporter.engines.bullmq import ENGINE
from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.operations import Change, Operation, Order, Wanted
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, Start

DEAD = Wanted(state=State.DEAD_LETTER)
REQUEUE = Order(operation=Operation.REQUEUE, who="ann", reason="mended")
TWICE = {"error": "boom", "times": 1}


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source("mail"))
    yield operator
    operator.close()


def _fail(library: Library, data: dict[str, object] | None = None, **opts: object) -> str:
    """The id of a job of the queue `mail` that failed for good; no worker is left."""
    job_id: str = library.ask("add", queue="mail", name="fail", data=data or {"error": "boom"}, opts=opts)
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "failed")
    library.ask("rest", queue="mail")
    return job_id


def _done(library: Library, job_id: str) -> None:
    """Waits until the library's own worker has run the job to its end."""
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "completed")


def test_a_failed_job_that_is_requeued_is_run_to_its_end(
    site: Site, library: Library, operator: BullmqOperator
) -> None:
    job_id = _fail(library)
    site.redis.hset(f"bull:mail:{job_id}", "name", "ok")

    changes = list(operator.change(REQUEUE, [f"mail/{job_id}"]))

    assert changes == [Change(f"mail/{job_id}", True, "given back to mail, with all its attempts", audited=True)]
    _done(library, job_id)


def test_a_requeued_job_has_all_its_attempts_again(site: Site, library: Library, operator: BullmqOperator) -> None:
    job_id = _fail(library, attempts=2, backoff=1)
    site.redis.hset(f"bull:mail:{job_id}", "data", '{"times": 1}')

    assert [change.done for change in operator.change(REQUEUE, [f"mail/{job_id}"])] == [True]
    _done(library, job_id)


def test_with_a_single_queue_the_id_alone_will_do(library: Library, operator: BullmqOperator) -> None:
    job_id = _fail(library)

    assert [change.done for change in operator.change(REQUEUE, [job_id])] == [True]


def test_jobs_that_are_not_dead_or_not_there_are_left_alone(library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("add", queue="mail", name="ok")

    assert list(operator.change(REQUEUE, [f"mail/{job_id}", "mail/99"])) == [
        Change(
            f"mail/{job_id}",
            False,
            "it is wait, neither failed nor in a dead letter queue: left alone",
            State.PENDING,
            "wait",
        ),
        Change("mail/99", False, "there is no such job"),
    ]
    assert library.ask("state", queue="mail", id=job_id) == "waiting"


def test_a_job_of_a_paused_queue_is_not_given_back_where_resuming_would_lose_it(
    start: Start, operator: BullmqOperator
) -> None:
    library = start("bullmq5")
    job_id = _fail(library)
    library.ask("pause", queue="mail")

    (change,) = operator.change(REQUEUE, [f"mail/{job_id}"])

    assert not change.done
    assert "resume it first" in change.text
    assert library.ask("state", queue="mail", id=job_id) == "failed"


def test_a_job_of_a_paused_queue_of_version_6_waits_until_it_is_resumed(start: Start, operator: BullmqOperator) -> None:
    library = start("bullmq6")
    job_id = _fail(library, TWICE, attempts=1)
    library.ask("pause", queue="mail")

    assert [change.done for change in operator.change(REQUEUE, [f"mail/{job_id}"])] == [True]
    library.ask("resume", queue="mail")
    assert library.ask("state", queue="mail", id=job_id) == "waiting"


def test_a_queue_of_an_unknown_version_is_left_alone(site: Site, library: Library, operator: BullmqOperator) -> None:
    job_id = _fail(library)
    site.redis.hset("bull:mail:meta", "version", "bullmq:7.0.0")

    (change,) = operator.change(REQUEUE, [f"mail/{job_id}"])

    assert change == Change(
        f"mail/{job_id}",
        False,
        "the queue was made by BullMQ 7.0.0, and only 5 and 6 are known to fit",
        State.DEAD_LETTER,
        "failed",
    )


@pytest.mark.parametrize(("given", "expected"), [({}, "mail-dlq-1"), ({"jobId": "grant:7:a"}, "grant:7:a")])
def test_a_job_of_a_dead_letter_queue_goes_back_to_its_main_queue_and_is_run(
    library: Library, operator: BullmqOperator, given: dict[str, str], expected: str
) -> None:
    library.ask("add", queue="mail", name="ok")
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["completed"] == 1)
    library.ask("rest", queue="mail")
    job_id = library.ask("add", queue="mail-dlq", name="ok", data={"to": "ä"}, opts={"attempts": 4, **given})

    (change,) = operator.change(REQUEUE, [f"mail-dlq/{job_id}"])

    said = (
        f"given back to mail as {expected}, with 4 attempts and the data that it had in mail-dlq; removed from mail-dlq"
    )
    assert change == Change(f"mail-dlq/{job_id}", True, said, audited=True, moved_to=f"mail/{expected}")
    assert library.ask("job", queue="mail-dlq", id=job_id) is None
    back = library.ask("job", queue="mail", id=expected)
    assert (back["name"], back["data"], back["opts"]["attempts"]) == ("ok", {"to": "ä"}, 4)
    _done(library, expected)


def test_a_job_that_was_put_into_its_dead_letter_queue_without_attempts_is_said_to_have_one(
    library: Library, operator: BullmqOperator
) -> None:
    library.ask("add", queue="mail", name="ok")
    job_id = library.ask("add", queue="mail-dlq", name="ok", data={"original": {"to": "ä"}})

    (change,) = operator.change(REQUEUE, [f"mail-dlq/{job_id}"])

    assert change.text == (
        f"given back to mail as mail-dlq-{job_id}, with 1 attempt, as none are named in its options, and the data "
        "that it had in mail-dlq; removed from mail-dlq"
    )
    assert library.ask("job", queue="mail", id=f"mail-dlq-{job_id}")["data"] == {"original": {"to": "ä"}}


def test_a_copy_in_the_dead_letter_queue_retries_the_original_that_failed(
    site: Site, library: Library, operator: BullmqOperator
) -> None:
    _fail(library, jobId="grant:7:a")
    site.redis.hset("bull:mail:grant:7:a", "name", "ok")
    library.ask("add", queue="mail-dlq", name="ok", opts={"jobId": "grant:7:a"})

    assert list(operator.change(REQUEUE, ["mail-dlq/grant:7:a"])) == [
        Change(
            "mail-dlq/grant:7:a",
            True,
            "given back to mail as grant:7:a, with all its attempts and its data of there, where it had failed; "
            "removed from mail-dlq",
            audited=True,
            moved_to="mail/grant:7:a",
        )
    ]
    assert library.ask("job", queue="mail-dlq", id="grant:7:a") is None
    _done(library, "grant:7:a")


def test_a_copy_whose_original_lives_is_left_alone(library: Library, operator: BullmqOperator) -> None:
    for queue in ("mail", "mail-dlq"):
        library.ask("add", queue=queue, name="ok", opts={"jobId": "grant:7:a"})

    (change,) = operator.change(REQUEUE, ["mail-dlq/grant:7:a"])

    assert change.text == "mail has a job grant:7:a already, which is wait: left alone"
    assert library.ask("state", queue="mail-dlq", id="grant:7:a") == "waiting"


def test_dead_jobs_of_both_queues_are_listed_the_oldest_first(library: Library, operator: BullmqOperator) -> None:
    failed = _fail(library, {"error": "boom"})
    library.ask("add", queue="mail-dlq", name="late")

    listed = list(operator.list(DEAD))

    assert [(job.id, job.lane, job.state, job.word, job.error) for job in listed] == [
        (f"mail/{failed}", Lane("mail", "fail"), State.DEAD_LETTER, "failed", "boom"),
        ("mail-dlq/1", Lane("mail", "late"), State.DEAD_LETTER, "wait", ""),
    ]
    assert (listed[0].attempts, listed[0].max_attempts) == (1, 1)
    assert [job.id for job in operator.list(Wanted(state=State.DEAD_LETTER, kind="late"))] == ["mail-dlq/1"]
    assert len(list(operator.list(Wanted(state=State.DEAD_LETTER, limit=1)))) == 1


def test_jobs_of_each_state_are_listed(library: Library, operator: BullmqOperator) -> None:
    wanted = {
        State.PENDING: library.ask("add", queue="mail", name="ok", opts={"priority": 2}),
        State.SCHEDULED: library.ask("add", queue="mail", name="ok", opts={"delay": 10**6}),
    }

    listed = {state: [job.id for job in operator.list(Wanted(state=state, queue="mail"))] for state in State}

    assert listed == {state: [f"mail/{wanted[state]}"] if state in wanted else [] for state in State}


def test_a_job_is_shown_whole(library: Library, operator: BullmqOperator) -> None:
    job_id = _fail(library, {"error": "boom"})

    detail = operator.inspect(f"mail/{job_id}")

    assert detail is not None
    assert (detail.job.word, detail.payload, detail.more["name"]) == ("failed", '{"error":"boom"}', "fail")
    assert "boom" in detail.more["stacktrace"]
    assert operator.inspect("mail/99") is None


@pytest.mark.parametrize("operation", [Operation.RECLAIM, Operation.ABANDON])
def test_what_bullmq_has_no_procedure_for_is_refused(operator: BullmqOperator, operation: Operation) -> None:
    assert operation not in ENGINE.operations
    with pytest.raises(Refused, match=r"first worker of their queue|BullMQ keeps no jobs that were given up"):
        list(operator.change(Order(operation=operation, who="ann"), ["mail/1"]))
