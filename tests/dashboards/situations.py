"""One exporter that reads every situation that a dashboard is looked at in, and a Prometheus that scrapes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import cast

import psycopg
import yaml
from bullmq import Queue  # type: ignore[import-untyped]  # it has no types
from click.testing import CliRunner
from psycopg import sql

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.demo.scenarios import SCENARIOS, Scenario
from jobqueue_exporter.demo.seed import seed
from jobqueue_exporter.demo.workload import Workload
from tests.e2e.monitored import SCALE, WAIT_SECONDS, Exporter
from tests.e2e.prometheus import Prometheus, free_port, scraping
from tests.e2e.team import Services, office, services
from tests.redis_server import RedisServer

STEADY = "healthy"
WHERE: Mapping[str, str] = {
    "steady": STEADY,
    **{name: name for name in SCENARIOS if name != STEADY},
    "services": "web|pipeline|letters|access",
    "all": ".*",
}
"""The sources of each situation, as a regular expression."""


@dataclass(frozen=True, slots=True)
class Watched:
    """All situations side by side, and the Prometheus that watches them."""

    prometheus: Prometheus
    exporter: Exporter


@contextmanager
def watched(home: Path) -> Iterator[Watched]:
    """Everything runs until the end of the context; what is for hours and minutes is twenty times as fast."""
    with ExitStack() as stack:
        server = stack.enter_context(office())
        dsns = {name: stack.enter_context(_playing(server, one)) for name, one in SCENARIOS.items()}
        http = stack.enter_context(services())
        _tell(http)
        redis = stack.enter_context(RedisServer())
        asyncio.run(_paused(redis.url))
        exporter = Exporter(f"127.0.0.1:{free_port()}", home)
        sources = [*(_table(name, dsn) for name, dsn in dsns.items()), *_services(http, redis)]
        _configure(home, exporter.address, sources)
        stack.callback(exporter.kill)
        exporter.start()
        prometheus = stack.enter_context(scraping(exporter.address, home, str(home / "prometheus/*.rules.yml")))
        yield Watched(prometheus, exporter)


@contextmanager
def _playing(server: Server, scenario: Scenario) -> Iterator[str]:
    """The DSN of a database in which the scenario plays."""
    with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
        names = sql.Identifier(scenario.name), sql.Identifier(schema.OWNER)
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    dsn = server.dsn(user=schema.OWNER, dbname=scenario.name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        schema.create_tables(connection)
        seed(connection, scenario, Random(scenario.name))
    with Workload(dsn, scenario):
        yield dsn


async def _paused(url: str) -> None:
    """Jobs in a queue that somebody has paused."""
    queue = Queue("access", {"connection": url})
    await queue.add("grant", {"subscription": 1}, {"jobId": "grant-1"})
    await queue.pause()
    await queue.close()


def _tell(http: Services) -> None:
    hour_ago = datetime.fromtimestamp(time.time() - 3600, UTC).isoformat()
    checks = {"db": {"ok": True, "message": "well"}, "worker": {"ok": False, "message": "none"}}
    http.say("/readyz", 503, {"ok": False, "checks": checks, "ffmpeg": {"ok": True, "message": "7.1"}})
    http.say("/healthz", 200, {"ok": True})
    pipeline = {"killed": True, "breaker": "open", "failures": 5, "digest": hour_ago}
    http.say("/pipeline", 200, pipeline)
    recovery = {"total_in_recovery": 4, "pending_recovery": 1, "recovered": 3, "abandoned": 0}
    letters = {"dead": 7, "waiting": [{"id": 1, "since": hour_ago}], "recovery": recovery}
    http.say("/letters", 200, letters)


def _table(name: str, dsn: str) -> dict[str, object]:
    return {
        "name": name,
        "dsn": dsn,
        "engine": "table",
        "table": "public.jobs",
        "heartbeats": {"table": "public.job_workers"},
        "binaries": ["ffmpeg", "yt-dlp"],
        "lease": "8s",
    }


def _services(http: Services, redis: RedisServer) -> list[dict[str, object]]:
    pipeline = {
        "name": "pipeline",
        "path": "/pipeline",
        "kill_switch": "$.killed",
        "breakers": [{"name": "speech", "state": "$.breaker", "failures": "$.failures"}],
        "schedules": [{"name": "digest", "last_success": "$.digest", "interval": "30m"}],
    }
    recovery = {
        "pending": "$.recovery.pending_recovery",
        "recovered": "$.recovery.recovered",
        "abandoned": "$.recovery.abandoned",
        "oldest_pending": "$.waiting[*].since",
    }
    letters = {"name": "letters", "path": "/letters", "jobs": [{"dead_letter": "$.dead"}], "recovery": recovery}
    web = {"name": "web", "engine": "readiness", "dsn": f"{http.url}/readyz"}
    return [
        {**web, "http": {"liveness": f"{http.url}/healthz"}},
        {"name": "pipeline", "engine": "http-json", "dsn": http.url, "http": {"requests": [pipeline]}},
        {
            "name": "letters",
            "engine": "http-json",
            "dsn": http.url,
            "http": {"queue": "letters", "requests": [letters]},
        },
        {"name": "access", "engine": "bullmq", "dsn": redis.url, "bullmq": {"queues": ["access"]}},
    ]


def _configure(home: Path, address: str, sources: list[dict[str, object]]) -> None:
    config = {
        "server": {"listen": address, "external_url": f"http://{address}"},
        # Asked sixty times as often as usual, they may be asked for sixty times as long.
        "sources": [{**each, "budget": 0.6} for each in sources],
        "queues": [{"match": {}, "owner": "media", "wait_objective": f"{WAIT_SECONDS:g}s", "max_runtime": "60s"}],
        "owners": {"media": {"contact": "media@example.com"}},
    }
    file = home / "jobqueue.yml"
    file.write_text(yaml.safe_dump(cast("dict[str, object]", config)))
    command = ["alerts", "render", f"--config={file}", f"--output-dir={home}", f"--time-scale={SCALE}"]
    rendered = CliRunner().invoke(main, command)
    assert rendered.exit_code == 0, rendered.output
