"""Prometheus scrapes the exporter for five minutes while its database goes away and comes back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobqueue_exporter.demo import stage
from jobqueue_exporter.demo.scenarios import SCENARIOS
from tests.deadline import until
from tests.e2e.prometheus import Prometheus, free_port, scraping

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WHOLE_SECONDS = 300
DOWN_SECONDS = 10
# A reading under way when the database goes, and Prometheus' own second, on either side.
EDGE_SECONDS = 3
REJECTED = (
    "prometheus_target_scrapes_sample_duplicate_timestamp_total",
    "prometheus_target_scrapes_sample_out_of_order_total",
    "prometheus_target_scrapes_sample_out_of_bounds_total",
    "prometheus_target_scrapes_exceeded_sample_limit_total",
    "prometheus_target_scrapes_exceeded_body_size_limit_total",
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What Prometheus recorded, and when the database was down."""

    prometheus: Prometheus
    down_from: float
    down_until: float


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Five minutes of scraping, the database being stopped once half-way."""
    target = f"127.0.0.1:{free_port()}"
    start = time.time()
    with (
        stage.opened(SCENARIOS["healthy"], lambda _: None) as demo,
        _exporter(demo.dsn, target),
        scraping(target, tmp_path_factory.mktemp("prometheus")) as prometheus,
    ):
        until(lambda: time.time() > start + WHOLE_SECONDS / 2, seconds=WHOLE_SECONDS)
        down_from = time.time()
        demo.server.stop()
        until(lambda: time.time() > down_from + DOWN_SECONDS, seconds=DOWN_SECONDS + 5)
        demo.server.start()
        down_until = time.time()
        until(lambda: time.time() > start + WHOLE_SECONDS, seconds=WHOLE_SECONDS)
        yield Watched(prometheus, down_from, down_until)


def test_no_scrape_failed(watched: Watched) -> None:
    (samples,) = watched.prometheus.samples("up").values()

    assert {value for _, value in samples} == {1.0}
    assert len(samples) > WHOLE_SECONDS * 0.9


def test_prometheus_rejected_no_sample(watched: Watched) -> None:
    assert {name: watched.prometheus.own(name) for name in REJECTED} == dict.fromkeys(REJECTED, 0.0)


def test_the_source_was_down_only_while_its_database_was(watched: Watched) -> None:
    (samples,) = watched.prometheus.samples("jobqueue_source_up").values()

    down = [at for at, value in samples if value == 0.0]
    assert down
    assert watched.down_from <= down[0]
    assert down[-1] <= watched.down_until + EDGE_SECONDS


def test_its_series_were_there_at_every_scrape_but_those(watched: Watched) -> None:
    (up,) = watched.prometheus.samples("jobqueue_source_up").values()
    kinds = watched.prometheus.samples('jobqueue_jobs{state="pending"}')

    expected = [at for at, value in up if value == 1.0]
    assert kinds
    for samples in kinds.values():
        first = samples[0][0]
        assert [at for at, _ in samples] == [at for at in expected if at >= first]


def test_no_counter_fell_and_jobs_were_seen_to_finish(watched: Watched) -> None:
    counters = watched.prometheus.samples('{__name__=~"jobqueue_.+_total"}')

    values = {series: [value for _, value in samples] for series, samples in counters.items()}
    assert [series for series, counted in values.items() if counted != sorted(counted)] == []
    completed = [counted for series, counted in values.items() if '"outcome": "completed"' in series]
    assert sum(counted[-1] - counted[0] for counted in completed) > 0


@contextmanager
def _exporter(dsn: str, address: str) -> Iterator[None]:
    """`jobqueue serve` as a process of its own."""
    command = [sys.executable, "-m", "jobqueue_exporter", "serve", f"--web.listen-address={address}"]
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        command, env={**os.environ, "DATABASE_URL": dsn, "PYTHONPATH": paths}, cwd=Path("/")
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(20) == 0
