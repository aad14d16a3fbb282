"""The heartbeat table that a team may add so that idle workers can be seen too."""

from __future__ import annotations

DDL = """\
-- One row for each worker process. No index on heartbeat_at: it would end HOT updates.
CREATE TABLE job_workers (
    worker_id    text PRIMARY KEY,                      -- what this process writes into locked_by
    queues       text[] NOT NULL DEFAULT '{}',          -- the queues that it takes from
    started_at   timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz NOT NULL DEFAULT now(),
    slots        int NOT NULL DEFAULT 1,                -- how many jobs it can run at once
    busy         int NOT NULL DEFAULT 0,                -- how many it runs now
    version      text,
    binaries     jsonb NOT NULL DEFAULT '{}'            -- programs that it found, as {"ffmpeg": true}
) WITH (fillfactor = 50);
"""

BEAT = """\
INSERT INTO job_workers (worker_id, queues, slots, busy, version, binaries)
VALUES (%(worker_id)s, %(queues)s, %(slots)s, %(busy)s, %(version)s, %(binaries)s)
ON CONFLICT (worker_id) DO UPDATE
SET heartbeat_at = now(), slots = EXCLUDED.slots, busy = EXCLUDED.busy, binaries = EXCLUDED.binaries
"""
