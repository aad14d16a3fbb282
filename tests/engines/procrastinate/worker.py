"""A worker of procrastinate's own: `python worker.py DSN [--once] [--delete]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import procrastinate
from psycopg_pool import AsyncConnectionPool

BEAT_SECONDS = 0.2
# Less than a test may take as a whole.
PATIENCE_SECONDS = 100.0

app = procrastinate.App(connector=procrastinate.PsycopgConnector())


@app.task(name="ok")
def ok() -> None:
    """Succeeds."""


@app.task(name="boom")
def boom() -> None:
    """Fails for good."""
    raise ValueError("boom")


@app.task(name="flaky", retry=procrastinate.RetryStrategy(max_attempts=3, wait=3600))
def flaky() -> None:
    """Fails, and is tried again in an hour."""
    raise ValueError("flaky")


@app.task(name="mended")
def mended(path: str) -> None:
    """Succeeds once this file is there."""
    Path(path).read_text()


@app.task(name="hold")
async def hold(path: str) -> None:
    """Runs until this file is there."""
    while not Path(path).exists():
        await asyncio.sleep(0.02)


async def work() -> None:
    """Runs until it is told to stop, or once. Its pool is not the one that the app would make itself, which opens
    four connections, and must have them all within 30 s."""
    pool = AsyncConnectionPool(sys.argv[1], min_size=1, max_size=4, timeout=PATIENCE_SECONDS, open=False)
    async with pool, app.open_async(pool):
        await app.run_worker_async(
            wait="--once" not in sys.argv,
            delete_jobs="always" if "--delete" in sys.argv else "never",
            concurrency=4,
            fetch_job_polling_interval=0.1,
            update_heartbeat_interval=BEAT_SECONDS,
        )


if __name__ == "__main__":
    asyncio.run(work())
