"""Database time of a core reading of procrastinate, beside 400,000 finished jobs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import procrastinate
import psycopg

from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.procrastinate.reader import ProcrastinateReader
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.model import BUCKETS
from jobqueue_exporter.secret import Secret
from tests.bench.race import OURS, make_roles
from tests.bench.report import Claim, at_most
from tests.bench.ruler import SETTINGS, Ruler

FINISHED = 400_000
LIVE = 1000
RUNS = 15
IN_A_ROW = 5
MOST_MILLISECONDS = 1.0

# Of the live jobs 88 % are due, 10 % lie in the future, 1 % run, 1 % have failed; 8 lanes. The history goes
# back ten days and ends with the present.
_FILL = """
INSERT INTO procrastinate_workers (last_heartbeat) SELECT now() FROM generate_series(1, 20);
ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER;
INSERT INTO procrastinate_jobs (queue_name, task_name, status, args, attempts)
SELECT 'queue' || i %% 4, 'tasks.number_' || i %% 8, 'succeeded', jsonb_build_object('user', i), 1
FROM generate_series(1, %(finished)s) i;
INSERT INTO procrastinate_jobs (queue_name, task_name, args, attempts, status, worker_id, scheduled_at)
SELECT 'queue' || i %% 4, 'tasks.number_' || i %% 8, jsonb_build_object('user', i), i %% 2,
       (CASE i %% 100 WHEN 0 THEN 'doing' WHEN 1 THEN 'failed' ELSE 'todo' END)::procrastinate_job_status,
       CASE WHEN i %% 100 = 0 THEN 1 + i %% 20 END, CASE WHEN i %% 10 = 5 THEN now() + interval '1 hour' END
FROM generate_series(1, %(live)s) i;
ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER;
INSERT INTO procrastinate_events (job_id, type, at)
SELECT id, word::procrastinate_job_event_type, now() - (%(finished)s + %(live)s - id) * interval '2 seconds'
FROM procrastinate_jobs, unnest(ARRAY['deferred', 'started', 'succeeded']) word
WHERE status = 'succeeded' OR word = 'deferred' OR status = 'doing' AND word = 'started' ORDER BY id;
CREATE INDEX ON procrastinate_jobs (id, queue_name, task_name) WHERE status = 'failed';
"""


def claims(finished: int = FINISHED, live: int = LIVE, runs: int = RUNS) -> Iterator[Claim]:
    """Measures on a server of its own: the core, and what flows add, which are read a hundredth of the time."""
    with Server(settings=SETTINGS) as server, psycopg.connect(server.dsn(), autocommit=True) as admin:
        ruler = Ruler(admin)
        make_roles(admin, (OURS,))
        _fill(server, admin, finished, live)
        source = Source(name="bench", dsn=Secret(server.dsn(user=OURS)), engine=EngineName("procrastinate"))
        with closing(ProcrastinateReader(source)) as reader:
            core = [_milliseconds(ruler, reader, frozenset()) for _ in range(runs)]
            both = [_milliseconds(ruler, reader, frozenset({"flows"})) for _ in range(runs)]
    rows = f"{live:,} live and {finished:,} finished jobs, with an index of failed ones"
    for what, times, limit in (("a core reading", core, MOST_MILLISECONDS), ("with flows", both, None)):
        beside = f"{rows}; at least {min(times):.2f} ms"
        yield at_most(f"procrastinate, {what}", statistics.median(times), limit, " ms", beside=beside)


def _fill(server: Server, admin: psycopg.Connection[Any], finished: int, live: int) -> None:
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=server.dsn()))
    with app.open():
        app.schema_manager.apply_schema()
    with psycopg.ClientCursor(admin) as cursor:
        cursor.execute(_FILL, {"finished": finished, "live": live})
    admin.execute("VACUUM (ANALYZE)")
    admin.execute("CHECKPOINT")


def _milliseconds(ruler: Ruler, reader: ProcrastinateReader, extras: frozenset[str]) -> float:
    """One of a few readings in a row, after one that has set the caches right: the ruler itself disturbs them."""
    _read(reader, extras)
    before = ruler.spent(OURS).milliseconds
    for _ in range(IN_A_ROW):
        _read(reader, extras)
    return (ruler.spent(OURS).milliseconds - before) / IN_A_ROW


def _read(reader: ProcrastinateReader, extras: frozenset[str]) -> None:
    request = Request(deadline=time.monotonic() + 30, extras=extras, thresholds=BUCKETS)
    assert not [part.error for part in reader.read(request) if part.error]
