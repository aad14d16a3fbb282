"""How long it takes to requeue many dead jobs with their events, beside one statement a job."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.operations import BATCH, Operation, Order
from jobqueue_exporter.engines.table.changes import Changes
from jobqueue_exporter.secret import Secret
from tests.bench.report import Claim, cheaper

JOBS = 100_000
# The rival is timed over this many, and multiplied: all of them would take minutes.
SAMPLE = 1_000
TARGET = 20.0

_FILL = """
INSERT INTO jobs (workspace_id, kind, state, attempts, last_error)
SELECT gen_random_uuid(), 'kind' || i %% 8, 'dead_letter', 5, 'timed out' FROM generate_series(1, %(jobs)s) i
"""
# The least that can be sent for one job: its change and its event in one statement, which is one transaction.
_ONE = """
WITH changed AS (
    UPDATE jobs SET state = 'queued', attempts = 0, run_at = now(), locked_at = NULL, locked_by = NULL,
        heartbeat_at = NULL, updated_at = now()
    WHERE id = %(job)s AND state = 'dead_letter' RETURNING id)
INSERT INTO job_events (job_id, stage, data) SELECT id, 'requeued', jsonb_build_object('by', 'ann') FROM changed
"""


def claims(jobs: int = JOBS, sample: int = SAMPLE) -> Iterator[Claim]:
    """Measures on a server of its own that waits for its disk, as one does that must lose nothing."""
    with Server(settings={"fsync": "on", "max_wal_size": "4GB"}) as server:
        ours, single, bare = _measured(server, jobs, sample)
    beside = (
        f"in batches of {BATCH:,}, each job with its event, no network between; of the others {sample:,} were timed"
    )
    what = f"requeue of {jobs:,} dead jobs, beside"
    yield cheaper(f"{what} the same by one job a call", ours, single, TARGET, beside=beside)
    yield cheaper(f"{what} one bare statement a job", ours, bare, None, beside=beside)


def _measured(server: Server, jobs: int, sample: int) -> tuple[float, float, float]:
    """Milliseconds for all jobs: in batches, one job a call, and one bare statement a job."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        schema.create_tables(connection)
        ids = _filled(connection, jobs)
        start = time.perf_counter()
        for job in ids[:sample]:
            connection.execute(_ONE, {"job": job})
        bare = (time.perf_counter() - start) * jobs / sample
        single = _ours(server, ids[sample : 2 * sample], 1) * jobs / sample
        connection.execute("TRUNCATE jobs, job_events")
        ids = _filled(connection, jobs)
        return _ours(server, ids, BATCH) * 1000, single * 1000, bare * 1000


def _filled(connection: psycopg.Connection[Any], jobs: int) -> list[str]:
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_FILL, {"jobs": jobs})
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")
    return [job for (job,) in connection.execute("SELECT id::text FROM jobs ORDER BY random()").fetchall()]


def _ours(server: Server, ids: Sequence[str], batch: int) -> float:
    """Seconds for these jobs, so many in a call."""
    order = Order(operation=Operation.REQUEUE, who="ann", reason="the disk was full")
    with closing(Changes(Source(name="bench", dsn=Secret(server.dsn())))) as changes:
        start = time.perf_counter()
        for at in range(0, len(ids), batch):
            found = list(changes.change(order, ids[at : at + batch]))
            assert all(change.done and change.audited for change in found)
        return time.perf_counter() - start
