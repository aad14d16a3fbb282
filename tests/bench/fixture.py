"""A jobs table as large and as finished as those that hurt: a video pipeline's, with rows of 330 bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

FULL_ROWS = 5_000_000
_CHUNKS = 20

_TABLE = """
CREATE UNLOGGED TABLE jobs (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  workspace_id uuid,
  kind text NOT NULL,
  priority int,
  state text NOT NULL,
  payload jsonb,
  result jsonb,
  error jsonb,
  last_error text,
  attempts int NOT NULL,
  max_attempts int,
  run_at timestamptz,
  locked_at timestamptz,
  locked_by text,
  heartbeat_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (autovacuum_enabled = off)
"""

# `dice` is 0-99. Of the live rows 74 % are due (a hundredth of those without run_at), 10 % lie in the
# future, half of them after a failure, 15 % are dead and 1 % run: 1,000 jobs, on 50 workers with 20
# slots each. Finished jobs and the history of live ones go back 90 days. Live rows are padded to be the
# widest: narrower ones would fill the gaps in older pages, and so would not be recent.
_ROWS = """
INSERT INTO jobs
SELECT gen_random_uuid(), gen_random_uuid(),
       ('{TRANSCRIBE,HIGHLIGHT_DETECT,CLIP_RENDER,PUBLISH_TIKTOK,ANALYTICS_INGEST,YOUTUBE_DOWNLOAD}'::text[])
         [1 + (hashint8(i + 1000000007) & 2147483647) %% 6],
       1 + i %% 9, state,
       jsonb_build_object('video', i, 'source', 's3://uploads/' || i || '.mp4', 'profile',
         CASE WHEN state = 'completed' THEN '1080p' ELSE rpad('1080p', 120) END),
       CASE WHEN state = 'completed' THEN jsonb_build_object('seconds', i %% 600, 'output',
         's3://clips/' || i || '/final.mp4') END,
       CASE WHEN state = 'dead_letter' THEN jsonb '{"message": "ffmpeg timed out"}' END,
       CASE WHEN state = 'dead_letter' THEN 'ffmpeg timed out' END,
       CASE WHEN state = 'dead_letter' THEN 5 WHEN state <> 'queued' OR dice BETWEEN 79 AND 83 THEN 1 ELSE 0 END,
       5,
       CASE WHEN state = 'queued' AND dice = 0 THEN NULL
            WHEN state = 'queued' AND dice >= 74 THEN now() + random() * interval '20 hours'
            ELSE born + random() * (interval '90 days' / %(rows)s) END,
       CASE WHEN state = 'running' THEN now() - random() * interval '30 minutes'
            WHEN state <> 'queued' THEN born + interval '20 seconds' END,
       CASE WHEN state IN ('running', 'completed') THEN 'worker-' || i %% 50 END,
       CASE WHEN state = 'running' THEN now() - random() * interval '30 seconds'
            WHEN state = 'completed' THEN born + interval '60 seconds' END,
       born,
       CASE WHEN state = 'running' THEN now() ELSE born + interval '70 seconds' END
FROM (SELECT i, dice, now() - interval '100 seconds' - (%(rows)s - i) * (interval '90 days' / %(rows)s) AS born,
             CASE WHEN i <= %(rows)s - %(live)s AND NOT %(spread)s OR %(spread)s AND i %% (%(rows)s / %(live)s) > 0
                  THEN 'completed' WHEN dice < 84 THEN 'queued' WHEN dice < 85 THEN 'running'
                  ELSE 'dead_letter' END AS state
      FROM (SELECT i, (hashint8(i) & 2147483647) %% 100 AS dice
            FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i) AS numbers) AS jobs
"""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A table of `rows` jobs, `live` of them not finished: the last ones or, if `spread`, every n-th."""

    database: str
    rows: int
    live: int
    spread: bool


def fixtures(rows: int) -> tuple[Fixture, Fixture]:
    """The two that are measured: 98 % finished, the live rows recent, or spread over the table."""
    return Fixture("recent", rows, rows // 50, spread=False), Fixture("spread", rows, rows // 50, spread=True)


def build(connection: psycopg.Connection[Any], fixture: Fixture, progress: Callable[[float], None]) -> None:
    """Fills an empty database; `progress` is told the share that is done. Raises psycopg.Error."""
    connection.execute(_TABLE)
    for chunk in range(_CHUNKS):
        bounds = {
            "first": fixture.rows * chunk // _CHUNKS + 1,
            "last": fixture.rows * (chunk + 1) // _CHUNKS,
            "rows": fixture.rows,
            "live": fixture.live,
            "spread": fixture.spread,
        }
        connection.execute(_ROWS, bounds)
        progress((chunk + 1) / (_CHUNKS + 4))
    connection.execute("ALTER TABLE jobs ADD PRIMARY KEY (id)")
    connection.execute("CREATE INDEX jobs_state_run_at ON jobs (state, run_at)")
    settle(connection)
    progress(1)


def settle(connection: psycopg.Connection[Any]) -> None:
    """The table as autovacuum leaves it, which all index-only scans need, and nothing left to be written."""
    connection.execute("VACUUM (ANALYZE) jobs")
    connection.execute("CHECKPOINT")
