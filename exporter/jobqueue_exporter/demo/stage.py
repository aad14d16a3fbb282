"""The whole demo as one thing to open and close: server, tables, their past, and those who work on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

import psycopg

from jobqueue_exporter.config.types import Config, Duration, EngineName, Heartbeats, Match, QueueRule, Source
from jobqueue_exporter.config.types import Server as Listener
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.demo.scenarios import LEASE_SECONDS, Scenario
from jobqueue_exporter.demo.seed import seed
from jobqueue_exporter.demo.workload import Workload
from jobqueue_exporter.secret import Secret

SOURCE = "demo"


@dataclass(frozen=True, slots=True)
class Stage:
    """A demo that runs: the server, the database's URL for psql and for us, which needs no password, and those who
    work on it."""

    server: Server
    dsn: str
    workload: Workload


@contextmanager
def opened(scenario: Scenario, say: Callable[[str], None]) -> Iterator[Stage]:
    """The running demo; `say` is told of each step. Nothing is left of it afterwards.

    Raises:
        JobQueueError: there is no Postgres here, or it does not start.
    """
    say("starting Postgres")
    with Server(tcp_roles=schema.OWNER) as server:
        say("creating tables and their past")
        with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
            schema.create_database(admin)
        dsn = server.dsn(user=schema.OWNER, dbname=schema.DATABASE)
        with psycopg.connect(dsn, autocommit=True) as connection:
            schema.create_tables(connection)
            seed(connection, scenario, Random())
        say(f"starting {scenario.workers} workers, a producer and a housekeeper")
        with Workload(dsn, scenario) as workload:
            yield Stage(server, dsn, workload)


def config(dsn: str, listen: str) -> Config:
    """What jobqueue.yml would say of the demo."""
    return Config(
        server=Listener(listen=listen),
        sources=(
            Source(
                name=SOURCE,
                dsn=Secret(dsn),
                engine=EngineName("table"),
                table="public.jobs",
                heartbeats=Heartbeats(table="public.job_workers"),
                binaries=("ffmpeg", "yt-dlp"),
                lease=Duration(LEASE_SECONDS),
            ),
        ),
        queues=(
            QueueRule(match=Match(kind="PUBLISH_*"), owner="publishing", wait_objective=Duration(120), no_loss=True),
            QueueRule(match=Match(), owner="media", wait_objective=Duration(60), max_runtime=Duration(900)),
        ),
    )
