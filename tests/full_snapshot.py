"""A snapshot in which every field says something, and one of a source that is down."""

from __future__ import annotations

import sys

from jobqueue_exporter import exposition
from jobqueue_exporter.model import (
    BUCKETS,
    Binary,
    Breaker,
    Cause,
    CircuitBreaker,
    CollectorStatus,
    DeadLetters,
    Distribution,
    Facts,
    Lane,
    LaneFlows,
    LaneJobs,
    Outcome,
    Place,
    Policy,
    Probes,
    Recovery,
    RecoveryState,
    Schedule,
    Signal,
    Snapshot,
    State,
    Workers,
)

RENDER = Lane("media", "RENDER")
MAIL = Lane("mail")

FACTS = Facts(
    lanes={
        RENDER: LaneJobs(
            counts=dict(zip(State, range(1, 7), strict=True)),
            oldest_pending_seconds=12.5,
            oldest_running_seconds=90,
            oldest_dead_letter_seconds=86400,
            due_not_promoted=2,
            stuck=1,
        ),
        MAIL: LaneJobs(
            counts=dict.fromkeys(State, 0),
            oldest_pending_seconds=0,
            oldest_running_seconds=0,
            oldest_dead_letter_seconds=0,
            due_not_promoted=0,
            stuck=0,
        ),
    },
    capped={State.PENDING: False, State.DEAD_LETTER: True},
    workers=Workers(
        live=3,
        stale=1,
        newest_heartbeat=1763800000.25,
        by_queue={"media": 2, "mail": 3},
        slots={"": 12},
        busy={"": 5},
    ),
    paused={"media": False, "mail": True},
    binaries=(Binary("ffmpeg", Place.WORKER, True), Binary("yt-dlp", Place.EXPORTER, False)),
    dead_letters={
        RENDER: DeadLetters(
            causes=dict(zip(Cause, (3, 0, 2, 1), strict=True)), attempts_average=4.5, recent={"24h": 3}
        ),
        MAIL: DeadLetters(causes=dict.fromkeys(Cause, 0), recent={"24h": 0}),
    },
    recovery=Recovery(jobs=dict(zip(RecoveryState, (5, 2, 40, 1), strict=True)), oldest_pending_seconds=7200),
    schedules={"discovery": Schedule(last_success=1763799400, interval_seconds=1800)},
    probes=Probes(ready=False, live=True, checks={"db": True, "worker": False}),
    breakers={"mcp": CircuitBreaker(state=Breaker.HALF_OPEN, failures=5)},
    kill_switch=False,
    version="15.18",
    clock=1763800001.0,
    lag_seconds=0.5,
    notices=("Took states from the defaults.",),
)

FLOWS = LaneFlows(
    enqueued=20,
    attempts_failed=4,
    finished={
        Outcome.COMPLETED: 11,
        Outcome.DEAD_LETTER: 1,
        Outcome.DISCARDED: 0,
        Outcome.CANCELLED: 0,
    },
    waits_observed=18,
    waits_met=17,
)

WAITS = Distribution((1, 0, 2, *[0] * (len(BUCKETS) - 3), 1), 100_007.5)
RUNS = Distribution((0,) * (len(BUCKETS) + 1), 0)


def full() -> Snapshot:
    """A source that tells everything."""
    return Snapshot(
        source="video",
        engine="table",
        read_at=1763800000.5,
        up=True,
        facts=FACTS,
        flows={RENDER: FLOWS},
        waits={"media": WAITS},
        runs={"media": RUNS},
        signals=dict.fromkeys(Signal, True) | {Signal.SCHEDULES: False},
        policies={
            RENDER: Policy(owner="media", wait_objective_seconds=60, no_loss=True),
            MAIL: Policy(success_objective_ratio=0.999, max_runtime_seconds=1800, page=False),
        },
        folded={"kind": 7},
        collectors=(
            CollectorStatus(
                name="jobs", success=True, duration_seconds=0.012, age_seconds=0, last_success=1763800000.5
            ),
            CollectorStatus(
                name="causes",
                success=False,
                duration_seconds=5,
                age_seconds=0,
                last_success=None,
                error="permission denied for table jobs",
            ),
        ),
        over_budget=False,
        clock_skew_seconds=-0.25,
    )


def down() -> Snapshot:
    """A source that could not be read."""
    return Snapshot(
        source="shop",
        engine="table",
        read_at=1763800000.5,
        up=False,
        error="db.example.com:5432 refuses connections",
        signals={Signal.WORKERS: True},
        policies={MAIL: Policy()},
        collectors=(
            CollectorStatus(name="jobs", success=True, duration_seconds=0.5, age_seconds=0, last_success=1763800000.5),
            CollectorStatus(name="workers", success=False, duration_seconds=5, age_seconds=0, last_success=1763799990),
        ),
        over_budget=False,
    )


def scrape() -> str:
    """The text of a scrape of both."""
    itself = exposition.ExporterFacts(version="0.1.0", config_reload_ok=True)
    return exposition.render([full(), down()], accept="", exporter=itself)[0].decode()


if __name__ == "__main__":
    sys.stdout.write(scrape())
