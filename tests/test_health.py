from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from jobqueue_exporter.config.types import Health
from jobqueue_exporter.health import Check, Status, verdict
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Policy, Snapshot, State, Workers

MAIL, RENDER = Lane("mail"), Lane("media", "RENDER")
UNKNOWN, OK, WARNING, FAILED = Status

STUCK = "2 running jobs are stuck, with no sign of life."


def read(facts: Facts, policies: Mapping[Lane, Policy] | None = None) -> Snapshot:
    return Snapshot(source="shop", engine="table", read_at=1000, up=True, facts=facts, policies=policies or {})


def pending(count: int, seconds: float | None, *, running: int = 0, stuck: int | None = None) -> LaneJobs:
    counts = {State.PENDING: count, State.RUNNING: running}
    return LaneJobs(counts=counts, oldest_pending_seconds=seconds, stuck=stuck)


def dead(count: int, seconds: float | None = None) -> LaneJobs:
    return LaneJobs(counts={State.DEAD_LETTER: count}, oldest_dead_letter_seconds=seconds)


def check(name: str, snapshot: Snapshot, *required: str) -> tuple[Status, str]:
    checks = verdict(snapshot, Health(), required_binaries=required).checks
    return next((c.status, c.message) for c in checks if c.name == name)


def test_an_empty_queue_is_healthy() -> None:
    facts = Facts(lanes={MAIL: LaneJobs(counts=dict.fromkeys(State, 0))}, workers=Workers(live=2, stale=0))
    found = verdict(read(facts), Health())
    assert (found.status, found.checks) == (
        OK,
        (
            Check("db", OK, "It was read in time."),
            Check("worker", OK, "2 workers are live."),
            Check("queue", OK, "0 jobs are pending."),
            Check("dlq", OK, "No job is dead."),
            Check("binary", OK, "No program is required."),
        ),
    )


def test_a_table_in_which_no_lane_is_known_yet_is_healthy() -> None:
    snapshot = read(Facts(lanes={}))
    assert verdict(snapshot, Health()).status is OK
    assert [check(name, snapshot)[0] for name in ("queue", "dlq")] == [OK, OK]


def test_what_a_source_cannot_tell_is_not_held_against_it() -> None:
    found = verdict(read(Facts()), Health())
    assert found.status is OK
    assert {c.name: c.status for c in found.checks} == {
        "db": OK,
        "worker": UNKNOWN,
        "queue": UNKNOWN,
        "dlq": UNKNOWN,
        "binary": OK,
    }


def test_of_a_source_that_is_down_only_that_is_known() -> None:
    down = replace(read(Facts()), up=False, error="db:5432 refuses connections")
    found = verdict(down, Health(), required_binaries=["ffmpeg"])
    assert (found.status, found.checks) == (
        FAILED,
        (
            Check("db", FAILED, "db:5432 refuses connections"),
            Check("worker", UNKNOWN, "Cannot tell: the source cannot be read."),
            Check("queue", UNKNOWN, "Cannot tell: the source cannot be read."),
            Check("dlq", UNKNOWN, "Cannot tell: the source cannot be read."),
            Check("binary", UNKNOWN, "Cannot tell: the source cannot be read."),
        ),
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (1003, Check("db", OK, "It was read 3s ago.")),
        (999, Check("db", OK, "It was read 0s ago.")),
        (1060, Check("db", OK, "It was read 1m ago.")),
        (1061, Check("db", WARNING, "The numbers are 1m 1s old, more than two scrapes of 30s.")),
    ],
)
def test_numbers_older_than_two_scrapes_are_a_warning(now: float, expected: Check) -> None:
    assert verdict(read(Facts()), Health(), now=now, scrape_interval=30).checks[0] == expected


@pytest.mark.parametrize(
    ("workers", "jobs", "expected"),
    [
        pytest.param(
            Workers(live=0, stale=0),
            pending(9, 301),
            (FAILED, "No live worker is known; in mail the oldest job has waited 5m 1s (objective 5m)."),
            id="jobs late, no worker",
        ),
        pytest.param(
            Workers(live=0, stale=2),
            pending(9, 301),
            (FAILED, "No live worker is known; in mail the oldest job has waited 5m 1s (objective 5m)."),
            id="jobs late, only stale workers",
        ),
        pytest.param(
            Workers(live=0, stale=0),
            pending(9, 300),
            (OK, "No worker is live, and no job is known to wait past its objective."),
            id="scaled to zero",
        ),
        pytest.param(
            Workers(live=0, stale=1),
            pending(0, 0),
            (WARNING, "1 worker is stale, none live."),
            id="stale, nothing to do",
        ),
        pytest.param(
            Workers(live=3, stale=2),
            pending(9, 301),
            (WARNING, "2 workers are stale, 3 live."),
            id="some stale",
        ),
        pytest.param(Workers(live=1, stale=0), pending(9, 301), (OK, "1 worker is live."), id="one, behind"),
        pytest.param(
            Workers(live=3, stale=2),
            pending(0, 0, running=7, stuck=5),
            (WARNING, "2 workers are stale, 3 live; 5 running jobs are stuck, with no sign of life."),
            id="some stale, and their jobs stuck",
        ),
        pytest.param(
            Workers(live=1, stale=0),
            pending(0, 0, running=1, stuck=1),
            (WARNING, "1 worker is live; 1 running job is stuck, with no sign of life."),
            id="a live worker, and a stuck job",
        ),
        pytest.param(
            None,
            pending(9, 301, running=2),
            (OK, "2 jobs are running; how many workers there are, this source cannot tell."),
            id="no registry, jobs run",
        ),
        pytest.param(
            None,
            pending(9, 301, running=2, stuck=2),
            (FAILED, f"No live worker is known; in mail the oldest job has waited 5m 1s (objective 5m); {STUCK}"),
            id="no registry, all that runs is stuck",
        ),
        pytest.param(
            Workers(live=0, stale=0),
            pending(0, 0, running=2, stuck=2),
            (WARNING, f"No worker is live, and no job is known to wait past its objective; {STUCK}"),
            id="the only worker was killed",
        ),
        pytest.param(
            None,
            LaneJobs(counts={State.DEAD_LETTER: 1}),
            (UNKNOWN, "Cannot tell: this source shows neither workers nor what they run."),
            id="a source of dead jobs only",
        ),
        pytest.param(
            None,
            pending(9, 10),
            (UNKNOWN, "Cannot tell: nothing is running, and idle workers leave no trace in this source."),
            id="no registry, idle",
        ),
    ],
)
def test_workers(workers: Workers | None, jobs: LaneJobs, expected: tuple[Status, str]) -> None:
    assert check("worker", read(Facts(lanes={MAIL: jobs}, workers=workers))) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(Facts(lanes={MAIL: pending(1, 300)}), (OK, "1 job is pending."), id="at its objective"),
        pytest.param(
            Facts(lanes={MAIL: pending(1, 1500)}),
            (WARNING, "1 job is pending; in mail the oldest job has waited 25m (objective 5m)."),
            id="late",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(1, 1501)}),
            (FAILED, "1 job is pending; in mail the oldest job has waited 25m 1s (objective 5m)."),
            id="five times late",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(60, 1), RENDER: pending(41, 1)}),
            (WARNING, "101 jobs are pending, more than 100."),
            id="backlog",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(500, None)}, capped={State.PENDING: True}),
            (WARNING, "At least 500 jobs are pending, more than 100."),
            id="capped, ages unknown",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(2, 400), RENDER: pending(3, 70)}),
            (
                WARNING,
                "5 jobs are pending; in mail the oldest job has waited 6m 40s (objective 5m); 1 more lane is late.",
            ),
            id="the one furthest past its objective is named",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(900, 9999), RENDER: pending(3, 5)}, paused={"mail": True}),
            (OK, "3 jobs are pending; 1 paused queue is left out."),
            id="paused",
        ),
        pytest.param(
            Facts(lanes={MAIL: LaneJobs(counts={State.RUNNING: 1})}),
            (UNKNOWN, "Cannot tell how many jobs are pending."),
            id="not told",
        ),
    ],
)
def test_the_queue(facts: Facts, expected: tuple[Status, str]) -> None:
    assert check("queue", read(facts, {RENDER: Policy(wait_objective_seconds=60)})) == expected


def test_a_lane_is_named_in_one_printable_line() -> None:
    facts = Facts(lanes={Lane("mail", "a\n\x1b[31mb"): pending(1, 301)})
    assert check("queue", read(facts)) == (
        WARNING,
        "1 job is pending; in mail/a\ufffd\ufffd[31mb the oldest job has waited 5m 1s (objective 5m).",
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            Facts(lanes={MAIL: dead(1, 11_400)}),
            (WARNING, "1 job is dead, all in mail, the oldest for 3h 10m."),
            id="one",
        ),
        pytest.param(
            Facts(lanes={MAIL: dead(9), RENDER: dead(90, 60)}),
            (WARNING, "99 jobs are dead, most in media/RENDER (90), the oldest for 1m."),
            id="below the limit",
        ),
        pytest.param(
            Facts(lanes={MAIL: dead(10), RENDER: dead(90)}, capped={State.DEAD_LETTER: True}),
            (FAILED, "At least 100 jobs are dead, most in media/RENDER (90); the limit is 100."),
            id="at the limit",
        ),
        pytest.param(
            Facts(lanes={MAIL: dead(100_001, 97_200)}, capped={State.DEAD_LETTER: True}),
            (FAILED, "At least 100,001 jobs are dead, all in mail, the oldest for at least 1d 3h; the limit is 100."),
            id="capped, and so is the oldest",
        ),
        pytest.param(
            Facts(lanes={MAIL: pending(1, 1)}),
            (UNKNOWN, "Cannot tell how many jobs are dead."),
            id="not told",
        ),
    ],
)
def test_dead_letters(facts: Facts, expected: tuple[Status, str]) -> None:
    assert check("dlq", read(facts)) == expected


def test_the_worst_check_is_the_verdict() -> None:
    facts = Facts(lanes={MAIL: pending(101, 1501)}, workers=Workers(live=1, stale=1))
    assert verdict(read(facts), Health()).status is FAILED
    assert verdict(read(replace(facts, lanes={MAIL: pending(101, 1)})), Health()).status is WARNING
