"""A worker of procrastinate's own: `python worker.py DSN [--once] [--delete]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import procrastinate

BEAT_SECONDS = 0.2

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=sys.argv[1]))


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


if __name__ == "__main__":
    app.run_worker(
        wait="--once" not in sys.argv,
        delete_jobs="always" if "--delete" in sys.argv else "never",
        concurrency=4,
        fetch_job_polling_interval=0.1,
        update_heartbeat_interval=BEAT_SECONDS,
    )
