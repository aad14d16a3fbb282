"""How long attempts waited and ran, by an events table."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import BUCKETS, Flow
from tests.engines.table.shop import Jobs, Shop


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0, 0), (0.5, 0), (0.500001, 1), (10, 4), (10.000001, 5), (86_400, 14), (86_400.000001, 15), (1e6, 15)],
)
def test_a_wait_that_equals_a_bound_is_within_it(shop: Shop, jobs: Jobs, seconds: float, bucket: int) -> None:
    # Moments that a float cannot hold exactly.
    claimed = "date_trunc('minute', now()) - interval '59.5 s' + i * interval '0.012347 s'"
    shop.run(
        "INSERT INTO jobs (kind, state, created_at)"
        f" SELECT 'A', 'running', {claimed} - '{seconds} s'::interval FROM generate_series(1, 40) i",
        f"INSERT INTO job_events SELECT id, 'claimed', NULL, created_at + '{seconds} s'::interval FROM jobs",
    )

    assert BUCKETS[:5] == (0.5, 1, 2.5, 5, 10)
    assert shop.read().durations(Flow.WAIT) == {bucket: (40, round(40 * seconds, 6))}


def test_a_job_waits_from_when_it_is_due(shop: Shop, jobs: Jobs) -> None:
    for run_at, created_at in ((-100, -250), (None, -100), (-250, -100), ("-infinity", -100)):
        job = jobs.new(run_at=run_at, created_at=created_at)
        shop.events((job, "claimed", -80))

    assert {bucket: count for bucket, (count, _) in shop.read().durations(Flow.WAIT).items()} == {5: 4}


@pytest.mark.parametrize("moment", ["infinity", "9999-12-31"])
def test_a_claim_before_the_job_is_due_has_no_wait(shop: Shop, jobs: Jobs, moment: str) -> None:
    shop.events((jobs.new(run_at=moment), "claimed", -80))

    assert shop.read().durations(Flow.WAIT) == {}


def test_a_retry_waits_from_its_own_run_at(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(created_at=-280, run_at=-280)
    reader = shop.reader()
    shop.events((job, "claimed", -240))
    first = shop.told(reader).durations(Flow.WAIT)

    shop.events((job, "failed", -200))
    shop.run("UPDATE jobs SET state = 'queued', run_at = now() - interval '100 s'")
    waiting = shop.told(reader).durations(Flow.WAIT)
    shop.events((job, "claimed", -80))
    second = shop.told(reader).durations(Flow.WAIT)

    assert [{bucket: count for bucket, (count, _) in found.items()} for found in (first, waiting, second)] == [
        {6: 1}, {}, {5: 1}
    ]  # fmt: skip


def test_a_second_claim_of_a_job_whose_run_at_did_not_move_has_no_wait(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(created_at=-280)
    shop.events((job, "claimed", -275), (job, "started", -265), (job, "claimed", -10))

    assert {bucket: count for bucket, (count, _) in shop.read().durations(Flow.WAIT).items()} == {4: 1}


def test_an_attempt_runs_from_its_last_claim_to_its_end(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="done")
    shop.run(
        *(
            f"INSERT INTO job_events SELECT '{job}', '{stage}', NULL, date_trunc('minute', now()) - '{ago} s'::interval"
            for stage, ago in (("claimed", 240), ("failed", 230), ("claimed", 200), ("progress", 150), ("finished", 80))
        )
    )

    assert shop.read().durations(Flow.RUN) == {4: (1, 10.0), 7: (1, 120.0)}


def test_a_run_whose_start_is_older_than_the_window_is_told_whole(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="done")
    shop.events((job, "claimed", -9000), (job, "finished", -100))

    assert {bucket: count for bucket, (count, _) in shop.read().durations(Flow.RUN).items()} == {12: 1}


@pytest.mark.parametrize("start", [None, "'-infinity'"])
def test_an_end_without_a_start_has_no_run(shop: Shop, jobs: Jobs, start: str | None) -> None:
    job = jobs.new(state="done")
    shop.events((job, "finished", -100))
    if start:
        shop.run(f"INSERT INTO job_events VALUES ('{job}', 'claimed', NULL, {start})")

    told = shop.read()

    assert told.errors == {}
    assert told.durations(Flow.RUN) == {}
