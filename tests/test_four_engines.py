"""The example of four engines: one exporter, one contract, whatever keeps the jobs."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from bullmq import Queue  # type: ignore[import-untyped]  # it has no types
from prometheus_client.parser import text_string_to_metric_families

from jobqueue_exporter import engines, exposition
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.load import load
from jobqueue_exporter.demo.database import fresh_database
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.exposition import ExporterFacts
from jobqueue_exporter.model import Signal, State
from tests.engines.procrastinate.site import Site
from tests.engines.table.shop import EVENTS, Shop
from tests.redis_server import RedisServer
from tests.tooling import tool

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "four-engines.yml"
ENGINES = {
    "video": "table",
    "reports": "procrastinate",
    "access": "bullmq",
    "charts": "http-json",
    "harvest": "table",
    "harvest-schedules": "http-json",
}
# As a team has them that keeps its dead events beside its jobs; only completed jobs have a moment of their end.
HARVEST = """
CREATE TABLE job_status (
    job_id text PRIMARY KEY, job_type text, status text, started_at timestamptz, completed_at timestamptz,
    created_at timestamptz DEFAULT now());
CREATE INDEX ON job_status (completed_at);
CREATE TABLE dead_letter_queue (
    id bigserial PRIMARY KEY, original_event_name text, last_error text, status text, created_at timestamptz);
INSERT INTO job_status (job_id, job_type, status) VALUES ('1', 'harvest', 'pending');
INSERT INTO dead_letter_queue (original_event_name, last_error, status, created_at)
VALUES ('harvest', 'HTTP 500', 'pending', now()), ('harvest', 'HTTP 500', 'abandoned', now());
"""
# Which series are there if, and only if, the signal is 1.
SERIES: Mapping[Signal, str] = {
    Signal.ENQUEUED: "jobqueue_jobs_enqueued_total",
    Signal.FINISHED: "jobqueue_jobs_finished_total",
    Signal.FAILED: 'jobqueue_jobs_finished_total{outcome="dead_letter"}',
    Signal.ATTEMPTS_FAILED: "jobqueue_attempts_failed_total",
    Signal.WAIT: "jobqueue_waits_observed_total",
    Signal.RUN: "jobqueue_job_run_seconds_count",
    Signal.STUCK: "jobqueue_stuck_jobs",
    Signal.WORKERS: "jobqueue_workers",
    Signal.SLOTS: "jobqueue_worker_slots",
    Signal.PAUSE: "jobqueue_queue_paused",
    Signal.CAUSES: "jobqueue_dead_letter_jobs",
    Signal.RECOVERY: "jobqueue_recovery_jobs",
    Signal.SCHEDULES: "jobqueue_schedule_last_success_timestamp_seconds",
}
STATS = {
    "dlq": {
        "total_failed": 7,
        "permanent_failures": 2,
        "last_24h": 3,
        "avg_retries": 2.5,
        "recovery": {"total_in_recovery": 4, "pending_recovery": 1, "recovered": 3, "abandoned": 0},
    }
}
SCHEDULES = {"discovery": "2026-01-06T12:00:00Z", "harvesting": "2026-01-06T12:30:00Z"}
FAILURES = {"failures": [{"job_id": "1", "error_message": "503 temporarily unavailable"}], "count": 1}


class Api(BaseHTTPRequestHandler):
    """The APIs of dead letters and of schedules, for those who bring the token."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == "Bearer t0ken"
        answers = {"stats": STATS, "schedules": SCHEDULES}
        body = json.dumps(answers.get(self.path.rpartition("/")[2], FAILURES)).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


async def enqueue(url: str) -> None:
    for name in ("grant-access", "grant-access-dlq"):
        queue = Queue(name, {"connection": url})
        await queue.add("grant", {"subscription": 1}, {"jobId": "grant-1"})
        await queue.close()


@pytest.fixture(scope="module")
def scraped(postgres: Server) -> Iterator[str]:
    """What Prometheus sees at its second scrape, with some jobs in each source."""
    with (
        fresh_database(postgres) as video,
        fresh_database(postgres) as reports,
        fresh_database(postgres) as harvest,
        RedisServer() as redis,
        api() as charts,
        closing(Shop(video)) as shop,
        closing(Site(reports)) as site,
    ):
        shop.run(EVENTS, heartbeats.DDL)
        shop.jobs().add(2, kind="TRANSCRIBE", state="queued", run_at=-60, created_at=-60)
        site.defer("render", queue="slow")
        asyncio.run(enqueue(redis.url))
        harvest.connection.execute(HARVEST.encode())
        environ = {
            "DATABASE_URL": video.dsn,
            "REPORTS_DATABASE_URL": reports.dsn,
            "REDIS_URL": redis.url,
            "CHARTS_URL": charts,
            "CHARTS_TOKEN": "t0ken",
            "HARVEST_DATABASE_URL": harvest.dsn,
            "HARVEST_URL": charts,
            "HARVEST_TOKEN": "t0ken",
        }
        with closing(Collection(load(EXAMPLE, environ), engines.reader)) as collection:
            collection.read()
            snapshots = collection.read()
        itself = ExporterFacts(version="1", config_reload_ok=True)
        yield exposition.render(snapshots, accept="", exporter=itself)[0].decode()


def samples(scraped: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(scraped):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def test_every_source_is_up_under_its_own_engine(scraped: str) -> None:
    up = {labels["source"]: value for name, labels, value in samples(scraped) if name == "jobqueue_source_up"}
    info = {
        labels["source"]: labels["engine"] for name, labels, _ in samples(scraped) if name == "jobqueue_source_info"
    }
    assert (up, info) == (dict.fromkeys(ENGINES, 1), ENGINES)


def test_every_collector_succeeded(scraped: str) -> None:
    failed = [labels for name, labels, value in samples(scraped) if name == "jobqueue_collector_success" and not value]
    assert failed == []


def test_the_jobs_of_all_are_told_in_the_same_words(scraped: str) -> None:
    jobs = {
        (labels["source"], labels["queue"], labels["kind"], labels["state"]): value
        for name, labels, value in samples(scraped)
        if name == "jobqueue_jobs" and value
    }
    assert jobs == {
        ("video", "jobs", "TRANSCRIBE", "pending"): 2,
        ("reports", "slow", "render", "pending"): 1,
        ("access", "grant-access", "", "pending"): 1,
        ("access", "grant-access", "", "dead_letter"): 1,
        ("charts", "charts", "", "dead_letter"): 7,
        ("harvest", "job_status", "harvest", "pending"): 1,
        ("harvest", "job_status", "harvest", "dead_letter"): 1,
    }
    assert {labels["state"] for name, labels, _ in samples(scraped) if name == "jobqueue_jobs"} <= set(State)


@pytest.mark.parametrize("signal", Signal)
def test_a_series_is_there_exactly_where_its_signal_says_so(scraped: str, signal: Signal) -> None:
    found = list(samples(scraped))
    told = {
        labels["source"]: bool(value)
        for name, labels, value in found
        if name == "jobqueue_signal_available" and labels["signal"] == signal
    }
    present = {
        labels["source"]
        for name, labels, _ in found
        if SERIES[signal] in (name, f'{name}{{outcome="{labels.get("outcome")}"}}')
    }
    assert told == {source: source in present for source in ENGINES}


def test_every_lane_has_its_objective_and_its_owner(scraped: str) -> None:
    lanes = {
        (labels["source"], labels["queue"], labels["kind"])
        for name, labels, _ in samples(scraped)
        if name == "jobqueue_jobs"
    }
    owners = {
        (labels["source"], labels["queue"], labels["kind"]): labels["owner"]
        for name, labels, _ in samples(scraped)
        if name == "jobqueue_queue_info"
    }
    assert set(owners) == lanes
    assert {source: owner for (source, _, _), owner in owners.items() if owner} == {
        "access": "support",
        "video": "media",
        "charts": "charts",
    }


def test_no_secret_is_told(scraped: str) -> None:
    assert not re.search("t0ken|postgresql://|redis://", scraped)


def test_promtool_finds_nothing(scraped: str) -> None:
    command = [str(tool("promtool")), "check", "metrics"]
    done = subprocess.run(command, input=scraped.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
