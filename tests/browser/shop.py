"""A shop whose jobs wait too long, in queues with names that no page should trip over."""

from __future__ import annotations

from jobqueue_exporter.config.types import Config, EngineName, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.secret import Secret
from tests.engines.table.shop import Jobs, Shop

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    """it's "quoted" & <b>bold</b>""",
    "a/b/../c?d=e#f",
    "emoji 🐌 and ünïcode",
    "100%25+1;--",
)


def late(database: Database, *queues: str) -> Jobs:
    """A table with a job in each of these queues that has waited for two hours, and one that has only begun to."""
    jobs = Shop(database).jobs(types={"queue": "text"})
    for queue in queues:
        jobs.new("SEND", queue=queue, created_at=-7_200)
        jobs.new("READ", queue=queue, created_at=-1)
    return jobs


def config(dsn: str) -> Config:
    """What jobqueue.yml would say of it."""
    return Config(sources=(Source(name="shop", dsn=Secret(dsn), engine=EngineName("table"), table="public.jobs"),))
