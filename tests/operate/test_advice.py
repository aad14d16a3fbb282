from __future__ import annotations

from dataclasses import replace

import pytest

from jobqueue_exporter import health
from jobqueue_exporter.config.types import Health
from jobqueue_exporter.model import (
    Binary,
    Breaker,
    Cause,
    CircuitBreaker,
    DeadLetters,
    Facts,
    Lane,
    LaneJobs,
    Place,
    Probes,
    Snapshot,
    State,
    Workers,
)
from jobqueue_exporter.operate import advice
from jobqueue_exporter.operate.advice import Advice

LANE = Lane("media queue", "RENDER")
IDLE = Workers(live=2, stale=0)


def snapshot(*, pending: int = 0, age: float = 0, dead: int = 0, stuck: int = 0, **facts: object) -> Snapshot:
    counts = {State.PENDING: pending, State.RUNNING: stuck, State.DEAD_LETTER: dead}
    jobs = LaneJobs(counts=counts, oldest_pending_seconds=age, stuck=stuck)
    whole = replace(Facts(lanes={LANE: jobs}, workers=IDLE), **facts)  # type: ignore[arg-type]  # whatever is known
    return Snapshot(source="shop", engine="table", read_at=0, up=True, facts=whole)


def advised(found: Snapshot, *required: str) -> tuple[Advice, ...]:
    return advice.of(found, health.verdict(found, Health(), required_binaries=required))


def test_when_all_is_well_there_is_nothing_to_do() -> None:
    assert advised(snapshot()) == ()


def test_a_source_that_is_down_is_mended_first() -> None:
    down = Snapshot(source="shop", engine="", read_at=0, up=False, error="refused")
    assert [one.command for one in advised(down)] == ["doctor"]


def test_what_keeps_a_source_from_being_read_is_told() -> None:
    down = Snapshot(source="shop", engine="bullmq", read_at=0, up=False, error="no queues are known:\nname them")
    text = "Mend this first, nothing else can be told before: no queues are known: name them"
    assert advised(down) == (Advice(text, "doctor"),)


@pytest.mark.parametrize("engine", ["readiness", "http-json"])
def test_of_a_source_whose_jobs_cannot_be_listed_no_command_does(engine: str) -> None:
    found = replace(snapshot(pending=9, age=4000, dead=3, stuck=2, workers=Workers(live=1, stale=1)), engine=engine)
    assert {one.command for one in advised(found, "ffmpeg")} == {""}
    assert Advice("See that workers run, so that their engine takes back 2 stuck jobs: their workers are lost.") in (
        advised(found)
    )


def test_where_nothing_can_be_reclaimed_from_here_the_stuck_are_listed() -> None:
    found = replace(snapshot(stuck=1), engine="bullmq")
    assert [one.command for one in advised(found)] == ["jobs list --state running --stuck"]


def test_where_nobody_works_starting_workers_is_all_that_helps() -> None:
    found = snapshot(pending=9, age=4000, workers=Workers(live=0, stale=0))
    assert advised(found) == (Advice("Start workers: jobs wait, and nobody takes them.", "workers status"),)


def test_where_workers_live_a_backlog_asks_for_more_of_them() -> None:
    commands = [one.command for one in advised(snapshot(pending=9, age=4000))]
    assert commands == ["jobs list --state pending --queue 'media queue' --kind RENDER"]


def test_silent_workers_and_the_jobs_they_left_are_named_apart() -> None:
    assert advised(snapshot(stuck=2, workers=Workers(live=1, stale=1))) == (
        Advice("Find out why workers fell silent, and restart them.", "workers list"),
        Advice("Reclaim 2 stuck jobs: their workers are lost.", "jobs reclaim --dry-run"),
    )


def test_a_missing_program_is_named() -> None:
    binaries = (Binary("ffmpeg", Place.WORKER, False), Binary("yt-dlp", Place.WORKER, True))
    text = "Install ffmpeg where the workers run, then restart them."
    assert advised(snapshot(binaries=binaries), "ffmpeg") == (Advice(text, "workers status"),)
    assert [one.command for one in advised(snapshot(), "ffmpeg")] == ["workers list"]


def test_what_most_jobs_died_of_says_what_to_do_with_them() -> None:
    def command(**causes: int) -> str:
        letters = {LANE: DeadLetters(causes={Cause(name): count for name, count in causes.items()})}
        return advised(snapshot(dead=3, dead_letters=letters))[0].command

    assert command(recoverable=2, unknown=1) == "dlq requeue-all --cause recoverable --canary 1"
    assert command(user_error=2, recoverable=1) == "dlq list --cause user_error"
    assert command(system_error=1) == "dlq list --cause system_error"
    assert command(unknown=1) == "dlq list"
    assert command() == "dlq list"


def test_what_failed_comes_before_what_is_a_warning() -> None:
    found = snapshot(pending=9, age=4000, dead=1, workers=Workers(live=1, stale=1))
    assert [one.command.split()[0:2] for one in advised(found)] == [
        ["jobs", "list"],
        ["workers", "list"],
        ["dlq", "list"],
    ]


def test_red_endpoints_open_breakers_and_the_kill_switch_are_told() -> None:
    found = snapshot(
        probes=Probes(ready=False, checks={"db": False}),
        breakers={"mcp": CircuitBreaker(state=Breaker.OPEN)},
        kill_switch=True,
    )
    assert [one.text.split(";")[0].split(":")[0] for one in advised(found)] == [
        "Mend what the health endpoint calls red.",
        "Wait until the circuit breaker closes",
        "Switch the kill switch off once its reason is gone",
    ]
