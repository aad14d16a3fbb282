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

_FIELDS = ("worker_id", "queues", "slots", "busy", "version", "binaries")

_BEAT = """\
INSERT INTO job_workers (worker_id, queues, slots, busy, version, binaries)
VALUES ({values})
ON CONFLICT (worker_id) DO UPDATE
SET heartbeat_at = now(), queues = EXCLUDED.queues, slots = EXCLUDED.slots, busy = EXCLUDED.busy,
    version = EXCLUDED.version, binaries = EXCLUDED.binaries"""

BEAT = _BEAT.format(values=", ".join(f"%({name})s" for name in _FIELDS))

FORGET = "DELETE FROM job_workers WHERE heartbeat_at < now() - interval '1 day'"


def script() -> str:
    """SQL that makes the table, and in comments what workers send to it."""
    beat = _BEAT.format(values=", ".join(f"${number}" for number in range(1, len(_FIELDS) + 1)))
    return (
        f"{DDL}\n"
        f"-- What each worker process sends every ten seconds or so, idle or not:\n{_commented(beat)}"
        f"-- What somebody sends once a day, since workers that are gone leave their rows:\n{_commented(FORGET)}"
    )


def _commented(statement: str) -> str:
    return "".join(f"--   {line}\n" for line in f"{statement};".splitlines())
